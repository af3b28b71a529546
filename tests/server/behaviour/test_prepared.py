"""Prepared statements: explicit ones, the automatic cache, and how the server plans them."""

from __future__ import annotations

from typing import Any

import pytest

from qail import EncodeError, Qail, UsageError, col, count, func, literal, select
from qail.sqlstate import UndefinedTable
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database

EXPLICIT = pytest.mark.feature("PS1")
CACHE = pytest.mark.feature("PS2")
BODY = Qail.get("numbers").columns("body").eq("id", 0)


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TYPE mood AS ENUM ('sad', 'glad');"
        "CREATE TABLE numbers (id int PRIMARY KEY, body text, feeling mood);"
        "INSERT INTO numbers SELECT i, 'n' || i, 'glad' FROM generate_series(1, 300) i"
    )
    return fresh_database


@EXPLICIT
def test_it_tells_its_types_and_then_sends_bind_execute_and_sync_alone(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                statement = await connection.prepare(Qail.get("numbers").columns("id", "body", "feeling").eq("id", 0))

                assert [(each.name, each.type_name, each.type_oid) for each in statement.parameters] == [
                    ("id", "int4", 23)
                ]
                assert [(each.name, each.type_name) for each in statement.columns] == [
                    ("id", "int4"),
                    ("body", "text"),
                    ("feeling", "public.mood"),
                ]
                proxy.audit.forget()
                assert await statement.fetch_one((7,)) == (7, "n7", "glad")
                assert await statement.fetch_all({"id": 8}) == [(8, "n8", "glad")]
                assert await statement.fetch_optional([999]) is None
                assert await statement.fetch_all() == []
                assert dict(proxy.audit.sent) == {"B": 4, "E": 4, "S": 4}

    backend.run(body)


@EXPLICIT
def test_it_runs_on_other_connections_which_prepare_it_by_themselves(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.pool(numbers.dsn, max_size=3) as pool, backend.connect(numbers.dsn) as other:
            statement = await pool.prepare(BODY)
            assert [each.name for each in statement.columns] == ["body"]
            assert await statement.fetch_value((5,)) == "n5"
            assert await statement.on(other).fetch_value((6,)) == "n6"
            async with pool.transaction() as tx:
                assert await statement.on(tx).fetch_values((7,)) == ["n7"]
            async with pool.acquire() as lease:
                own = await lease.prepare(Qail.set("numbers").values({"body": "x"}).eq("id", 0))
                assert own.columns == ()
                assert await own.execute({"body": "new", "id": 9}) == 1
                with pytest.raises(UsageError, match="returns no rows"):
                    await own.fetch_all(("new", 9))
            assert await statement.fetch_value((9,)) == "new"
            with pytest.raises(UsageError):
                statement.on(7)
            with pytest.raises(EncodeError):
                await statement.fetch_value(())

    backend.run(body)


@EXPLICIT
@pytest.mark.parametrize("first", ["prepare", "statement"])
def test_it_can_be_prepared_inside_a_transaction(backend: Backend, numbers: Database, first: str) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection, connection.transaction() as tx:
            if first == "statement":
                assert await tx.fetch_value(Qail.get("numbers").columns(count())) == 300
            statement = await tx.prepare(BODY)
            assert await statement.fetch_value((3,)) == "n3"

    backend.run(body)


@EXPLICIT
def test_what_carries_literals_is_prepared_once_as_well(backend: Backend, numbers: Database) -> None:
    query = Qail.get("numbers").columns("feeling", func.lower("ABC").as_("low")).where(col("id") == literal(4))

    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                statement = await connection.prepare(query)
                proxy.audit.forget()
                assert await statement.fetch_one() == ("glad", "abc")
                assert await statement.fetch_one() == ("glad", "abc")
                assert dict(proxy.audit.sent) == {"B": 2, "E": 2, "S": 2}

    backend.run(body)


@EXPLICIT
def test_what_cannot_be_prepared_is_refused(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            with pytest.raises(UndefinedTable):
                await connection.prepare(Qail.get("nowhere"))
            assert await connection.fetch_all(BODY) == []
        async with backend.connect(numbers.dsn, statement_cache_size=0) as connection:
            with pytest.raises(UsageError, match="statement_cache_size"):
                await connection.prepare(BODY)

    backend.run(body)


@EXPLICIT
def test_it_is_prepared_again_where_it_was_dropped(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            statement = await connection.prepare(BODY)
            await connection.script("DEALLOCATE ALL")
            assert await statement.fetch_value((3,)) == "n3"
            numbers.sql("ALTER TABLE numbers ALTER body TYPE int USING id")
            assert await statement.fetch_value((3,)) == 3
            assert await statement.fetch_value((4,)) == 4

    backend.run(body)


@CACHE
def test_the_second_run_sends_no_parse(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.fetch_all(BODY)
                proxy.audit.forget()
                await connection.fetch_all(BODY)
                assert dict(proxy.audit.sent) == {"B": 1, "E": 1, "S": 1}

    backend.run(body)


def statement_of(number: int) -> Any:
    """A statement of its own for each number."""
    return Qail.get("numbers").columns(col("id").as_(f"c{number}")).eq("id", number + 1)


@CACHE
@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("how", ["together", "batch"])
def test_more_statements_than_fit_are_closed_on_the_server(
    backend: Backend, numbers: Database, size: int, how: str
) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn(), statement_cache_size=size) as connection:
                for _ in range(3):
                    if how == "together":
                        found = await backend.together(
                            *(lambda n=n: connection.fetch_value(statement_of(n)) for n in range(200))
                        )
                    else:
                        rows = await connection.batch([statement_of(n) for n in range(200)], atomic=False)
                        found = [each[0][0] for each in rows]
                    assert found == [n + 1 for n in range(200)]
                # One more segment takes along what the last ones had to leave.
                await connection.fetch_value(statement_of(0))
                await connection.fetch_value(statement_of(0))
                assert proxy.audit.sent["C"] == proxy.audit.received["3"]
                there = await connection.fetch_value(Qail.get("pg_prepared_statements").columns(count()))
                assert there <= size + 2
            proxy.audit.check()

    backend.run(body)


@CACHE
def test_first_use_by_many_at_once_never_finds_the_name_taken(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.pool(numbers.dsn, max_size=2) as pool:
            for number in range(20):
                found = await backend.together(*[lambda n=number: pool.fetch_value(statement_of(n))] * 30)
                assert found == [number + 1] * 30

    backend.run(body)


def mode() -> Any:
    return select(func.current_setting("plan_cache_mode"))


@EXPLICIT
@pytest.mark.parametrize("given", ["auto", "force_custom", "force_generic"])
def test_a_call_says_how_it_is_planned_in_the_same_flight(backend: Backend, numbers: Database, given: Any) -> None:
    told = given if given == "auto" else f"{given}_plan"
    other = "auto" if given != "auto" else "force_custom_plan"

    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.pool(proxy.dsn(), max_size=1, plan_cache_mode=other.removesuffix("_plan")) as pool:
                assert await pool.fetch_value(mode()) == other
                proxy.audit.forget()
                assert await pool.fetch_value(mode(), plan_cache_mode=given) == told
                assert proxy.audit.round_trips == 1
                assert await pool.fetch_value(mode()) == other
                assert await pool.batch([mode(), mode()], plan_cache_mode=given) == [[(told,)], [(told,)]]
                assert await pool.batch([mode()], atomic=False, plan_cache_mode=given) == [[(told,)]]
                sets = [("plan_cache_mode",)] * 2
                assert await pool.fetch_many(mode(), sets, plan_cache_mode=given) == [[(told,)], [(told,)]]
                async with pool.pipeline(plan_cache_mode=given) as pipeline:
                    answer = pipeline.fetch_value(mode())
                assert answer.result() == told
                assert await pool.fetch_value(mode()) == other

    backend.run(body)


@EXPLICIT
def test_inside_a_transaction_it_holds_for_that_call_alone(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        async with backend.connect(numbers.dsn) as connection:
            async with connection.transaction(settings={"plan_cache_mode": "force_custom_plan"}) as tx:
                assert await tx.fetch_value(mode(), plan_cache_mode="force_generic") == "force_generic_plan"
                assert await tx.fetch_value(mode()) == "force_custom_plan"
                assert await tx.batch([mode()], plan_cache_mode="auto") == [[("auto",)]]
                assert await tx.fetch_value(mode()) == "force_custom_plan"
            assert await connection.fetch_value(mode()) == "auto"
            with pytest.raises(UsageError, match="plan_cache_mode"):
                await connection.fetch_value(mode(), plan_cache_mode="best")

    backend.run(body)
