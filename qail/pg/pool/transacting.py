"""Transactions of a pool: each on a connection of its own."""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar, Unpack

from qail.pg.driver.commands import ask_status
from qail.pg.driver.executor import MOST_MOVES
from qail.pg.driver.folded import FoldedBatch, never_left
from qail.pg.driver.pool_transaction import PoolTransaction
from qail.pg.driver.rerun import Rerun
from qail.pg.driver.transaction import Transaction
from qail.pg.driver.verbs import Verbs
from qail.pg.pool.lease import Lease
from qail.pg.steps.deadline import checked_seconds
from qail.pg.steps.retry import RetryBudget
from qail.pg.steps.transaction import TransactionModes, TransactionStatus

T = TypeVar("T")
ACQUIRE_SECONDS: Final = 30.0


def acquire_seconds(timeout: float | None) -> float:
    """How long a call that may take `timeout` seconds waits for its connection."""
    return ACQUIRE_SECONDS if timeout is None else min(ACQUIRE_SECONDS, checked_seconds(timeout))


class Transacting(Verbs):
    """What a pool does with transactions."""

    @abstractmethod
    def acquire(self, *, timeout: float | None = ACQUIRE_SECONDS, settings: Mapping[str, str] | None = None) -> Lease:
        """A connection of one's own."""

    async def _fold(self, folded: FoldedBatch, deadline: float | None) -> list[Any]:
        moves = 0
        while True:
            results = await self._fold_once(folded, deadline)
            moves += 1
            if moves > MOST_MOVES or not never_left(results):
                return results

    async def _fold_once(self, folded: FoldedBatch, deadline: float | None) -> list[Any]:
        seconds = None if deadline is None else max(0.0, deadline - self._runtime.now())
        async with self.acquire(timeout=acquire_seconds(seconds)) as connection:
            return await folded.run(connection)

    def transaction(
        self,
        *,
        isolation: str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        settings: Mapping[str, str] | None = None,
        track_outcome: bool = False,
        timeout: float | None = None,
    ) -> PoolTransaction:
        """`async with pool.transaction() as tx`: an exclusive connection inside one transaction.

        Args:
            settings: hold in this transaction alone, such as `{"app.tenant": "7", "statement_timeout": "500ms"}`: str.
                They leave with BEGIN and the first statement, in one flight.
            track_outcome: ask for the transaction's id ahead of COMMIT, so that an OutcomeUnknown carries it.
            timeout: how long to wait for the connection.
        """
        modes = TransactionModes(
            isolation=isolation,
            read_only=read_only,
            deferrable=deferrable,
            settings=settings,
            track_outcome=track_outcome,
        )
        return self._transaction(modes, timeout)

    def _transaction(self, modes: TransactionModes, timeout: float | None) -> PoolTransaction:
        return PoolTransaction(self.acquire(timeout=acquire_seconds(timeout)), modes)

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

        Args:
            retries: how often it may run again. `tx.attempt` counts the runs from 1.
            timeout: seconds for all of it, waiting for connections and the pauses included. No run begins behind it.
            budget: limits what retries may add to the load of all that share it.
            modes: those of `transaction()`.
        """
        rerun = Rerun(self, partial(self._transaction, modes), fn, self._deadline(timeout))
        return await rerun.run(retries, budget)

    async def transaction_status(
        self, transaction_id: int, /, *, timeout: float | None = None
    ) -> TransactionStatus | None:
        """What became of the transaction `OutcomeUnknown.transaction_id`: "committed", "aborted" or "in progress".

        None: so long ago that the server does not remember. It holds for the server that ran the transaction, and for
        standbys that have replayed as much; not after a failover to one that had not.
        """
        return await ask_status(self, transaction_id, timeout)
