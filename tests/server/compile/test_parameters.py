"""What Parse carries, what is refused before anything is sent, and what an unknown type becomes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID as PyUuid

import pytest

import qail
from qail import (
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    EncodeError,
    Outcome,
    Qail,
    Unknown,
    case,
    cast,
    coalesce,
    count,
    func,
    greatest,
    least,
    nullif,
    select,
)
from support.delaying_proxy import delaying_proxy
from support.finishing import finish
from support.library import Reader
from support.servers import Database

TYPED = """
CREATE TABLE typed (
    place int8 DEFAULT 1, id int4, small int2, big int8, flag bool,
    ratio float8, exact numeric, word text, raw bytea, day date,
    naive timestamp, aware timestamptz, key uuid, list int4[]
);
INSERT INTO typed (id) VALUES (1)
"""
NAIVE, AWARE = dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
REFUSALS: list[tuple[str, Any, str, str]] = [
    ("small", 2**15, "int2", "int"),
    ("small", -(2**15) - 1, "int2", "int"),
    ("id", 2**31, "int4", "int"),
    ("big", 2**63, "int8", "int"),
    ("big", -(2**63) - 1, "int8", "int"),
    ("id", True, "int4", "bool"),
    ("id", "7", "int4", "str"),
    ("id", 1.0, "int4", "float"),
    ("id", Decimal(1), "int4", "Decimal"),
    ("id", {"a": 1}, "int4", "dict"),
    ("word", {"a": 1}, "text", "dict"),
    ("word", 7, "text", "int"),
    ("word", b"x", "text", "bytes"),
    ("flag", 1, "bool", "int"),
    ("flag", "true", "bool", "str"),
    ("ratio", "1.5", "float8", "str"),
    ("exact", 1.5, "numeric", "float"),
    ("raw", "text", "bytea", "str"),
    ("day", "2024-01-01", "date", "str"),
    ("naive", AWARE, "timestamp", "datetime"),
    ("aware", NAIVE, "timestamptz", "datetime"),
    ("key", "not a uuid", "uuid", "str"),
    ("list", 7, "int4[]", "int"),
    ("list", "123", "int4[]", "str"),
    ("list", [1, "2"], "int4", "str"),
    ("id", [1], "int4", "list"),
]


@pytest.fixture
def typed(fresh_database: Database) -> Database:
    fresh_database.sql(TYPED)
    return fresh_database


@pytest.mark.feature("PA3")
@pytest.mark.parametrize(("column", "value", "pg", "python"), REFUSALS)
def test_a_value_that_does_not_fit_is_named_and_nothing_is_sent(
    typed: Database, column: str, value: Any, pg: str, python: str
) -> None:
    async def main() -> None:
        async with delaying_proxy(typed.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": typed.server.user, "dbname": typed.name}
            async with qail.create_pool(**where) as pool, pool.acquire() as connection:
                change = Qail.set("typed").values({column: None}).eq("place", 1)
                for db in (connection, pool):
                    await db.execute(change)  # now the database is described, and the connections are there
                    sent = proxy.sent.byte_count
                    for attempt in attempts(db, column, value):
                        with pytest.raises(EncodeError) as caught:
                            await attempt
                        check(caught.value, column, pg, python)
                    assert proxy.sent.byte_count == sent
                    assert await db.execute(change) == 1

    def attempts(db: Any, column: str, value: Any) -> list[Any]:
        change = Qail.set("typed").values({column: value}).eq("place", 1)
        return [
            db.execute(change),
            db.batch([Qail.set("typed").values({column: None}).eq("place", 1), change]),
            db.execute_many(change, [(None, 1), (value, 1)]),
        ]

    def check(error: EncodeError, column: str, pg: str, python: str) -> None:
        text = str(error)
        assert "$1" in text
        assert f'"{column}"' in text
        assert pg in text
        assert python in text
        assert text.count(": ") >= 2, f"no fix is said: {text}"
        assert error.outcome == Outcome.NOT_SENT
        assert not error.connection_spent

    finish(main)


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("value", ["36", 2**31, True, {"years": 36}, None])
def test_a_typed_column_refuses_with_no_server_asked_at_all(library: Database, value: Any) -> None:
    if value is None:
        with pytest.raises(qail.BuildError, match="is_null"):
            select(Reader.id).where(Reader.age == value)
        return

    async def main() -> None:
        async with delaying_proxy(library.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": library.server.user, "dbname": library.name}
            async with qail.connect(**where) as connection:
                sent = proxy.sent.byte_count
                with pytest.raises(EncodeError, match="age"):
                    await connection.fetch_all(select(Reader.id).where(Reader.age == value))
                assert proxy.sent.byte_count == sent

    finish(main)


@pytest.mark.feature("PA3")
def test_a_refused_value_takes_the_rest_of_its_batch_with_it(typed: Database) -> None:
    async def main() -> None:
        async with qail.create_pool(typed.dsn) as pool:
            good = Qail.add("typed").values({"id": 2, "word": "x"})
            bad = Qail.add("typed").values({"id": 2**31, "word": "x"})
            with pytest.raises(EncodeError):
                await pool.batch([good, good, bad])
            with pytest.raises(EncodeError):
                await pool.execute_many(good, [(3, "a"), (4, 5)])
            with pytest.raises(EncodeError):
                await pool.execute(Qail.add("typed").values({"id": 5}, {"id": 2**31}))
            assert await pool.fetch_value(select(count()).from_(Reader).where(Reader.id == 1)) == 1

    typed.sql("CREATE TABLE readers (id int8); INSERT INTO readers VALUES (1)")
    finish(main)

    assert typed.sql("SELECT count(*) FROM typed") == [("1",)]


@pytest.mark.feature("PA1")
def test_parse_carries_the_types_that_are_known(typed: Database) -> None:
    async def main() -> None:
        async with qail.connect(typed.dsn) as connection:
            assert await connection.fetch_value(select(coalesce("a", "b"))) == "a"
            assert await connection.fetch_value(select(coalesce(cast(5, INT8), 6))) == 5
            assert await connection.fetch_value(select(coalesce(None, 5))) == 5
            assert await connection.fetch_one(select(coalesce(1, 2), greatest(1, 2.5), nullif(1, 1))) == (1, 2.5, None)
            assert await connection.fetch_value(select(least(Decimal("1.50"), 2))) == Decimal("1.50")
            assert await connection.fetch_value(select(coalesce(AWARE, AWARE))) == AWARE
            assert await connection.fetch_value(select(coalesce(None, NAIVE.date()))) == NAIVE.date()
            assert await connection.fetch_value(select(coalesce(None, False))) is False
            assert await connection.fetch_value(select(coalesce(None, PyUuid(int=1)))) == PyUuid(int=1)
            assert await connection.fetch_value(select(case((cast(1, INT8) == 1, 5), else_=6))) == 5
            assert await connection.fetch_value(select(func.json_build_object("k", 5, "l", True))) == {
                "k": 5,
                "l": True,
            }
            assert await connection.fetch_values(select(func.pg_typeof(cast(5, NUMERIC)))) == ["numeric"]
            assert await connection.fetch_value(select(func.pg_typeof(PyUuid(int=1)))) == "uuid"
            known = select(Reader.id).where(Reader.id == 1, Reader.age == 2, Reader.name == "x", Reader.score > 0.5)
            await connection.fetch_all(known)
            ((declared,),) = (
                await connection.script(
                    f"SELECT parameter_types FROM pg_prepared_statements WHERE statement = $q${known}$q$"
                )
            )[0]
            assert declared == ["bigint", "integer", "text", "double precision"]

    typed.sql("CREATE TABLE readers (id int8, name text, age int4, score float8)")
    finish(main)


ODD = """
CREATE TYPE odd;
CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE odd (input = odd_in, output = odd_out, like = text);
CREATE DOMAIN odder AS odd;
CREATE TABLE odds (o odd, many odd[], d odder, n int4, j jsonb);
INSERT INTO odds VALUES ('glad', '{"a b",NULL}', '(1,2)', 5, '{"a": null}'), (NULL, NULL, NULL, NULL, NULL)
"""


@pytest.mark.feature("CO18")
def test_a_type_without_a_codec_is_marked_text_beside_values_that_have_one(any_fresh_database: Database) -> None:
    any_fresh_database.sql(ODD)

    async def main() -> list[Any]:
        async with qail.create_pool(any_fresh_database.dsn) as pool:
            return await pool.fetch_all(Qail.get("odds"))

    full, empty = finish(main)

    assert tuple(full) == ("glad", ["a b", None], "(1,2)", 5, {"a": None})
    assert [type(value) for value in full] == [Unknown, list, Unknown, int, dict]
    assert type(full.many[0]) is Unknown
    assert tuple(empty) == (None,) * 5


@pytest.mark.feature("CO18")
def test_text_goes_into_a_type_without_a_codec_and_its_array(fresh_database: Database) -> None:
    fresh_database.sql(ODD)
    row = {"o": "sad", "many": ["(2,z)", None], "d": Unknown("(0,0)"), "n": 6}

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            added = await connection.fetch_one(Qail.add("odds").values(row).returning(*row))
            assert added.as_dict() == row
            assert await connection.fetch_values(Qail.get("odds").columns("n").eq("n", 6)) == [6]
            for refused in (7, b"sad", {"a": 1}):
                with pytest.raises(EncodeError, match=r"public\.odd takes str"):
                    await connection.execute(Qail.add("odds").values({"o": refused}))
            assert await connection.fetch_value(select(cast("x", TEXT))) == "x"
            assert await connection.fetch_value(select(cast(1, INT4))) == 1

    finish(main)
