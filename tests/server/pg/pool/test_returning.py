"""What a lease leaves behind: nothing, in every reset mode; and nothing is asked where nothing ran."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import pytest

from qail import PostgresError, Qail, UsageError
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database
from support.waiting import until

ONE = Qail.get("one").columns("id")
CLEAN = pytest.mark.feature("PO3")
CHEAP = pytest.mark.feature("PO4")
ADVISORY_LOCKS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE locktype = 'advisory' AND d.datname = current_database()"
)
DIRT = {
    "settings": ("SET work_mem = '1MB'; SET search_path = pg_catalog", "SHOW search_path", '"$user", public'),
    "open": ("BEGIN; CREATE TABLE leak (id int)", "SELECT count(*) FROM pg_class WHERE relname = 'leak'", "0"),
    "failed": (
        "BEGIN; SELECT 1/0",
        "SELECT count(*) FROM pg_stat_activity WHERE state ~ 'aborted' AND datname = current_database()",
        "0",
    ),
    "temp": ("CREATE TEMP TABLE leak (id int)", "SELECT count(*) FROM pg_class WHERE relname = 'leak'", "0"),
    "lock": (
        "SELECT pg_advisory_lock(7)",
        ADVISORY_LOCKS,
        "0",
    ),
    "listen": ("LISTEN leak", "SELECT count(*) FROM pg_listening_channels()", "0"),
    "role": ("SET ROLE pg_monitor", "SELECT current_user = session_user", "t"),
    "cursor": ("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT", "SELECT count(*) FROM pg_cursors", "0"),
}


@pytest.fixture
def one(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE one AS SELECT 1 AS id; CREATE TABLE log (id int)")
    return fresh_database


@CLEAN
@pytest.mark.parametrize("mode", ["fast", "verified", "clean"])
def test_the_next_borrower_finds_nothing(backend: Backend, one: Database, mode: str) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1, reset=mode) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
            for dirt, probe, expected in DIRT.values():
                async with pool.acquire() as connection:
                    try:
                        await connection.script(dirt)
                    except PostgresError:
                        assert dirt.endswith("1/0")
                async with pool.acquire() as connection:
                    assert connection.info.process_id == first
                    assert await connection.script(probe) == [[(expected,)]]

    backend.run(body)


@CLEAN
def test_a_result_that_was_read_in_part_reaches_nobody_else(backend: Backend, one: Database) -> None:
    one.sql("CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 50000) g")

    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool:
            async with pool.acquire() as connection, connection.copy_out("many") as rows:
                async for _ in rows:
                    break
            assert await pool.fetch_all(ONE) == [(1,)]
            async with pool.acquire() as connection:
                assert await connection.fetch_all(ONE) == [(1,)]

    backend.run(body)


@CHEAP
@pytest.mark.parametrize("mode", ["fast", "verified", "clean"])
def test_an_untouched_connection_goes_back_without_a_round_trip(backend: Backend, one: Database, mode: str) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1, reset=mode) as pool:
                proxy.audit.forget()
                for _ in range(20):
                    async with pool.acquire():
                        pass
                assert proxy.audit.round_trips == 0
                assert not proxy.audit.sent
                stats = pool.stats()
                assert (stats.leases_total, stats.resets_total, stats.idle) == (20, 0, 1)

    backend.run(body)


@CHEAP
def test_a_lease_that_only_read_and_wrote_goes_back_without_a_round_trip(backend: Backend, one: Database) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                async with pool.acquire() as connection:
                    await connection.fetch_value(ONE)
                    await connection.execute(Qail.add("log").values({"id": 1}))
                proxy.audit.forget()
                async with pool.acquire() as connection:
                    assert await connection.fetch_value(ONE) == 1
                    assert await connection.execute(Qail.add("log").values({"id": 1})) == 1
                async with pool.acquire():
                    pass
                assert proxy.audit.round_trips == 2
                assert pool.stats().resets_total == 0

    backend.run(body)


@CHEAP
@pytest.mark.parametrize("mode", ["verified", "clean"])
def test_a_reset_keeps_the_prepared_statements_and_takes_one_flight(backend: Backend, one: Database, mode: str) -> None:
    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1, reset=mode) as pool:
                async with pool.acquire() as connection:
                    await connection.fetch_value(ONE)
                await until(backend, lambda: pool.stats().idle == 1)
                proxy.audit.forget()
                async with pool.acquire() as connection:
                    await connection.fetch_value(ONE)
                await until(backend, lambda: pool.stats().idle == 1)
                assert proxy.audit.sent["P"] == 0
                assert proxy.audit.round_trips == 2
                assert (pool.stats().resets_total, pool.stats().lost_total) == (2, 0)

    backend.run(body)


@CHEAP
def test_verified_finds_what_is_not_known_from_the_statement(backend: Backend, one: Database) -> None:
    """A trigger sets a session setting behind an INSERT, of which `fast` expects nothing of the kind."""
    one.sql(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM set_config('work_mem', '1MB', false); RETURN NEW; END$$; "
        "CREATE TRIGGER spoil BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION spoil()"
    )

    async def after(mode: str) -> tuple[bool, int]:
        async with backend.pool(one.dsn, max_size=1, reset=mode) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
                await connection.execute(Qail.add("log").values({"id": 1}))
            async with pool.acquire() as connection:
                return connection.info.process_id == first, pool.stats().lost_total

    async def body() -> None:
        assert await after("fast") == (True, 0)
        assert await after("verified") == (False, 1)

    backend.run(body)


@CHEAP
def test_a_reset_of_ones_own_takes_the_place_of_ours(backend: Backend, one: Database) -> None:
    async def body() -> None:
        seen: list[Any] = []

        async def reset(connection: Any) -> None:
            seen.append(await connection.script("SHOW work_mem"))
            await connection.script("RESET work_mem")

        async with backend.pool(one.dsn, max_size=1, reset=reset) as pool:
            async with pool.acquire() as connection:
                usual = await connection.script("SHOW work_mem")
                await connection.script("SET work_mem = '1MB'; SET statement_timeout = '61s'")
            async with pool.acquire() as connection:
                assert await connection.script("SHOW work_mem") == usual
                assert await connection.script("SHOW statement_timeout") == [[("61s",)]]
            assert seen == [[[("1MB",)]]]

    backend.run(body)


@CHEAP
def test_a_reset_that_fails_costs_the_connection_and_nothing_else(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async def reset(connection: Any) -> None:
            raise ZeroDivisionError

        async with backend.pool(one.dsn, max_size=1, reset=reset) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
            async with pool.acquire() as connection:
                assert connection.info.process_id != first
            assert await pool.fetch_value(ONE) == 1
            assert pool.stats().lost_total >= 1

    backend.run(body)


@pytest.mark.feature("PO2")
def test_what_was_given_back_is_not_given_back_again(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            await pool.release(connection)
            with pytest.raises(UsageError, match="given back"):
                await pool.release(connection)
            with pytest.raises(UsageError, match="given back"):
                await connection.fetch_value(ONE)
            with pytest.raises(UsageError, match="no lease"):
                pool.detach(connection)
            assert (pool.stats().size, pool.stats().leased) == (1, 0)

    backend.run(body)


@pytest.mark.feature("PO2")
def test_a_forgotten_connection_is_found_and_destroyed_with_a_warning(backend: Backend, one: Database) -> None:
    async def body() -> None:
        async with backend.pool(one.dsn, max_size=1) as pool:

            async def forget() -> int:
                forgotten = await pool.acquire()
                process_id: int = forgotten.info.process_id
                return process_id

            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                first = await forget()
                gc.collect()
            assert ResourceWarning in [warning.category for warning in caught]
            async with pool.acquire(timeout=20) as connection:
                assert connection.info.process_id != first
                assert await connection.fetch_value(ONE) == 1
            assert (pool.stats().lost_total, pool.stats().leased) == (1, 0)

    backend.run(body)


@pytest.mark.feature("TN3")
def test_the_next_borrower_sees_no_setting_of_a_tenants(backend: Backend, one: Database) -> None:
    one.sql(
        "CREATE TABLE notes (tenant text, body text); INSERT INTO notes VALUES ('a', 'of a'), ('b', 'of b'); "
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY; "
        "CREATE POLICY own ON notes USING (tenant = current_setting('app.tenant', true)); "
        f"CREATE ROLE reader_{one.name} LOGIN; GRANT SELECT ON notes TO reader_{one.name}"
    )
    notes = Qail.get("notes").columns("body")

    async def body() -> None:
        with ChaosProxy(one.dsn) as proxy:
            async with backend.pool(proxy.dsn(), user=f"reader_{one.name}", max_size=1) as pool:
                async with pool.acquire() as connection:
                    assert await connection.fetch_values(notes) == []
                async with pool.acquire(settings={"app.tenant": "a"}) as connection:
                    assert await connection.fetch_values(notes) == ["of a"]
                    async with connection.transaction() as transaction:
                        assert await transaction.fetch_values(notes) == ["of a"]
                async with pool.acquire() as connection:
                    assert await connection.fetch_values(notes) == []
                proxy.audit.forget()
                async with pool.acquire(settings={"app.tenant": "b"}) as connection:
                    assert await connection.fetch_values(notes) == ["of b"]
                assert proxy.audit.round_trips == 1
                async with pool.transaction(settings={"app.tenant": "b"}) as transaction:
                    assert await transaction.fetch_values(notes) == ["of b"]
                assert await pool.fetch_values(notes) == []

    try:
        backend.run(body)
    finally:
        one.sql(f"DROP OWNED BY reader_{one.name}; DROP ROLE reader_{one.name}")
