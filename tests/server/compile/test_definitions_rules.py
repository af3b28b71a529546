"""Functions, triggers, policies, rights, comments and extensions on a server, and hostile text in each."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

import qail
from qail import INT4, TEXT, BuildError, Command, Fetchable, PostgresError, Qail, col, func, new, old, select
from qail.ddl import argument, check
from support.finishing import finish
from support.hostile import HOSTILE_NAMES, HOSTILE_TEXTS, NAMES, TEXTS
from support.servers import Database

HOSTILE: Final = "it's \\ $$ $1 $x$ \"; DROP TABLE t; --\n /* é"


async def run(db: Any, *commands: Command | Fetchable[Any]) -> None:
    for command in commands:
        await db.execute(command)


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
def test_functions_and_triggers_run_with_the_bodies_they_were_given(any_fresh_database: Database) -> None:
    async def main() -> None:
        async with qail.create_pool(any_fresh_database.dsn) as pool:
            await run(
                pool,
                Qail.create("t").column("id", INT4).column("name", TEXT, null=True).column("by", TEXT, null=True),
                Qail.create_function("said", {"word": TEXT}).returns(TEXT).volatility("immutable").strict()
                .body("SELECT word || $$, it's \\ $$ || 'end'"),
                Qail.create_function("pairs", [argument("n", INT4), argument("step", INT4, default=2)])
                .returns_table({"a": INT4, "b": TEXT}).rows(3).parallel("safe")
                .body("SELECT g, 'x' || g FROM generate_series(1, n, step) g"),
                Qail.create_function("stamp").returns_trigger().set_parameter("search_path", "public")
                .body("BEGIN NEW.by := TG_ARGV[0]; RETURN NEW; END", language="plpgsql"),
                Qail.create_trigger("stamped", "t").before("insert", "update", of=["name"]).for_each_row()
                .when(new("name") != "it's").execute("stamp", HOSTILE),
            )  # fmt: skip
            assert await pool.fetch_one(select(func.said("a"), func.said(None))) == ("a, it's \\ end", None)
            await run(pool, Qail.add("t").values({"id": 1, "name": "a"}, {"id": 2, "name": "it's"}))
            assert await pool.fetch_all(Qail.get("t").columns("by").order_by("id")) == [(HOSTILE,), (None,)]
            await run(
                pool,
                Qail.create_trigger("changed", "t").after("update").for_each_row()
                .when(old("name").is_distinct_from(new("name"))).execute("stamp", "x"),
                Qail.alter("t").disable_trigger("stamped"),
                Qail.drop_trigger("changed", "t"),
                Qail.alter_object("function", "said", arguments=(TEXT,)).rename_to("told"),
                Qail.drop_object("function", "told", arguments=(TEXT,)),
            )  # fmt: skip
            facts = Qail.get("pg_proc").columns("proname", "prorows", "proparallel").eq("proname", "pairs")
            assert await pool.fetch_all(facts) == [("pairs", 3.0, "s")]

    finish(main)


@pytest.mark.feature("DD1")
def test_policies_and_grants_decide_who_sees_what(fresh_database: Database) -> None:
    role = f"clerk of {fresh_database.name}"
    quoted = '"' + role + '"'
    fresh_database.sql(f"CREATE ROLE {quoted}; CREATE TABLE t (id int, owner text, secret text)")
    fresh_database.sql("INSERT INTO t VALUES (1, 'me', 'a'), (2, 'it''s', 'b'), (3, 'me', 'c')")

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await run(
                connection,
                Qail.alter("t").row_level_security("enable"),
                Qail.create_policy("own", "t").for_("select").to(role)
                .using(col("owner") == func.current_setting("app.owner")),
                Qail.create_policy("low", "t").restrictive().using(col("id") < 3),
                Qail.grant(("select", "id", "owner"), ("update", "owner")).on("table", "t").to(role),
                Qail.set_parameter("role", role),
                Qail.set_parameter(("app", "owner"), "it's"),
            )  # fmt: skip
            assert await connection.fetch_all(Qail.get("t").columns("id")) == [(2,)]
            with pytest.raises(PostgresError) as caught:
                await connection.fetch_all(Qail.get("t").columns("secret"))
            assert caught.value.sqlstate == "42501"
            await run(
                connection,
                Qail.set_parameter(("app", "owner"), "me"),
                Qail.reset("role"),
                Qail.alter_policy("low", "t").using(col("id") < 2),
                Qail.set_parameter("role", role),
            )
            assert await connection.fetch_all(Qail.get("t").columns("id")) == [(1,)]
            await run(connection, Qail.reset("role"), Qail.revoke("select").on("table", "t").from_(role))
            with pytest.raises(PostgresError):
                await run(connection, Qail.set_parameter("role", role), Qail.get("t").columns("id"))

    try:
        finish(main)
    finally:
        fresh_database.sql(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}")


def stored(database: Database) -> str | None:
    return database.sql("SELECT obj_description('t'::regclass)")[0][0]


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
@pytest.mark.parametrize("conforming", ["on", "off"])
def test_hostile_text_is_stored_unchanged_whatever_strings_mean(fresh_database: Database, conforming: str) -> None:
    """The text of each statement is run as it is, on a session where a backslash may be an escape."""
    ahead = f"SET standard_conforming_strings = {conforming}; SET escape_string_warning = off; "
    fresh_database.sql("CREATE TABLE t (a text)")
    for text in HOSTILE_TEXTS:
        if len(text) < 1000:
            fresh_database.sql(f"{ahead}{Qail.comment('table', 't', text)}")
            assert stored(fresh_database) == (text or None)
            fresh_database.sql(f"{ahead}{Qail.alter('t').set_default('a', text)}")
            fresh_database.sql("TRUNCATE t; INSERT INTO t DEFAULT VALUES")
            assert fresh_database.sql("SELECT a FROM t") == [(text,)]
            fresh_database.sql(f"{ahead}DROP VIEW IF EXISTS v; {Qail.create_view('v', Qail.get('t').eq('a', text))}")
            assert fresh_database.sql("SELECT a FROM v") == [(text,)]
    assert fresh_database.sql("SELECT count(*) FROM t") == [("1",)]


@pytest.mark.feature("DD3")
def test_any_text_is_stored_unchanged(fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE t (a text)")

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            for text in HOSTILE_TEXTS:
                await run(connection, Qail.alter("t").set_default("a", text), Qail.add("t").values({}))
            assert await connection.fetch_values(Qail.get("t")) == list(HOSTILE_TEXTS)

    finish(main)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(name=NAMES, text=TEXTS)
def test_any_name_and_text_make_one_object(library: Database, name: str, text: str) -> None:
    async def main() -> None:
        async with qail.connect(library.dsn) as connection:
            with pytest.raises(ZeroDivisionError):  # noqa: PT012 - what is tested is the block; the error only ends it
                async with connection.transaction() as transaction:
                    await run(
                        transaction,
                        Qail.create_schema(name).if_not_exists(),
                        Qail.create((name, name)).column(name, TEXT, check(col(name) != text, name=name), null=True),
                        Qail.comment("table", (name, name), text),
                        Qail.create_view((name, name[:20] + "v"), Qail.get((name, name)).eq(name, text)),
                    )
                    described = Qail.get("pg_description").columns("description").eq("description", text)
                    assert len(await transaction.fetch_all(described)) == (1 if text else 0)
                    raise ZeroDivisionError

    finish(main)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_make_the_objects_they_name(library: Database, name: str) -> None:
    async def main() -> None:
        async with qail.connect(library.dsn) as connection:
            with pytest.raises(ZeroDivisionError):  # noqa: PT012 - what is tested is the block; the error only ends it
                async with connection.transaction() as transaction:
                    await run(
                        transaction,
                        Qail.create_enum(name, name, "other"),
                        Qail.create_sequence(f"{name[:20]}s"),
                        Qail.create_function(name, {name: INT4}).returns(INT4).body("SELECT 1"),
                        Qail.drop_type(name),
                        Qail.drop_sequence(f"{name[:20]}s"),
                        Qail.drop_object("function", name),
                    )
                    raise ZeroDivisionError

    finish(main)


@pytest.mark.feature("DD1")
def test_an_extension_is_there_and_gone(any_fresh_database: Database) -> None:
    if not any_fresh_database.sql("SELECT 1 FROM pg_available_extensions WHERE name = 'hstore'"):
        pytest.skip("this server has no hstore")

    async def main() -> None:
        async with qail.create_pool(any_fresh_database.dsn) as pool:
            extensions = Qail.get("pg_extension").columns("extname").eq("extname", "hstore")
            await run(pool, Qail.create_schema("x"), Qail.create_extension("hstore").schema("x").if_not_exists())
            await run(
                pool, Qail.alter_extension("hstore"), Qail.alter_object("extension", "hstore").set_schema("public")
            )
            assert len(await pool.fetch_all(extensions)) == 1
            await run(pool, Qail.drop_extension("hstore").cascade())
            assert await pool.fetch_all(extensions) == []

    finish(main)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_text_can_hold_is_refused(text: str) -> None:
    for make in (
        lambda: Qail.comment("table", "t", text),
        lambda: Qail.do(text),
        lambda: Qail.create_function("f").body(text),
        lambda: Qail.create_enum("e", text),
        lambda: Qail.set_parameter("x", text),
        lambda: Qail.alter("t").set_default("a", text),
        lambda: Qail.create_view("v", Qail.get("t").eq("a", text)),
    ):
        with pytest.raises(BuildError, match=r"NUL|surrogate"):
            str(make())
