"""How a transaction or savepoint opens and ends: which statements, and what their answers mean. No I/O.

Rule 1: opening costs nothing: BEGIN and SAVEPOINT wait, and ride ahead of the first statement in its segment. A scope
in which nothing ran sends nothing at all.
Rule 2: COMMIT is judged by its tag: a server that answers ROLLBACK has kept nothing, although it reports no error.
Rule 3: a scope that failed is undone; the scope around it goes on.
Rule 4: settings of a transaction travel right behind its BEGIN, and end with it.

Source: sql-begin.html, sql-savepoint.html, sql-commit.html; functions-info.html#FUNCTIONS-INFO-SNAPSHOT
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypedDict

from qail.compile.quote import identifier
from qail.errors import CommitRejected, QailError, UsageError
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import SETTLED, WITHDRAWN
from qail.pg.steps.command import TextCommand
from qail.pg.steps.settings import Settings

Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]
TransactionStatus = Literal["committed", "aborted", "in progress"]


class BatchModes(TypedDict, total=False):
    """Those of a transaction's modes that `batch()` takes."""

    isolation: str | None
    read_only: bool
    deferrable: bool
    track_outcome: bool


class TransactionModes(BatchModes, total=False):
    """The arguments of `transaction()`, for verbs that pass them on."""

    settings: Mapping[str, str] | None


BEGIN: Final = b"BEGIN"
COMMIT: Final = b"COMMIT"
ROLLBACK: Final = b"ROLLBACK"
_LEVELS: Final = ("read uncommitted", "read committed", "repeatable read", "serializable")

IDLE: Final = ord("I")
FAILED: Final = ord("E")

TRANSACTION_ID: Final = TextCommand("SELECT pg_catalog.pg_current_xact_id_if_assigned()")
"""Asked in a segment of its own ahead of COMMIT: its Sync makes the server send the answer before it commits."""
_STATUSES: Final[dict[str, TransactionStatus]] = {
    "committed": "committed",
    "aborted": "aborted",
    "in progress": "in progress",
}
_OVER: Final = frozenset({SETTLED, WITHDRAWN})
# An xid8 is unsigned.
_MOST_ID: Final = 2**64 - 1


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


class FoldedModes:
    """The modes of a batch that has its BEGIN and COMMIT in its own flight."""

    def __init__(self, begin: bytes, *, is_read_only: bool, is_tracked: bool) -> None:
        self.begin: Final = begin
        self.is_read_only: Final = is_read_only
        self.is_tracked: Final = is_tracked


def folded_modes(
    isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False, track_outcome: bool = False
) -> FoldedModes | None:
    """What the modes of a batch ask for; None: nothing, and it needs neither BEGIN nor COMMIT.

    Raises:
        UsageError: an isolation level that PostgreSQL does not have.
    """
    begin = begin_statement(isolation, read_only, deferrable)
    if begin == BEGIN and not track_outcome:
        return None
    return FoldedModes(begin, is_read_only=bool(read_only), is_tracked=bool(track_outcome))


def nested_refusal() -> UsageError:
    """What is told of a batch with modes inside a transaction."""
    return UsageError("a batch inside a transaction is part of it: its isolation and modes are those of the outermost")


class ScopeSteps:
    """One scope: the transaction itself (`depth` 0) or a savepoint inside it.

    The driver sends `opening` ahead of the first statement and then sets `is_sent`; at the end it sends what `ending`
    says and asks `verdict` what the answer means.
    """

    def __init__(self, depth: int, begin: bytes = BEGIN, settings: Settings = ()) -> None:
        self.depth: Final = depth
        self.settings: Final = settings
        self.is_sent = False
        self.is_ended = False
        self.is_given_back = False
        """Its connection went back to its pool while it was open, and undoes it there."""
        self.is_undone = False
        """The one around it ended while it was open, and took it along."""
        self.on_undone: Callable[[], None] | None = None
        """The driver's: called when a scope around this one ends while it is open."""
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
            return self.rejected()
        return None

    def rejected(self) -> CommitRejected:
        """What is told of a savepoint that was to be kept and had to be undone."""
        return CommitRejected(
            "a statement of this nested transaction had failed before: it was rolled back to its savepoint, "
            "and the transaction around it goes on"
        )

    @property
    def is_read_only(self) -> bool:
        """Whether nothing of it can have been stored, whatever became of its COMMIT."""
        return b"READ ONLY" in self.opening


class Openings:
    """Which requests that are not settled carry the BEGIN or SAVEPOINT of which scopes."""

    def __init__(self) -> None:
        self._carried: list[tuple[Request, list[ScopeSteps]]] = []

    def __len__(self) -> int:
        return len(self._carried)

    def add(self, request: Request, scopes: list[ScopeSteps]) -> None:
        """`request` carries what opens `scopes`; those whose answer is known are forgotten."""
        self._carried = [each for each in self._carried if each[0].state not in _OVER]
        self._carried.append((request, scopes))
        for scope in scopes:
            scope.is_sent = True

    def of(self, request: Request) -> list[ScopeSteps]:
        """The scopes that `request` opens."""
        for carrier, scopes in self._carried:
            if carrier is request:
                return scopes
        return []


def status_command(transaction_id: int) -> TextCommand:
    """Asks what became of a transaction.

    Raises:
        UsageError: that is no transaction id.
    """
    if type(transaction_id) is not int or not 0 < transaction_id <= _MOST_ID:
        raise UsageError(f"{transaction_id!r:.40} is no transaction id: take that of an OutcomeUnknown")
    return TextCommand("SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8)", str(transaction_id))


def transaction_id(value: object) -> int | None:
    """The id in the answer to TRANSACTION_ID; None where the transaction has written nothing so far."""
    text = str(value) if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None


def transaction_status(value: object) -> TransactionStatus | None:
    """What the answer to `status_command` says; None where the server does not remember."""
    return _STATUSES.get(str(value))
