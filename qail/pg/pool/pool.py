"""Pool: many tasks, few connections.

Rule 1: shared requests are pipelined on connections that others use too: no check-out, no reset, no round trip.
Rule 2: a lease is drained before it begins, and comes back only with status `I`, nothing in flight and its session
clean; else the connection is closed. Clean costs no round trip when nothing dirtied it.
Rule 3: every wait has an end; PoolTimeout says who holds what.

Source: design, "Pool"
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from qail.errors import ConfigError, PoolClosed, QailError, UsageError
from qail.pg.catalog import Catalog
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.config.load import load_config
from qail.pg.driver.connection import Connection
from qail.pg.driver.executor import Attempt
from qail.pg.driver.link import Link
from qail.pg.driver.runtime import asyncio_runtime, enter_runtime
from qail.pg.driver.transaction import PoolTransaction
from qail.pg.driver.transport import Runtime
from qail.pg.driver.verbs import Verbs
from qail.pg.pool.keeper import Keeper
from qail.pg.pool.lease import Lease, PoolCopyOut
from qail.pg.pool.plan import Limits, SlotState
from qail.pg.pool.slot import MAX_QUEUED_BYTES, Slot
from qail.pg.pool.stats import PoolStats

ACQUIRE_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 10.0
SHARED: Final = SlotState.SHARED


class Pool(Verbs):
    """Connections to one database, shared by many tasks. Made by `qail.create_pool`."""

    def __init__(self, config: ConnectConfig, limits: Limits) -> None:
        self._config: Final = config
        self._limits = limits
        self._catalog = Catalog()
        self._namespace = self._catalog.default
        self._timeout_seconds = config.command_timeout_seconds
        self._keeper: Keeper | None = None
        self._is_closed = False
        self._stack: AsyncExitStack | None = None

    # Opening and closing

    async def open(self) -> Self:
        """Open the pool and its first connections. Outside asyncio use `async with`, whose task group owns the tasks.

        Raises:
            ConnectError, AuthError, TlsError: the first connection could not be made.
        """
        await self._open(asyncio_runtime("await pool.open()"))
        return self

    async def _open(self, runtime: Runtime) -> None:
        if self._keeper is not None or self._is_closed:
            raise UsageError("this pool was opened before: make another one with create_pool()")
        self._runtime = runtime
        keeper = self._keeper = Keeper(self._config, self._limits, runtime)
        try:
            await keeper.open_first(self._limits.min_size)
        except BaseException:
            self._is_closed = True
            await keeper.close(0)
            raise

    async def close(self, *, timeout: float = CLOSE_SECONDS) -> None:
        """Refuse new work, wait at most `timeout` seconds for what runs, and close every connection."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._keeper is not None:
            await self._keeper.close(timeout)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        try:
            await self._open(await enter_runtime(self._stack))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stack is not None
        try:
            await self.close(timeout=CLOSE_SECONDS if kind is None else 0)
        finally:
            await self._stack.aclose()

    def _open_keeper(self) -> Keeper:
        """The keeper of an open pool, in its own loop. Raises PoolClosed, UsageError."""
        keeper = self._keeper
        if keeper is None or self._is_closed:
            raise PoolClosed(
                "the pool is closed" if self._is_closed else "the pool is not open: enter `async with pool:` first"
            )
        self._runtime.check_here("pool")
        return keeper

    # Shared use

    @property
    def _may_move(self) -> bool:
        return True

    def _depth_limit(self, is_read_only: bool) -> int:
        return self._limits.depth_read_only if is_read_only else self._limits.depth_write

    def _pick(self, is_read_only: bool) -> Link | None:
        keeper = self._keeper
        if keeper is None or self._is_closed:
            keeper = self._open_keeper()
        self._runtime.check_here("pool")
        if keeper.shared:
            return None
        limits = self._limits
        depth_limit = limits.depth_read_only if is_read_only else limits.depth_write
        # The planner's own choice for the common case: the connection of the last time, if it is idle or moves.
        slot = keeper.favourite
        if slot is not None and slot.state is SHARED:
            link = slot.link
            assert link is not None
            depth = link.session.depth
            if not depth:
                return link
            queued_bytes = link.session.queued_bytes
            has_room = depth < depth_limit and queued_bytes <= MAX_QUEUED_BYTES and not link.transport.is_paused
            # Bytes that wait to leave came in this turn of the loop: whoever brought them has looked at the head.
            if has_room and (queued_bytes or self._runtime.now() - link.progress_at < limits.head_age_seconds):
                return link
        return keeper.route(depth_limit)

    async def _wait_for_link(self, is_read_only: bool, deadline: float | None) -> Link:
        until = self._runtime.now() + ACQUIRE_SECONDS
        if deadline is not None:
            until = min(until, deadline)
        return await self._open_keeper().wait_shared(self._depth_limit(is_read_only), until)

    def _late(self, attempt: Attempt) -> QailError:
        keeper = self._keeper
        # Nothing was placed: the time went by in the line.
        return keeper.timeout() if attempt.request is None and keeper is not None else super()._late(attempt)

    # Exclusive use

    def acquire(self, *, timeout: float = ACQUIRE_SECONDS) -> Lease:
        """A connection of one's own: `async with pool.acquire() as connection`, or await it and `release` it later.

        Raises, when entered or awaited:
            PoolTimeout: none came free within `timeout` seconds; it says who holds what.
            PoolClosed: the pool is closed.
        """
        return Lease(partial(self._acquire, timeout), self._release)

    async def release(self, connection: Connection) -> None:
        """Give back what `await pool.acquire()` gave. Raises UsageError when it was given back before."""
        self._release(connection)

    async def _acquire(self, timeout: float) -> Connection:
        keeper = self._open_keeper()
        slot = await keeper.lease(self._runtime.now() + timeout, self._runtime.task_name())
        link = slot.link
        assert link is not None
        return Connection(link, self._runtime, self._catalog, self._config, partial(_give_back, keeper, slot))

    def _release(self, connection: Connection) -> None:
        link = connection.detach()
        keeper = self._keeper
        slot = next((slot for slot in keeper.slots if slot.link is link), None) if keeper is not None else None
        if keeper is None or slot is None:
            # The pool was closed meanwhile.
            link.abort()
            return
        keeper.give_back(slot)

    def transaction(
        self, *, isolation: str | None = None, read_only: bool = False, deferrable: bool = False
    ) -> PoolTransaction:
        """`async with pool.transaction() as tx`: an exclusive connection inside one transaction."""
        return PoolTransaction(self.acquire(), isolation, read_only, deferrable)

    def _deadline(self, timeout: float | None) -> float | None:
        # The clock is that of the runtime, which the pool has from the moment it is open.
        self._open_keeper()
        return super()._deadline(timeout)

    def _seconds_left(self, deadline: float | None) -> float | None:
        return None if deadline is None else deadline - self._runtime.now()

    def _acquire_until(self, deadline: float | None) -> Lease:
        seconds = self._seconds_left(deadline)
        return self.acquire(timeout=ACQUIRE_SECONDS if seconds is None else min(ACQUIRE_SECONDS, seconds))

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """As `script` of a connection, on one of its own; `timeout` covers waiting for it, too."""
        deadline = self._deadline(timeout)
        async with self._acquire_until(deadline) as connection:
            return await connection.script(text, timeout=self._seconds_left(deadline))

    async def copy_in(self, table: Any, records: Any, *, columns: Any = None, timeout: float | None = None) -> int:
        """Load `records` into `table` by binary COPY on a connection of its own; how many rows.

        `timeout` covers waiting for the connection, too.
        """
        deadline = self._deadline(timeout)
        async with self._acquire_until(deadline) as connection:
            left = self._seconds_left(deadline)
            return await connection.copy_in(table, records, columns=columns, timeout=left)

    def copy_out(self, source: Any, *, columns: Any = None) -> PoolCopyOut:
        """The rows of a table or of a query without values, by binary COPY on a connection of its own."""
        return PoolCopyOut(self.acquire(), source, columns)

    def resize(self, max_size: int) -> None:
        """At most `max_size` connections from now on; those beyond it are closed as they come idle.

        Raises:
            ConfigError: it is less than 1, or less than the pool's `min_size`.
        """
        _check_sizes(self._limits.min_size, max_size)
        self._limits = replace(self._limits, max_size=max_size)
        if self._keeper is not None and not self._is_closed:
            self._keeper.resize(self._limits)

    def stats(self) -> PoolStats:
        """Counts at this moment. Raises PoolClosed before the pool was opened."""
        if self._keeper is None:
            raise PoolClosed("the pool was not opened")
        return self._keeper.stats()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open" if self._keeper is not None else "not open"
        return f"<qail.Pool {state}, at most {self._limits.max_size} connections>"


def _give_back(keeper: Keeper, slot: Slot, link: Link) -> None:
    """A connection closed or forgotten by its borrower: its slot is free."""
    keeper.give_back(slot)


def _check_sizes(min_size: int, max_size: int) -> None:
    if not 0 <= min_size <= max_size or max_size < 1:
        raise ConfigError(f"a pool has 0 <= min_size <= max_size and max_size >= 1, not {min_size} and {max_size}")


def create_pool(dsn: str | None = None, /, *, min_size: int = 1, max_size: int = 10, **settings: Any) -> Pool:
    """A pool of `min_size` to `max_size` connections: enter it with `async with`, or `await pool.open()`.

    `dsn` and `settings` are as for `qail.connect`.

    Raises:
        ConfigError: the sizes, the DSN or a setting cannot be.
    """
    _check_sizes(min_size, max_size)
    return Pool(load_config(dsn, settings), Limits(min_size=min_size, max_size=max_size))
