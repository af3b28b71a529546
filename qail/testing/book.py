"""ScriptBook: which script a SQL text has, and what the texts mean that need none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from qail.pg.wire.constants import FAILED_TRANSACTION, IDLE, IN_TRANSACTION
from qail.testing.script import Executed, Script

Answering = Script | Callable[[Executed], Script]
# By the text, or by a pattern that the whole text matches. Any, because the keys of a Mapping do not vary.
Scripts = Mapping[Any, Answering]
_FIRST_WORDS: Final = re.compile(rb"\s*([A-Za-z]*)\s*([A-Za-z]*)")
_SESSION_COMMANDS: Final = frozenset({"SAVEPOINT", "RELEASE", "SET", "RESET", "LISTEN", "UNLISTEN", "NOTIFY"})


class ScriptBook:
    """Scripts by SQL text (str or bytes) or by compiled pattern; the mapping may change while it is in use."""

    def __init__(self, scripts: Scripts) -> None:
        self.scripts: Final = scripts

    def find(self, sql: bytes, parameters: tuple[bytes | None, ...], status: int) -> Script | None:
        """What a text does: its script, or what its first words mean in a session of this transaction status."""
        text = sql.decode(errors="replace")
        found = self.scripts.get(sql) or self.scripts.get(text)
        for key, script in () if found is not None else self.scripts.items():
            if isinstance(key, re.Pattern) and re.fullmatch(cast("re.Pattern[str]", key), text):
                found = script
                break
        if found is None:
            return _usual(sql, status)
        return found if isinstance(found, Script) else found(Executed(text, parameters))

    def parts(self, sql: bytes) -> list[bytes]:
        """The statements of a simple query: the whole text if it has a script, else what the semicolons part."""
        if sql in self.scripts or sql.decode(errors="replace") in self.scripts:
            return [sql]
        return [each for each in sql.split(b";") if each.strip()] or [sql]


def _usual(sql: bytes, status: int) -> Script | None:
    """Transactions and session commands, which need no script."""
    match = _FIRST_WORDS.match(sql)
    first, second = (each.decode().upper() for each in match.groups()) if match else ("", "")
    if not sql.strip():
        return Script()
    if first in ("BEGIN", "START"):
        return Script("BEGIN", status=IN_TRANSACTION)
    if first in ("COMMIT", "END"):
        return Script("ROLLBACK" if status == FAILED_TRANSACTION else "COMMIT", status=IDLE)
    if first == "ROLLBACK":
        return Script("ROLLBACK", status=IN_TRANSACTION if second == "TO" else IDLE)
    if first in ("DEALLOCATE", "DISCARD", "CLOSE"):
        return Script(f"{first} ALL" if second == "ALL" else first)
    return Script(first) if first in _SESSION_COMMANDS else None
