"""How a transaction or savepoint opens and ends: which statements, and what their answers mean. No I/O.

Rule 1: opening costs nothing: BEGIN and SAVEPOINT wait, and ride ahead of the first statement in its segment. A scope
in which nothing ran sends nothing at all.
Rule 2: COMMIT is judged by its tag: a server that answers ROLLBACK has kept nothing, although it reports no error.
Rule 3: a scope that failed is undone; the scope around it goes on.

Source: sql-begin.html, sql-savepoint.html, sql-commit.html
"""

from __future__ import annotations

from typing import Final, Literal

from qail.compile.quote import identifier
from qail.errors import CommitRejected, QailError, UsageError

Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]

COMMIT: Final = b"COMMIT"
ROLLBACK: Final = b"ROLLBACK"
_LEVELS: Final = ("read uncommitted", "read committed", "repeatable read", "serializable")

IDLE: Final = ord("I")
FAILED: Final = ord("E")


def begin_statement(isolation: str | None, read_only: bool | None, deferrable: bool | None) -> bytes:
    """`BEGIN` with its modes; a mode that is None is the server's default.

    Raises:
        UsageError: an isolation level that PostgreSQL does not have.
    """
    modes: list[str] = []
    if isolation is not None:
        level = isolation.replace("_", " ").lower()
        if level not in _LEVELS:
            raise UsageError(f"isolation is {isolation!r}: write one of {', '.join(map(repr, _LEVELS))}")
        modes.append(f"ISOLATION LEVEL {level.upper()}")
    if read_only is not None and read_only:
        modes.append("READ ONLY")
    if deferrable is not None and deferrable:
        modes.append("DEFERRABLE")
    return " ".join(["BEGIN", ", ".join(modes)]).strip().encode()


class ScopeSteps:
    """One scope: the transaction itself (`depth` 0) or a savepoint inside it.

    The driver sends `opening` ahead of the first statement and then sets `is_sent`; at the end it sends what `ending`
    says and asks `verdict` what the answer means.
    """

    def __init__(self, depth: int, begin: bytes = b"BEGIN") -> None:
        self.depth: Final = depth
        self.is_sent = False
        self.is_ended = False
        self._name = identifier(f"qail_{depth}").encode()
        self.opening: Final = begin if depth == 0 else b"SAVEPOINT " + self._name

    def ending(self, *, keep: bool, status: int) -> list[bytes]:
        """The statements that end this scope, in order. `status` is the last known transaction status."""
        self.is_ended = True
        if not self.is_sent:
            return []
        if self.depth == 0:
            return [COMMIT if keep else ROLLBACK]
        release = b"RELEASE SAVEPOINT " + self._name
        if keep and status != FAILED:
            return [release]
        return [b"ROLLBACK TO SAVEPOINT " + self._name, release]

    def verdict(self, tag: str, statement: bytes) -> QailError | None:
        """What the tag of the last ending statement of a scope to keep says: None when it was kept."""
        if self.depth == 0 and tag != "COMMIT":
            return CommitRejected(
                "the server answered COMMIT with ROLLBACK: a statement of this transaction had failed before, "
                "and nothing of it was kept"
            )
        if self.depth > 0 and statement.startswith(b"ROLLBACK"):
            return CommitRejected(
                "a statement of this nested transaction had failed before: it was rolled back to its savepoint, "
                "and the transaction around it goes on"
            )
        return None
