"""Whoever asks for the end of a pool or connection waits for it, also where somebody else has asked before."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from qail import PoolClosed, func, select
from qail.testing import ChaosProxy, Rule
from support.backends import PATIENCE_SECONDS, Backend
from support.servers import Server
from support.waiting import until

ONE = select(func.abs(-1))
# Longer than any test is waited for: who waits so long waits for the event.
LONG = 2 * PATIENCE_SECONDS


@pytest.mark.feature("PO8")
def test_a_second_close_of_a_pool_waits_for_the_same_end(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn, max_size=2) as pool:
            lease = await pool.acquire()
            ended: list[int] = []

            async def close(number: int) -> None:
                await pool.close(timeout=LONG)
                ended.append(number)

            async with backend.jobs() as jobs:
                first = jobs.start(lambda: close(1))
                await until(backend, lambda: refuses(pool))
                others = [jobs.start(partial(close, number)) for number in (2, 3)]
                # They have come as far as they can: a turn of the loop, or a moment of the threads.
                await backend.sleep(0.02)
                assert ended == []
                assert await lease.fetch_value(ONE) == 1
                await pool.release(lease)
                for job in (first, *others):
                    await job.ended()
                    assert job.error is None
            assert sorted(ended) == [1, 2, 3]
            assert pool.stats().size == 0
            await pool.close()

    backend.run(body)


def refuses(pool: Any) -> bool:
    return " closed," in repr(pool)


@pytest.mark.feature("PO8")
def test_a_close_that_would_wait_for_less_brings_the_end_nearer(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn, max_size=2) as pool:
            lease = await pool.acquire()
            async with backend.jobs() as jobs:
                first = jobs.start(lambda: pool.close(timeout=LONG))
                await until(backend, lambda: refuses(pool))
                # The lease is never given back.
                await pool.close(timeout=0)
                assert pool.stats().size == 0
                await first.ended()
                assert first.error is None
            assert lease.is_closed
            with pytest.raises(PoolClosed):
                await pool.fetch_value(ONE)

    backend.run(body)


@pytest.mark.feature("PO8")
@pytest.mark.feature("PO7")
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_close_goes_on_where_the_one_before_it_was_cancelled(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn, max_size=2) as pool:
            lease = await pool.acquire()
            async with backend.jobs() as jobs:
                first = jobs.start(lambda: pool.close(timeout=LONG))
                await until(backend, lambda: refuses(pool))
                second = jobs.start(lambda: pool.close(timeout=LONG))
                third = jobs.start(lambda: pool.close(timeout=LONG))
                await backend.sleep(0.02)
                third.cancel()
                await third.ended()
                first.cancel()
                await first.ended()
                await second.ended()
                assert second.error is None
            assert lease.is_closed
            assert pool.stats().size == 0

    backend.run(body)


@pytest.mark.feature("PO8")
def test_a_second_close_of_a_connection_waits_for_the_same_end(backend: Backend, server: Server) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                assert await connection.fetch_value(ONE) == 1
                link = connection._link
                # The goodbye does not reach the server, which would hang up.
                held = proxy.add(Rule("hold", "server", message="X"))
                lost: list[bool] = []

                async def close() -> None:
                    await connection.close()
                    lost.append(link.is_lost)

                async with backend.jobs() as jobs:
                    first = jobs.start(close)
                    await backend.blocking(held.wait)
                    others = [jobs.start(close) for _ in range(2)]
                    await backend.sleep(0.02)
                    held.release()
                    for job in (first, *others):
                        await job.ended()
                        assert job.error is None
                assert lost == [True] * 3
                await connection.close()

    backend.run(body)
