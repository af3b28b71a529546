"""Bad input, part two: what cannot run. Each is a typed error that says what, and the connection goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import qail
from qail import BuildError, EncodeError, Outcome, PostgresError, Qail, QailError, any_of, col, select, sqlstate
from support.finishing import finish
from support.servers import Database

SETUP = "CREATE TABLE people (id int4 PRIMARY KEY, name text NOT NULL); INSERT INTO people VALUES (1, 'Ada')"
KINDS = pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
MOST = 65_535

# What is asked, the class of its error, what its text must say, what became of it.
BAD: dict[str, tuple[Callable[[], Any], type[QailError], list[str], Outcome]] = {
    "unknown table": (lambda: Qail.get("nobody"), sqlstate.UndefinedTable, ["nobody"], Outcome.ABORTED),
    "unknown schema": (lambda: Qail.get(("no", "where")), sqlstate.UndefinedTable, ["no.where"], Outcome.ABORTED),
    "unknown column": (lambda: Qail.get("people").columns("nmae"), sqlstate.UndefinedColumn, ["nmae"], Outcome.ABORTED),
    "a dotted table": (
        lambda: Qail.get("public.people"),
        sqlstate.UndefinedTable,
        ["one identifier", '("public", "people")'],
        Outcome.ABORTED,
    ),
    "a dotted column": (
        lambda: Qail.get("people").columns("people.id"),
        sqlstate.UndefinedColumn,
        ["one identifier", 'col("people", "id")'],
        Outcome.ABORTED,
    ),
    "an order in one str": (
        lambda: Qail.get("people").order_by("id desc"),
        sqlstate.UndefinedColumn,
        ["one identifier", '("id", "desc")'],
        Outcome.ABORTED,
    ),
    "unknown function": (
        lambda: select(qail.func.no_such_function(col("id"))).from_(qail.Qail.get("people").subquery("p")),
        sqlstate.UndefinedFunction,
        ["no_such_function", "Hint"],
        Outcome.ABORTED,
    ),
    "value of a wrong type": (
        lambda: Qail.get("people").eq("id", "seven"),
        EncodeError,
        ["$1", '"id"', "int4", "str", "int()"],
        Outcome.NOT_SENT,
    ),
    "null into not null": (
        lambda: Qail.add("people").values({"id": 2, "name": None}).returning("id"),
        sqlstate.NotNullViolation,
        ["name", "people"],
        Outcome.ABORTED,
    ),
    "duplicate key": (
        lambda: Qail.add("people").values({"id": 1, "name": "again"}).returning("id"),
        sqlstate.UniqueViolation,
        ["people_pkey"],
        Outcome.ABORTED,
    ),
    "too many parameters": (
        lambda: Qail.get("people").where(any_of(*[col("id") == number for number in range(MOST + 1)])),
        EncodeError,
        ["65536", "65535", "in_()"],
        Outcome.NOT_SENT,
    ),
    "too many parameters in rows": (
        lambda: (
            Qail.add("people").values(*[{"id": number, "name": "x"} for number in range(MOST // 2 + 1)]).returning("id")
        ),
        EncodeError,
        ["65536", "65535", "copy_in()"],
        Outcome.NOT_SENT,
    ),
    "NUL byte in text": (
        lambda: Qail.add("people").values({"id": 3, "name": "a\0b"}).returning("id"),
        EncodeError,
        ["NUL", '"name"', "bytea"],
        Outcome.NOT_SENT,
    ),
    "NUL byte in a name": (lambda: Qail.get("people").columns("a\0b"), BuildError, ["NUL"], Outcome.NOT_SENT),
    "update without a condition": (
        lambda: Qail.set("people").values({"name": "x"}),
        BuildError,
        ["where", "all_rows"],
        Outcome.NOT_SENT,
    ),
    "delete without a condition": (lambda: Qail.delete("people"), BuildError, ["where"], Outcome.NOT_SENT),
    "a string of SQL": (lambda: "SELECT 1", BuildError, ["str"], Outcome.NOT_SENT),
    "nothing": (lambda: None, BuildError, ["NoneType"], Outcome.NOT_SENT),
}


@asynccontextmanager
async def executor(kind: str, dsn: str) -> AsyncIterator[Any]:
    if kind == "pool":
        async with qail.create_pool(dsn, max_size=1) as pool:
            yield pool
        return
    async with qail.connect(dsn) as connection:
        if kind == "connection":
            yield connection
            return
        async with connection.transaction() as transaction:
            yield transaction


@pytest.fixture
def people(fresh_database: Database) -> Database:
    fresh_database.sql(SETUP)
    return fresh_database


@KINDS
@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_a_typed_error_and_the_connection_goes_on(people: Database, what: str, kind: str) -> None:
    make, error_class, words, outcome = BAD[what]

    async def main() -> None:
        async with qail.connect(people.dsn) as keeper, executor(kind, people.dsn) as db:
            backend = select(qail.func.pg_backend_pid())
            process_id = await db.fetch_value(backend)
            for verb in ("execute", "fetch_all"):
                caught = await failure(db, kind, getattr(db, verb), make)
                assert isinstance(caught, error_class)
                assert all(word in str(caught) for word in words), str(caught)
                assert caught.outcome == outcome
                assert not caught.connection_spent
                assert isinstance(caught, PostgresError) == (outcome == Outcome.ABORTED)
            assert await db.fetch_value(backend) == process_id
            assert await keeper.fetch_all(Qail.get("people")) == [(1, "Ada")]

    finish(main)


@KINDS
def test_a_name_given_as_a_tuple_is_not_called_one_identifier(people: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(kind, people.dsn) as db:
            error = await failure(db, kind, db.fetch_all, lambda: Qail.get(("public", "nobody")))
            assert str(error) == 'relation "public.nobody" does not exist (SQLSTATE 42P01)'

    finish(main)


async def failure(db: Any, kind: str, verb: Any, make: Callable[[], Any]) -> QailError:
    """The error of one call; a transaction takes the call in a savepoint, so that it can go on as well."""
    with pytest.raises(QailError) as caught:  # noqa: PT012 - the savepoint is part of what raises
        if kind == "transaction":
            async with db.transaction():
                await verb(make())
        else:
            await verb(make())
    return caught.value


@KINDS
def test_an_unknown_column_is_told_with_its_place_and_what_may_have_been_meant(people: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(kind, people.dsn) as db:
            query = Qail.get("people", alias="p").columns(col("p", "nam")).eq("id", 1)
            caught = await failure(db, kind, db.fetch_all, lambda: query)
            assert isinstance(caught, sqlstate.UndefinedColumn)
            assert caught.query == str(query)
            assert caught.position is not None
            assert caught.query[caught.position - 1 :].startswith('"p"."nam"')
            assert "name" in (caught.hint or "")
            assert caught.hint in str(caught)

    finish(main)


def test_an_error_of_the_server_keeps_row_values_out_of_its_text(people: Database) -> None:
    async def main() -> None:
        async with qail.connect(people.dsn) as connection:
            with pytest.raises(sqlstate.NotNullViolation) as caught:
                await connection.execute(Qail.add("people").values({"id": 424242, "name": None}))
            assert "424242" not in f"{caught.value} {caught.value!r}"
            assert "424242" in (caught.value.detail or "")
            assert (caught.value.table, caught.value.column) == ("people", "name")

    finish(main)


def test_as_many_parameters_as_there_can_be_run(people: Database) -> None:
    async def main() -> None:
        async with qail.connect(people.dsn) as connection:
            most = [col("id") == number for number in range(MOST)]
            assert await connection.fetch_all(Qail.get("people").where(any_of(*most))) == [(1, "Ada")]

    finish(main)


@pytest.mark.parametrize(
    ("records", "error_class", "word"),
    [
        ([(2, "a"), (3, 5)], EncodeError, "record 2"),
        ([(2, "a"), (3,)], EncodeError, "record 2"),
        ([(2, "a\0b")], EncodeError, "NUL"),
        ([(2, None)], sqlstate.NotNullViolation, "name"),
        ([(2, "a"), (1, "b")], sqlstate.UniqueViolation, "people_pkey"),
    ],
)
def test_a_copy_that_cannot_be_stores_nothing_and_the_connection_goes_on(
    people: Database, records: list[Any], error_class: type[QailError], word: str
) -> None:
    async def main() -> None:
        async with qail.connect(people.dsn) as connection:
            with pytest.raises(error_class, match=word) as caught:
                await connection.copy_in("people", records)
            assert not caught.value.connection_spent
            assert await connection.fetch_all(Qail.get("people")) == [(1, "Ada")]
            assert await connection.copy_in("people", [(2, "Grace")]) == 1

    finish(main)


def test_an_error_that_ends_the_connection_says_so_and_the_pool_goes_on(people: Database) -> None:
    async def main() -> None:
        async with qail.connect(people.dsn) as connection:
            terminate = select(qail.func.pg_terminate_backend(qail.func.pg_backend_pid()))
            with pytest.raises(QailError) as caught:
                await connection.fetch_all(terminate)
            assert caught.value.connection_spent
            assert connection.is_closed
            with pytest.raises(QailError) as again:
                await connection.fetch_all(Qail.get("people"))
            assert again.value.outcome == Outcome.NOT_SENT
        async with qail.create_pool(people.dsn, max_size=1) as pool:
            with pytest.raises(QailError):
                await pool.fetch_all(terminate)
            assert await pool.fetch_all(Qail.get("people")) == [(1, "Ada")]

    finish(main)
