"""Transactions and savepoints as `async with` scopes; the steps are in `pg.steps.transaction`, the end in `scope_end`.

Rule 1: BEGIN and SAVEPOINT ride ahead of the first statement; a scope in which nothing ran sends nothing.
Rule 2: a scope that is left by cancellation is undone without waiting: ROLLBACK is queued behind what runs.
Rule 3: scopes of one connection are a stack. One that ends takes along those that were begun inside it and are still
open: what is undone is told where it was expected to be kept.
Rule 4: tasks that share a transaction are pipelined in the order of their calls. COMMIT waits for what was called
before it; an error or a cancellation of the block cancels what runs.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack, cast

from qail.ast.build.builder import Fetchable
from qail.errors import CommitRejected, Outcome, QailError, UsageError
from qail.pg.catalog import Catalog, Namespace
from qail.pg.driver.advisory import AdvisoryLock
from qail.pg.driver.cancel import cancel
from qail.pg.driver.commands import ask_status
from qail.pg.driver.copy import CopyOut, CopySource, copy_in
from qail.pg.driver.cursor import DEFAULT_PAGE_ROWS, RowStream
from qail.pg.driver.executor import Attempt
from qail.pg.driver.folded import FoldedBatch
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.rerun import Rerun
from qail.pg.driver.scope_end import ScopeEnd, leave_inner, not_open, was_ended_inside
from qail.pg.driver.script import run_script
from qail.pg.driver.transport import DeadlinePassed, Runtime
from qail.pg.driver.verbs import Verbs
from qail.pg.steps.advisory import AdvisoryKey, LockKey, LockKind
from qail.pg.steps.retry import RetryBudget
from qail.pg.steps.settings import Settings, changes_names, checked_settings
from qail.pg.steps.transaction import (
    BEGIN,
    ScopeSteps,
    TransactionModes,
    TransactionStatus,
    begin_statement,
)

R = TypeVar("R")
T = TypeVar("T")


class OnLink(Verbs):
    """The verbs on one link of one's own: what Connection and Transaction have in common."""

    _link: Link | None
    _what = "connection"
    _ended = "is closed"
    _is_scope = False
    """Whether it is a transaction or savepoint itself."""

    def _own_link(self) -> Link:
        """The link. Raises UsageError after close or release, from another loop or after a fork."""
        link = self._link
        if link is None:
            raise UsageError(f"this {self._what} {self._ended}")
        self._runtime.check_here(self._what)
        return link

    def _show_link(self) -> None:
        """Let a statement find the link without asking `_pick`, where that is the one below."""
        presence = self._runtime.presence
        if presence is not None and type(self)._pick is OnLink._pick:
            self._here, self._home = presence

    def _pick(self, use: int) -> Link | None:
        link = self._own_link()
        if not link.is_usable:
            if self._may_replace(link):
                return None
            link.check_usable()
        # Settings of a lease go ahead of each statement, which the short way does not do.
        return None if link.local_settings or link.is_held else link

    async def _wait_for_link(self, use: int, deadline: float | None) -> Link:
        while True:
            link = self._own_link()
            if not link.is_usable:
                await self._replaced(link)
            elif not link.is_held:
                return link
            else:
                await link.wait_free()

    def _may_replace(self, link: Link) -> bool:
        """Whether another link may take the place of this one, which is lost."""
        return False

    async def _replaced(self, link: Link) -> None:
        """Put another link in the place of this one, which is lost. Raises what tells why not."""
        link.check_usable()

    @property
    def _may_move(self) -> bool:
        return False

    def _still_has(self, link: Link) -> bool:
        return self._link is link

    @property
    def _is_in_transaction(self) -> bool:
        return self._link is not None and bool(self._link.scopes)

    async def _fold(self, folded: FoldedBatch, deadline: float | None) -> list[Any]:
        return await folded.run(self)

    def transaction(
        self,
        *,
        isolation: str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        settings: Mapping[str, str] | None = None,
        track_outcome: bool = False,
    ) -> Transaction:
        """`async with db.transaction() as tx`. Inside another one it is a savepoint, which takes no modes.

        Args:
            settings: hold in this transaction alone, such as `{"app.tenant": "7", "statement_timeout": "500ms"}`: str.
            track_outcome: ask for the transaction's id ahead of COMMIT, so that an OutcomeUnknown carries it.
        """
        link = self._own_link()
        begin = begin_statement(isolation, read_only, deferrable)
        transaction = Transaction(self, begin, checked_settings(settings), is_tracked=track_outcome)
        if link.scopes:
            transaction.check_plain()
        return transaction

    async def run_transaction(
        self,
        fn: Callable[[Transaction], Awaitable[T]],
        /,
        *,
        retries: int = 3,
        timeout: float | None = None,
        budget: RetryBudget | None = None,
        **modes: Unpack[TransactionModes],
    ) -> T:
        """Run `fn(tx)` in a transaction, and all of it again, in a new one, after 40001 and 40P01.

        Inside a transaction it runs once, in a savepoint: only the outermost can run again.

        Args:
            retries: how often it may run again. `tx.attempt` counts the runs from 1.
            timeout: seconds for all of it, the pauses included. No run begins behind it.
            budget: limits what retries may add to the load of all that share it.
            modes: those of `transaction()`.
        """
        if self._is_in_transaction:
            retries = 0
        rerun = Rerun(self, partial(_on_link, self, modes), fn, self._deadline(timeout))
        return await rerun.run(retries, budget)

    async def transaction_status(
        self, transaction_id: int, /, *, timeout: float | None = None
    ) -> TransactionStatus | None:
        """What became of the transaction `OutcomeUnknown.transaction_id`: "committed", "aborted" or "in progress".

        None: so long ago that the server does not remember. It holds for the server that ran the transaction, and for
        standbys that have replayed as much; not after a failover to one that had not.
        """
        return await ask_status(self, transaction_id, timeout)

    def stream(
        self, query: Fetchable[R], /, *, fetch_size: int = DEFAULT_PAGE_ROWS, timeout: float | None = None
    ) -> RowStream[R]:
        """The rows of a query as they come, in flat memory: `async with db.stream(q) as rows: async for row in rows`.

        Where no transaction is open on the connection the stream opens one, and ends it with its block: whatever else
        runs on this connection meanwhile is part of it.

        Args:
            fetch_size: rows a page; two pages are in memory at most.
            timeout: seconds for each wait for the server. What the block does with a row is not counted.
        """
        return RowStream(self, query, fetch_size, timeout)

    def advisory_lock(
        self, key: LockKey, /, *, shared: bool = False, wait: bool = True, timeout: float | None = None
    ) -> AdvisoryLock:
        """`async with db.advisory_lock(key) as held`: a lock that means what the application says it means.

        On a connection it is freed when the block ends, however it ends; on a transaction with the transaction.

        Args:
            key: an int of 64 bits, or a pair of ints of 32 bits.
            shared: held together with other shared ones.
            wait: False asks once, and `held` says whether it was had.
            timeout: seconds to wait for it at most: DeadlineExceeded.
        """
        kind = LockKind(in_transaction=self._is_scope, shared=shared, wait=wait)
        return AdvisoryLock(self, AdvisoryKey(key), kind, timeout)

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """Run raw text of one or more statements, without parameters: for each, its rows as text, or its count."""
        deadline = self._deadline(timeout)
        attempt = Attempt()
        return await self._within(deadline, attempt, lambda: run_script(self, text, deadline, attempt))

    async def copy_in(
        self, table: Any, records: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> int:
        """Load `records`, an iterable or async iterable of sequences, into `table` by COPY; how many rows.

        With `format` "text" or "csv" they are a file, or an iterable of bytes or str, in that format; a file in binary
        holds what `write_to` of `copy_out` wrote. Whatever is raised (EncodeError: a value does not fit its column;
        PostgresError: the server refused a row or the table), nothing is stored.
        """
        source, deadline, attempt = CopySource(table, records, columns, format), self._deadline(timeout), Attempt()
        return await self._within(deadline, attempt, lambda: copy_in(self, source, deadline, attempt))

    def copy_out(
        self, source: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> CopyOut:
        """A table, or a query without values, as rows (text, csv: lines) or `write_to` a file; a timeout a wait."""
        return CopyOut(self, source, columns, timeout, format)


class Transaction(OnLink):
    """A transaction, or a savepoint inside one. Made by `transaction()`; an Executor while it is open."""

    _what = "transaction"
    _ended = "is not open: it has ended, or was not begun"
    _is_scope = True

    def __init__(self, outer: OnLink, begin: bytes, settings: Settings = (), *, is_tracked: bool = False) -> None:
        self._runtime: Runtime = outer._runtime
        self._catalog: Catalog = outer._catalog
        self._namespace: Namespace = outer._namespace
        self._timeout_seconds = outer._timeout_seconds
        self._link = None
        self._show_link()
        self._outer: Final = outer
        self._begin: Final = begin
        self._settings: Final = settings
        self._is_tracked: Final = is_tracked
        self._steps: ScopeSteps | None = None
        self._scope_end: ScopeEnd | None = None
        self.attempt = 1
        """In `run_transaction`: the number of this run, from 1."""

    def check_plain(self) -> None:
        """Raises UsageError when something was asked for that a savepoint cannot have."""
        if self._begin != BEGIN:
            raise UsageError("a nested transaction is a savepoint: its isolation and modes are those of the outermost")
        if self._settings:
            raise UsageError("a nested transaction is a savepoint: settings would outlive it")
        if self._is_tracked:
            raise UsageError("a nested transaction is a savepoint: track_outcome belongs to the outermost")

    async def begin(self) -> None:
        """Open the scope by hand; `async with` does it. Nothing is sent before the first statement."""
        if self._steps is not None:
            raise UsageError("this transaction was begun before: make another one with transaction()")
        link = await self._outer._place(False, None)
        if link.scopes:
            # Another task's, perhaps, which began while this one waited.
            self.check_plain()
        steps = self._steps = ScopeSteps(len(link.scopes), self._begin, self._settings)
        steps.on_undone = self._cut_off
        link.scopes.append(steps)
        link.unsent_scopes += 1
        self._link = link
        if changes_names(self._settings):
            link.changed()

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
        link, steps = self._link, self._steps
        if link is None or steps is None:
            if kind is None and steps is not None and (steps.is_given_back or steps.is_undone):
                raise not_open(steps)
            return  # ended by hand
        has_inner = leave_inner(link, steps)
        if kind is not None and not issubclass(kind, Exception):
            self._undo_at_once()
        elif kind is not None or has_inner:
            await self._undo_after_error()
        else:
            await self._end(keep=True)
        if kind is None and has_inner:
            raise UsageError(
                "an inner transaction was still open at the end of this one: all of it was rolled back",
                outcome=Outcome.ABORTED,
            )

    @property
    def may_be_kept(self) -> bool:
        """Whether COMMIT was sent, so that the work may have been kept."""
        end = self._scope_end
        return end is not None and end.is_doubtful

    async def _undo_after_error(self) -> None:
        """Undo, in bounded time; the body's error is what the caller sees, whatever comes of it."""
        link = self._link
        try:
            await self._runtime.within(self._runtime.now() + 2 * GRACE_SECONDS, self._undo)
        except DeadlinePassed:
            if link is not None:
                link.abort()
        except QailError:
            return
        finally:
            if self._link is not None:
                self._undo_at_once()

    async def _undo(self) -> None:
        """Undo and wait. A statement that still runs (its caller has gone) would hold ROLLBACK up: it is cancelled."""
        link = self._link
        oldest = link.session.oldest if link is not None else None
        if link is not None and oldest is not None and not oldest.is_control:
            if not oldest.is_in_transaction:
                # Somebody's that runs ahead of the transaction: ROLLBACK is left to follow it.
                self._undo_at_once()
                return
            await cancel(link)
        await self._end(keep=False)

    def _undo_at_once(self) -> None:
        """Undo without waiting: the caller is being cancelled."""
        ScopeEnd(self._leave(), cast("ScopeSteps", self._steps), keep=False).submit()

    async def _end(self, *, keep: bool) -> None:
        link = self._link
        if link is not None and (link.is_held or link.session.copy_in_under_way is not None):
            await self._wait_until_free(link)
        link = self._leave()
        steps = cast("ScopeSteps", self._steps)
        if keep and was_ended_inside(link, steps):
            raise CommitRejected(
                "the transaction was ended by a statement inside it: what became of it is not known here",
                outcome=Outcome.UNKNOWN,
            )
        end = self._scope_end = ScopeEnd(link, steps, keep=keep)
        try:
            await self._runtime.within(
                self._deadline(None), partial(end.run, self._catalog if self._is_tracked else None)
            )
        except DeadlinePassed:
            raise end.late() from None

    async def _wait_until_free(self, link: Link) -> None:
        """A cancel request is under way, or a COPY ends: nothing may be sent until that is over."""
        try:
            await link.wait_free()
        except BaseException:
            self._undo_at_once()
            raise

    def _leave(self) -> Link:
        """Take this scope off the link. Raises UsageError unless it is the innermost."""
        link, steps = self._link, self._steps
        if link is None or steps is None:
            raise not_open(steps)
        if link.scopes[-1] is not steps:
            raise UsageError("an inner transaction is still open: end them in the reverse order of their beginning")
        link.scopes.pop()
        if not steps.is_sent:
            link.unsent_scopes -= 1
        self._link = None
        return link

    def _cut_off(self) -> None:
        self._link = None
        if self._steps is not None and self._steps.is_given_back:
            self._ended = "is not open: its connection was given back"


def _on_link(places: OnLink, modes: TransactionModes, seconds: float | None) -> Transaction:
    return places.transaction(**modes)
