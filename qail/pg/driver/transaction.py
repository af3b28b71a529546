"""Transactions and savepoints as `async with` scopes; the steps are in `pg.steps.transaction`.

Rule 1: BEGIN and SAVEPOINT ride ahead of the first statement; a scope in which nothing ran sends nothing.
Rule 2: a scope that is left by cancellation is undone without waiting: ROLLBACK is queued behind what runs.
Rule 3: success is declared at the ReadyForQuery behind COMMIT, and only if its tag says COMMIT.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self, cast

from qail.errors import CommitRejected, ConnectionLost, Outcome, QailError, UsageError
from qail.pg.catalog import Catalog, Namespace
from qail.pg.driver.cancel import cancel
from qail.pg.driver.copy import CopyOut, copy_in
from qail.pg.driver.executor import Attempt
from qail.pg.driver.link import Link
from qail.pg.driver.script import run_script
from qail.pg.driver.segment import control
from qail.pg.driver.transport import Runtime
from qail.pg.driver.verbs import Verbs
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import WITHDRAWN
from qail.pg.steps.transaction import IDLE, ScopeSteps, begin_statement


class OnLink(Verbs):
    """The verbs on one link of one's own: what Connection and Transaction have in common."""

    _link: Link | None
    _what = "connection"
    _ended = "is closed"

    def _own_link(self) -> Link:
        """The link. Raises UsageError after close or release, from another loop or after a fork."""
        link = self._link
        if link is None:
            raise UsageError(f"this {self._what} {self._ended}")
        self._runtime.check_here(self._what)
        return link

    def _pick(self, is_read_only: bool) -> Link | None:
        link = self._own_link()
        if not link.is_usable:
            link.check_usable()
        return None if link.is_held else link

    async def _wait_for_link(self, is_read_only: bool, deadline: float | None) -> Link:
        while True:
            link = self._own_link()
            link.check_usable()
            if not link.is_held:
                return link
            await link.wait_free()

    @property
    def _may_move(self) -> bool:
        return False

    @property
    def _is_in_transaction(self) -> bool:
        return self._link is not None and bool(self._link.scopes)

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, deferrable: bool = False
    ) -> Transaction:
        """`async with db.transaction() as tx`. Inside another one it is a savepoint, which takes no modes."""
        link = self._own_link()
        is_nested = bool(link.scopes)
        if is_nested and (isolation is not None or read_only or deferrable):
            raise UsageError("a nested transaction is a savepoint: its isolation and modes are those of the outermost")
        return Transaction(self, begin_statement(isolation, read_only, deferrable))

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """Run raw text of one or more statements, without parameters: for each, its rows as text, or its count."""
        deadline = self._deadline(timeout)
        attempt = Attempt()
        return await self._within(deadline, attempt, lambda: run_script(self, text, deadline, attempt))

    async def copy_in(self, table: Any, records: Any, *, columns: Any = None, timeout: float | None = None) -> int:
        """Load `records` (an iterable or async iterable of sequences) into `table` by binary COPY; how many rows.

        Raises:
            EncodeError: a value does not fit its column; nothing is stored.
            PostgresError: the server refused a row or the table; nothing is stored.
        """
        deadline = self._deadline(timeout)
        attempt = Attempt()
        return await self._within(deadline, attempt, lambda: copy_in(self, table, records, columns, deadline, attempt))

    def copy_out(self, source: Any, *, columns: Any = None) -> CopyOut:
        """The rows of a table or of a query without values, by binary COPY: `async with` it, then iterate."""
        return CopyOut(self, source, columns)


class Transaction(OnLink):
    """A transaction, or a savepoint inside one. Made by `transaction()`; an Executor while it is open."""

    _what = "transaction"
    _ended = "is not open: it has ended, or was not begun"

    def __init__(self, outer: OnLink, begin: bytes) -> None:
        self._runtime: Runtime = outer._runtime
        self._catalog: Catalog = outer._catalog
        self._namespace: Namespace = outer._namespace
        self._timeout_seconds = outer._timeout_seconds
        self._link = None
        self._outer: Final = outer
        self._begin: Final = begin
        self._steps: ScopeSteps | None = None

    async def begin(self) -> None:
        """Open the scope by hand; `async with` does it. Nothing is sent before the first statement."""
        if self._steps is not None:
            raise UsageError("this transaction was begun before: make another one with transaction()")
        link = await self._outer._place(False, None)
        self._steps = ScopeSteps(len(link.scopes), self._begin)
        link.scopes.append(self._steps)
        link.unsent_scopes += 1
        self._link = link

    async def commit(self) -> None:
        """End the scope and keep its work.

        Raises:
            CommitRejected: the server kept nothing, because a statement of the scope had failed.
            PostgresError: a deferred constraint failed; nothing was kept.
            OutcomeUnknown: the connection was lost after COMMIT had been sent.
        """
        await self._end(keep=True)

    async def rollback(self) -> None:
        """End the scope and undo its work."""
        await self._end(keep=False)

    async def __aenter__(self) -> Self:
        await self.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._link is None:
            return  # ended by hand
        if kind is None:
            await self._end(keep=True)
        elif issubclass(kind, Exception):
            await self._undo_after_error()
        else:
            self._undo_at_once()

    async def _undo_after_error(self) -> None:
        """Undo, in bounded time; the body's error is what the caller sees, whatever comes of it.

        A statement that still runs (its caller's deadline passed) would hold ROLLBACK up: it is cancelled first.
        """
        link = self._link
        try:
            if link is not None and link.session.depth:
                await cancel(link)
            await self._end(keep=False)
        except QailError:
            return

    def _undo_at_once(self) -> None:
        """Undo without waiting: the caller is being cancelled."""
        link = self._leave()
        statements = self._ending(link, keep=False)
        if statements and link.is_usable:
            link.submit_when_free(control(link, statements, is_end=False))

    async def _end(self, *, keep: bool) -> None:
        link = self._leave()
        steps = cast("ScopeSteps", self._steps)
        if keep and _was_ended_inside(link, steps):
            raise CommitRejected(
                "the transaction was ended by a statement inside it: what became of it is not known here",
                outcome=Outcome.UNKNOWN,
            )
        statements = self._ending(link, keep=keep)
        if not statements:
            return
        if not link.is_usable:
            raise ConnectionLost("the connection was lost before COMMIT was sent", outcome=Outcome.ABORTED)
        request = control(link, statements, is_end=keep and steps.depth == 0)
        try:
            await link.run(request)
        except BaseException:
            self._undo_unsent(link, request)
            raise
        verdict = steps.verdict(request.items[-1].tag, statements[0]) if keep else None
        if verdict is not None:
            raise verdict

    def _undo_unsent(self, link: Link, request: Request) -> None:
        """A COMMIT taken back before it left must not leave the transaction open."""
        steps = cast("ScopeSteps", self._steps)
        if request.state == WITHDRAWN and link.is_usable:
            link.submit(control(link, steps.ending(keep=False, status=IDLE), is_end=False))

    def _ending(self, link: Link, *, keep: bool) -> list[bytes]:
        steps = cast("ScopeSteps", self._steps)
        return steps.ending(keep=keep, status=int(link.session.transaction_status))

    def _leave(self) -> Link:
        """Take this scope off the link. Raises UsageError unless it is the innermost."""
        link, steps = self._link, self._steps
        if link is None or steps is None:
            raise UsageError("this transaction is not open")
        if not link.scopes or link.scopes[-1] is not steps:
            raise UsageError("an inner transaction is still open: end them in the reverse order of their beginning")
        link.scopes.pop()
        if not steps.is_sent:
            link.unsent_scopes -= 1
        self._link = None
        return link


def _was_ended_inside(link: Link, steps: ScopeSteps) -> bool:
    """Whether the server says that no transaction is open although this one was begun: the status byte knows."""
    return steps.is_sent and not link.session.depth and link.is_usable and link.session.transaction_status == IDLE


class PoolTransaction:
    """`async with pool.transaction() as tx`: a connection of its own for as long as the block."""

    def __init__(self, lease: Any, isolation: str | None, read_only: bool, deferrable: bool) -> None:
        self._lease: Final = lease
        self._modes: Final = {"isolation": isolation, "read_only": read_only, "deferrable": deferrable}
        # Wrong modes are told where they are written.
        begin_statement(isolation, read_only, deferrable)
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> Transaction:
        connection = await self._lease.__aenter__()
        try:
            transaction: Transaction = connection.transaction(**self._modes)
            self._transaction = transaction
            return await transaction.__aenter__()
        except BaseException:
            await self._lease.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transaction is not None
        try:
            await self._transaction.__aexit__(kind, error, trace)
        finally:
            await self._lease.__aexit__(kind, error, trace)
