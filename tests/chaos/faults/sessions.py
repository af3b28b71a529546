"""Faults of what runs long or changes its session: leases that time out, listeners, streams, settings, parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from chaos.registry import FaultRun, fault
from qail import ConnectError, ConnectionLost, Lagged, Outcome, ProtocolError, Qail, QailError, count, func, select
from support.cluster import Cluster

ONE = select(func.abs(-1))
PROCESS_ID = select(func.pg_backend_pid())


@fault("F22")
async def a_lease_that_the_server_ended_for_idleness_is_nobody_elses(run: FaultRun) -> None:
    for setting, sqlstate in (("idle_in_transaction_session_timeout", "25P03"), ("idle_session_timeout", "57P05")):
        async with run.backend.pool(run.server.dsn, max_size=1) as pool:
            async with pool.acquire() as lease:
                process_id = lease.info.process_id
                # Known from here on: it then takes one flight, in the midst of which nothing is idle.
                await lease.fetch_value(ONE)
                await lease.set_param(setting, "50ms")
                transaction = lease.transaction()
                if sqlstate == "25P03":
                    await transaction.begin()
                    await transaction.fetch_value(ONE)
                while not lease.is_closed:
                    await run.backend.sleep(0.01)
                    # A blocking connection reads when it is asked something.
                    assert lease.info.process_id == process_id
                with pytest.raises(ConnectionLost, match=sqlstate) as caught:
                    await lease.fetch_value(ONE)
                assert caught.value.outcome is Outcome.NOT_SENT
                if sqlstate == "25P03":
                    with pytest.raises(ConnectionLost):
                        await transaction.commit()
            assert await pool.fetch_value(PROCESS_ID) != process_id
            assert pool.stats().lost_total == 1


@fault("F27")
async def ten_thousand_notifications_come_in_order_or_are_counted(run: FaultRun) -> None:
    number = 10_000
    with run.server.fresh_database() as database:
        database.sql(
            "CREATE FUNCTION flood(n int) RETURNS int LANGUAGE plpgsql AS "
            "$$ BEGIN FOR i IN 1..n LOOP PERFORM pg_notify('flood', i::text); END LOOP; RETURN n; END $$"
        )
        async with (
            run.backend.connect(database.dsn) as listener,
            run.backend.pool(database.dsn, max_size=2) as pool,
            listener.listen("flood") as all_of_them,
            listener.listen("flood", max_waiting=100) as some_of_them,
        ):

            async def speak() -> None:
                for _ in range(10):
                    await pool.fetch_value(select(func.flood(number // 10)))

            async def query() -> list[int]:
                return [await listener.fetch_value(select(func.abs(-each))) for each in range(200)]

            spoken, answers = await run.backend.together(speak, query)
            assert spoken is None
            assert answers == list(range(200))
            found = [int((await all_of_them.get(timeout=60)).payload) for _ in range(number)]
            assert found == list(range(1, number // 10 + 1)) * 10
            seen, missed = 0, 0
            while seen + missed < number:
                try:
                    await some_of_them.get(timeout=60)
                    seen += 1
                except Lagged as gap:
                    missed += gap.count or 0
            assert seen + missed == number
            assert missed


@fault("F31")
async def a_stream_whose_consumer_pauses_holds_two_pages_and_nobody_up(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql("CREATE SEQUENCE sent; CREATE TABLE numbers AS SELECT i AS id FROM generate_series(1, 10000) i")
        query = Qail.get("numbers").columns("id", func.nextval("sent").as_("n"))
        async with run.backend.pool(database.dsn, max_size=2) as pool, pool.stream(query, fetch_size=10) as rows:
            source = aiter(rows)
            assert (await anext(source)).id == 1
            # The pause. Others are served, as often as they like.
            found = await run.backend.together(*[lambda: pool.fetch_value(ONE)] * 200)
            assert found == [1] * 200
            assert database.sql("SELECT last_value <= 20 FROM sent") == [("t",)]
            assert pool.stats().leased == 1
            assert len([row async for row in source]) == 9_999
        assert database.sql("SELECT last_value FROM sent") == [("10000",)]


@fault("F56")
async def settings_that_a_lease_has_changed_are_undone_for_the_next_one(run: FaultRun) -> None:
    changed = {
        "DateStyle": "German, DMY",
        "TimeZone": "Asia/Tokyo",
        "IntervalStyle": "iso_8601",
        "bytea_output": "escape",
        "extra_float_digits": "-5",
        "search_path": "nowhere",
    }
    async with run.backend.pool(run.server.dsn, max_size=1) as pool:
        before = {name: await pool.fetch_value(select(func.current_setting(name))) for name in changed}
        process_id = await pool.fetch_value(PROCESS_ID)
        async with pool.acquire() as lease:
            await lease.script("; ".join(f"SET {name} = '{value}'" for name, value in changed.items()))
        assert {name: await pool.fetch_value(select(func.current_setting(name))) for name in changed} == before
        assert await pool.fetch_value(PROCESS_ID) == process_id


@fault("F56")
async def a_connection_whose_encoding_or_strings_were_changed_is_spent(run: FaultRun) -> None:
    for statement in ("SET client_encoding = 'LATIN1'", "SET standard_conforming_strings = off"):
        async with run.backend.pool(run.server.dsn, max_size=1) as pool:
            process_id = await pool.fetch_value(PROCESS_ID)
            async with pool.acquire() as lease:
                with pytest.raises((ProtocolError, ConnectionLost)) as caught:
                    await lease.script(f"{statement}; SELECT 1")
                assert caught.value.connection_spent
                assert lease.is_closed
            assert await pool.fetch_value(PROCESS_ID) != process_id


@fault("F25")
async def what_is_dropped_ends_and_what_is_refused_says_so_and_the_pool_recovers(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        name = database.name
        async with run.backend.pool(database.dsn, max_size=2) as pool:
            assert await pool.fetch_value(ONE) == 1
            run.server.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
            told: QailError | None = None
            while not (isinstance(told, ConnectError) and told.reason == "rejected"):
                with pytest.raises(QailError) as caught:
                    await pool.fetch_value(ONE, timeout=30)
                told = caught.value
            assert "does not exist" in str(told)
            run.server.sql(f'CREATE DATABASE "{name}"')
            answer: Any = None
            while answer is None:
                try:
                    answer = await pool.fetch_value(ONE, timeout=30)
                except ConnectError:
                    await run.backend.sleep(0.01)
            assert answer == 1


@fault("F26")
async def a_storm_of_parameter_changes_leaves_the_stream_in_step(run: FaultRun) -> None:
    cluster: Cluster = run.request.getfixturevalue("cluster")
    node = cluster.primary
    node.sql("DROP TABLE IF EXISTS ledger; CREATE TABLE ledger (token int8 PRIMARY KEY)")
    query = Qail.get("ledger").columns(count())
    async with (
        run.backend.pool(node.dsn, max_size=2) as pool,
        pool.stream(Qail.get("pg_attribute").columns("attname"), fetch_size=7) as rows,
    ):
        names: list[str] = []
        seen = 0
        async for row in rows:
            names.append(row.attname)
            if seen < 20 and len(names) % 40 == 0:
                seen += 1
                await run.backend.blocking(partial(node.set, "work_mem", f"'{seen + 4}MB'"))
                node.set("application_name", f"'storm {seen}'")
                assert await pool.fetch_value(query) == 0
        assert len(names) == int(node.sql("SELECT count(*) FROM pg_attribute")[0][0] or 0)
        async with pool.acquire() as lease:
            assert lease.info.parameters["application_name"] in (f"storm {seen}", "")
    node.reset("work_mem")
    node.reset("application_name")
