"""Faults of servers: they stop, crash, restart, are promoted; a connection whose other side is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from chaos.registry import FaultRun, fault
from qail import ConnectError, ConnectionLost, Outcome, PoolTimeout, Qail, QailError, func, select
from qail.sqlstate import ReadOnlySqlTransaction
from qail.testing.proxy import ChaosProxy
from qail.testing.rule import Rule
from support.cluster import Cluster
from support.waiting import until

ONE = select(func.abs(-1))
PROCESS_ID = select(func.pg_backend_pid())
LOAD_WORKERS = 8
ENOUGH = 60


class Load:
    """Writers that each insert tokens of their own, one at a time, and note what they were told of each."""

    def __init__(self, run: FaultRun, cluster: Cluster, pool: Any) -> None:
        self.acked: set[int] = set()
        self.failed: set[int] = set()
        self.unknown: set[int] = set()
        self._run = run
        self._cluster = cluster
        self._pool = pool
        self._is_over = False

    async def work(self, worker: int) -> None:
        token = worker
        while not self._is_over:
            token += LOAD_WORKERS
            try:
                await self._pool.execute(Qail.add("ledger").values({"token": token}))
            except QailError as error:
                is_unknown = error.outcome is Outcome.UNKNOWN
                (self.unknown if is_unknown else self.failed).add(token)
            else:
                self.acked.add(token)

    async def more(self, number: int = ENOUGH) -> None:
        """Wait until so many more writes were acknowledged."""
        enough = len(self.acked) + number
        while len(self.acked) < enough:
            await self._run.backend.sleep(0.01)

    def stop(self) -> None:
        self._is_over = True

    def check(self, stored: set[int]) -> None:
        """Every acknowledged token is there, none that failed is; what is unknown may be either."""
        assert self.acked <= stored
        assert not self.failed & stored
        assert stored <= self.acked | self.unknown


def sqlstates(errors: list[QailError]) -> set[str]:
    """Those anywhere in the chains of causes."""
    found: set[str] = set()
    for error in errors:
        cause: BaseException | None = error
        while cause is not None:
            found.add(getattr(cause, "sqlstate", ""))
            cause = cause.__cause__
    return found


@asynccontextmanager
async def under_load(run: FaultRun, cluster: Cluster, pool: Any) -> AsyncIterator[Load]:
    """Writers at work for as long as the block; at its end the ledger is compared with what the server holds."""
    load = Load(run, cluster, pool)
    async with run.backend.jobs() as jobs:
        started = [jobs.start(partial(load.work, worker)) for worker in range(LOAD_WORKERS)]
        try:
            await load.more()
            yield load
        finally:
            load.stop()
        for job in started:
            await job.ended()
    load.check(set(await pool.fetch_values(Qail.get("ledger").columns("token"))))


def mortal(run: FaultRun) -> Cluster:
    """The cluster, with an empty ledger."""
    cluster: Cluster = run.request.getfixturevalue("cluster")
    cluster.primary.sql("DROP TABLE IF EXISTS ledger; CREATE TABLE ledger (token int8 PRIMARY KEY)")
    return cluster


@fault("F09")
async def a_half_open_idle_connection_is_found_and_its_callers_are_served_elsewhere(run: FaultRun) -> None:
    with ChaosProxy(run.server.dsn) as proxy:
        async with run.backend.pool(proxy.dsn(), max_size=3) as pool:
            one, two = await pool.acquire(), await pool.acquire()
            halves = {one.info.process_id, two.info.process_id}
            await pool.release(one)
            # The server's side is closed; ours hears nothing of it, as behind a router that has forgotten us.
            proxy.add(Rule("cut", connection=1))
            # A neighbour that ends puts those that are idle under suspicion.
            proxy.add(Rule("rst", connection=2))
            while not two.is_closed:
                await run.backend.sleep(0.01)
                # A blocking connection reads when it is asked something.
                assert two.info.process_id in halves
            await pool.release(two)
            assert await pool.fetch_value(PROCESS_ID, timeout=30) not in halves
            while pool.stats().lost_total < 2:
                await pool.fetch_value(ONE, timeout=30)
                await run.backend.sleep(0.01)
            assert pool.stats().size <= 3


@fault("F11")
async def a_backend_that_is_killed_takes_no_acknowledged_write_with_it(run: FaultRun) -> None:
    cluster = mortal(run)
    node = cluster.primary
    async with run.backend.pool(node.dsn, min_size=2, max_size=4, application_name="storm", command_timeout=30) as pool:
        async with pool.acquire() as victim, pool.acquire() as bystander:
            process_id = victim.info.process_id
            async with under_load(run, cluster, pool) as load:
                await run.backend.blocking(lambda: node.kill_backend(process_id))
                await run.backend.blocking(node.wait_up)
                await load.more()
            with pytest.raises(ConnectionLost):
                await victim.fetch_value(ONE)
            # The others were ended by the postmaster, which said so in a notice.
            with pytest.raises(ConnectionLost) as caught:
                await bystander.fetch_value(ONE)
            assert "57P02" in sqlstates([caught.value])
        assert pool.stats().size <= 4
        assert pool.stats().leased == 0


@fault("F13")
async def while_the_postmaster_stands_still_waiting_is_bounded_and_open_connections_work(run: FaultRun) -> None:
    cluster = mortal(run)
    node = cluster.primary
    async with run.backend.pool(node.dsn, max_size=2, connect_timeout=0.3) as pool, pool.acquire() as lease:
        postmaster = node.process_id
        node.freeze(postmaster)
        try:
            assert await lease.fetch_value(ONE) == 1
            told = ""
            while "did not take us within" not in told:
                # At least one attempt must have come to its end meanwhile.
                with pytest.raises(PoolTimeout) as late:
                    async with pool.acquire(timeout=0.8):
                        pytest.fail("it was entered")
                told = str(late.value)
            with pytest.raises(ConnectError) as caught:
                async with run.backend.connect(node.dsn, connect_timeout=0.2):
                    pytest.fail("it was entered")
            assert caught.value.reason == "timeout"
            assert await lease.fetch_value(ONE) == 1
        finally:
            node.thaw(postmaster)
        async with pool.acquire() as other:
            assert await other.fetch_value(ONE) == 1


@fault("F14")
async def a_pool_comes_back_from_a_fast_restart(run: FaultRun) -> None:
    await _restarted(run, "fast")


@fault("F14")
async def a_pool_comes_back_from_an_immediate_restart(run: FaultRun) -> None:
    await _restarted(run, "immediate")


async def _restarted(run: FaultRun, mode: str) -> None:
    cluster = mortal(run)
    node = cluster.primary
    async with run.backend.pool(node.dsn, max_size=4, application_name="storm", command_timeout=30) as pool:
        async with under_load(run, cluster, pool) as load:
            await run.backend.blocking(lambda: node.restart(mode))
            await load.more()
        # One more may be on its way in, and what left with the old server on its way out.
        await until(run.backend, lambda: not pool.stats().connecting)
        stats = pool.stats()
        assert stats.in_flight == stats.leased == stats.waiting == 0
        assert stats.size <= 4
        await until(run.backend, lambda: len(node.clients("storm")) == pool.stats().size)
        # No slot is lost: all of them can be leased at once.
        held = [await pool.acquire() for _ in range(4)]
        for each in held:
            await pool.release(each)
    await run.backend.blocking(lambda: node.wait_quiet("storm"))


@fault("F15")
async def the_promoted_server_is_found_under_load(run: FaultRun) -> None:
    cluster = mortal(run)
    standby = cluster.add_standby()
    # What a standby has not got is lost with its primary, acknowledged or not: this one has it before the answer.
    cluster.primary.set("synchronous_standby_names", "'*'")
    cluster.primary.set("synchronous_commit", "'remote_apply'")
    try:
        async with (
            run.backend.pool(
                cluster.dsn(), target_session_attrs="read-write", max_size=4, command_timeout=5, connect_timeout=5
            ) as pool,
            under_load(run, cluster, pool) as load,
        ):
            await run.backend.blocking(lambda: cluster.primary.stop("immediate"))
            standby.sql("ALTER SYSTEM RESET synchronous_standby_names")
            await run.backend.blocking(standby.promote)
            await load.more()
            assert await pool.fetch_value(select(func.pg_is_in_recovery())) is False
    finally:
        if not cluster.primary.is_running:
            cluster.remove_standby()
            cluster.primary.start()
        cluster.primary.reset("synchronous_standby_names")
        cluster.primary.reset("synchronous_commit")


@fault("F16")
async def a_standby_in_front_is_refused_and_a_demoted_primary_left(run: FaultRun) -> None:
    cluster = mortal(run)
    primary, standby = cluster.primary, cluster.add_standby()
    async with run.backend.pool(cluster.dsn(standby, primary), target_session_attrs="read-write", max_size=2) as pool:
        assert await pool.execute(Qail.add("ledger").values({"token": 1})) == 1
        standby.promote()
        primary.set("default_transaction_read_only", "on")
        try:
            # One that was idle when its server changed hears of it with its next statement.
            with pytest.raises(ReadOnlySqlTransaction) as caught:
                await pool.execute(Qail.add("ledger").values({"token": 2}))
            assert caught.value.outcome is Outcome.ABORTED
            assert await pool.execute(Qail.add("ledger").values({"token": 2})) == 1
            assert standby.sql("SELECT token FROM ledger ORDER BY token") == [("1",), ("2",)]
            assert pool.stats().unfit_total == 1
        finally:
            primary.reset("default_transaction_read_only")
