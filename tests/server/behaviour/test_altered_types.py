"""Types that are dropped and made anew, or altered, while pools know them: nothing is decoded wrongly."""

from __future__ import annotations

from typing import Any, Final

import pytest

from qail import DecodeError, Qail, QailError, StatementInvalidated
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

pytestmark = pytest.mark.feature("CO16")

PAIR: Final = "CREATE TYPE pair AS (a int4, b text)"
TABLE: Final = "CREATE TABLE t (id int4, p pair, many pair[])"
QUERY: Final = Qail.get("t").columns("id", "p", "many").order_by("id")
VERBS: Final = ("fetch_all", "batch", "separate batch", "pipeline", "stream", "prepared", "fetch_many")
LOOK_UP: Final = Rule("pass", "server", message="P", containing=b"typsubscript", every=True)


def adding(number: int, pair: object, many: object) -> Any:
    return Qail.add("t").values({"id": number, "p": pair, "many": many})


async def rows(db: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch_all(QUERY)]


@pytest.mark.parametrize("kind", ["ENUM ('x', 'y')", "RANGE (subtype = int4)", "(a int4, b text)"])
def test_a_type_that_was_dropped_and_made_anew_is_found_again(
    backend: Backend, fresh_database: Database, kind: str
) -> None:
    value: Any = {"E": "x", "R": None, "(": (1, "x")}[kind[0]]
    make = f"CREATE TYPE thing AS {kind}; CREATE TABLE things (id int4, v thing, many thing[])"
    add = Qail.add("things").values({"id": 1, "v": value, "many": [value, None]}).returning("v", "many")
    query = Qail.get("things").columns("v", "many")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, min_size=2, max_size=2) as pool:
            for _ in range(3):
                fresh_database.sql(make)
                async with pool.acquire() as one, pool.acquire() as other:
                    for connection in (one, other):
                        assert tuple(await connection.fetch_one(add)) == (value, [value, None])
                        assert (value, [value, None]) in [tuple(row) for row in await connection.fetch_all(query)]
                assert len(await pool.fetch_all(query)) == 2
                await pool.execute(add)
                assert len(await pool.batch([query, query])) == 2
                fresh_database.sql("DROP TABLE things; DROP TYPE thing")

    backend.run(body)


def test_a_column_that_became_another_type_is_decoded_as_that(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TYPE mood AS ENUM ('1'); CREATE TABLE c (v int4); INSERT INTO c VALUES (1)")

    async def body() -> None:
        query = Qail.get("c").columns("v")
        async with backend.pool(fresh_database.dsn, min_size=2, max_size=2) as pool, pool.acquire() as one:
            assert await one.fetch_value(query) == 1
            fresh_database.sql("ALTER TABLE c ALTER v TYPE mood USING v::text::mood")
            async with pool.acquire() as other:
                # It never prepared the statement, and sends it in one flight by what held before.
                assert await other.fetch_value(query) == "1"
                assert await other.fetch_value(Qail.set("c").values({"v": "1"}).all_rows().returning("v")) == "1"
            assert await one.fetch_value(query) == "1"

    backend.run(body)


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        ("ALTER TYPE pair ADD ATTRIBUTE c int8", (1, "x", None)),
        ("ALTER TYPE pair DROP ATTRIBUTE a", ("x",)),
        ("ALTER TYPE pair DROP ATTRIBUTE a, ADD ATTRIBUTE a int8", ("x", None)),
    ],
)
@pytest.mark.parametrize(
    "verb", ["fetch_all", "batch", "separate batch", "pipeline", "stream", "prepared", "fetch_many"]
)
def test_an_altered_composite_type_is_asked_for_once_and_decoded_as_it_is(
    backend: Backend, fresh_database: Database, verb: str, alter: str, expected: tuple[Any, ...]
) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}; INSERT INTO t VALUES (1, ROW(1, 'x'), ARRAY[ROW(1, 'x')::pair, NULL])")

    async def read(connection: Any, prepared: Any) -> list[tuple[Any, ...]]:
        if verb == "fetch_all":
            found: Any = await connection.fetch_all(QUERY)
        elif verb == "batch":
            found = (await connection.batch([QUERY, QUERY]))[1]
        elif verb == "separate batch":
            found = (await connection.batch([QUERY, QUERY], atomic=False))[1]
        elif verb == "pipeline":
            async with connection.pipeline() as pipeline:
                found = await pipeline.fetch_all(QUERY)
        elif verb == "stream":
            async with connection.stream(QUERY, fetch_size=1) as stream:
                found = [row async for row in stream]
        elif verb == "fetch_many":
            query = Qail.get("t").columns("id", "p", "many").eq("id", 1)
            found = (await connection.fetch_many(query, [(1,), (1,)]))[1]
        else:
            found = await prepared.fetch_all()
        return [tuple(row) for row in found]

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            asked = proxy.add(LOOK_UP)
            async with backend.connect(proxy.dsn()) as connection:
                prepared = await connection.prepare(QUERY)
                assert await read(connection, prepared) == [(1, (1, "x"), [(1, "x"), None])]
                fresh_database.sql(alter)
                before = asked.fired
                for _ in range(2):
                    assert await read(connection, prepared) == [(1, expected, [expected, None])]
                assert asked.fired == before + 1

    backend.run(body)


def test_rows_ahead_of_an_altered_one_and_behind_it_come_whole(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}; INSERT INTO t SELECT n, NULL FROM generate_series(1, 2000) n")
    fresh_database.sql("INSERT INTO t SELECT n, ROW(n, 'x')::pair FROM generate_series(2001, 4000) n")

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            assert len(await connection.fetch_all(QUERY)) == 4000
            fresh_database.sql("ALTER TYPE pair ADD ATTRIBUTE c int4")
            found = await rows(connection)
            assert [row[0] for row in found] == list(range(1, 4001))
            assert [row[1] for row in found] == [None] * 2000 + [(n, "x", None) for n in range(2001, 4001)]

    backend.run(body)


def test_a_parameter_of_an_altered_type_is_sent_as_it_is_now(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            await pool.execute(adding(1, {"a": 1, "b": "x"}, []))
            fresh_database.sql("ALTER TABLE t DROP p, DROP many; ALTER TYPE pair ALTER ATTRIBUTE b TYPE varchar")
            fresh_database.sql("ALTER TABLE t ADD p pair, ADD many pair[]")
            await pool.execute(adding(2, (2, "y"), [(3, "z")]))
            async with pool.acquire() as connection:
                await connection.execute(adding(3, (2, "y"), [(3, "z")]))
            assert (await rows(pool))[-1] == (3, (2, "y"), [(3, "z")])

    backend.run(body)


def test_in_a_transaction_an_altered_parameter_type_says_to_run_it_again(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(f"{PAIR}; CREATE FUNCTION sum_of(pair) RETURNS int4 LANGUAGE sql AS 'SELECT ($1).a'; {TABLE}")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            await pool.execute(adding(1, (1, "x"), None))
            fresh_database.sql("ALTER TYPE pair DROP ATTRIBUTE b, ADD ATTRIBUTE b int8")
            with pytest.raises(StatementInvalidated, match="run the whole transaction again"):
                async with pool.transaction() as transaction:
                    await transaction.execute(adding(2, (2, "y"), None))
            async with pool.transaction() as transaction:
                await transaction.execute(adding(2, (2, 22), None))
            assert await rows(pool) == [(1, (1, None), None), (2, (2, 22), None)]

    backend.run(body)


@pytest.mark.parametrize("verb", ["copy_in", "copy_out"])
def test_copy_meets_an_altered_type_as_it_is(backend: Backend, fresh_database: Database, verb: str) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}")

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            await connection.copy_in("t", [(1, (1, "x"), [(1, "x")])])
            fresh_database.sql("ALTER TYPE pair ADD ATTRIBUTE c int8")
            if verb == "copy_in":
                await connection.copy_in("t", [(2, (2, "y", 5), [None])])
                assert await rows(connection) == [(1, (1, "x", None), [(1, "x", None)]), (2, (2, "y", 5), [None])]
            else:
                assert [row async for row in connection.copy_out("t")] == [(1, (1, "x", None), [(1, "x", None)])]

    backend.run(body)


def test_a_script_of_ones_own_that_alters_types_is_noticed_at_once(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            await pool.execute(adding(1, (1, "x"), None))
            assert [row[1]._fields for row in await rows(pool)] == [("a", "b")]
            await pool.script("ALTER TYPE pair ADD ATTRIBUTE c int8; ALTER TYPE pair RENAME ATTRIBUTE a TO first")
            await pool.execute(adding(2, (2, "y", 5), None))
            assert [row[1]._fields for row in await rows(pool)] == [("first", "b", "c")] * 2

    backend.run(body)


def test_labels_that_are_added_to_an_enum_need_nothing(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE m (v mood)")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            add = Qail.add("m").values({"v": "sad"}).returning("v")
            assert await pool.fetch_value(add) == "sad"
            fresh_database.sql("ALTER TYPE mood ADD VALUE 'glad'")
            assert await pool.fetch_value(Qail.add("m").values({"v": "glad"}).returning("v")) == "glad"

    backend.run(body)


def test_what_cannot_be_looked_up_is_a_decode_error_and_the_next_query_works(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(f"{PAIR}; {TABLE}; INSERT INTO t VALUES (1, ROW(1, 'x'), NULL); CREATE TABLE other (n int4)")

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=2, retry_reads=False) as pool:
                assert await rows(pool) == [(1, (1, "x"), None)]
                fresh_database.sql("ALTER TYPE pair ADD ATTRIBUTE c int8")
                proxy.add(Rule("rst", "server", message="P", containing=b"typsubscript"))
                with pytest.raises(DecodeError, match="pair came with 3 fields instead of 2") as raised:
                    await rows(pool)
                assert isinstance(raised.value.__cause__, QailError)
                assert raised.value.outcome == "done"
                assert await rows(pool) == [(1, (1, "x", None), None)]

    backend.run(body)
