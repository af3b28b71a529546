"""`qail.sync.create_pool`: threads that share a pool."""

# The facades share the objects of the pool behind them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from qail.ast.build.builder import Fetchable
from qail.errors import ConnectionLost, Outcome
from qail.pg.codec.user import TypeCodec, TypeName
from qail.pg.config.load import load_config
from qail.pg.driver.connection import Connection
from qail.pg.driver.cursor import DEFAULT_PAGE_ROWS
from qail.pg.driver.listen import DEFAULT_MAX_WAITING
from qail.pg.driver.transaction import Transaction
from qail.pg.pool.pool import CLOSE_SECONDS, Pool
from qail.pg.pool.rules import make_rules, take_options
from qail.pg.pool.stats import PoolStats
from qail.pg.pool.transacting import ACQUIRE_SECONDS
from qail.pg.steps.retry import RetryBudget
from qail.pg.steps.transaction import TransactionModes
from qail.pg.sync.connection import BlockingConnection, hook_of
from qail.pg.sync.listen import BlockingSubscription
from qail.pg.sync.runtime import BlockingRuntime
from qail.pg.sync.scope import Scope
from qail.pg.sync.stream import BlockingRowStream
from qail.pg.sync.transaction import BlockingTransaction, in_transaction
from qail.pg.sync.verbs import BlockingVerbs

R = TypeVar("R")
T = TypeVar("T")


class BlockingPool(BlockingVerbs[Pool]):
    """Connections to one database, shared by many threads. Made by `qail.sync.create_pool`."""

    def open(self) -> Self:
        """Open the pool and its first connections; `with` does it.

        Raises:
            ConnectError, AuthError, TlsError: the first connection could not be made.
        """
        self._run(self._inner._open(self._runtime))
        self._runtime.on_broken = self._start_over
        return self

    def _start_over(self) -> None:
        """An interrupt has left the pool's books half-written, and its connections closed: begin new ones."""
        pool = self._inner
        keeper = pool._keeper
        if keeper is None or pool._is_closed:
            return
        keeper.is_closing = True
        # Also those who were woken a moment ago and have not run yet: nothing more comes of these books.
        keeper.callers.fail_all(
            ConnectionLost("an interrupt in another thread has ended the pool's connections", outcome=Outcome.NOT_SENT)
        )
        fresh = pool._keeper = pool._new_keeper()
        pool._front = fresh.front
        fresh.totals.go_on(keeper.totals, keeper.slots)
        fresh.resize(pool._limits)
        fresh.upkeep.start()

    def close(self, *, timeout: float = CLOSE_SECONDS) -> None:
        """Refuse new work, wait at most `timeout` seconds for what runs, and close every connection."""
        self._run(self._inner.close(timeout=timeout))
        self._runtime.on_broken = None
        self._runtime.at_once(self._runtime.end)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(timeout=CLOSE_SECONDS if kind is None else 0)

    def acquire(
        self, *, timeout: float | None = ACQUIRE_SECONDS, settings: Mapping[str, str] | None = None
    ) -> BlockingConnection:
        """A connection of one's own: `with pool.acquire() as connection`, or `release` it later.

        Args:
            timeout: how many seconds to wait for one, at most; None is the default's 30.
            settings: hold in every transaction of this lease, one-statement ones included; they travel with its first
                statement, end with it, and the next borrower sees none of them.

        Raises:
            PoolTimeout: none came free within `timeout` seconds; it says who holds what.
            PoolClosed: the pool is closed.
        """
        lease = self._inner.acquire(timeout=timeout, settings=settings)

        async def take() -> Connection:
            return await lease

        return BlockingConnection(self._run(take()), self._runtime, self._inner._release)

    def release(self, connection: BlockingConnection) -> None:
        """Give back what `acquire()` gave. Raises UsageError when it was given back before."""
        self._run(self._inner.release(connection._inner))

    def detach(self, connection: BlockingConnection) -> BlockingConnection:
        """Take a lease's connection out of the pool: it is the caller's own, who closes it; its place is free at once.

        Raises:
            UsageError: it is no lease of this pool, or was given back before.
        """
        self._runtime.at_once(partial(self._inner.detach, connection._inner))
        return connection

    def transaction(
        self, *, timeout: float | None = None, **modes: Unpack[TransactionModes]
    ) -> Scope[BlockingTransaction]:
        """`with pool.transaction() as tx`: an exclusive connection inside one transaction.

        Args:
            timeout: how long to wait for the connection.
            modes: `isolation`, `read_only`, `deferrable`, `settings`, `track_outcome`, as for a connection's.
        """
        block = self._inner.transaction(timeout=timeout, **modes)

        def wrap(transaction: Transaction) -> BlockingTransaction:
            return BlockingTransaction(transaction, self._runtime)

        return Scope(self._runtime, block, wrap)

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

        Args:
            retries: how often it may run again. `tx.attempt` counts the runs from 1.
            timeout: seconds for all of it, waiting for connections and the pauses included. No run begins behind it.
            budget: limits what retries may add to the load of all that share it.
            modes: those of `transaction()`.
        """
        work = in_transaction(fn, self._runtime)
        return self._run(self._inner.run_transaction(work, retries=retries, timeout=timeout, budget=budget, **modes))

    def stream(
        self, query: Fetchable[R], /, *, fetch_size: int = DEFAULT_PAGE_ROWS, timeout: float | None = None
    ) -> BlockingRowStream[R]:
        """As `stream` of a connection, on one of its own and in a transaction of its own."""
        return BlockingRowStream(self._inner.stream(query, fetch_size=fetch_size, timeout=timeout), self._runtime)

    def listen(self, *channels: str, max_waiting: int = DEFAULT_MAX_WAITING) -> BlockingSubscription:
        """As `listen` of a connection, on one of its own that the pool lacks for as long as the block."""
        return BlockingSubscription(self._inner.listen(*channels, max_waiting=max_waiting), self._runtime)

    def register_type(self, name: TypeName, how: TypeCodec | type[Any], /) -> None:
        """Have values of a PostgreSQL type read and written as `how` says, from now on; as of `qail.Pool`.

        Raises:
            UsageError: it is no name of a type, or nothing that can stand for one.
        """
        self._runtime.at_once(partial(self._inner.register_type, name, how))

    def resize(self, max_size: int | None = None, *, min_size: int | None = None) -> None:
        """Other bounds from now on. Connections beyond `max_size` are closed as they come idle, missing ones opened.

        Raises:
            ConfigError: `max_size` is less than 1, or less than `min_size`.
        """
        self._runtime.at_once(partial(self._inner.resize, max_size, min_size=min_size))

    def stats(self) -> PoolStats:
        """Counts at this moment. Raises PoolClosed before the pool was opened."""
        return self._runtime.at_once(self._inner.stats)

    def __repr__(self) -> str:
        return repr(self._inner).replace("qail.", "qail.sync.")


def create_pool(dsn: str | None = None, /, **settings: Any) -> BlockingPool:
    """A pool of connections: `with qail.sync.create_pool(...) as pool`, or `pool.open()`.

    The arguments are those of `qail.create_pool`. Hooks are plain functions that take the connection; `on_acquire` runs
    in the borrower's thread, the others in threads of the pool's.

    Raises:
        ConfigError: the sizes, a time, a hook, the DSN or a setting cannot be.
    """
    runtime = BlockingRuntime()
    options = take_options(settings)
    hooks = ("reset", "on_connect", "on_acquire", "on_release")
    given = {name: getattr(options, name) for name in hooks if callable(getattr(options, name))}
    rules = make_rules(replace(options, **{name: hook_of(hook, runtime, name) for name, hook in given.items()}))
    return BlockingPool(Pool(load_config(dsn, settings), rules), runtime)
