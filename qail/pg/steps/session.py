"""What a session of one's own is made of beyond its statements: settings and channels; what sets and restores them.
No I/O.

Rule 1: a setting's name and value are bind values, never text of a statement; a channel is a quoted identifier.
Rule 2: what is kept here is what the server has confirmed, in the order it was first set: that is the order in which
another session gets it.

Source: functions-admin.html, set_config; sql-listen.html, sql-unlisten.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from librt.strings import BytesWriter

from qail.compile.quote import identifier
from qail.errors import UsageError
from qail.pg.protocol.request import DISCARD, Item, Request
from qail.pg.protocol.state import PARSE
from qail.pg.steps.command import TextCommand, write_command
from qail.pg.wire.query import SYNC_FRAME

PINNED: Final = ("client_encoding", "datestyle")
"""Settings that the codecs need as they are."""
_TRACES: Final = re.compile(
    rb"(?:^|;)\s*(?:SET|RESET|LISTEN|UNLISTEN|PREPARE|DECLARE|LOAD|DISCARD|DEALLOCATE|CALL|DO|SECURITY)\b"
    rb"|\bTEMP(?:ORARY)?\b|\bset_config\b|\bpg_(?:try_)?advisory_lock|\bsetseed\b",
    re.IGNORECASE,
)
_SET: Final = "SELECT pg_catalog.set_config($1, $2, false)"


def leaves_traces(sql: bytes) -> bool:
    """Whether `sql`, by its words, leaves in its session what would be missing in another: settings, temporary tables,
    prepared statements, cursors, locks. It errs on the side of yes; what a function does inside, nobody can see.
    """
    return _TRACES.search(sql) is not None


def setting_text(name: str, value: Any) -> str:
    """`value` as the text of the setting `name`.

    Raises:
        UsageError: the setting is not the caller's to change, or the value is of no type that settings have.
    """
    if name.lower() in PINNED:
        raise UsageError(f"{name} cannot be changed: the codecs need it as it is")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UsageError(f"the value of {name} is a str, a number or a bool, not {type(value).__name__}")


def settings_request(settings: Sequence[tuple[str, str]]) -> Request:
    """Set all of them, or none, for the session.

    Raises:
        EncodeError: a name or value has no form as text of the server.
    """
    out = BytesWriter()
    for name, value in settings:
        write_command(out, TextCommand(_SET, name, value))
    out.write(SYNC_FRAME)
    return Request(out.getvalue(), [Item(DISCARD, b"", PARSE) for _ in settings])


def listen_statements(channels: Iterable[str]) -> list[bytes]:
    """`LISTEN` for each. Raises BuildError for a name that cannot be one."""
    return [b"LISTEN " + identifier(channel).encode() for channel in channels]


def unlisten_statements(channels: Iterable[str]) -> list[bytes]:
    """`UNLISTEN` for each."""
    return [b"UNLISTEN " + identifier(channel).encode() for channel in channels]
