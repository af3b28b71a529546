"""`batch(queries, isolation=...)`: BEGIN with its modes, the statements and COMMIT, all in one write.

Rule 1: BEGIN and the statements are one segment, COMMIT is the next: when a statement fails the server skips the rest,
and the COMMIT behind it, which it answers with ROLLBACK, ends the transaction. So it is over when the flight is.
Rule 2: nothing of anybody else's can stand between: all of it is submitted at once, on a connection of one's own. It is
taken back whole, or not at all.
Rule 3: the end is judged as that of every transaction: by its tag, at its ReadyForQuery (scope_end.py).
Rule 4: a batch of which nothing stayed because a prepared statement was stale is sent again, whole and once.

Source: protocol-flow.html, "Pipelining"; sql-begin.html; sql-commit.html
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qail.compile.frames import BoundPlan
from qail.errors import CommitRejected, ConnectionLost, EncodeError, Outcome, PostgresError, QailError
from qail.pg.codec.rows import is_waiting
from qail.pg.driver.batch import Batch, bound_for, bound_or_refused, refusals
from qail.pg.driver.executor import MOST_MOVES, Attempt, Places
from qail.pg.driver.link import Link
from qail.pg.driver.results import mark_index
from qail.pg.driver.scope_end import ScopeEnd
from qail.pg.driver.segment import SegmentBuilder
from qail.pg.driver.types import settle_types
from qail.pg.driver.window import is_unsent, sink_of
from qail.pg.protocol.request import Request
from qail.pg.protocol.statement_cache import is_stale_statement
from qail.pg.steps.plan_mode import plan_mode_command
from qail.pg.steps.settings import settings_command
from qail.pg.steps.transaction import IDLE, FoldedModes, ScopeSteps, nested_refusal


class FoldedBatch:
    """One `batch` call with modes of its own."""

    def __init__(self, queries: Sequence[Any], modes: FoldedModes, attempt: Attempt, deadline: float | None) -> None:
        self._queries: Final = list(queries)
        self._modes: Final = modes
        self._attempt: Final = attempt
        self._deadline: Final = deadline
        self._end: ScopeEnd | None = None

    async def run(self, places: Places) -> list[Any]:
        """As `_run`; where nothing was sent because the connection had ended, that is the result of each."""
        try:
            return await self._run(places)
        except ConnectionLost as error:
            if error.outcome is not Outcome.NOT_SENT:
                raise
            return [error] * len(self._queries)

    async def _run(self, places: Places) -> list[Any]:
        """The results in order, errors as values; `places` is a connection of one's own.

        Raises:
            UsageError: a transaction is open there.
            EncodeError: a value does not fit; nothing was sent.
        """
        batch = Batch(places, self._queries, self._deadline, self._attempt)
        calls = batch.calls
        if not calls:
            return []
        if places._is_in_transaction:
            raise nested_refusal()
        answers = await bound_or_refused(places, calls, self._deadline)
        bounds = [answer for answer in answers if isinstance(answer, BoundPlan)]
        if len(bounds) < len(answers):
            return refusals(answers)
        work, first = await self._fly(places, batch, bounds, is_fresh=False)
        moves = 0
        while moves < MOST_MOVES and places._may_move and is_unsent(work):
            moves += 1
            work, first = await self._fly(places, batch, bounds, is_fresh=False)
        if _is_stale(work):
            batch.learn(work, first, bounds)
            bounds = await bound_for(places, calls, self._deadline)
            work, first = await self._fly(places, batch, bounds, is_fresh=True)
        for item in work.items[first:] if work.error is None else []:
            if is_waiting(item.sink):
                await settle_types(item.sink, places._placing(self._deadline))
        batch.learn(work, first, bounds)
        error = self._verdict(work)
        return batch.results(work, first) if error is None else [error] * len(calls)

    def note_id(self, error: QailError) -> None:
        """Tell `error`, whose outcome may be unknown, the transaction's id where it is known."""
        if error.outcome is Outcome.UNKNOWN and self._end is not None:
            vars(error)["transaction_id"] = self._end.known_id

    async def _fly(
        self, places: Places, batch: Batch, bounds: list[BoundPlan], *, is_fresh: bool
    ) -> tuple[Request, int]:
        """Send it, and wait until it is over: the request of the statements, and where the first one stands in it."""
        link = await places._place(False, self._deadline)
        if link.scopes:
            # Another task's, which began while this one waited.
            raise nested_refusal()
        builder = self._opened(link, is_fresh=is_fresh)
        first = builder.item_count
        for position, call in enumerate(batch.calls):
            try:
                builder.add(bounds[position], call.values, sink_of(bounds[position]))
            except EncodeError as error:
                mark_index(error, position)
                raise
        work = builder.request()
        work.is_in_transaction = True
        work.is_read_only = self._modes.is_read_only or all(call.plan.is_read_only for call in batch.calls)
        steps = ScopeSteps(0, self._modes.begin)
        steps.is_sent = True
        end = self._end = ScopeEnd(link, steps, keep=True)
        self._attempt.request = work
        await end.run_behind(work, places._catalog if self._modes.is_tracked else None)
        return work, first

    def _opened(self, link: Link, *, is_fresh: bool) -> SegmentBuilder:
        builder = SegmentBuilder(link, is_control=True, is_fresh=is_fresh)
        builder.add_control(self._modes.begin)
        if link.local_settings:
            builder.add_command(settings_command(link.local_settings))
        if self._attempt.plan_mode:
            builder.add_command(plan_mode_command(self._attempt.plan_mode, is_kept=False))
        return builder

    def _verdict(self, work: Request) -> QailError | None:
        """What concerns all of them, as far as they say nothing themselves."""
        if work.error is not None:
            return None
        if work.is_ready_seen and work.transaction_status == IDLE:
            return CommitRejected(
                "the transaction was ended by a statement of the batch: what became of it is not known here",
                outcome=Outcome.UNKNOWN,
            )
        return None if self._end is None else self._end.failure


def _is_stale(work: Request) -> bool:
    """Whether nothing of it ran, or all of it was undone, because a prepared statement no longer fits."""
    error = work.error
    return isinstance(error, PostgresError) and is_stale_statement(error) and error.outcome is Outcome.ABORTED


def never_left(results: list[Any]) -> bool:
    """Whether these are the results of a batch that provably never left because its connection ended first."""
    error = results[0] if results else None
    return isinstance(error, ConnectionLost) and error.outcome is Outcome.NOT_SENT
