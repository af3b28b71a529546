"""CREATE TABLE, CREATE INDEX, TRUNCATE and DROP, and what the catalog says of them."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import (
    BOOL,
    DATE,
    FLOAT8,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    TIMESTAMPTZ,
    Command,
    PostgresError,
    Qail,
    array_of,
    func,
)
from support.finishing import finish
from support.library import Loan, Reader
from support.servers import Database

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY attnum
"""


def run(database: Database, *commands: Command) -> None:
    async def main() -> None:
        async with qail.create_pool(database.dsn) as pool:
            for command in commands:
                assert await pool.execute(command) == 0

    finish(main)


def columns(database: Database, table: str) -> list[Any]:
    return database.sql(COLUMNS.format(table))


def constraints(database: Database, table: str) -> list[Any]:
    sql = f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype <> 'n'"
    return sorted(row[0] for row in database.sql(sql))


@pytest.mark.feature("DD1")
def test_a_table_class_becomes_the_table_it_describes(any_fresh_database: Database) -> None:
    run(any_fresh_database, Qail.create(Reader), Qail.create(Loan))

    assert columns(any_fresh_database, "readers") == [
        ("id", "bigint", "t", None),
        ("name", "text", "t", None),
        ("city", "text", "f", None),
        ("age", "integer", "t", None),
        ("score", "double precision", "f", None),
        ("active", "boolean", "t", None),
    ]
    assert constraints(any_fresh_database, "readers") == ["PRIMARY KEY (id)"]
    assert columns(any_fresh_database, "loans")[3:] == [("price", "numeric", "f", None), ("day", "date", "t", None)]


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
def test_a_table_by_name_has_its_keys_types_defaults_and_references(fresh_database: Database) -> None:
    made = (
        Qail.create(("public", "made"))
        .column("a", INT8, pk=True)
        .column("b", TEXT, pk=True, default="it's \\ $1 \"; drop table made; --")
        .column("tags", array_of(TEXT), null=True)
        .column("n", INT4, default=-5)
        .column("on", BOOL, default=True)
        .column("f", FLOAT8, default=0.1)
        .column("when", TIMESTAMPTZ, null=True)
        .column("day", DATE, null=True)
        .column("price", NUMERIC, null=True)
    )
    child = Qail.create("child").column("a", INT8, references=("one", "id"))

    run(fresh_database, made, Qail.create("one").column("id", INT8, pk=True), child)
    fresh_database.sql("INSERT INTO made (a) VALUES (1)")

    assert fresh_database.sql('SELECT b, n, "on", f FROM made') == [
        ("it's \\ $1 \"; drop table made; --", "-5", "t", "0.1")
    ]
    assert constraints(fresh_database, "made") == ["PRIMARY KEY (a, b)"]
    assert constraints(fresh_database, "child") == ["FOREIGN KEY (a) REFERENCES one(id)"]
    assert [row[1] for row in columns(fresh_database, "made")][2] == "text[]"


@pytest.mark.feature("DD1")
def test_indexes_are_those_that_were_asked_for(fresh_library: Database) -> None:
    run(
        fresh_library,
        Qail.create_index("by age", Reader, Reader.age, Reader.name),
        Qail.create_index("by_lower", Reader, func.lower(Reader.name)).unique(),
        Qail.create_index("by_lower", Reader, Reader.age).if_not_exists(),
    )

    found = fresh_library.sql("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'by%' ORDER BY 1")
    assert found == [
        ('CREATE INDEX "by age" ON public.readers USING btree (age, name)',),
        ("CREATE UNIQUE INDEX by_lower ON public.readers USING btree (lower(name))",),
    ]


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD2")
def test_truncate_and_drop_take_what_they_say(fresh_database: Database) -> None:
    fresh_database.sql(
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, x int); INSERT INTO a (x) VALUES (1), (2);"
        "CREATE TABLE b (a_id int REFERENCES a); INSERT INTO b VALUES (1)"
    )

    with pytest.raises(PostgresError):
        run(fresh_database, Qail.truncate("a"))
    assert fresh_database.sql("SELECT count(*) FROM a") == [("2",)]
    run(fresh_database, Qail.truncate("a").restart_identity().cascade())
    fresh_database.sql("INSERT INTO a (x) VALUES (9)")
    assert fresh_database.sql("SELECT id, x, (SELECT count(*) FROM b) FROM a") == [("1", "9", "0")]

    with pytest.raises(PostgresError):
        run(fresh_database, Qail.drop("a"))
    run(fresh_database, Qail.drop("a").cascade(), Qail.drop("a").if_exists(), Qail.drop("b"))
    assert fresh_database.sql("SELECT relname FROM pg_class WHERE relname IN ('a', 'b')") == []


@pytest.mark.feature("DD1")
def test_a_temporary_table_is_its_connections_own(fresh_database: Database) -> None:
    async def main() -> None:
        table = Qail.create("mine").column("id", INT4).temporary()
        async with qail.connect(fresh_database.dsn) as one, qail.connect(fresh_database.dsn) as other:
            await one.execute(table)
            await one.execute(table.if_not_exists())
            await one.execute(Qail.add("mine").values({"id": 1}))
            assert await one.fetch_values(Qail.get("mine")) == [1]
            with pytest.raises(PostgresError) as caught:
                await other.fetch_values(Qail.get("mine"))
            assert caught.value.sqlstate == "42P01"

    finish(main)
