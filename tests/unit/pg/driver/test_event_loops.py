"""Which event loops the asyncio transport can live on."""

from __future__ import annotations

import ast
import asyncio.proactor_events
from pathlib import Path

import pytest

from qail.pg.driver import asyncio_transport

SOURCE = Path(asyncio_transport.__file__)
# What asyncio documents as missing on ProactorEventLoop, the default loop on Windows. That loop cannot run here.
NOT_ON_WINDOWS = {
    "add_reader",
    "add_writer",
    "remove_reader",
    "remove_writer",
    "add_signal_handler",
    "remove_signal_handler",
}


def loop_methods() -> set[str]:
    """What the transport and its runtime call of their loop."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("loop", "self.loop", "self._loop"):
            found.add(node.attr)
    return found


@pytest.mark.feature("CN9")
def test_only_methods_that_the_default_loop_of_windows_has_are_used() -> None:
    used = loop_methods()

    assert {"create_connection", "start_tls", "call_soon"} <= used
    assert not used & NOT_ON_WINDOWS
    # A connection to a unix socket is asked for only where there are unix sockets.
    missing = {name for name in used if not hasattr(asyncio.proactor_events.BaseProactorEventLoop, name)}
    assert not missing
