"""COPY IN: the frames of the data, and who owes the one Sync of the request.

Rule 1: a COPY IN segment ends with Flush. Its Sync is written once: behind CopyDone or CopyFail, or when the server
ends the statement by itself. A Sync sent earlier is swallowed if COPY starts and answered if it fails, so the number
of ReadyForQuery to come would be a guess.
Rule 2: data that cannot be finished ends with CopyFail, never with CopyDone.

Source: protocol-flow.html, "COPY Operations"; src/backend/commands/copyfromparse.c, CopyGetData
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import UsageError
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import AWAIT_READY, COPY_IN_OPEN, FINISHED, SKIPPING
from qail.pg.wire.constants import COPY_DATA, LENGTH_BYTES, MAX_FRAME_BYTES
from qail.pg.wire.copy import write_copy_fail

# Above 10,000 bytes the server drops the connection; nobody reads more than this.
MAX_REASON_BYTES: Final = 1_000


def copy_data_header(size: int) -> bytes:
    """The header of a CopyData frame with `size` bytes of data.

    Raises:
        UsageError: `size` is above 1 GiB - 5; write it in parts.
    """
    if size > MAX_FRAME_BYTES - LENGTH_BYTES:
        raise UsageError(f"{size} bytes are more than one CopyData holds; write them in parts")
    out = BytesWriter()
    out.append(COPY_DATA)
    write_i32_be(out, i32(i64(size) + LENGTH_BYTES))
    return out.getvalue()


def copy_fail_frame(reason: str) -> bytes:
    """CopyFail with `reason`, cut to 1,000 bytes; a NUL and what UTF-8 has no form for become `?`."""
    raw = reason.replace("\0", "?").encode("utf-8", "replace")[:MAX_REASON_BYTES]
    # The cut may go through a character.
    raw = raw.decode("utf-8", "ignore").encode("utf-8")
    out = BytesWriter()
    write_copy_fail(out, raw)
    return out.getvalue()


def owes_sync(request: Request) -> bool:
    """Whether the server waits for the request's Sync now: its statement has ended, and no Sync was written."""
    step = request.step
    return request.is_sync_owed and (step == SKIPPING or step == AWAIT_READY)


def check_open(request: Request) -> None:
    """Refuse what can only be done while COPY IN is open.

    Raises:
        UsageError: CopyInResponse has not come, or the copy has ended.
    """
    if request.step == COPY_IN_OPEN:
        return
    if request.step == SKIPPING or request.step == FINISHED:
        raise UsageError("the server has ended this COPY")
    raise UsageError("this COPY is not open")
