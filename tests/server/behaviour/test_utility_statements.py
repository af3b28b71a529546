"""Utility statements on a server: EXPLAIN as data, CALL, DO, SET and SHOW, and those that must be alone."""

from __future__ import annotations

from typing import Any

import pytest

from qail import (
    INT4,
    TEXT,
    CostExceeded,
    Outcome,
    PostgresError,
    Qail,
    UsageError,
    classify,
    col,
    func,
    select,
)
from qail.ddl import argument
from support.backends import Backend
from support.hostile import HOSTILE_TEXTS
from support.servers import Database
from support.sql_case import Case
from support.sql_cases_utility import UTILITY
from support.sql_tables import User

ALONE = [case for case in UTILITY if case.alone]
USERS = "CREATE TABLE users AS SELECT n::int8 AS id, 'u' || n AS name FROM generate_series(1, 100) n"
HOSTILE = "it's \\ $$ $1 \"; DROP TABLE users; -- \n /* é"


@pytest.mark.feature("PL6")
def test_a_plan_comes_as_data_and_a_costly_statement_is_refused(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(USERS)
    query = select(User.id).where(User.name == "u5").limit(3)

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            plan = await pool.explain(query)
            assert plan["Plan"]["Node Type"] == "Limit"
            assert "Actual Rows" not in plan["Plan"]
            measured = await pool.explain(query, analyze=True, verbose=True, buffers=True, timing=False, max_cost=1e9)
            assert measured["Plan"]["Actual Rows"] == 1
            assert measured["Plan"]["Output"] == ["id"]
            assert "Execution Time" in measured
            with pytest.raises(CostExceeded, match=r"cost .* and at most 0\.01 was allowed: it was not run") as refused:
                await pool.explain(Qail.delete("users").all_rows(), analyze=True, max_cost=0.01)
            assert refused.value.cost > refused.value.max_cost == 0.01
            assert (refused.value.outcome, refused.value.connection_spent) == (Outcome.NO_EFFECT, False)
            assert classify(refused.value) == "permanent"
            assert len(await pool.fetch_all(Qail.get("users"))) == 100
            with pytest.raises(UsageError, match="no option colour"):
                await pool.explain(query, colour=True)
            async with pool.transaction() as transaction:
                deleted = await transaction.explain(Qail.delete("users").eq("id", 3), analyze=True, costs=False)
                assert deleted["Plan"]["Operation"] == "Delete"
            assert len(await pool.fetch_all(Qail.get("users"))) == 99

    backend.run(body)


@pytest.mark.feature("DD2")
def test_call_do_show_and_set(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            number = argument("n", INT4, mode="inout")
            await pool.execute(Qail.create("notes").column("n", INT4, null=True).column("t", TEXT, null=True))
            await pool.execute(
                Qail.create_procedure("note", {"n": INT4, "t": TEXT}).body("INSERT INTO notes VALUES (n, t)")
            )
            await pool.execute(
                Qail.create_procedure("double", [number, argument("word", TEXT, mode="inout")]).body(
                    "BEGIN n := n * 2; word := word || '!'; END", language="plpgsql"
                )
            )
            assert await pool.execute(Qail.call("note", 7, HOSTILE)) == 0
            row = await pool.fetch_one(Qail.call("double", 21, "it's"))
            assert row == (42, "it's!")
            assert row["word"] == "it's!"
            await pool.execute(Qail.do("BEGIN INSERT INTO notes VALUES (8, $x$it's \\ $$ $x$); END"))
            assert await pool.fetch_all(Qail.get("notes").order_by("n")) == [(7, HOSTILE), (8, "it's \\ $$ ")]

            with pytest.raises(UsageError, match="changes its session"):
                await pool.execute(Qail.set_parameter("work_mem", "5MB"))
            async with pool.acquire() as connection:
                await connection.execute(Qail.set_parameter("work_mem", "5MB"))
                assert await connection.fetch_value(Qail.show("work_mem")) == "5MB"
                async with connection.transaction() as transaction:
                    await transaction.execute(Qail.set_parameter(("app", "user"), HOSTILE).local())
                    assert await transaction.fetch_value(Qail.show(("app", "user"))) == HOSTILE
                assert await connection.fetch_value(Qail.show(("app", "user"))) == ""
                await connection.execute(Qail.set_parameter("search_path", "pg_catalog", 'odd "name"'))
                assert await connection.fetch_value(Qail.show("search_path")) == 'pg_catalog, "odd ""name"""'
                await connection.execute(Qail.reset("work_mem"))
                assert await connection.fetch_value(Qail.show("work_mem")) == "4MB"
                await connection.execute(Qail.reset())
            assert "public" in await pool.fetch_value(Qail.show("search_path"))

    backend.run(body)


@pytest.mark.feature("DD2")
def test_truncate_and_lock_do_what_they_say(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(f"{USERS}; CREATE TABLE posts (id int GENERATED ALWAYS AS IDENTITY)")
    fresh_database.sql("INSERT INTO posts DEFAULT VALUES")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            async with pool.transaction() as transaction:
                await transaction.execute(Qail.lock("users", "posts", mode="exclusive"))
                held = Qail.get("pg_locks").columns("mode").eq("mode", "ExclusiveLock").eq("locktype", "relation")
                held = held.where(col("pid") == func.pg_backend_pid())
                assert len(await transaction.fetch_all(held)) == 2
                with pytest.raises(PostgresError) as caught:
                    async with pool.acquire() as other, other.transaction() as rival:
                        await rival.execute(Qail.lock("users", mode="share").nowait())
                assert caught.value.sqlstate == "55P03"
            await pool.execute(Qail.truncate("users", "posts").restart_identity())
            assert await pool.fetch_all(Qail.get("users")) == []
            assert await pool.fetch_values(Qail.add("posts").values({}).returning("id")) == [1]

    backend.run(body)


@pytest.mark.feature("DD2")
@pytest.mark.parametrize("case", ALONE, ids=[case.name for case in ALONE])
def test_what_must_be_alone_is_in_a_pool_that_others_use(
    backend: Backend, fresh_database: Database, case: Case
) -> None:
    if case.setup:
        fresh_database.sql(case.setup)

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=1) as pool:

            async def run() -> None:
                assert await pool.execute(case.query) == 0

            async def others() -> None:
                assert await pool.fetch_values(Qail.values({"n": INT4}, (1,))) == [1]

            assert await backend.together(others, run, others) == [None] * 3
            # In a transaction the server refuses it, and says so.
            if not str(case.query).startswith("ANALYZE"):
                with pytest.raises(PostgresError) as caught:
                    async with pool.transaction() as transaction:
                        await transaction.execute(case.query)
                assert caught.value.sqlstate == "25001"

    if case.needs <= fresh_database.server.version:
        backend.run(body)


@pytest.mark.feature("CP3")
def test_a_filtered_query_with_hostile_values_is_exported_whole(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE texts (id int8, body text); CREATE TABLE marks (text_id int8, mark float8)")
    rows: list[dict[str, Any]] = [{"id": number, "body": text} for number, text in enumerate(HOSTILE_TEXTS)]

    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            await connection.execute(Qail.add("texts").values(*rows))
            await connection.execute(Qail.add("marks").values(*[{"text_id": row["id"], "mark": 0.5} for row in rows]))
            for row in rows:
                query = (
                    Qail.get("texts", alias="t")
                    .columns(col("t", "id"), col("t", "body"), col("m", "mark"))
                    .join("marks", on=col("m", "text_id") == col("t", "id"), alias="m")
                    .where(col("t", "body") == row["body"], col("m", "mark") < 1.5)
                    .where(col("t", "id").in_([row["id"], 10_000]))
                    .limit(5)
                )
                async with connection.copy_out(query) as exported:
                    assert [found async for found in exported] == [(row["id"], row["body"], 0.5)]

    backend.run(body)
