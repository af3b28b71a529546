"""Faults of statements: what goes into them, how much of it, and what the server no longer has of them."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.registry import FaultRun, fault
from qail import (
    BuildError,
    EncodeError,
    Qail,
    QailError,
    StatementInvalidated,
    UsageError,
    col,
    count,
    func,
    literal,
    select,
)
from qail.sqlstate import UndefinedTable
from qail.testing import ChaosProxy
from support.memory import resident_bytes

MOST_PARAMETERS = 65_535
KIB = 1024
ROWS = Qail.get("things").columns("id", "what").order_by("id")


def inserted(parameters: int, width: int) -> Any:
    """An INSERT of so many parameters, in rows of `width`."""
    rows = [{f"c{k}": row * width + k for k in range(width)} for row in range(parameters // width)]
    return Qail.add("wide").values(*rows)


def wide(width: int) -> str:
    return f"CREATE TABLE wide ({', '.join(f'c{k} int' for k in range(width))})"


@fault("F28")
async def a_flood_of_notices_meets_a_flood_of_parameters(run: FaultRun) -> None:
    """Both sides write at once, more than any buffer holds."""
    with run.server.fresh_database() as database, ChaosProxy(database.dsn, buffer_bytes=4 * KIB) as proxy:
        database.sql(wide(3))
        database.sql(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE NOTICE '%', repeat('!', 200); RETURN NEW; END $$;"
            "CREATE TRIGGER shout AFTER INSERT ON wide FOR EACH ROW EXECUTE FUNCTION shout()"
        )
        settings = {"client_min_messages": "debug5"}
        async with run.backend.connect(proxy.dsn(), server_settings=settings) as connection:
            heard: list[Any] = []
            connection.add_notice_handler(heard.append)
            assert await connection.execute(inserted(MOST_PARAMETERS, 3)) == MOST_PARAMETERS // 3
            assert await connection.execute(inserted(300, 3)) == 100
            assert len(heard) >= MOST_PARAMETERS // 3 + 100
            assert await connection.fetch_value(Qail.get("wide").columns(count())) == MOST_PARAMETERS // 3 + 100


# As many on uvloop: tests/server/pg/driver/test_pipelining.py, by tasks.
PRESSED = {"asyncio": 2_000, "uvloop": 2_000, "trio": 10_000, "sync": 10_000}
PRESSED_BYTES = 64 * KIB
MOST_GROWTH_BYTES = 120 * KIB * KIB


@fault("F29", patience_seconds=300.0)
async def ten_thousand_large_items_both_ways_through_narrow_buffers(run: FaultRun) -> None:
    pressed = PRESSED[run.backend.name]
    body = "y" * PRESSED_BYTES
    echo = Qail.get("one").columns(func.concat(body).as_("echo"))
    before = resident_bytes()
    most = before

    def sets() -> Any:
        nonlocal most
        for number in range(pressed):
            if number % 50 == 0:
                most = max(most, resident_bytes())
            yield (body,)

    with run.server.fresh_database() as database, ChaosProxy(database.dsn, buffer_bytes=4 * KIB) as proxy:
        database.sql("CREATE TABLE one (id int); INSERT INTO one VALUES (1)")
        async with run.backend.connect(proxy.dsn()) as connection:
            assert sum(await connection.execute_many(echo, sets())) == pressed
            assert proxy.audit.connections[-1].bytes_sent > pressed * PRESSED_BYTES
            assert proxy.audit.connections[-1].bytes_received > pressed * PRESSED_BYTES
            assert most - before < MOST_GROWTH_BYTES
            most = resident_bytes()
            # The same with a Sync each, and with every answer kept.
            rows = await connection.batch([echo] * 200, atomic=False)
            assert [len(each[0][0]) for each in rows] == [PRESSED_BYTES] * 200
        proxy.audit.check()


RECREATE = """
    ALTER TYPE kind RENAME TO old; CREATE TYPE kind AS ENUM ('7', '8');
    ALTER TABLE things ALTER what TYPE kind USING what::text::kind; DROP TYPE old
"""
CHANGES = (
    "ALTER TABLE things ALTER what TYPE int8 USING what::text::int8",
    "ALTER TABLE things ALTER what TYPE float8 USING what::text::float8",
    "ALTER TABLE things ALTER what TYPE text USING what::text",
    "CREATE TYPE kind AS ENUM ('7'); ALTER TABLE things ALTER what TYPE kind USING what::text::kind",
    RECREATE,
    "ALTER TABLE things ALTER what TYPE text USING what::text",
    "ALTER TABLE things ADD more int; ALTER TABLE things DROP more",
)


@fault("F47")
async def what_statements_were_prepared_for_changes_under_load(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql("CREATE TABLE things (id int, what text); INSERT INTO things VALUES (1, '7')")
        async with run.backend.pool(database.dsn, max_size=3) as pool:
            for change in CHANGES:

                async def reader() -> None:
                    for _ in range(10):
                        assert [float(str(row[1])) for row in await pool.fetch_all(ROWS)] == [7.0]

                async def changer(change: str = change) -> None:
                    await run.backend.blocking(lambda: database.sql(change))

                results = await run.backend.together(*[reader] * 5, changer, *[reader] * 5)
                assert [each for each in results if each is not None] == []


@fault("F47")
async def statements_dropped_by_the_session_are_sent_again_or_told(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(
            "CREATE TABLE things (id int, what text); INSERT INTO things VALUES (1, '7');"
            "CREATE SCHEMA there; CREATE TABLE there.things (id date, what float8);"
            "INSERT INTO there.things VALUES ('2024-02-29', 1.5)"
        )
        async with run.backend.connect(database.dsn) as connection:
            for drop in ("DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"):
                assert await connection.fetch_all(ROWS) == [(1, "7")]
                await connection.script(drop)
                assert await connection.batch([ROWS, ROWS], atomic=False) == [[(1, "7")]] * 2
            await connection.script("SET search_path = there")
            assert [row[1] for row in await connection.fetch_all(ROWS)] == [1.5]
            await connection.script("SET search_path = public")
            assert await connection.fetch_all(ROWS) == [(1, "7")]
        async with run.backend.connect(database.dsn) as connection:
            assert await connection.fetch_all(ROWS) == [(1, "7")]
            database.sql("ALTER TABLE things ALTER what TYPE int8 USING what::int8")
            with pytest.raises(StatementInvalidated):
                async with connection.transaction() as tx:
                    await tx.fetch_all(ROWS)
            async with connection.transaction() as tx:
                assert await tx.fetch_all(ROWS) == [(1, 7)]


@fault("F48")
async def first_uses_at_once_of_what_cannot_be_parsed_are_all_told_why(run: FaultRun) -> None:
    missing = Qail.get("later").columns("id")
    with run.server.fresh_database() as database:
        async with run.backend.connect(database.dsn) as connection:
            for _ in range(2):
                results = await run.backend.together(*[lambda: connection.fetch_all(missing)] * 30)
                assert {type(each) for each in results} == {UndefinedTable}
                results = await connection.batch([missing] * 300, atomic=False, return_errors=True)
                assert {type(each) for each in results} == {UndefinedTable}
            database.sql("CREATE TABLE later (id int)")
            assert await run.backend.together(*[lambda: connection.fetch_all(missing)] * 30) == [[]] * 30


@fault("F48")
async def a_cache_of_one_statement_serves_any_number_of_them(run: FaultRun) -> None:
    with run.server.fresh_database() as database, ChaosProxy(database.dsn) as proxy:
        database.sql("CREATE TABLE things (id int, what text); INSERT INTO things VALUES (1, '7')")
        async with run.backend.connect(proxy.dsn(), statement_cache_size=1) as connection:
            queries = [Qail.get("things").columns(col("id").as_(f"c{number}")) for number in range(40)]
            for _ in range(3):
                found = await run.backend.together(
                    *(lambda query=query: connection.fetch_value(query) for query in queries * 3)
                )
                assert found == [1] * 120
            await connection.fetch_value(queries[0])
            await connection.fetch_value(queries[0])
            assert proxy.audit.sent["C"] == proxy.audit.received["3"] > 0
            there = await connection.fetch_value(Qail.get("pg_prepared_statements").columns(count()))
            assert there <= 3
        proxy.audit.check()


@fault("F54")
async def as_many_parameters_as_there_are_numbers_for(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql(wide(1))
        async with run.backend.connect(database.dsn) as connection:
            for parameters in (32_767, 32_768, MOST_PARAMETERS):
                assert await connection.execute(inserted(parameters, 1)) == parameters
            with pytest.raises(EncodeError, match="65536 parameters"):
                await connection.execute(inserted(MOST_PARAMETERS + 1, 1))
            total = await connection.fetch_value(Qail.get("wide").columns(count()))
            assert total == 32_767 + 32_768 + MOST_PARAMETERS


@fault("F54")
async def long_names_and_long_texts_work_or_are_refused_here(run: FaultRun) -> None:
    async with run.backend.connect(run.server.dsn) as connection:
        for name in ("n" * 64, "n" * 10 * KIB, "ü" * 32):
            try:
                found = await connection.fetch_all(Qail.get("pg_class").columns(col("oid").as_(name)).limit(1))
            except BuildError:
                continue
            assert len(found) == 1
        text = "x" * 100_000_000
        assert await connection.fetch_value(select(func.length(literal(text)))) == len(text)
        assert await connection.fetch_value(select(func.length(literal("y")))) == 1


UNFIT = ("a\0b", "a\ud800b", "\udcff")


@fault("F55")
async def what_no_string_can_hold_is_refused_before_a_byte_leaves(run: FaultRun) -> None:
    with run.server.fresh_database() as database, ChaosProxy(database.dsn) as proxy:
        database.sql("CREATE TABLE things (id int, what text)")
        async with run.backend.connect(proxy.dsn()) as connection:
            form = Qail.add("things").values({"id": 1, "what": "fits"})
            named = Qail.get("things")
            await connection.execute(form)
            await connection.fetch_all(named.eq("what", "fits"))
            await connection.notify("channel", "fits")
            attempts = 0
            for text in UNFIT:
                slots: list[Any] = [
                    lambda t=text: connection.execute(Qail.add("things").values({"id": 1, "what": t})),
                    lambda t=text: connection.execute_many(form, [(1, "ok"), (2, t)]),
                    lambda t=text: connection.batch([form, Qail.add("things").values({"id": 1, "what": t})]),
                    lambda t=text: connection.fetch_all(Qail.get(t)),
                    lambda t=text: connection.fetch_all(Qail.get("things").columns(t)),
                    lambda t=text: connection.fetch_all(Qail.get("things").columns(col("id").as_(t))),
                    lambda t=text: connection.fetch_all(named.eq("what", t)),
                    lambda t=text: connection.fetch_all(Qail.get("things").where(col("what") == literal(t))),
                    lambda t=text: connection.fetch_all(select(getattr(func, t)())),
                    lambda t=text: connection.script(f"SELECT '{t}'"),
                    lambda t=text: connection.notify(t),
                    lambda t=text: connection.notify("channel", t),
                    lambda t=text: connection.set_param(t, "1"),
                    lambda t=text: connection.set_param("application_name", t),
                ]
                proxy.audit.forget()
                for slot in slots:
                    attempts += 1
                    with pytest.raises((EncodeError, BuildError, UsageError)):
                        await slot()
                    assert dict(proxy.audit.sent) == {}, f"slot {attempts} for {text!r} sent something"
                assert await connection.fetch_value(Qail.get("things").columns(count())) == 1


@fault("F73")
async def a_column_of_another_type_of_the_same_width_is_never_read_as_the_old_one(run: FaultRun) -> None:
    ids = Qail.get("things").columns("id")
    # The bits of that number are those of the float 1.0.
    bits = 4607182418800017408
    with run.server.fresh_database() as database:
        database.sql(f"CREATE TABLE things (id int8); INSERT INTO things VALUES ({bits})")
        async with run.backend.pool(database.dsn, max_size=2) as pool, pool.acquire() as one, pool.acquire() as two:
            assert await one.fetch_all(ids) == [(bits,)]
            database.sql("ALTER TABLE things ALTER id TYPE float8 USING 1.5")
            reads: list[Any] = [
                lambda db: db.fetch_all(ids),
                lambda db: _first(db.batch([ids])),
                lambda db: _first(db.batch([ids], atomic=False)),
                lambda db: _first(db.fetch_many(ids, [()])),
            ]
            for read in reads:
                for connection in (two, one, two):
                    assert await read(connection) == [(1.5,)]
                database.sql(f"ALTER TABLE things ALTER id TYPE int8 USING {bits}")
                for connection in (two, one):
                    assert await read(connection) == [(bits,)]
                database.sql("ALTER TABLE things ALTER id TYPE float8 USING 1.5")


async def _first(results: Any) -> Any:
    try:
        return (await results)[0]
    except QailError as error:
        raise AssertionError(f"a changed type was told: {error}") from error
