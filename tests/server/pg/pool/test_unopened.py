"""A pool that was never opened, and a deadline that covers waiting for a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import PoolClosed, PoolTimeout
from qail.pg.pool.pool import Pool, create_pool
from support.servers import Database

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
VERBS: dict[str, Callable[[Pool, float | None], Awaitable[Any]]] = {
    "fetch_all": lambda pool, timeout: pool.fetch_all(Qail.get("one"), timeout=timeout),
    "execute": lambda pool, timeout: pool.execute(Qail.delete("one").all_rows(), timeout=timeout),
    "batch": lambda pool, timeout: pool.batch([Qail.get("one")], timeout=timeout),
    "script": lambda pool, timeout: pool.script("select 1", timeout=timeout),
    "copy_in": lambda pool, timeout: pool.copy_in("one", [(1,)], timeout=timeout),
}


@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.parametrize("verb", VERBS)
def test_an_unopened_pool_says_so(run: Run, fresh_database: Database, verb: str, timeout: float | None) -> None:
    async def main() -> None:
        pool = create_pool(fresh_database.dsn)
        with pytest.raises(PoolClosed, match="the pool is not open"):
            await VERBS[verb](pool, timeout)

    run(main)


@pytest.mark.parametrize("verb", ["script", "copy_in"])
def test_the_deadline_covers_waiting_for_a_connection(run: Run, fresh_database: Database, verb: str) -> None:
    async def main() -> None:
        async with create_pool(fresh_database.dsn, max_size=1) as pool, pool.acquire():
            with pytest.raises(PoolTimeout):
                await VERBS[verb](pool, 0.05)

    run(main)
