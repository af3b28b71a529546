"""While no server takes connections a pool tries again after its pauses, on every runtime alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from qail import PoolTimeout, func, select
from qail.pg.pool import backoff
from support.backends import Backend
from support.waiting import until

ONE = select(func.abs(-1))
FOR_EVER = 1e6


def nobody(folder: Path) -> str:
    """A database at a socket that is not there."""
    return f"postgresql://nobody@/none?host={folder}"


def set_pauses(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for name in ("LEAST", "FIRST", "MOST"):
        monkeypatch.setattr(backoff, f"{name}_BACKOFF_SECONDS", seconds)


@pytest.mark.feature("PO5")
def test_nobody_tries_again_before_the_pause_is_over(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_pauses(monkeypatch, FOR_EVER)

    async def body() -> None:
        async with backend.pool(nobody(tmp_path), min_size=0, max_size=5) as pool:
            with pytest.raises(PoolTimeout):
                await pool.acquire(timeout=0.01)
            # Its attempt goes on without it.
            await until(backend, lambda: pool.stats().connect_failures_total >= 1)
            for _ in range(3):
                with pytest.raises(PoolTimeout) as caught:
                    await pool.fetch_value(ONE, timeout=0.01)
                # Whoever waits is told why there is none.
                assert str(tmp_path) in str(caught.value)
                with pytest.raises(PoolTimeout):
                    await pool.acquire(timeout=0.01)
            assert pool.stats().connect_failures_total == 1

    backend.run(body)


@pytest.mark.feature("PO5")
def test_one_attempt_follows_another_while_somebody_waits(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_pauses(monkeypatch, 0.001)

    async def body() -> None:
        async with backend.pool(nobody(tmp_path), min_size=0, max_size=5) as pool:
            async with backend.jobs() as jobs:
                job = jobs.start(lambda: pool.acquire(timeout=60))
                await until(backend, lambda: pool.stats().connect_failures_total >= 20)
                # At once one is enough: it is the pause that is over, not the server that is back.
                await pool.close(timeout=0)
                await job.ended()
            assert job.error is not None

    backend.run(body)
