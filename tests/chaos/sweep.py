"""The sweep: an operation is cancelled at each of its suspensions in turn, and after each the pool must be whole.

Whole means: all connections idle, nobody waiting, the server with as many backends, none of them in a transaction or
running something; the next borrowers get their own rows; what belongs together was written together. At the end no
file descriptor is left.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chaos.stepping import attempt
from qail import INT8, cast, select
from support.backends import Backend
from support.servers import Database

MOST_STEPS = 400
POOL_SIZE = 2
IDLE_BACKENDS = (
    "SELECT count(*), count(*) FILTER (WHERE state <> 'idle'), string_agg(state || ': ' || query, '; ') "
    "FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass
class Stage:
    """What an operation is run on. `number` is another one in each run."""

    backend: Backend
    database: Database
    pool: Any = None
    number: int = 0
    failures: list[str] = field(default_factory=list)

    def value(self, part: int = 0) -> Any:
        """A query whose only row is this run's own."""
        return select(cast(self.number + part, INT8))

    async def is_whole(self) -> None:
        """Fails unless everything is as it was before."""
        pool = self.pool
        await self.until(lambda: not self._is_busy(), lambda: f"the pool does not come to rest: {pool.stats()}")
        tokens = [self.number * 1000 + part for part in range(4)]
        found = await self.backend.together(*(partial(pool.fetch_value, self._token(token)) for token in tokens))
        assert found == tokens, f"somebody else's rows: {found}"
        async with pool.acquire(timeout=30) as connection:
            told = await connection.script("SELECT count(*) FROM pairs")
            assert int(told[0][0][0]) % 2 == 0, "half of what belongs together was written"
        await self.until(self._is_quiet, lambda: f"{self._activity()} but the pool has {pool.stats().size}")

    def _token(self, token: int) -> Any:
        return select(cast(token, INT8))

    def _is_busy(self) -> bool:
        stats = self.pool.stats()
        return bool(stats.idle != stats.size or stats.waiting or stats.in_flight or stats.leased)

    def _activity(self) -> tuple[str | None, ...]:
        return self.database.server.sql(IDLE_BACKENDS.format(name=self.database.name))[0]

    def _is_quiet(self) -> bool:
        count, busy, _ = self._activity()
        return busy == "0" and count == str(self.pool.stats().size)

    async def until(self, is_true: Callable[[], bool], told: Callable[[], str]) -> None:
        """Patience for what goes on in the background: far longer than any grace."""
        for _ in range(6000):
            if is_true():
                return
            await self.backend.sleep(0.005)
        raise AssertionError(told())


Operation = Callable[[Stage], Awaitable[Any]]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def open_sockets() -> int:
    links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    return sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))


async def sweep(backend: Backend, database: Database, kind: str, operation: Operation) -> int:
    """Cancel `operation` at each of its suspensions, as `kind` says; how many there were."""
    stage = Stage(backend, database)
    async with backend.pool(database.dsn, max_size=POOL_SIZE) as pool:
        stage.pool = pool
        await operation(stage)
        await stage.is_whole()
        for at in range(1, MOST_STEPS):
            stage.number += 1
            ended = await attempt(kind, partial(operation, stage), at)
            where = f"{operation.__name__}, {kind} at step {at}"
            if ended.error is not None:
                raise AssertionError(f"{where}: {ended.error!r}") from ended.error
            if ended.is_fired and not ended.is_cancelled and not _may_be_over(backend, kind):
                raise AssertionError(f"{where}: the cancellation was swallowed")
            try:
                await stage.is_whole()
            except AssertionError as error:
                raise AssertionError(f"after {where}: {error}") from error
            if not ended.is_fired:
                return at - 1
    raise AssertionError(f"{operation.__name__} has more than {MOST_STEPS} steps")


def _may_be_over(backend: Backend, kind: str) -> bool:
    """Whether a cancellation may come too late, in the last step: what has come in the same moment counts.

    On trio the end of a task group feels no cancellation; anyio leaves a task alone whose wait is over.
    """
    return backend.name == "trio" or kind == "scope"
