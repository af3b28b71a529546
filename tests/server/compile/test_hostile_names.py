"""Hostile names of tables, columns, schemas, indexes and aliases keep their identity on a server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import qail
from qail import INT4, TEXT, BuildError, Qail, Table, col, func, literal, select
from qail.table import TableMeta
from support.finishing import finish
from support.hostile import HOSTILE_NAMES, NAMES
from support.servers import Database

REFUSED = ["", "a\0b", "\0", "x" * 64, "é" * 32, "\ud800", None, 3, b"bytes", ("a", "b", "c"), ("", "a"), ("a", "b\0")]


async def live_through(connection: Any, name: str) -> None:
    """A table, a column and an alias of this name: created, filled, asked, changed, dropped."""
    table = name
    await connection.execute(Qail.create(table).column(name, TEXT).column(f"{name[:20]}2", INT4, pk=True).temporary())
    key = f"{name[:20]}2"
    assert await connection.fetch_all(Qail.add(table).values({key: 1, name: "one"}).returning(name)) == [("one",)]
    put = Qail.put(table).values({key: 1, name: "two"}, {key: 2, name: "two"}, key=key)
    assert await connection.execute(put) == 2

    aliased = Qail.get(table, alias=name).columns(col(name, name), literal(5).as_(name)).order_by(name, (key, "desc"))
    with_alias = await connection.fetch_all(Qail.get(table, alias=name).columns(col(name, name).as_(name)).eq(key, 2))
    assert with_alias[0][name] == "two"
    assert with_alias[0].as_dict() == {name: "two"}
    joined = Qail.get(table, alias=name).columns(col(name, key), col("other", key))
    joined = joined.join(table, on=col("other", name) == col(name, name), alias="other")
    assert len(await connection.fetch_all(joined)) == 4
    grouped = Qail.get(table).columns(name, func.count(col(key))).group_by(name)
    assert await connection.fetch_all(grouped) == [("two", 2)]
    derived = Qail.get(Qail.get(table).columns(name).subquery(name)).columns(col(name, name)).limit(1)
    assert await connection.fetch_all(derived) == [("two",)]
    assert len(str(aliased)) > 0

    assert await connection.execute(Qail.set(table).values({name: "three"}).eq(name, "two").eq(key, 1)) == 1
    assert await connection.fetch_all(Qail.delete(table).eq(name, "three").returning(name, key)) == [("three", 1)]
    await connection.execute(Qail.drop(table))


@pytest.mark.feature("PL2")
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=[ascii(name)[:40] for name in HOSTILE_NAMES])
def test_a_hostile_name_is_created_filled_selected_and_dropped(fresh_database: Database, name: str) -> None:
    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await live_through(connection, name)

    finish(main)


@pytest.mark.feature("PL2")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=NAMES)
def test_any_name_is_created_filled_selected_and_dropped(server: Any, name: str) -> None:
    async def main() -> None:
        async with qail.connect(server.dsn) as connection:
            await live_through(connection, name)

    finish(main)


@pytest.mark.feature("PL2")
def test_the_catalog_has_every_name_as_it_was_given(fresh_database: Database) -> None:
    """All of them at once: none is folded or cut to another one."""

    async def main() -> list[Any]:
        async with qail.connect(fresh_database.dsn) as connection:
            for name in HOSTILE_NAMES:
                made = Qail.create(name)
                for column in HOSTILE_NAMES:
                    made = made.column(column, INT4, null=True)
                await connection.execute(made)
                await connection.execute(Qail.create_index(f"i{name}"[:31], name, name))
                await connection.execute(Qail.add(name).values({each: at for at, each in enumerate(HOSTILE_NAMES)}))
            one = await connection.fetch_one(Qail.get(HOSTILE_NAMES[0]))
            assert one.as_dict() == {each: at for at, each in enumerate(HOSTILE_NAMES)}
            tables = Qail.get(("pg_catalog", "pg_class")).columns("relname").eq("relkind", "r").gte("oid", 16384)
            return await connection.fetch_values(tables)

    assert sorted(finish(main)) == sorted(HOSTILE_NAMES)


@pytest.mark.feature("PL2")
@pytest.mark.parametrize("name", ["MixedCase", 'quo"ted', "a.b", "名前", "x" * 63])
def test_a_table_class_may_have_hostile_names_and_a_schema(fresh_database: Database, name: str) -> None:
    meta: Any = TableMeta
    body = {"one": col(INT4, pk=True, name=name), "__module__": __name__, "__qualname__": "Odd"}
    odd = meta("Odd", (Table,), body, name=(name, name))
    quoted = '"' + name.replace('"', '""') + '"'

    async def main() -> None:
        async with qail.connect(fresh_database.dsn) as connection:
            await connection.script(f"CREATE SCHEMA {quoted}")
            await connection.execute(Qail.create(odd))
            await connection.execute(Qail.add(odd).values({name: 7}))
            assert await connection.fetch_all(Qail.get(odd).where(odd.one == 7)) == [odd(one=7)]
            alias = odd.as_(name)
            assert await connection.fetch_values(select(alias.one).order_by(alias.one.desc())) == [7]
            assert await connection.fetch_values(Qail.get((name, name)).columns(name)) == [7]

    finish(main)


@pytest.mark.feature("PL2")
@pytest.mark.parametrize("name", REFUSED, ids=[ascii(name)[:30] for name in REFUSED])
def test_what_cannot_be_a_name_is_refused_wherever_one_stands(name: Any) -> None:
    attempts = [
        lambda: Qail.get(name),
        lambda: Qail.add(name).values({"a": 1}),
        lambda: Qail.set(name).values({"a": 1}).all_rows(),
        lambda: Qail.delete(name).all_rows(),
        lambda: Qail.create(name).column("a", INT4),
        lambda: Qail.drop(name),
    ]
    if not isinstance(name, tuple):
        attempts += [
            lambda: Qail.get("t").columns(name),
            lambda: Qail.get("t").eq(name, 1),
            lambda: Qail.get("t").order_by(name),
            lambda: Qail.get("t").group_by(name),
            lambda: Qail.get("t").columns(col("a").as_(name)),
            lambda: Qail.get("t").columns(col("t", name)),
            lambda: Qail.get(Qail.get("t").subquery(name)),
            lambda: Qail.add("t").values({name: 1}),
            lambda: Qail.set("t").values({name: 1}).all_rows(),
            lambda: Qail.add("t").values({"a": 1}).on_conflict(name).do_nothing(),
            lambda: Qail.add("t").values({"a": 1}).returning(name),
            lambda: Qail.create("t").column(name, INT4),
            lambda: Qail.create_index(name, "t", "a"),
            lambda: Qail.create_index("i", "t", name),
        ]
    if isinstance(name, str):
        attempts += [lambda: Qail.get("t", alias=name), lambda: select(func.named(name)(1))]
    for attempt in attempts:
        with pytest.raises(BuildError):
            str(attempt())
