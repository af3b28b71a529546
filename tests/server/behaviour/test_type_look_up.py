"""User types are found by OID at their first use: in any schema, by every verb, in one query, once for a pool."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import pytest

import qail
from qail import INT4, PostgresError, Qail, Range, Unknown, cast, func, select
from qail.pg.codec.learning import MAX_NESTING
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

pytestmark = pytest.mark.feature("CO16")

TYPES: Final = """
CREATE SCHEMA app; CREATE SCHEMA "Other one";
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN app.positive AS int4 CHECK (VALUE > 0);
CREATE TYPE "Other one".address AS (street text, moods app.mood[]);
CREATE TYPE app.hours AS RANGE (subtype = app.positive);
CREATE TABLE app.people (
    id int4 PRIMARY KEY, mood app.mood, moods app.mood[], age app.positive, home "Other one".address,
    homes "Other one".address[], open app.hours, times app.hours_multirange
);
"""
PEOPLE: Final = ("app", "people")
COLUMNS: Final = ("id", "mood", "moods", "age", "home", "homes", "open", "times")
ROW: Final = (1, "sad", ["ok", None], 30, ("x", ["sad"]), [("y", None)], Range(1, 5), (Range(1, 2),))
ONE: Final = select(cast(1, INT4))
LOOK_UP: Final = Rule("pass", "server", message="P", containing=b"typsubscript", every=True)


def record(number: int) -> tuple[Any, ...]:
    return (number, *ROW[1:])


def adding(number: int) -> Any:
    return Qail.add(PEOPLE).values(dict(zip(COLUMNS, record(number), strict=True)))


def people() -> Any:
    return Qail.get(PEOPLE).columns(*COLUMNS).order_by("id")


async def write(db: Any, verb: str) -> None:
    """Have `verb` be the first that meets the types as parameters."""
    if verb == "execute":
        await db.execute(adding(1))
    elif verb == "execute_many":
        await db.execute_many(adding(1), [record(1)])
    elif verb == "batch":
        await db.batch([adding(1)])
    elif verb == "separate batch":
        await db.batch([adding(1)], atomic=False)
    elif verb == "pipeline":
        async with db.pipeline() as pipeline:
            pipeline.execute(adding(1))
    elif verb == "prepare":
        await (await db.prepare(adding(1))).execute(record(1))
    elif verb == "copy_in":
        await db.copy_in(PEOPLE, [record(1)], columns=COLUMNS)
    else:
        async with db.transaction() as transaction:
            await transaction.execute(adding(1))


async def read(db: Any, verb: str) -> list[Any]:
    """Have `verb` be the first that meets the types in a result."""
    query = people()
    if verb == "fetch_all":
        found: Any = await db.fetch_all(query)
    elif verb == "fetch_many":
        found = (await db.fetch_many(Qail.get(PEOPLE).columns(*COLUMNS).eq("id", 1), [(1,)]))[0]
    elif verb == "batch":
        found = (await db.batch([query]))[0]
    elif verb == "separate batch":
        found = (await db.batch([query], atomic=False))[0]
    elif verb == "pipeline":
        async with db.pipeline() as pipeline:
            answer = pipeline.fetch_all(query)
        found = answer.result()
    elif verb == "prepare":
        found = await (await db.prepare(query)).fetch_all()
    elif verb == "stream":
        async with db.stream(query, fetch_size=1) as rows:
            found = [row async for row in rows]
    elif verb == "copy_out":
        found = [row async for row in db.copy_out(PEOPLE, columns=COLUMNS)]
    else:
        async with db.transaction() as transaction:
            found = await transaction.fetch_all(query)
    return [tuple(row) for row in found]


WRITING: Final = ("execute", "execute_many", "batch", "separate batch", "pipeline", "prepare", "copy_in", "transaction")
READING: Final = (
    *("fetch_all", "fetch_many", "batch", "separate batch", "pipeline", "prepare", "stream", "copy_out", "transaction"),
)


@pytest.mark.parametrize("verb", WRITING)
def test_every_verb_writes_types_that_nobody_has_met(backend: Backend, fresh_database: Database, verb: str) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            await write(connection, verb)
            assert await read(connection, "fetch_all") == [ROW]

    backend.run(body)


@pytest.mark.parametrize("verb", READING)
def test_every_verb_reads_types_that_nobody_has_met(backend: Backend, fresh_database: Database, verb: str) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as writer, backend.connect(fresh_database.dsn) as reader:
            await write(writer, "execute")
            assert await read(reader, verb) == [ROW]
            assert await reader.fetch_value(ONE) == 1

    backend.run(body)


@pytest.mark.backends("asyncio")
def test_a_value_is_what_its_type_says_on_every_server(backend: Backend, any_fresh_database: Database) -> None:
    any_fresh_database.sql(TYPES)

    async def body() -> None:
        async with backend.pool(any_fresh_database.dsn) as pool:
            await write(pool, "execute")
            row = await pool.fetch_one(people())
            assert tuple(row) == ROW
            assert (row.home.street, row.home.moods) == ("x", ["sad"])
            assert type(row.home).__name__ == "address"

    backend.run(body)


def test_all_unknown_types_of_a_flight_are_asked_for_in_one_query_and_once(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            asked = proxy.add(LOOK_UP)
            async with backend.pool(proxy.dsn(), max_size=3) as pool:
                await pool.batch([adding(1), adding(2), people()])
                assert asked.fired == 1
                await pool.fetch_all(Qail.get(PEOPLE).columns("moods", "home"))
                await pool.execute_many(adding(3), [record(number) for number in range(3, 50)])
                async with pool.acquire() as one, pool.acquire() as another:
                    for connection in (one, another):
                        assert len(await connection.fetch_all(people())) == 49
                assert asked.fired == 1

    backend.run(body)


def test_a_hundred_callers_meet_unknown_types_on_one_connection_at_once(
    backend: Backend, fresh_database: Database
) -> None:
    kinds = 20
    fresh_database.sql(
        "".join(
            f"CREATE TYPE e{n} AS ENUM ('a{n}'); CREATE TYPE c{n} AS (e e{n}, n int4);"
            f"CREATE TABLE t{n} (c c{n}, many e{n}[]); INSERT INTO t{n} VALUES (ROW('a{n}', {n}), '{{a{n}}}');"
            for n in range(kinds)
        )
    )

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, min_size=1, max_size=1) as pool:

            async def one(number: int) -> None:
                kind = number % kinds
                query = Qail.get(f"t{kind}").columns("c", "many")
                expected = ((f"a{kind}", kind), [f"a{kind}"])
                if number % 3:
                    assert tuple(await pool.fetch_one(query)) == expected
                    return
                other = (kind + 7) % kinds
                async with pool.pipeline() as pipeline:
                    first = pipeline.fetch_one(query)
                    second = pipeline.fetch_one(Qail.get(f"t{other}").columns("many"))
                assert tuple(first.result()) == expected
                assert tuple(second.result()) == ([f"a{other}"],)

            results = await backend.together(*(partial(one, number) for number in range(100)))
            assert results == [None] * 100

    backend.run(body)


def test_types_are_found_whatever_the_search_path_is_and_holds(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(TYPES)
    # Traps ahead of pg_catalog: tables, types, an operator and a function of the names that a careless query would use.
    fresh_database.sql(
        """
        CREATE SCHEMA trap;
        CREATE TABLE trap.pg_type (oid oid); CREATE TABLE trap.pg_range (rngtypid oid);
        CREATE TABLE trap.pg_attribute (attrelid oid); CREATE TABLE trap.pg_namespace (oid oid);
        CREATE TABLE trap.pg_enum (enumtypid oid); CREATE TABLE trap.pg_depend (objid oid);
        CREATE TABLE trap.pg_extension (oid oid); CREATE TABLE trap.pg_proc (oid oid);
        CREATE FUNCTION trap.no(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR trap.= (leftarg = oid, rightarg = oid, function = trap.no);
        CREATE FUNCTION trap.never("char", "char") RETURNS bool LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR trap.= (leftarg = "char", rightarg = "char", function = trap.never);
        CREATE FUNCTION trap.unnest(oid[]) RETURNS SETOF oid LANGUAGE sql AS 'SELECT 0::oid';
        CREATE TYPE trap.mood AS ENUM ('wrong');
        """
    )

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool, pool.acquire() as connection:
            await connection.set_param("search_path", 'trap, "Other one", pg_catalog')
            await write(connection, "execute")
            assert await read(connection, "fetch_all") == [ROW]

    backend.run(body)


def test_fields_of_anonymous_records_are_of_types_that_nobody_has_met(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(TYPES)
    fresh_database.sql(
        """
        CREATE FUNCTION one(n int4) RETURNS record LANGUAGE sql AS $$
            SELECT 'sad'::app.mood, ROW(n::app.positive, ARRAY[ROW('x', '{ok}')::"Other one".address]), NULL::app.hours
        $$;
        CREATE FUNCTION other() RETURNS record LANGUAGE sql AS $$ SELECT 'ok'::app.mood, '[1,2)'::app.hours $$;
        """
    )

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            asked = proxy.add(LOOK_UP)
            async with backend.pool(proxy.dsn()) as pool:
                for number in (1, 2):
                    found = await pool.fetch_value(select(func.one(number)))
                    assert found == ("sad", (number, [("x", ["ok"])]), None)
                before = asked.fired
                assert await pool.batch([select(func.other()), select(func.one(3))]) == [
                    [(("ok", Range(1, 2)),)],
                    [(("sad", (3, [("x", ["ok"])]), None),)],
                ]
                assert asked.fired == before + 1
                assert await pool.fetch_value(select(func.other())) == ("ok", Range(1, 2))
                assert asked.fired == before + 1

    backend.run(body)


def test_behind_a_pooler_types_are_found_without_a_session(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, pooler_mode=True) as pool:
            await write(pool, "execute")
            assert await read(pool, "fetch_all") == [ROW]

    backend.run(body)


def test_types_of_a_transaction_that_is_open_are_found_in_it(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection, connection.transaction() as transaction:
            await transaction.script("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood, many mood[])")
            await transaction.execute(Qail.add("t").values({"m": "sad", "many": ["sad", None]}))
            async with transaction.transaction() as inner:
                assert [tuple(row) for row in await inner.fetch_all(Qail.get("t").columns("m", "many"))] == [
                    ("sad", ["sad", None])
                ]

    backend.run(body)


def test_a_refused_statement_beside_unknown_types_is_refused_and_the_others_are_bound(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            results = await connection.batch(
                [adding(1), Qail.get("no such table"), people()], atomic=False, return_errors=True
            )
            assert results[0] == 1
            assert isinstance(results[1], PostgresError)
            assert [tuple(row) for row in results[2]] == [ROW]

    backend.run(body)


# A base type of somebody's own: text inside, without a binary form, and with a delimiter of its own.
ODD: Final = """
CREATE TYPE odd;
CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE odd (input = odd_in, output = odd_out, like = text, delimiter = '|');
CREATE TYPE with_odd AS (o odd, n int4, d date);
CREATE TABLE t (o odd, many odd[], w with_odd);
INSERT INTO t VALUES ('a b', '{"x|y"|NULL|"q\\"q"}', ROW('(x,"y', 5, '2024-02-29'));
"""


@pytest.mark.feature("CO18")
def test_a_type_without_a_codec_is_marked_text_and_asked_for_once(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(ODD)
    query = Qail.get("t").columns("o", "many", "w")
    expected = ("a b", ["x|y", None, 'q"q'], ('(x,"y', 5, "2024-02-29"))

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            asked = proxy.add(LOOK_UP)
            async with backend.pool(proxy.dsn()) as pool:
                for _ in range(2):
                    assert tuple(await pool.fetch_one(query)) == expected
                row = await pool.fetch_one(query)
                assert [type(each) for each in (row.o, row.many[0], row.w.o, row.w.n, row.w.d)] == [
                    *(Unknown, Unknown, Unknown, int, Unknown)
                ]
                await pool.execute(Qail.set("t").values({"o": "c", "many": row.many, "w": row.w}).all_rows())
                assert tuple(await pool.fetch_one(query)) == ("c", *expected[1:])
                with pytest.raises(qail.EncodeError, match=r"\$1 \(column \"o\"\): public.odd takes str, not int 5"):
                    await pool.execute(Qail.set("t").values({"o": 5}).all_rows())
                assert asked.fired == 1

    backend.run(body)


@pytest.mark.backends("asyncio", "sync")
def test_types_that_nest_too_deep_are_refused_value_by_value(backend: Backend, fresh_database: Database) -> None:
    levels = 200
    nesting = ["CREATE TYPE t0 AS (v int4)"]
    nesting += [f"CREATE TYPE t{n} AS (v t{n - 1}[])" for n in range(1, levels)]
    shallow = MAX_NESTING // 2 - 1
    nesting.append(f"CREATE TABLE deep (v t{levels - 1}, w t{shallow}, n int4)")
    fresh_database.sql(
        ";".join(
            [
                *nesting,
                "INSERT INTO deep VALUES (ROW(NULL), ROW(ARRAY[ROW(NULL)::t1]), 1)".replace("t1]", f"t{shallow - 1}]"),
            ]
        )
    )

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            with pytest.raises(qail.DecodeError, match=rf'column "v" of row 1: public\.t{levels - 1} nests more than'):
                await connection.fetch_all(Qail.get("deep").columns("v"))
            with pytest.raises(qail.EncodeError, match=rf"public\.t{levels - 1} nests more than {MAX_NESTING} types"):
                await connection.execute(Qail.add("deep").values({"v": (None,)}))
            assert await connection.fetch_value(Qail.get("deep").columns("w")) == ([(None,)],)
            assert await connection.fetch_value(Qail.get("deep").columns("n")) == 1

    backend.run(body)


@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_cancelling_a_caller_while_types_are_looked_up_disturbs_nobody(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(TYPES)

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1) as pool, backend.jobs() as jobs:
                await pool.fetch_value(ONE)
                held = proxy.add(Rule("hold", "server", message="P", containing=b"typsubscript"))
                job = jobs.start(lambda: pool.execute(adding(1)))
                await backend.blocking(held.wait)
                job.cancel()
                held.release()
                await job.ended()
                assert not isinstance(job.error, Exception)
                await pool.execute(adding(2))
                assert await read(pool, "fetch_all") == [record(2)]

    backend.run(body)
