"""Lists of hosts: which server is chosen, and what a pool does when it becomes the wrong one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from qail import ConfigError, ConnectError, Outcome, PoolTimeout, Qail, QailError, connect, count, func, select
from qail.sqlstate import ReadOnlySqlTransaction
from support.backends import Backend
from support.cluster import Cluster, Node
from support.servers import Server

FAILOVER = pytest.mark.feature("RT5")
HOSTS = pytest.mark.feature("CN4")
IS_STANDBY = select(func.pg_is_in_recovery())


def place(connection: Any) -> str:
    return str(connection.info.address).removesuffix("/.s.PGSQL.5432")


@HOSTS
@FAILOVER
def test_each_of_the_six_attributes_chooses_its_server_in_any_order(backend: Backend, cluster: Cluster) -> None:
    standby = cluster.add_standby()
    primary = cluster.primary

    async def chosen(wish: str, *nodes: Node) -> str:
        async with backend.connect(cluster.dsn(*nodes), target_session_attrs=wish) as connection:
            return "primary" if place(connection) == primary.host else "standby"

    async def body() -> None:
        both, reverse = (primary, standby), (standby, primary)
        for nodes in (both, reverse):
            for wish in ("read-write", "primary"):
                assert await chosen(wish, *nodes) == "primary"
            for wish in ("read-only", "standby", "prefer-standby"):
                assert await chosen(wish, *nodes) == "standby"
        assert await chosen("any", *both) == "primary"
        assert await chosen("any", *reverse) == "standby"
        assert await chosen("prefer-standby", primary) == "primary"
        for wish in ("standby", "read-only"):
            with pytest.raises(ConnectError, match=f"is not {wish}") as caught:
                await chosen(wish, primary)
            assert caught.value.reason == "target"
        primary.set("default_transaction_read_only", "on")
        try:
            assert await chosen("primary", *both) == "primary"
            assert await chosen("read-only", *both) == "primary"
            with pytest.raises(ConnectError) as caught:
                await chosen("read-write", *both)
            assert len(caught.value.attempts) == 2
        finally:
            primary.reset("default_transaction_read_only")

    backend.run(body)


@HOSTS
def test_hosts_are_tried_in_order_and_a_total_failure_lists_every_attempt(backend: Backend, server: Server) -> None:
    async def body() -> None:
        hosts = f"/nonexistent/one,{server.host},/nonexistent/two"
        async with backend.connect(host=hosts, user=server.user, dbname=server.database) as connection:
            assert place(connection) == server.host
        with pytest.raises(ConnectError) as caught:
            async with backend.connect(host="/nonexistent/one,/nonexistent/two", port="5432,5433", user="x"):
                pytest.fail("it was entered")
        assert [text.partition(" (")[0] for text in caught.value.attempts] == [
            "no server listens on the socket /nonexistent/one/.s.PGSQL.5432",
            "no server listens on the socket /nonexistent/two/.s.PGSQL.5433",
        ]
        assert all(attempt in str(caught.value) for attempt in caught.value.attempts)

    backend.run(body)


@HOSTS
def test_load_balance_hosts_draws_among_the_hosts(backend: Backend, cluster: Cluster) -> None:
    cluster.add_standby()

    async def body() -> None:
        found: Counter[str] = Counter()
        for _ in range(40):
            async with backend.connect(cluster.dsn(), load_balance_hosts="random") as connection:
                found[place(connection)] += 1
        # Of 40 draws all fall on one side once in 2**39.
        assert len(found) == 2
        async with backend.connect(cluster.dsn() + "&load_balance_hosts=disable") as connection:
            assert place(connection) == cluster.primary.host

    backend.run(body)


@HOSTS
def test_what_lists_cannot_be_is_told() -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"host": "a,b,c", "port": "1,2"},
        {"host": "a,b", "hostaddr": "127.0.0.1"},
        {"host": "a", "target_session_attrs": "master"},
        {"host": "a", "load_balance_hosts": "perhaps"},
    )
    for settings in wrong:
        with pytest.raises(ConfigError):
            connect("", **settings)


@FAILOVER
def test_a_pool_finds_the_promoted_server(backend: Backend, cluster: Cluster) -> None:
    cluster.primary.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (n int PRIMARY KEY)")
    standby = cluster.add_standby()
    insert = Qail.add("t")

    async def body() -> None:
        acked: list[int] = []
        async with backend.pool(
            cluster.dsn(), target_session_attrs="read-write", max_size=3, command_timeout=30
        ) as pool:
            for number in range(10):
                await pool.execute(insert.values({"n": number}))
                acked.append(number)
            cluster.catch_up()
            cluster.primary.stop("fast")
            standby.promote()
            outcomes: set[Outcome] = set()
            number = 100
            while len(acked) < 20:
                number += 1
                try:
                    await pool.execute(insert.values({"n": number}))
                except QailError as error:
                    outcomes.add(error.outcome)
                else:
                    acked.append(number)
            assert Outcome.DONE not in outcomes
            assert await pool.fetch_value(IS_STANDBY) is False
            stored = set(await pool.fetch_values(Qail.get("t").columns("n")))
            assert set(acked) <= stored

    backend.run(body)


@FAILOVER
def test_a_pool_retires_connections_to_a_server_that_became_read_only(backend: Backend, cluster: Cluster) -> None:
    primary = cluster.primary
    standby = cluster.add_standby()
    process_id = select(func.pg_backend_pid())

    async def body() -> None:
        async with backend.pool(cluster.dsn(), target_session_attrs="read-write", max_size=2) as pool:
            async with pool.acquire() as lease:
                standby.promote()
                primary.set("default_transaction_read_only", "on")
                try:
                    # The lease is not taken away from its borrower; its server has told, and it goes with its lease.
                    while lease.info.parameters["default_transaction_read_only"] != "on":
                        await lease.fetch_value(process_id)
                    assert place(lease) == primary.host
                    async with pool.acquire() as other:
                        assert place(other) == standby.host
                finally:
                    primary.reset("default_transaction_read_only")
            async with pool.acquire() as other:
                assert place(other) == standby.host
            assert pool.stats().unfit_total == 1

    backend.run(body)


@FAILOVER
def test_a_refusal_to_write_retires_its_connection_but_not_where_the_caller_asked_for_it(
    backend: Backend, cluster: Cluster
) -> None:
    primary = cluster.primary
    primary.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (n int)")
    insert = Qail.add("t").values({"n": 1})

    async def body() -> None:
        async with backend.pool(primary.dsn, target_session_attrs="primary", max_size=1) as pool:
            with pytest.raises(ReadOnlySqlTransaction):
                async with pool.transaction(read_only=True) as inside:
                    await inside.execute(insert)
            assert pool.stats().unfit_total == 0
            assert await pool.execute(insert) == 1
            async with pool.acquire() as lease:
                await lease.set_param("default_transaction_read_only", "on")
                with pytest.raises(ReadOnlySqlTransaction):
                    await lease.execute(insert)
            assert pool.stats().unfit_total == 1
            assert await pool.execute(insert) == 1
            assert await pool.fetch_value(Qail.get("t").columns(count())) == 2
        async with backend.pool(primary.dsn, max_size=1) as pool:
            async with pool.acquire() as lease:
                await lease.set_param("default_transaction_read_only", "on")
            assert await pool.execute(insert) == 1
            assert pool.stats().unfit_total == 0

    backend.run(body)


@FAILOVER
def test_a_standby_that_is_promoted_is_no_standby_any_more(backend: Backend, cluster: Cluster) -> None:
    standby = cluster.add_standby()

    async def body() -> None:
        async with backend.pool(cluster.dsn(), target_session_attrs="prefer-standby", max_size=1) as pool:
            assert await pool.fetch_value(IS_STANDBY) is True
        async with backend.pool(standby.dsn, target_session_attrs="standby", max_size=1) as pool:
            assert await pool.fetch_value(IS_STANDBY) is True
            standby.promote()
            while not pool.stats().unfit_total:
                await pool.fetch_value(IS_STANDBY)
            told = ""
            while "not standby" not in told:
                # At least one attempt must have come to its end meanwhile.
                with pytest.raises(PoolTimeout) as caught:
                    await pool.fetch_value(IS_STANDBY, timeout=1)
                told = str(caught.value)

    backend.run(body)
