"""Pool: many tasks, few connections.

Rule 1: shared requests are pipelined on connections that others use too: no check-out, no reset, no round trip.
Rule 2: a lease is drained before it begins, and comes back only with status `I`, nothing in flight and its session
clean; else the connection is closed. Clean costs no round trip when nothing dirtied it.
Rule 3: every wait has an end; PoolTimeout says who holds what.

Source: design, "Pool"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from qail.ast.build.builder import Fetchable
from qail.compile.frames import READS, SLOW
from qail.errors import Outcome, PoolClosed, QailError, UsageError
from qail.pg.codec.user import TypeCodec, TypeName
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.config.load import load_config
from qail.pg.driver.cancel import destroy
from qail.pg.driver.connect import catalog_for, open_link
from qail.pg.driver.connection import Connection
from qail.pg.driver.cursor import DEFAULT_PAGE_ROWS, RowStream
from qail.pg.driver.elders import Elders
from qail.pg.driver.executor import Attempt
from qail.pg.driver.link import Link
from qail.pg.driver.listen import DEFAULT_MAX_WAITING, Subscription
from qail.pg.driver.runtime import asyncio_runtime, enter_runtime
from qail.pg.driver.transport import Runtime
from qail.pg.pool.hooks import HookFailed, call_hook
from qail.pg.pool.keeper import Keeper
from qail.pg.pool.lease import Lease, PoolCopyOut
from qail.pg.pool.on_lease import OnLease
from qail.pg.pool.plan import SlotState
from qail.pg.pool.rules import Rules, check_sizes, make_rules, take_options
from qail.pg.pool.sharing import check_shareable
from qail.pg.pool.slot import Slot
from qail.pg.pool.stats import PoolStats
from qail.pg.pool.transacting import ACQUIRE_SECONDS, Transacting, acquire_seconds
from qail.pg.steps.deadline import checked_seconds
from qail.pg.steps.settings import Settings, changes_names, checked_settings

CLOSE_SECONDS: Final = 10.0
SHARED: Final = SlotState.SHARED
R = TypeVar("R")


class Pool(Transacting):
    """Connections to one database, shared by many tasks. Made by `qail.create_pool`."""

    def __init__(self, config: ConnectConfig, rules: Rules) -> None:
        self._config: Final = config
        self._rules: Final = rules
        self._limits = rules.limits
        self._catalog = catalog_for(config)
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
        keeper = self._keeper = self._new_keeper()
        self._front = keeper.front
        try:
            await keeper.opener.open_first(self._limits.min_size)
            keeper.upkeep.start()
        except BaseException:
            self._is_closed = True
            self._front = None
            await keeper.close(0)
            raise

    def _new_keeper(self) -> Keeper:
        connect = partial(open_link, self._config, self._runtime, Elders())
        return Keeper(self._rules, self._runtime, connect, self._lend, self._speed_changed)

    async def close(self, *, timeout: float = CLOSE_SECONDS) -> None:
        """Refuse new work, wait at most `timeout` seconds for what runs, and close every connection.

        Where another call of it is under way, this one waits for the same end; if it would wait for less, the end comes
        then. Closing a closed pool does nothing.

        Raises:
            UsageError: from another event loop, or in a process forked since the pool was opened; nothing is touched.
        """
        seconds = checked_seconds(timeout)
        if self._is_closed and (self._keeper is None or self._keeper.closing.is_over):
            return
        if self._keeper is not None:
            self._runtime.check_here("pool")
        self._is_closed = True
        self._front = None
        if self._keeper is not None:
            await self._keeper.close(seconds)

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

    def __del__(self) -> None:
        if getattr(self, "_keeper", None) is not None and not self._is_closed:
            # A task of its own keeps it as long as its loop runs; with that, its connections end.
            warnings.warn(f"{self!r} was forgotten: close it", ResourceWarning, source=self, stacklevel=2)

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

    def _still_has(self, link: Link) -> bool:
        keeper = self._keeper
        return keeper is not None and any(slot.link is link and slot.state is SHARED for slot in keeper.slots)

    @property
    def _retries_reads(self) -> bool:
        return self._config.retry_reads

    def _depth_limit(self, use: int) -> int:
        return self._limits.depth_read_only if use & READS else self._limits.depth_write

    def _pick(self, use: int) -> Link | None:
        keeper = self._keeper
        if keeper is None or self._is_closed:
            keeper = self._open_keeper()
        self._runtime.check_here("pool")
        if use >= SLOW:
            check_shareable(use)
            return None if keeper.slow_waiting else keeper.route(self._depth_limit(use), is_slow=True)
        if keeper.shared_waiting:
            return None
        limits = self._limits
        depth_limit = limits.depth_read_only if use else limits.depth_write
        return keeper.route(depth_limit)

    async def _wait_for_link(self, use: int, deadline: float | None) -> Link:
        until = self._runtime.now() + ACQUIRE_SECONDS
        if deadline is not None:
            until = min(until, deadline)
        return await self._open_keeper().wait_shared(self._depth_limit(use), until, is_slow=use >= SLOW)

    def _speed_changed(self, statement_name: bytes, is_slow: bool) -> None:
        for bound in self._catalog.default.named(statement_name):
            bound.use = bound.use | SLOW if is_slow else bound.use & ~SLOW

    def _late(self, attempt: Attempt) -> QailError:
        keeper = self._keeper
        # Nothing was placed: the time went by in the line.
        return keeper.timeout() if attempt.request is None and keeper is not None else super()._late(attempt)

    # Exclusive use

    def acquire(self, *, timeout: float | None = ACQUIRE_SECONDS, settings: Mapping[str, str] | None = None) -> Lease:
        """A connection of one's own: `async with pool.acquire() as connection`, or await it and `release` it later.

        Args:
            timeout: how many seconds to wait for one, at most; None is the default's 30.
            settings: hold in every transaction of this lease, one-statement ones included; they travel with its first
                statement, end with it, and the next borrower sees none of them.

        Raises, when entered or awaited:
            PoolTimeout: none came free within `timeout` seconds; it says who holds what.
            PoolClosed: the pool is closed.
        """
        seconds = ACQUIRE_SECONDS if timeout is None else checked_seconds(timeout)
        return Lease(partial(self._acquire, seconds, checked_settings(settings)), self._release)

    async def release(self, connection: Connection) -> None:
        """Give back what `await pool.acquire()` gave. Raises UsageError when it was given back before."""
        self._release(connection)

    def detach(self, connection: Connection) -> Connection:
        """Take a lease's connection out of the pool: it is the caller's own, who closes it; its place is free at once.

        Outside asyncio it lives in the pool's task group, and ends with the pool.

        Raises:
            UsageError: it is no lease of this pool, or was given back before.
        """
        keeper = self._open_keeper()
        slot = self._slot_of(connection)
        if slot is None:
            raise UsageError("this connection is no lease of this pool, or was given back before")
        connection.leave_pool()
        keeper.detach(slot)
        return connection

    async def _acquire(self, timeout: float, settings: Settings) -> Connection:
        keeper = self._open_keeper()
        until = self._runtime.now() + timeout
        slot = await keeper.lease(until, self._runtime.task_name())
        link = slot.link
        assert link is not None
        connection = Connection(link, self._runtime, self._catalog, self._config, partial(_give_back, keeper, slot))
        hook = self._rules.on_acquire
        if hook is not None:
            try:
                await call_hook(hook, "on_acquire", connection, self._runtime)
            except BaseException:
                if connection.is_leased:
                    self._release(connection)
                raise
            if not connection.is_leased:
                raise HookFailed("on_acquire closed its connection, or gave it away", outcome=Outcome.NOT_SENT)
        link.local_settings = settings
        if changes_names(settings):
            link.changed()
        return connection

    def _lend(self, link: Link) -> Connection:
        """The connection that a hook is given."""
        return Connection(link, self._runtime, self._catalog, self._config)

    def _slot_of(self, connection: Connection) -> Slot | None:
        keeper = self._keeper
        link = connection._link
        if keeper is None or link is None or not connection.is_leased:
            return None
        return next((slot for slot in keeper.slots if slot.link is link), None)

    def _release(self, connection: Connection) -> None:
        slot = self._slot_of(connection)
        if connection.is_lent and not connection.is_leased:
            raise UsageError("this connection is no lease of a pool's, or was detached: close it")
        link = connection.detach()
        if self._keeper is None or slot is None:
            # The pool was closed meanwhile.
            destroy(link)
            return
        self._keeper.returner.give_back(slot)

    def _deadline(self, timeout: object) -> float | None:
        # The clock is that of the runtime, which the pool has from the moment it is open.
        self._open_keeper()
        return super()._deadline(timeout)

    def _seconds_left(self, deadline: float | None) -> float | None:
        return None if deadline is None else max(0.0, deadline - self._runtime.now())

    def _acquire_until(self, deadline: float | None) -> Lease:
        seconds = self._seconds_left(deadline)
        return self.acquire(timeout=ACQUIRE_SECONDS if seconds is None else min(ACQUIRE_SECONDS, seconds))

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        """As `script` of a connection, on one of its own; `timeout` covers waiting for it, too."""
        deadline = self._deadline(timeout)
        async with self._acquire_until(deadline) as connection:
            return await connection.script(text, timeout=self._seconds_left(deadline))

    async def copy_in(
        self, table: Any, records: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> int:
        """As `copy_in` of a connection, on one of its own; `timeout` covers waiting for it, too."""
        deadline = self._deadline(timeout)
        async with self._acquire_until(deadline) as connection:
            left = self._seconds_left(deadline)
            return await connection.copy_in(table, records, columns=columns, format=format, timeout=left)

    def copy_out(
        self, source: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> PoolCopyOut:
        """As `copy_out` of a connection, on one of its own. `timeout` is for each wait, for it and for the server."""
        return PoolCopyOut(self._acquire_until(self._deadline(timeout)), source, columns, timeout, format)

    def stream(
        self, query: Fetchable[R], /, *, fetch_size: int = DEFAULT_PAGE_ROWS, timeout: float | None = None
    ) -> OnLease[RowStream[R]]:
        """As `stream` of a connection, on one of its own and in a transaction of its own."""

        def open_stream(connection: Connection) -> RowStream[R]:
            return connection.stream(query, fetch_size=fetch_size, timeout=timeout)

        # What is wrong with the call is told where it is written.
        RowStream[R](self, query, fetch_size, timeout)
        return OnLease(self.acquire(timeout=acquire_seconds(timeout)), open_stream)

    def listen(self, *channels: str, max_waiting: int = DEFAULT_MAX_WAITING) -> OnLease[Subscription]:
        """As `listen` of a connection, on one of its own that the pool lacks for as long as the block."""
        self._catalog.need_session("listen()")

        def open_subscription(connection: Connection) -> Subscription:
            return connection.listen(*channels, max_waiting=max_waiting)

        return OnLease(self.acquire(), open_subscription)

    def register_type(self, name: TypeName, how: TypeCodec | type[Any], /) -> None:
        """Have values of a PostgreSQL type read and written as `how` says, from now on, on every connection.

        Args:
            name: the type's name in pg_type, in any schema; or a pair, `("app", "mood")`.
            how: a `TypeCodec`; an Enum for an enum; a NamedTuple, dataclass or pydantic model for a composite type.

        Raises:
            UsageError: it is no name of a type, or nothing that can stand for one. A class that does not fit its type
                is refused by the first query that meets the type.
        """
        self._catalog.register_type(name, how)

    def resize(self, max_size: int | None = None, *, min_size: int | None = None) -> None:
        """Other bounds from now on. Connections beyond `max_size` are closed as they come idle, missing ones opened.

        Raises:
            ConfigError: `max_size` is less than 1, or less than `min_size`.
        """
        max_size = self._limits.max_size if max_size is None else max_size
        min_size = self._limits.min_size if min_size is None else min_size
        check_sizes(min_size, max_size)
        self._limits = replace(self._limits, min_size=min_size, max_size=max_size)
        if self._keeper is not None and not self._is_closed:
            self._runtime.check_here("pool")
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
    keeper.returner.give_back(slot)


def create_pool(dsn: str | None = None, /, **settings: Any) -> Pool:
    """A pool of connections: enter it with `async with`, or `await pool.open()`.

    `dsn` and the other settings are as for `qail.connect`. Hooks are plain or async functions that take the connection.

    Args:
        min_size, max_size: how many connections it keeps, and has at most; 1 and 10.
        max_lifetime: seconds after which a connection is replaced, less a tenth at most; None: never. 3600.
        idle_timeout: seconds after which an idle connection beyond `min_size` is closed; None: never. 600.
        reuse: which idle connection is taken next: the one used last ("lifo"), or the one idle longest ("fifo").
        reset: how a lease's traces are removed. "fast": if something ran that may have left some. "verified": and a
            query proves that none is left. "clean": whenever something ran. A hook: by it, after every lease.
        on_connect: prepares a new connection before anybody has it; runs again after a reset has undone what it did.
        on_acquire: is given each lease before its borrower, in the borrower's task.
        on_release: is given each lease after its borrower, in a task of the pool.

    Raises:
        ConfigError: the sizes, a time, a hook, the DSN or a setting cannot be.
    """
    rules = make_rules(take_options(settings))
    return Pool(load_config(dsn, settings), rules)
