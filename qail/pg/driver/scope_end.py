"""How a transaction or savepoint ends on the wire, whatever comes in between.

Rule 1: success is declared at the ReadyForQuery behind COMMIT, and only if its tag says COMMIT.
Rule 2: an end that was sent is waited for and never cancelled by us. Nobody waits any more: what became of a COMMIT is
logged, and told to `on_abandoned`. It had not left yet: the scope is undone.
Rule 3: the status byte says whether a transaction is still open. What cannot be brought to its end spends the link.
Rule 4: with `is_tracked` the transaction's id is asked for ahead of COMMIT, in the same write.

Source: protocol-flow.html, "Pipelining"; sql-commit.html
"""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from qail.errors import ConnectionLost, DeadlineExceeded, Outcome, OutcomeUnknown, QailError, UsageError
from qail.pg.catalog import Catalog
from qail.pg.driver.commands import Question
from qail.pg.driver.link import Link
from qail.pg.driver.segment import control
from qail.pg.protocol.request import Request
from qail.pg.protocol.state import HANDED, SETTLED, WITHDRAWN
from qail.pg.steps.transaction import FAILED, IDLE, ROLLBACK, TRANSACTION_ID, ScopeSteps, transaction_id

logger = logging.getLogger("qail")


class AbandonedCommit(NamedTuple):
    """What became of a COMMIT that was sent, and whose caller was cancelled before the answer came."""

    outcome: Outcome
    """`DONE`: committed; `ABORTED`: refused or rolled back; `UNKNOWN`: the connection was lost first."""
    transaction_id: int | None
    """Where `track_outcome` asked for it: `transaction_status` says what became of an unknown one."""
    error: QailError | None


class ScopeEnd:
    """The end of one scope, which was taken off the link already. `run` it, or `submit` it without waiting."""

    def __init__(self, link: Link, steps: ScopeSteps, *, keep: bool) -> None:
        self._link: Final = link
        self._steps: Final = steps
        self._keep: Final = keep
        self._is_commit: Final = keep and not steps.depth
        self._status: Final = int(link.session.transaction_status)
        self._statements: Final = steps.ending(keep=keep, status=self._status)
        self._request: Request | None = None
        self._question: Question | None = None
        self.failure: QailError | None = None
        """What `run_behind` found."""

    def submit(self) -> None:
        """Send it as soon as may be; nobody waits."""
        if self._statements and self._link.is_usable:
            self._link.submit_when_free(control(self._link, self._statements, is_end=self._is_commit))

    async def run(self, catalog: Catalog | None) -> None:
        """Send it and wait for its answer.

        Args:
            catalog: where the id of the transaction is to be asked for first; else None.

        Raises:
            CommitRejected, OutcomeUnknown, ConnectionLost, PostgresError: as for `Transaction.commit`.
        """
        link = self._link
        if not self._statements:
            return
        if not link.is_usable:
            if self._keep:
                raise _lost_before(link)
            return  # the server undoes what it loses the connection of
        if catalog is not None and self._is_commit and self._status != FAILED:
            self._ask_id(catalog)
        request = self._request = control(link, self._statements, is_end=self._is_commit)
        request.is_read_only = self._is_commit and self._steps.is_read_only
        try:
            await link.settle(request)
        except BaseException:
            self._left(request)
            raise
        await self._judge(request)

    async def run_behind(self, work: Request, catalog: Catalog | None) -> None:
        """Send `work`, which opens this scope and is all of it, with the end right behind; wait until it is over.

        All of it leaves in one write, or is taken back. What became of it is in `work`, and in `failure`.
        """
        link = self._link
        link.session.submit(work)
        if catalog is not None:
            self._question = _question(link, catalog)
            link.session.submit(self._question.request)
        request = self._request = control(link, self._statements, is_end=True)
        request.is_read_only = work.is_read_only
        request.waiter = link.runtime.waiter()
        link.session.submit(request)
        link.submitted(2 if self._question is None else 3)
        try:
            await link.answered(request)
        except BaseException:
            self._left_behind(work, request)
            raise
        try:
            await self._judge(request)
        except QailError as error:
            self.failure = error

    def _left_behind(self, work: Request, request: Request) -> None:
        """The caller of `run_behind` has gone."""
        link, question = self._link, self._question
        if request.state == HANDED:
            request.waiter = _Unawaited(link, request, question)
        # The last one first: what has something queued behind it may not be taken back.
        link.session.abandon(request)
        if question is not None and question.request.state == HANDED:
            # Its answer is of use all the same.
            question.request.is_abandoned = True
        elif question is not None:
            link.session.abandon(question.request)
        link.abandon(work)

    def late(self) -> QailError:
        """What a caller is told whose deadline passed while `run` ran."""
        if not self.is_doubtful:
            what = "COMMIT was sent" if self._keep else "ROLLBACK was answered"
            return DeadlineExceeded(f"the deadline passed before {what}", outcome=Outcome.ABORTED)
        late = DeadlineExceeded("the deadline passed before COMMIT was answered", outcome=Outcome.UNKNOWN)
        late.transaction_id = self.known_id
        return late

    @property
    def is_doubtful(self) -> bool:
        """Whether COMMIT was sent, and may have been obeyed."""
        request = self._request
        if not self._is_commit or request is None or request.state == WITHDRAWN:
            return False
        if request.state != SETTLED:
            return True
        if request.error is not None:
            return request.error.outcome in (Outcome.UNKNOWN, Outcome.DONE)
        return request.items[-1].tag == "COMMIT"

    @property
    def known_id(self) -> int | None:
        """The transaction's id, where it was asked for and has come."""
        return None if self._question is None else transaction_id(self._question.value)

    def _ask_id(self, catalog: Catalog) -> None:
        self._question = _question(self._link, catalog)
        self._link.submit(self._question.request)

    def _left(self, request: Request) -> None:
        """Its caller has gone."""
        if request.state == WITHDRAWN:
            undo = self._steps.ending(keep=False, status=IDLE)
            self._link.submit_when_free(control(self._link, undo, is_end=False))
        elif request.state == HANDED and self._is_commit:
            request.waiter = _Unawaited(self._link, request, self._question)

    async def _judge(self, request: Request) -> None:
        error = request.error
        if isinstance(error, OutcomeUnknown):
            error.transaction_id = self.known_id
        if error is not None:
            is_undone = await self._undo_rest(request)
            if is_undone and not self._keep:
                return
            if is_undone and self._steps.depth:
                raise self._steps.rejected() from error
            raise error
        verdict = self._steps.verdict(request.items[-1].tag, self._statements[0]) if self._keep else None
        if verdict is not None:
            raise verdict

    async def _undo_rest(self, request: Request) -> bool:
        """The end was refused. Undo the scope, if it is still there; a link that cannot end a transaction is given up.

        Whether it was undone by this.
        """
        link = self._link
        if not link.is_usable or request.transaction_status == IDLE:
            return False
        undo = self._steps.ending(keep=False, status=IDLE) if self._steps.depth else [ROLLBACK]
        again = control(link, undo, is_end=False)
        await link.settle(again)
        if again.error is not None and not self._steps.depth:
            link.abort()
        return again.error is None


def _question(link: Link, catalog: Catalog) -> Question:
    """Which transaction is open."""
    question = Question(link, catalog, TRANSACTION_ID, is_control=True)
    question.request.is_in_transaction = True
    question.request.is_control = True
    return question


class _Unawaited:
    """Stands in for the waiter of a COMMIT whose caller has gone: what became of it is logged and told."""

    def __init__(self, link: Link, request: Request, question: Question | None) -> None:
        self._link: Final = link
        self._request: Final = request
        self._question: Final = question

    def done(self) -> bool:
        return False

    def set_result(self, result: None, /) -> None:
        request = self._request
        if request.error is not None:
            told = f"{request.outcome}: {request.error}"
        else:
            told = "committed" if request.items[-1].tag == "COMMIT" else "rejected"
        logger.warning("a COMMIT on %s whose caller was cancelled: %s", self._link.address, told)
        if self._link.config.on_abandoned is not None:
            # Not in the middle of what the server's bytes do to the connection.
            self._link.runtime.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        hook, request = self._link.config.on_abandoned, self._request
        outcome = request.outcome
        if request.error is None and request.items[-1].tag != "COMMIT":
            outcome = Outcome.ABORTED
        known = None if self._question is None else transaction_id(self._question.value)
        try:
            if hook is not None:
                hook(AbandonedCommit(outcome, known, request.error))
        except Exception:
            logger.exception("on_abandoned failed")


def was_ended_inside(link: Link, steps: ScopeSteps) -> bool:
    """Whether the server says that no transaction is open although this one was begun: the status byte knows."""
    return steps.is_sent and not link.session.depth and link.is_usable and link.session.transaction_status == IDLE


def leave_inner(link: Link, steps: ScopeSteps) -> bool:
    """Take the scopes inside `steps` off the link: it ends, and they with it. Whether there were any."""
    if steps not in link.scopes:
        return False
    inner = link.scopes[link.scopes.index(steps) + 1 :]
    for each in reversed(inner):
        link.scopes.pop()
        if not each.is_sent:
            link.unsent_scopes -= 1
        each.is_undone = True
        if each.on_undone is not None:
            each.on_undone()
    return bool(inner)


def not_open(steps: ScopeSteps | None) -> UsageError:
    """What is told of a scope that is not open: also of one that ended because of what somebody else did."""
    if steps is not None and steps.is_given_back:
        return UsageError("this transaction is not open: its connection was given back", outcome=Outcome.ABORTED)
    if steps is not None and steps.is_undone:
        text = "this transaction is not open: the one around it ended first, and all of it was rolled back"
        return UsageError(text, outcome=Outcome.ABORTED)
    return UsageError("this transaction is not open")


def _lost_before(link: Link) -> ConnectionLost:
    cause = link.session.spent_cause
    text = "the connection was lost before COMMIT was sent" + (f": {cause}" if cause is not None else "")
    lost = ConnectionLost(text, outcome=Outcome.ABORTED)
    lost.__cause__ = cause
    return lost
