"""Transactions, blocking: `with db.transaction() as tx`, and what connection and transaction have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from qail.ast.build.builder import Fetchable
from qail.pg.driver.cursor import DEFAULT_PAGE_ROWS
from qail.pg.driver.transaction import OnLink, Transaction
from qail.pg.steps.advisory import LockKey
from qail.pg.steps.retry import RetryBudget
from qail.pg.steps.transaction import TransactionModes
from qail.pg.sync.running import Errand
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.scope import Scope
from qail.pg.sync.stream import BlockingRowStream
from qail.pg.sync.verbs import BlockingVerbs

R = TypeVar("R")
T = TypeVar("T")
L = TypeVar("L", bound=OnLink)


class BlockingOnLink(BlockingVerbs[L]):
    """What connection and transaction have in common."""

    def transaction(
        self,
        *,
        isolation: str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        settings: Mapping[str, str] | None = None,
        track_outcome: bool = False,
    ) -> BlockingTransaction:
        """`with db.transaction() as tx`. Inside another one it is a savepoint, which takes no modes.

        Args:
            settings: hold in this transaction alone, such as `{"app.tenant": "7", "statement_timeout": "500ms"}`: str.
            track_outcome: ask for the transaction's id ahead of COMMIT, so that an OutcomeUnknown carries it.
        """
        make = partial(
            self._inner.transaction,
            isolation=isolation,
            read_only=read_only,
            deferrable=deferrable,
            settings=settings,
            track_outcome=track_outcome,
        )
        return BlockingTransaction(self._runtime.at_once(make), self._runtime)

    def run_transaction(
        self,
        fn: Callable[[BlockingTransaction], T],
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
        work = in_transaction(fn, self._runtime)
        return self._run(self._inner.run_transaction(work, retries=retries, timeout=timeout, budget=budget, **modes))

    def stream(
        self, query: Fetchable[R], /, *, fetch_size: int = DEFAULT_PAGE_ROWS, timeout: float | None = None
    ) -> BlockingRowStream[R]:
        """The rows of a query as they come, in flat memory: `with db.stream(q) as rows: for row in rows`.

        Where no transaction is open on the connection the stream opens one, and ends it with its block: whatever else
        runs on this connection meanwhile is part of it.

        Args:
            fetch_size: rows a page; two pages are in memory at most.
            timeout: seconds for each wait for the server. What the block does with a row is not counted.
        """
        return BlockingRowStream(self._inner.stream(query, fetch_size=fetch_size, timeout=timeout), self._runtime)

    def advisory_lock(
        self, key: LockKey, /, *, shared: bool = False, wait: bool = True, timeout: float | None = None
    ) -> Scope[bool]:
        """`with db.advisory_lock(key) as held`: a lock that means what the application says it means.

        On a connection it is freed when the block ends, however it ends; on a transaction with the transaction.

        Args:
            key: an int of 64 bits, or a pair of ints of 32 bits.
            shared: held together with other shared ones.
            wait: False asks once, and `held` says whether it was had.
            timeout: seconds to wait for it at most: DeadlineExceeded.
        """
        return Scope(self._runtime, self._inner.advisory_lock(key, shared=shared, wait=wait, timeout=timeout), bool)


class BlockingTransaction(BlockingOnLink[Transaction]):
    """A transaction, or a savepoint inside one. Made by `transaction()`."""

    @property
    def attempt(self) -> int:
        """In `run_transaction`: the number of this run, from 1."""
        return self._inner.attempt

    def begin(self) -> None:
        """Open the scope by hand; `with` does it. Nothing is sent before the first statement."""
        self._run(self._inner.begin())

    def commit(self) -> None:
        """End the scope and keep its work.

        Raises:
            CommitRejected: the server kept nothing, because a statement of the scope had failed.
            PostgresError: a deferred constraint failed; nothing was kept.
            OutcomeUnknown: the connection was lost after COMMIT had been sent.
        """
        self._run(self._inner.commit())

    def rollback(self) -> None:
        """End the scope and undo its work."""
        self._run(self._inner.rollback())

    def __enter__(self) -> Self:
        self._run(self._inner.begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._inner.__aexit__(kind, error, trace))


def in_transaction(
    fn: Callable[[BlockingTransaction], T], runtime: BlockingRuntime
) -> Callable[[Transaction], Awaitable[T]]:
    """`fn`, to be run outside the engine, as the driver's `run_transaction` takes it."""

    async def run(transaction: Transaction) -> T:
        call: Callable[[], T] = partial(fn, BlockingTransaction(transaction, runtime))
        found: Any = await Errand(call)
        result: T = found
        return result

    return run
