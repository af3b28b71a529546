"""Settings of a transaction and of a lease: they hold where they were asked for, and nowhere else."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from typing import Any

import pytest

from qail import ConnectionLost, EncodeError, PostgresError, Qail, UsageError, col, func, select
from qail.sqlstate import LockNotAvailable, QueryCanceled
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database, Server
from support.waiting import until

TENANT = select(func.current_setting("app.tenant", True))
PATH = select(func.current_setting("search_path"))


@pytest.fixture
def tenants(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TABLE notes (tenant text, body text);"
        "INSERT INTO notes VALUES ('a', 'of a'), ('b', 'of b');"
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY own ON notes USING (tenant = current_setting('app.tenant', true));"
        "CREATE SCHEMA one; CREATE SCHEMA two;"
        "CREATE TABLE one.thing (value int); INSERT INTO one.thing VALUES (1);"
        "CREATE TABLE two.thing (value text); INSERT INTO two.thing VALUES ('two');"
        "DO $$ BEGIN CREATE ROLE tenant_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT SELECT ON notes TO tenant_reader"
    )
    return fresh_database


def as_tenant(name: str) -> dict[str, str]:
    # The superuser of the tests sees every row; a role of the tenants' does not.
    return {"app.tenant": name, "role": "tenant_reader"}


@pytest.mark.feature("TN3")
def test_a_lease_for_a_tenant_sees_its_rows_alone_and_the_next_borrower_sees_none(
    backend: Backend, tenants: Database
) -> None:
    async def body() -> None:
        bodies = Qail.get("notes").columns("body")
        async with backend.pool(tenants.dsn, max_size=1) as pool:
            async with pool.acquire(settings=as_tenant("a")) as connection:
                assert await connection.fetch_values(bodies) == ["of a"]
                assert await connection.fetch_values(bodies) == ["of a"]
                assert await connection.batch([bodies, bodies]) == [[("of a",)]] * 2
                assert await connection.batch([bodies, bodies], atomic=False) == [[("of a",)]] * 2
                async with connection.pipeline() as pipeline:
                    answers = [pipeline.fetch_values(bodies) for _ in range(3)]
                assert [each.result() for each in answers] == [["of a"]] * 3
                async with connection.transaction() as transaction:
                    assert await transaction.fetch_values(bodies) == ["of a"]
                    assert await transaction.fetch_values(bodies) == ["of a"]
                rows = connection.copy_out(bodies)
                assert [row async for row in rows] == [("of a",)]
            async with pool.acquire() as connection:
                assert await connection.fetch_value(TENANT) in (None, "")
                assert await connection.fetch_value(select(func.current_setting("role"))) == "none"
            async with pool.acquire(settings=as_tenant("b")) as connection:
                assert await connection.fetch_values(bodies) == ["of b"]
            assert await pool.fetch_value(TENANT) in (None, "")

    backend.run(body)


@pytest.mark.feature("TN3")
def test_a_lease_whose_session_was_not_changed_leaves_no_setting_behind_either(
    backend: Backend, tenants: Database
) -> None:
    async def body() -> None:
        async with backend.pool(tenants.dsn, max_size=1) as pool:
            async with pool.acquire(settings={"app.tenant": "a"}) as connection:
                await connection.fetch_all(Qail.get("notes"))
                async with connection.transaction() as transaction:
                    await transaction.fetch_all(Qail.get("notes"))
            # Nothing was to be reset: what they see none of was never the session's.
            assert pool.stats().resets_total == 0
            async with pool.acquire() as connection:
                assert await connection.fetch_value(TENANT) in (None, "")

    backend.run(body)


@pytest.mark.feature("TN3")
@pytest.mark.feature("PI6")
def test_settings_and_a_statement_leave_in_one_flight(backend: Backend, tenants: Database) -> None:
    async def body() -> None:
        with ChaosProxy(tenants.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                one = Qail.get("notes").columns("body")
                async with pool.acquire() as connection:
                    await connection.fetch_all(one)
                seen = proxy.audit.connections[0]
                async with pool.acquire(settings={"app.tenant": "a"}) as connection:
                    trips, syncs = seen.round_trips, seen.sent["S"]
                    await connection.fetch_all(one)
                    # Parse, Bind and Execute of set_config, then those of the statement, which is prepared: one Sync.
                    assert (seen.round_trips - trips, seen.sent["S"] - syncs) == (1, 1)
                trips = seen.round_trips
                async with pool.transaction(settings={"app.tenant": "a"}) as transaction:
                    assert await transaction.fetch_value(TENANT) == "a"
                    trips = seen.round_trips
                    syncs = seen.sent["S"]
                # BEGIN and the settings were not asked for again: COMMIT alone.
                assert (seen.round_trips - trips, seen.sent["S"] - syncs) == (1, 1)
                async with pool.transaction(settings={"app.tenant": "b"}) as transaction:
                    trips, syncs = seen.round_trips, seen.sent["S"]
                    assert await transaction.fetch_value(TENANT) == "b"
                    assert (seen.round_trips - trips, seen.sent["S"] - syncs) == (1, 1)
            proxy.audit.check()

    backend.run(body)


@pytest.mark.feature("TN3")
def test_settings_of_a_transaction_end_with_it(backend: Backend, tenants: Database) -> None:
    async def body() -> None:
        async with backend.connect(tenants.dsn) as connection:
            async with connection.transaction(settings={"app.tenant": "a"}) as transaction:
                assert await transaction.fetch_value(TENANT) == "a"
                async with transaction.transaction() as inner:
                    assert await inner.fetch_value(TENANT) == "a"
            async with connection.transaction() as transaction:
                assert await transaction.fetch_value(TENANT) in (None, "")
            with pytest.raises(ZeroDivisionError):
                async with connection.transaction(settings={"app.tenant": "b"}) as transaction:
                    await transaction.fetch_value(TENANT)
                    raise ZeroDivisionError
            assert await connection.fetch_value(TENANT) in (None, "")

    backend.run(body)


@pytest.mark.parametrize("kind", ["lease", "transaction"])
def test_settings_that_decide_what_names_mean_hold_when_a_statement_is_described(
    backend: Backend, tenants: Database, kind: str
) -> None:
    things = Qail.get("thing").columns("value")

    async def values(pool: Any, schema: str) -> Any:
        settings = {"search_path": schema}
        if kind == "lease":
            async with pool.acquire(settings=settings) as connection:
                return await connection.fetch_values(things) + await connection.fetch_values(things)
        async with pool.transaction(settings=settings) as transaction:
            return await transaction.fetch_values(things) + await transaction.fetch_values(things)

    async def body() -> None:
        async with backend.pool(tenants.dsn, max_size=1) as pool:
            for _ in range(2):
                assert await values(pool, "one") == [1, 1]
                assert await values(pool, "two") == ["two", "two"]
            assert await pool.fetch_value(PATH) == '"$user", public'
            with pytest.raises(PostgresError, match="thing"):
                await pool.fetch_all(things)

    backend.run(body)


@pytest.mark.feature("CA4")
def test_server_side_limits_hold_for_their_scope(backend: Backend, tenants: Database) -> None:
    slow = select(func.pg_sleep(60.0))

    async def body() -> None:
        async with backend.pool(tenants.dsn, max_size=2) as pool:
            with pytest.raises(QueryCanceled, match="statement timeout"):
                async with pool.transaction(settings={"statement_timeout": "50ms"}) as transaction:
                    await transaction.fetch_all(slow)
            async with pool.acquire(settings={"statement_timeout": "50ms"}) as connection:
                with pytest.raises(QueryCanceled, match="statement timeout"):
                    await connection.fetch_all(slow)
            async with pool.transaction() as holder:
                await holder.script("LOCK TABLE notes")
                with pytest.raises(LockNotAvailable) as caught:
                    async with pool.transaction(settings={"lock_timeout": "50ms"}) as transaction:
                        await transaction.fetch_all(Qail.get("notes"))
                assert caught.value.is_lock_not_available
            async with pool.acquire() as connection:
                assert await connection.fetch_value(select(func.current_setting("statement_timeout"))) == "0"
                assert await connection.fetch_value(select(func.current_setting("lock_timeout"))) == "0"

    backend.run(body)


@pytest.mark.feature("CA4")
def test_an_idle_transaction_is_ended_by_its_own_limit(backend: Backend, tenants: Database) -> None:
    async def body() -> None:
        async with backend.pool(tenants.dsn, max_size=1) as pool:
            limits = {"idle_in_transaction_session_timeout": "50ms"}
            with pytest.raises(ConnectionLost) as caught:
                async with pool.transaction(settings=limits) as transaction:
                    process_id = await transaction.fetch_value(select(func.pg_backend_pid()))
                    is_there = f"SELECT 1 FROM pg_stat_activity WHERE pid = {process_id}"
                    await until(backend, lambda: not tenants.sql(is_there))
                    # Its last words have come; a turn of the loop reads them.
                    await backend.sleep(0.01)
                    await transaction.fetch_value(TENANT)
            assert caught.value.outcome in ("aborted", "not_sent")
            assert isinstance(caught.value.__cause__, PostgresError)
            assert caught.value.__cause__.sqlstate == "25P03"
            assert await pool.fetch_value(select(func.current_setting("lock_timeout"))) == "0"

    backend.run(body)


@pytest.mark.parametrize("value", [None, 7, "a\0b", "\ud800"])
def test_what_cannot_be_set_is_refused_before_anything_is_sent(backend: Backend, server: Server, value: Any) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                await pool.fetch_all(Qail.get("pg_am"))
                before = proxy.audit.connections[0].bytes_sent
                for wrong in ({"app.tenant": value}, {"app.a": "fine", "app.tenant": value}):
                    with pytest.raises((UsageError, EncodeError)):
                        async with pool.acquire(settings=wrong):
                            pass
                    with pytest.raises((UsageError, EncodeError)):
                        async with pool.transaction(settings=wrong):
                            pass
                    async with pool.acquire() as connection:
                        with pytest.raises((UsageError, EncodeError)):
                            connection.transaction(settings=wrong)
                assert proxy.audit.connections[0].bytes_sent == before

    backend.run(body)


def test_a_setting_that_the_server_does_not_know_fails_the_first_statement(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.pool(server.dsn, max_size=1) as pool:
            with pytest.raises(PostgresError, match="no_such_setting"):
                async with pool.transaction(settings={"no_such_setting": "1"}) as transaction:
                    await transaction.fetch_value(TENANT)
            async with pool.acquire(settings={"no_such_setting": "1"}) as connection:
                with pytest.raises(PostgresError, match="no_such_setting"):
                    await connection.fetch_value(TENANT)
            assert await pool.fetch_value(TENANT) in (None, "")

    backend.run(body)


def test_a_savepoint_takes_no_settings_and_a_script_cannot_have_those_of_a_lease(
    backend: Backend, server: Server
) -> None:
    async def body() -> None:
        async with (
            backend.pool(server.dsn, max_size=1) as pool,
            pool.acquire(settings={"app.tenant": "a"}) as connection,
        ):
            with pytest.raises(UsageError, match="script"):
                await connection.script("SELECT 1")
            async with connection.transaction() as transaction:
                shown = await transaction.script("SELECT current_setting('app.tenant')")
                assert shown == [[("a",)]]
                with pytest.raises(UsageError, match="savepoint"):
                    transaction.transaction(settings={"app.tenant": "b"})

    backend.run(body)


def test_a_statement_that_became_stale_is_renewed_under_a_lease_with_settings(
    backend: Backend, tenants: Database
) -> None:
    async def body() -> None:
        every = Qail.get(("one", "thing")).columns("value").where(col("value").is_not_null())
        async with (
            backend.pool(tenants.dsn, max_size=1) as pool,
            pool.acquire(settings={"app.tenant": "a"}) as connection,
        ):
            assert await connection.fetch_values(every) == [1]
            tenants.sql("ALTER TABLE one.thing ALTER value TYPE text")
            assert await connection.fetch_values(every) == ["1"]

    backend.run(body)
