"""Advisory locks as `async with` scopes; the statements are in `pg.steps.advisory`.

Rule 1: a lock of the session is freed when its block ends, however it ends, and by whom it was taken. Should its caller
go before the answer has come, it is freed as soon as it is had.
Rule 2: an error does not say that it was not had: a cancel or a timeout may come when the lock is taken and its
statement not yet done, and PostgreSQL undoes no lock of a session. It is freed then, too.
Rule 3: a lock ends with its session: while one is held the connection is pinned, and is reset before it is shared.
Rule 4: a lock of a transaction is taken inside it and goes with it.

Source: explicit-locking.html#ADVISORY-LOCKS
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from types import TracebackType
from typing import Final

from qail.errors import ConnectionLost, Outcome, QailError, UsageError
from qail.pg.driver.commands import Question
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.link import GRACE_SECONDS, Link
from qail.pg.driver.transport import DeadlinePassed
from qail.pg.protocol.state import HANDED, QUEUED, SETTLED
from qail.pg.steps.advisory import AdvisoryKey, LockKind
from qail.pg.steps.deadline import checked_timeout

GRANTED: Final = "t"


class AdvisoryLock:
    """One lock, taken at the beginning of the block. Made by `advisory_lock()`."""

    def __init__(self, places: Places, key: AdvisoryKey, kind: LockKind, timeout: float | None) -> None:
        if not kind.in_transaction:
            places._catalog.need_session("a lock that outlives a transaction")
        self._places: Final = places
        self._key: Final = key
        self._kind: Final = kind
        self._timeout: Final = checked_timeout(timeout)
        self._pin: Final = key.words(kind)
        self._link: Link | None = None

    async def __aenter__(self) -> bool:
        """Whether it is held; without `wait` it may not be."""
        if self._link is not None:
            raise UsageError("this lock is held: make another one with advisory_lock()")
        places = self._places
        deadline = places._deadline(self._timeout)
        attempt = Attempt()
        return await places._within(deadline, attempt, lambda: self._take(deadline, attempt))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        link, self._link = self._link, None
        if link is None:
            return
        if link.is_usable and not self._places._still_has(link):
            # Given back in the block: its reset frees the lock, and by now it may be somebody else's.
            if kind is None:
                raise _given_back()
        elif kind is not None and not issubclass(kind, Exception):
            self._free_behind(link)
        elif kind is not None:
            await self._free_after_error(link)
        elif not link.is_usable:
            self._unpin(link)
            raise ConnectionLost("the advisory lock was lost with its connection", outcome=Outcome.DONE)
        elif await self._free(link) != GRANTED:
            raise UsageError("the advisory lock was not held any more: something in the block has freed it")

    async def _take(self, deadline: float | None, attempt: Attempt) -> bool:
        places = self._places
        link = await places._place(False, deadline)
        in_transaction = self._kind.in_transaction
        if link.scopes and not in_transaction:
            raise UsageError(
                "a lock of the connection cannot be taken in a transaction, which could not free it after an error: "
                "take it before, or use the transaction's advisory_lock"
            )
        question = Question(link, places._catalog, self._key.lock(self._kind))
        request = attempt.request = question.request
        link.submit(request)
        if not in_transaction:
            # Until it is known to be free: whatever happens, the next borrower must not find it held.
            link.is_dirty = True
            link.pins.append(self._pin)
        try:
            await link.answered(request)
        except BaseException:
            if in_transaction or request.state == QUEUED:
                link.abandon(request)
            if not in_transaction:
                self._give_up(link, question)
            raise
        is_held = self._was_granted(question)
        if not in_transaction and is_held:
            self._link = link
        elif not in_transaction:
            self._let_go(link, question)
        if request.error is not None:
            raise request.error
        return is_held

    def _give_up(self, link: Link, question: Question) -> None:
        """Its caller has gone before the answer came: free the lock as soon as it is had."""
        if question.request.state == HANDED:
            question.request.waiter = _WhenTaken(self, link, question)
            # Not link.abandon(), which would drop the answer.
            question.request.is_abandoned = True
            if link.interrupt is not None:
                link.interrupt(link)
        elif question.request.state == SETTLED:
            self.answered_late(link, question)
        else:
            self._unpin(link)

    def answered_late(self, link: Link, question: Question) -> None:
        """The answer has come, and nobody waits for it."""
        if self._was_granted(question):
            self._free_behind(link)
        else:
            self._let_go(link, question)

    def _let_go(self, link: Link, question: Question) -> None:
        """It was not granted; where that is an error's word, it may be held all the same."""
        if question.request.error is None:
            self._unpin(link)
        elif link.pins.count(self._pin) > 1:
            # Nothing tells whether the session holds it once or twice; the one around it must not be freed.
            self._unpin(link)
            link.give_up("an advisory lock that was held already may have been taken once more by a failed statement")
        else:
            self._free_behind(link)

    def _was_granted(self, question: Question) -> bool:
        return question.request.error is None and (self._kind.wait or question.value == GRANTED)

    def _unpin(self, link: Link) -> None:
        if self._pin in link.pins:
            link.pins.remove(self._pin)

    def _free_behind(self, link: Link) -> None:
        """Free it behind what runs, without waiting."""
        self._unpin(link)
        if link.is_usable:
            link.submit_when_free(self._unlocking(link).request)

    async def _free_after_error(self, link: Link) -> None:
        """Free it in bounded time: the body's error is what the caller sees."""
        try:
            await link.runtime.within(link.runtime.now() + GRACE_SECONDS, lambda: self._free(link))
        except (DeadlinePassed, QailError):
            return

    async def _free(self, link: Link) -> str | None:
        if link.is_held or link.session.copy_in_under_way is not None:
            await link.wait_free()
            if not self._places._still_has(link):
                raise _given_back()
        self._unpin(link)
        question = self._unlocking(link)
        link.submit(question.request)
        # Nobody takes it back: a caller that goes now leaves it to the server.
        await link.answered(question.request)
        if question.request.error is not None:
            raise question.request.error
        return question.value

    def _unlocking(self, link: Link) -> Question:
        return Question(link, self._places._catalog, self._key.unlock(self._kind), is_control=True)


def _given_back() -> UsageError:
    return UsageError("the advisory lock was not held any more: its connection was given back in the block")


class _WhenTaken:
    """Stands in for the waiter of a lock whose caller has gone."""

    def __init__(self, lock: AdvisoryLock, link: Link, question: Question) -> None:
        self._lock: Final = lock
        self._link: Final = link
        self._question: Final = question

    def done(self) -> bool:
        return False

    def set_result(self, result: None, /) -> None:
        self._lock.answered_late(self._link, self._question)
