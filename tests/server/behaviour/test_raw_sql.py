"""Raw SQL on a server: values stay values, one statement a call, rows in the form that was promised."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from qail import (
    BOOL,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    DecodeError,
    EncodeError,
    Qail,
    Row,
    Trusted,
    UsageError,
    array_of,
    select,
)
from qail.sqlstate import SyntaxErrorOrAccessRuleViolation
from qail.testing import ChaosProxy
from support.backends import Backend
from support.hostile import HOSTILE_TEXTS
from support.library import SETUP, Reader
from support.servers import Database

pytestmark = pytest.mark.feature("RW1")


@pytest.fixture
def readers(fresh_database: Database) -> Database:
    fresh_database.sql(SETUP)
    return fresh_database


@dataclass
class Card:
    id: int
    name: str


def test_rows_come_in_the_form_that_was_asked_for(backend: Backend, readers: Database) -> None:
    text: Any = "SELECT id, name FROM {table:i} WHERE id = {id}"

    async def body() -> None:
        async with backend.pool(readers.dsn) as pool:
            raw = Qail.sql(text, table="readers", id=1)
            row = await pool.fetch_one(raw)
            assert (type(row).__mro__[1], row.name, row) == (Row, "Ada", (1, "Ada"))
            assert await pool.fetch_all(raw.returns(INT8, TEXT)) == [(1, "Ada")]
            assert await pool.fetch_one(raw.into(Card)) == Card(1, "Ada")
            assert await pool.fetch_one(raw.map(Card)) == Card(1, "Ada")
            assert await pool.fetch_one(raw.returns(INT8, TEXT).map(Card)) == Card(1, "Ada")
            assert await pool.fetch_value(Qail.sql("SELECT count(*) FROM readers").returns(INT8)) == 9
            assert await pool.fetch_values(Qail.sql("SELECT id FROM readers WHERE id < 3 ORDER BY id")) == [1, 2]
            whole = Qail.sql("SELECT {star} FROM readers WHERE id = {id}", star=Qail.sql("*"), id=1).returns(Reader)
            (reader,) = await pool.fetch_one(whole)
            assert isinstance(reader, Reader)
            assert reader.name == "Ada"

    backend.run(body)


def test_a_command_counts_and_every_verb_takes_it(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.pool(readers.dsn) as pool:
            older = Qail.sql("UPDATE readers SET age = age + {by} WHERE id < {id}", by=1, id=3)
            assert await pool.execute(older) == 2
            assert await pool.batch([older, Qail.sql("SELECT 1 AS n").returns(INT4)]) == [2, [(1,)]]
            gone, plus = Qail.sql("DELETE FROM readers WHERE id = {id}", id=0), Qail.sql("SELECT {n}::int + 1", n=0)
            assert await pool.execute_many(gone, [(8,), (9,), (99,)]) == [1, 1, 0]
            assert await pool.fetch_many(plus.returns(INT4), [(1,), (2,)]) == [[(2,)], [(3,)]]
            async with pool.pipeline() as pipeline:
                answers = [pipeline.fetch_all(Qail.sql("SELECT 1").returns(INT4)), pipeline.execute(older)]
            assert [answer.result() for answer in answers] == [[(1,)], 2]
            async with pool.acquire() as connection:
                await connection.execute(Qail.sql("CREATE TEMP TABLE scratch (id int)"))
                assert await connection.execute(Qail.sql("INSERT INTO scratch SELECT generate_series(1, 3)")) == 3
            with pytest.raises(UsageError, match=r"session of its own|shared|acquire"):
                await pool.execute(Qail.sql("SET work_mem = '1MB'"))

    backend.run(body)


def test_two_statements_in_one_text_fail_and_do_nothing(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.connect(readers.dsn) as connection:
            for text in ("SELECT 1; DELETE FROM readers", "DELETE FROM readers; SELECT 1"):
                with pytest.raises(SyntaxErrorOrAccessRuleViolation, match="multiple commands"):
                    await connection.execute(Qail.sql(Trusted(text)))
            assert await connection.fetch_value(Qail.sql("SELECT count(*) FROM readers;").returns(INT8)) == 9

    backend.run(body)


def test_later_runs_of_one_text_send_values_alone(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(readers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                for run in range(4):
                    if run == 2:
                        proxy.audit.forget()
                    name = Qail.sql("SELECT name FROM readers WHERE id = {id}", id=run + 1)
                    assert len(await connection.fetch_all(name)) == 1
                    change = Qail.sql("update readers SET age = greatest({age}, 1) WHERE id = 1", age=run)
                    assert await connection.execute(change) == 1
                assert dict(proxy.audit.sent) == {"B": 4, "E": 4, "S": 4}

    backend.run(body)


PROMISES: dict[str, tuple[Any, tuple[Any, ...], str]] = {
    "another type": ("SELECT 1::numeric", (INT8,), "column 1.*OID 1700.*promised int8"),
    "a text for a number": ("SELECT 1, 'a'::text", (INT8, INT8), "column 2.*OID 25"),
    "a column too few": ("SELECT 1, 2", (INT8,), "returns 2 columns, and returns.. promised 1"),
    "a column too many": ("SELECT 1", (INT8, TEXT), "returns 1 columns"),
    "NULL": ("SELECT NULL::text", (TEXT,), "column 1 is NULL in row 1.*TEXT | None"),
    "NULL in a later row": ("VALUES (1), (NULL)", (INT8,), "NULL in row 2"),
    "no NULL of a column": ("SELECT NULL::text", (Reader.name,), "is NULL"),
}


def test_a_broken_promise_is_an_error_that_names_the_column(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.pool(readers.dsn) as pool:
            for text, columns, told in PROMISES.values():
                promised = Qail.sql(text).returns(*columns)
                for query in (promised, promised.map(lambda *values: values)):
                    with pytest.raises(DecodeError, match=told):
                        await pool.fetch_all(query)
            promised = Qail.sql("SELECT 1::int2, NULL::text, 'a'::name, '{{1}}'::int4[], 2.5, NULL::text").returns(
                INT8, TEXT | None, TEXT, array_of(INT8), NUMERIC, Reader.city
            )
            assert await pool.fetch_one(promised) == (1, None, "a", [1], Decimal("2.5"), None)

    backend.run(body)


@pytest.mark.feature("RW2")
def test_hostile_text_is_a_value_or_a_name_and_nothing_else(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.connect(readers.dsn) as connection:
            for text in HOSTILE_TEXTS:
                try:
                    found = await connection.fetch_value(Qail.sql("SELECT {x}::text", x=text).returns(TEXT))
                except EncodeError:
                    continue  # what no text of PostgreSQL holds
                assert found == text
                if text and len(text.encode()) < 64:
                    row = await connection.fetch_one(Qail.sql("SELECT 1 AS {name:i}", name=text))
                    assert row.keys() == (text,)
            assert await connection.fetch_value(Qail.sql("SELECT count(*) FROM readers").returns(INT8)) == 9

    backend.run(body)


@pytest.mark.feature("RW2")
def test_pieces_queries_and_names_nest_both_ways(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.connect(readers.dsn) as connection:
            old = Qail.sql("{age} > {least}", age=Reader.age, least=80)
            typed = select(Reader.name).where(old.expression(BOOL), Reader.active).order_by(Reader.name)
            assert await connection.fetch_values(typed) == ["Grace", "Margaret"]
            raw = Qail.sql("SELECT name FROM {t} WHERE {old} AND id IN {q} ORDER BY 1", t=Reader, old=old,
                           q=select(Reader.id).where(Reader.active))  # fmt: skip
            assert await connection.fetch_values(raw) == ["Grace", "Margaret"]
            numbers = Qail.sql("SELECT generate_series(1, {n}) AS n", n=3).returns(INT4)
            assert await connection.fetch_values(Qail.get(numbers.subquery("s")).columns("n")) == [1, 2, 3]
            table = numbers.cte("numbers")
            assert await connection.fetch_values(Qail.get(table).columns("n").with_(table)) == [1, 2, 3]

    backend.run(body)


@pytest.mark.feature("RW3")
def test_a_script_gives_one_result_a_statement_and_takes_no_parameters(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.connect(readers.dsn) as connection:
            results = await connection.script(
                "CREATE TABLE made (id int, name text); INSERT INTO made VALUES (1, 'a'), (2, NULL);"
                "SELECT id, name FROM made ORDER BY id; UPDATE made SET id = 3; -- the end\n;"
            )
            assert results == [0, 2, [("1", "a"), ("2", None)], 2]
            assert await connection.script("") == []
            with pytest.raises(SyntaxErrorOrAccessRuleViolation):
                await connection.script("SELECT $1")
            with pytest.raises(TypeError):
                await connection.script("SELECT 1", 5)  # what it does not take
            with pytest.raises(SyntaxErrorOrAccessRuleViolation):
                await connection.script("INSERT INTO made VALUES (9, 'x'); SELEC 1")
            assert await connection.script("SELECT count(*) FROM made") == [[("2",)]]

    backend.run(body)
