"""Hostile names, keys, paths and values in every slot of SQL/JSON, nest() and type_(): each keeps its identity."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import qail
from qail import (
    JSONB,
    TEXT,
    BuildError,
    Expr,
    Qail,
    cast,
    col,
    json_array,
    json_column,
    json_exists,
    json_nested,
    json_object,
    json_objectagg,
    json_ordinality,
    json_query,
    json_scalar,
    json_table,
    json_value,
    literal,
    nest,
    select,
    type_,
)
from support.finishing import finish
from support.hostile import HOSTILE_NAMES, HOSTILE_TEXTS, NAMES, TEXTS
from support.servers import Server

NOT_NAMES: list[Any] = ["", "a\0b", "x" * 64, "é" * 32, "\ud800", None, 3, b"bytes"]


async def fetch(server: Server, *queries: Any) -> list[Any]:
    async with qail.connect(server.dsn) as connection:
        return [await connection.fetch_all(query) for query in queries]


def queries_with_names(name: str) -> list[Any]:
    """Each gives "here", whatever the name is."""
    member = "$." + json.dumps(name, ensure_ascii=False)
    found = json_column(name, TEXT, path=member)
    table = json_table(
        {name: "here"}, "$", json_nested(member, json_ordinality("m" if name == "n" else "n")), found, alias=name
    )
    variable = "$" + json.dumps(name, ensure_ascii=False)
    inner = Qail.get(table).columns(table[found].as_(name))
    return [
        Qail.get(table).columns(name),
        Qail.get(table).columns(col(name, name).as_(name)),
        select(json_value({"a": "here"}, f"$.a ? (@ == {variable})", passing={name: "here"})),
        select(json_value({name: "here"}, member)),
        select(json_value(json_object({name: "here"}, returning=JSONB), member)),
        select(cast({name: "here"}, JSONB).json.at(name)),
        Qail.get(inner.subquery(name)).columns(name),
    ]


def values_of(value: str) -> list[Expr[Any]]:
    """Each gives the value itself."""
    return [
        json_value({}, "$.gone", on_empty=literal(value)),
        json_value({"a": value}, "$.a"),
        json_value({"a": 1}, "$v", passing={"v": value}),
        json_query({"a": value}, "$.a"),
        json_scalar(value),
        cast(json_object({"a": value}), JSONB).json.text("a"),
        cast(json_array(value), JSONB).json.text(0),
        cast(json_objectagg("k", value), JSONB).json.text("k"),
    ]


async def live_through(server: Server, name: str) -> None:
    one_by_one = await fetch(server, *queries_with_names(name))
    assert [tuple(rows[0]) for rows in one_by_one] == [("here",)] * len(one_by_one)


@pytest.mark.feature("PL2")
@pytest.mark.feature("EX7")
@pytest.mark.needs(version=17)
def test_a_hostile_name_is_a_name_in_every_slot(server: Server) -> None:
    async def main() -> None:
        for name in HOSTILE_NAMES:
            await live_through(server, name)

    finish(main)


@pytest.mark.feature("PL2")
@pytest.mark.needs(version=17)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=NAMES)
def test_any_name_is_a_name_in_every_slot(server: Any, name: str) -> None:
    finish(lambda: live_through(server, name))


@pytest.mark.feature("PL2")
@pytest.mark.needs(version=17)
def test_a_hostile_text_is_a_value_in_every_slot(server: Server) -> None:
    found = finish(lambda: fetch(server, *[select(*values_of(text)) for text in HOSTILE_TEXTS]))

    for text, rows in zip(HOSTILE_TEXTS, found, strict=True):
        assert rows == [(text,) * len(values_of(text))]


@pytest.mark.feature("PL2")
@pytest.mark.needs(version=17)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=TEXTS)
def test_any_text_is_a_value_in_every_slot(server: Any, text: str) -> None:
    assert finish(lambda: fetch(server, select(*values_of(text)))) == [[(text,) * len(values_of(text))]]


@pytest.mark.feature("PL2")
def test_a_type_of_a_hostile_name_is_found_and_nothing_else_is(server: Server) -> None:
    async def main() -> None:
        async with qail.connect(server.dsn) as connection:
            for name in HOSTILE_NAMES:
                quoted = '"' + name.replace('"', '""') + '"'
                async with connection.transaction():
                    await connection.script(f"CREATE SCHEMA {quoted}; CREATE TYPE {quoted}.{quoted} AS ENUM ('here')")
                    mood = type_(name, name)
                    assert await connection.fetch_value(select(cast(literal("here"), mood))) == "here"
                    rows = Qail.get("pg_namespace").columns(cast("here", mood).as_(name)).eq("nspname", name)
                    assert await connection.fetch_value(select(nest(rows))) == [("here",)]
                    await connection.script(f"DROP SCHEMA {quoted} CASCADE")

    finish(main)


@pytest.mark.feature("PL2")
@pytest.mark.parametrize("name", NOT_NAMES, ids=[ascii(name)[:30] for name in NOT_NAMES])
def test_what_cannot_be_a_name_is_refused_wherever_one_stands(name: Any) -> None:
    attempts: list[Callable[[], Any]] = [
        lambda: json_column(name, TEXT),
        lambda: json_ordinality(name),
        lambda: Qail.get(json_table({}, "$", json_ordinality("n"), alias=name)),
        lambda: json_exists({}, "$", passing={name: 1}),
        lambda: type_(name),
        lambda: type_("a", name),
    ]
    for attempt in attempts:
        with pytest.raises(BuildError):
            attempt()
