"""Whether an exception was raised by a signal handler, in the middle of whatever its thread did."""

from __future__ import annotations

import signal
import threading
from types import CodeType

from qail.errors import QailError


def is_from_handler(error: BaseException) -> bool:
    """Whether a handler of this process is among the frames that `error` came through.

    Python runs handlers in the main thread only. An engine's own errors are QailErrors, and need no looking at.
    """
    if isinstance(error, QailError) or threading.current_thread() is not threading.main_thread():
        return False
    codes = _handler_codes()
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False


def _handler_codes() -> set[CodeType]:
    found: set[CodeType] = set()
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        code = getattr(handler, "__code__", None) or getattr(type(handler).__call__, "__code__", None)
        if isinstance(code, CodeType):
            found.add(code)
    return found
