"""Every error qail raises, and what each says of the work that was asked for.

Rule 1: each error answers two questions: what became of the work (`outcome`) and whether its connection must be
closed (`connection_spent`). An outcome that cannot be proved is `unknown`.
Rule 2: a message is one sentence: what happened, to which thing, with the numbers, and how to mend it.
Rule 3: no password, cancel key, DSN or row value is part of a message; a parameter value only in `EncodeError`, cut.
Rule 4: this module imports nothing of qail but how a spot in a text is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

from qail.error_text import number_in, spot_in


class Outcome(StrEnum):
    """What became of the work that failed. Members equal their text: `error.outcome == "aborted"`."""

    NOT_SENT = "not_sent"
    """No byte of it reached the server."""
    ABORTED = "aborted"
    """The server undid it."""
    NO_EFFECT = "no_effect"
    """It may have run, and it could not change anything."""
    DONE = "done"
    """The server finished it; only the answer could not be used."""
    UNKNOWN = "unknown"
    """It cannot be proved whether it took effect."""


class QailError(Exception):
    """Base of all errors of qail."""

    outcome: Outcome = Outcome.NOT_SENT
    connection_spent: bool = False

    def __init__(
        self, message: str = "", *, outcome: Outcome | None = None, connection_spent: bool | None = None
    ) -> None:
        super().__init__(message)
        if outcome is not None:
            self.outcome = outcome
        if connection_spent is not None:
            self.connection_spent = connection_spent

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with all its attributes and with its cause, if that is an error of qail too."""
        state = dict(vars(self))
        if isinstance(self.__cause__, QailError):
            state["__cause__"] = self.__cause__
        return type(self), self.args, state


class ConfigError(QailError):
    """The connection settings cannot be used."""


class BuildError(QailError):
    """The query cannot be, whatever the values: found before anything was sent."""


class EncodeError(QailError):
    """A value has no form in the parameter's PostgreSQL type; nothing was sent."""


class UsageError(QailError):
    """A thing was used out of order, after close, from another loop or thread; nothing was sent."""


class ResultError(QailError):
    """The server finished, and the result is not what the call promised."""

    outcome = Outcome.DONE


class NoRowsError(ResultError):
    """One row was asked for and none came."""


class TooManyRowsError(ResultError):
    """At most one row was asked for and more came."""


class ResultTooLarge(ResultError):
    """What was fetched whole had `result_bytes` in `row_count` rows, more than `max_result_bytes`: it was dropped."""

    max_result_bytes = result_bytes = row_count = 0


class CostExceeded(QailError):
    """The planner expects the statement to cost `cost`, more than the `max_cost` it was allowed: it was not run."""

    outcome = Outcome.NO_EFFECT
    cost = max_cost = 0.0


class DecodeError(ResultError):
    """One value has no Python form, or a row does not fit its target; the stream is in step."""


class PoolError(QailError):
    """The pool could not give a connection."""


class PoolTimeout(PoolError, TimeoutError):
    """No connection came free in time."""


class PoolClosed(PoolError):
    """The pool is closed, or closing."""


class ConnectError(QailError):
    """No connection could be made: `reason` is one word (dns, refused, timeout ...), `attempts` a line an address."""

    def __init__(self, message: str = "", *, reason: str = "refused", attempts: Sequence[str] = ()) -> None:
        super().__init__(message, outcome=Outcome.NOT_SENT, connection_spent=True)
        self.reason = reason
        self.attempts = tuple(attempts)


class TlsError(ConnectError):
    """TLS was required and could not be had, or the certificate does not prove the host."""

    def __init__(self, message: str = "", *, reason: str = "tls", attempts: Sequence[str] = ()) -> None:
        super().__init__(message, reason=reason, attempts=attempts)


class AuthError(ConnectError):
    """The server refused us, or asked for a proof that the policy forbids, or could not prove itself."""

    def __init__(self, message: str = "", *, reason: str = "auth", attempts: Sequence[str] = ()) -> None:
        super().__init__(message, reason=reason, attempts=attempts)


class DeadlineExceeded(QailError, TimeoutError):
    """The call's deadline passed after a connection was had.

    `transaction_id` is that of a transaction whose COMMIT was not answered, where `track_outcome` asked for it.
    """

    outcome = Outcome.UNKNOWN
    transaction_id: int | None = None


class ProtocolError(QailError):
    """The peer broke the protocol. The connection is spent."""

    outcome = Outcome.UNKNOWN
    connection_spent = True


class ConnectionLost(QailError, ConnectionError):
    """The transport ended. The connection is spent."""

    outcome = Outcome.UNKNOWN
    connection_spent = True


class OutcomeUnknown(ConnectionLost):
    """The transport ended after a write or COMMIT was sent and before it was acknowledged.

    `transaction_id` is known of a transaction with `track_outcome=True`: `transaction_status(transaction_id)` tells on
    another connection what became of it.
    """

    def __init__(self, message: str = "", *, transaction_id: int | None = None) -> None:
        super().__init__(message, outcome=Outcome.UNKNOWN)
        self.transaction_id = transaction_id


class CommitRejected(QailError):
    """COMMIT was answered ROLLBACK: the transaction had failed before, and nothing of it stays."""

    outcome = Outcome.ABORTED


class PipelineAborted(QailError):
    """The server skipped this item because an earlier one of its segment failed."""

    outcome = Outcome.ABORTED

    def __init__(self, message: str = "", *, index: int = -1, cause: QailError | None = None) -> None:
        super().__init__(message)
        self.index = index
        self.cause = cause


class StatementInvalidated(QailError):
    """A prepared statement no longer fits the schema, inside a transaction, where it cannot be renewed."""

    outcome = Outcome.ABORTED


class Lagged(QailError):
    """Notifications are missing at this place of a subscription, which goes on behind it.

    `count` of them came faster than they were read; None: the link was lost and rebuilt, and nobody knows how many.
    """

    outcome = Outcome.DONE

    def __init__(self, message: str = "", *, count: int | None = None) -> None:
        super().__init__(message)
        self.count = count


_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class ServerFields:
    """What ErrorResponse and NoticeResponse have in common: `fields` by one-letter codes, the usual ones by name.

    Source: protocol-error-fields.html
    """

    __slots__ = ()
    fields: dict[str, str]

    @property
    def severity(self) -> str:
        """ERROR, FATAL or PANIC, of a notice WARNING to LOG; untranslated (field V), or field S where there is no V."""
        return self.fields.get("V") or self.fields.get("S", "")

    @property
    def sqlstate(self) -> str:
        """Five characters; empty when the server sent none."""
        return self.fields.get("C", "")

    @property
    def message(self) -> str:
        return self.fields.get("M", "")

    @property
    def detail(self) -> str | None:
        return self.fields.get("D")

    @property
    def hint(self) -> str | None:
        return self.fields.get("H")

    @property
    def position(self) -> int | None:
        """Where in `query` the error is, in characters from 1."""
        return number_in(self.fields.get("P"))

    @property
    def internal_position(self) -> int | None:
        return number_in(self.fields.get("p"))

    @property
    def internal_query(self) -> str | None:
        return self.fields.get("q")

    @property
    def where(self) -> str | None:
        """The call stack of the functions that led to it."""
        return self.fields.get("W")

    @property
    def schema(self) -> str | None:
        return self.fields.get("s")

    @property
    def table(self) -> str | None:
        return self.fields.get("t")

    @property
    def column(self) -> str | None:
        return self.fields.get("c")

    @property
    def datatype(self) -> str | None:
        return self.fields.get("d")

    @property
    def constraint(self) -> str | None:
        return self.fields.get("n")

    @property
    def file(self) -> str | None:
        """The server's source file that raised it."""
        return self.fields.get("F")

    @property
    def line(self) -> int | None:
        """The line in `file`."""
        return number_in(self.fields.get("L"))

    @property
    def routine(self) -> str | None:
        """The server's function that raised it."""
        return self.fields.get("R")


class PostgresError(ServerFields, QailError):
    """An ErrorResponse. `fields` has all of its fields by their one-letter codes; the common ones are attributes.

    `qail.sqlstate` has a subclass for each SQLSTATE. `query` is the SQL the server was given, when known;
    `context_text` shows the spot in it. `transaction_status` is the status the connection was left in: `I` outside a
    transaction, `T` or `E` inside; empty when the connection ended instead.
    Batches add `index`, the number of the failed item, and `results`, what came before it.

    Source: protocol-error-fields.html
    """

    outcome = Outcome.ABORTED
    code: ClassVar[str] = ""

    def __init__(self, message: str = "", *, fields: Mapping[str, str] = _NO_FIELDS, query: str | None = None) -> None:
        super().__init__(message or fields.get("M", "the server reported an error without a message"))
        self.fields: dict[str, str] = dict(fields)
        self.query = query
        self.index: int | None = None
        self.results: list[Any] = []
        self.transaction_status = ""
        self.connection_spent = self.severity in ("FATAL", "PANIC")

    def __str__(self) -> str:
        text = f"{self.args[0]} (SQLSTATE {self.sqlstate})"
        hint = self.fields.get("H")
        return f"{text}. Hint: {hint}" if hint else text

    @property
    def context_text(self) -> str | None:
        """The line of the SQL the error is in, and below it a caret at the spot; None where no spot is known.

        It is no part of the message, because SQL may carry literals; the values of parameters it never carries.
        """
        if self.query is not None and self.position is not None:
            return spot_in(self.query, self.position)
        if self.internal_query is not None and self.internal_position is not None:
            return spot_in(self.internal_query, self.internal_position)
        return None

    @property
    def is_unique_violation(self) -> bool:
        """A row with this key is there already (23505); `constraint` names the index."""
        return self.sqlstate == "23505"

    @property
    def is_foreign_key_violation(self) -> bool:
        """The row that is referred to is not there, or is still referred to (23503)."""
        return self.sqlstate == "23503"

    @property
    def is_not_null_violation(self) -> bool:
        """NULL in a column that takes none (23502); `column` names it."""
        return self.sqlstate == "23502"

    @property
    def is_check_violation(self) -> bool:
        """A CHECK constraint says no (23514)."""
        return self.sqlstate == "23514"

    @property
    def is_exclusion_violation(self) -> bool:
        """An exclusion constraint says no (23P01)."""
        return self.sqlstate == "23P01"

    @property
    def is_serialization_failure(self) -> bool:
        """Another transaction came in between (40001): run the whole transaction again."""
        return self.sqlstate == "40001"

    @property
    def is_deadlock(self) -> bool:
        """Transactions waited for each other in a circle (40P01): run the whole transaction again."""
        return self.sqlstate == "40P01"

    @property
    def is_lock_not_available(self) -> bool:
        """A lock was not to be had at once or within `lock_timeout` (55P03)."""
        return self.sqlstate == "55P03"

    @property
    def is_query_canceled(self) -> bool:
        """Somebody cancelled the statement, or `statement_timeout` did (57014)."""
        return self.sqlstate == "57014"
