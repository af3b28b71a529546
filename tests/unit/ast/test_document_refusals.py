"""What SQL/JSON, nest() and type_() refuse while a query is built, and what differs in their text differs in shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from qail.ast.build.nest import nest
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.json_table import json_column, json_exists_column, json_nested, json_ordinality, json_table
from qail.ast.expression.case import case, cast, coalesce, type_
from qail.ast.expression.column import col
from qail.ast.expression.function import func
from qail.ast.expression.json_aggregate import json_arrayagg, json_objectagg
from qail.ast.expression.json_constructor import json_array, json_object, json_parse, json_scalar, json_serialize
from qail.ast.expression.json_query import json_exists, json_query, json_value
from qail.ast.expression.parameter import literal
from qail.ast.walk import Walk
from qail.compile.cache import lookup
from qail.errors import BuildError
from qail.pgtype import INT4, INT8, JSONB, TEXT, array_of
from support.sql_tables import Doc, Post, User

DATA: Any = Doc.data
MINE: Any = select(Post.title, Post.id).where(Post.author_id == User.id)
SKU: Any = json_column("sku", TEXT)
TABLE: Any = json_table(DATA, "$[*]", SKU, alias="t")


@dataclass
class Card:
    title: str
    id: int


def in_list(item: Any) -> Any:
    return select(item).from_(User)


REFUSED: dict[str, tuple[Any, str]] = {
    "a document that is None": (lambda: json_exists(None, "$"), "Json.None."),
    "a path that is none": (lambda: json_value(DATA, 3), "path as a str or an expression"),  # type: ignore[call-overload]
    "a type by name": (lambda: json_value(DATA, "$", returning="int4"), "type object"),  # type: ignore[call-overload]
    "an unknown behaviour": (lambda: json_exists(DATA, "$", on_error="null"), "'error', 'true', 'false', 'unknown'"),  # type: ignore[arg-type]
    "a default of json_exists": (lambda: json_exists(DATA, "$", on_error=literal(True)), "not <"),  # type: ignore[arg-type]
    "an array of json_value": (lambda: json_value(DATA, "$", on_empty="empty array"), "or literal"),  # type: ignore[call-overload]
    "the word default": (lambda: json_value(DATA, "$", on_error="default"), "or literal"),  # type: ignore[call-overload]
    "a plain default": (lambda: json_query(DATA, "$", on_error=0), "literal.+ for a default"),  # type: ignore[call-overload]
    "a document's aggregate in WHERE": (
        lambda: select(User.id).where(json_arrayagg(User.id).is_null()),
        "json_arrayagg.. cannot stand in WHERE",
    ),
    "a document's aggregate beside a column": (
        lambda: select(User.name, json_objectagg(User.name, User.id)),
        "stands beside json_objectagg",
    ),
    "variables in a list": (lambda: json_exists(DATA, "$", passing=["a"]), "mapping of names to values"),  # type: ignore[arg-type]
    "a variable without a name": (lambda: json_exists(DATA, "$", passing={"": 1}), "variable of passing= is empty"),
    "an unknown wrapper": (lambda: json_query(DATA, "$", wrapper="always"), "'without', 'conditional'"),  # type: ignore[call-overload]
    "unknown quotes": (lambda: json_query(DATA, "$", quotes=True), "'keep', 'omit'"),  # type: ignore[call-overload]
    "quotes of an array": (lambda: json_query(DATA, "$", quotes="omit", wrapper="conditional"), "not both"),
    "quotes of a column's array": (lambda: json_column("a", TEXT, quotes="omit", wrapper="conditional"), "not both"),
    "an option of nobody": (lambda: json_query(DATA, "$", on_null="x"), "takes no on_null=; it takes on_empty"),  # type: ignore[call-overload]
    "variables of a column": (lambda: json_column("a", TEXT, passing={"a": 1}), "whole json_table"),  # type: ignore[call-overload]
    "json_table without columns": (lambda: json_table(DATA, "$", alias="t"), "at least one column"),
    "json_table of names": (lambda: json_table(DATA, "$", "a", alias="t"), "json_column"),  # type: ignore[arg-type]
    "json_table of columns of tables": (lambda: json_table(DATA, "$", User.id, alias="t"), "json_column"),
    "a column twice": (lambda: json_table(DATA, "$", SKU, json_nested("$.a", SKU), alias="t"), "named twice"),
    "json_table by an expression": (lambda: json_table(DATA, literal("$"), SKU, alias="t"), "path as a str"),  # type: ignore[arg-type]
    "an empty path": (lambda: json_nested("", SKU), "such as"),
    "a path with a NUL": (lambda: json_column("a", TEXT, path="$.\0"), "such as"),
    "a lone surrogate in a path": (
        lambda: in_list(json_table(DATA, "$.\ud800", SKU, alias="t")["sku"]),
        "surrogate|FROM",
    ),
    "a column without a type": (lambda: json_column("a", None), "needs a type object"),  # type: ignore[call-overload]
    "a column's type by name": (lambda: json_column("a", "text"), "type object"),  # type: ignore[call-overload]
    "a column without a name": (lambda: json_ordinality(""), "is empty"),
    "an error of json_table": (lambda: json_table(DATA, "$", SKU, alias="t", on_error="null"), "'error', 'empty'"),  # type: ignore[arg-type]
    "an unknown column": (lambda: TABLE["price"], "it has sku"),
    "a column of another table": (lambda: TABLE[json_column("sku", TEXT)], "it has sku"),
    "a column outside of its table": (lambda: in_list(SKU), "belongs to json_table"),
    "a json_table that is not in FROM": (lambda: in_list(TABLE[SKU]), "not in FROM"),
    "an object of a text": (lambda: json_object("a"), "mapping or .key, value. pairs"),  # type: ignore[arg-type]
    "an object of triples": (lambda: json_object([(1, 2, 3)]), "one is .1, 2, 3."),  # type: ignore[list-item]
    "a key that is a number": (lambda: json_object([(1, 2)]), "keys that are str"),
    "a key that is None": (lambda: json_objectagg(None, 1), "keys that are str"),
    "NULL by another word": (lambda: json_array(1, on_null="skip"), "'null', 'absent'"),  # type: ignore[call-overload]
    "NULL in an array of a query": (lambda: json_array(MINE, on_null="null"), "json_arrayagg"),
    "a text that is none": (lambda: json_parse({}), "takes a text"),
    "a number for a text": (lambda: json_serialize(DATA, returning=INT4), "a string type or BYTEA"),
    "None as a document": (lambda: json_serialize(None), "Json.None."),
    "json of an unknown kind": (lambda: User.name.json.is_json("number"), "'value', 'object'"),
    "a filter twice": (lambda: json_arrayagg(User.id).filter(User.active).filter(User.active), "FILTER already"),
    "over twice": (lambda: json_arrayagg(User.id).over().over(), "OVER already"),
    "a subscript of nothing": (lambda: DATA.json.at(), "at least one key"),
    "a subscript that is none": (lambda: DATA.json.at("a", 1.5), "indexes .int."),
    "a subscript of a bool": (lambda: DATA.json.at(True), "indexes .int."),
    "nest of no query": (lambda: nest(User.id), "takes a query"),
    "nest of a write": (lambda: nest(Qail.delete("t").all_rows().returning("a")), "takes a query"),
    "nest of unknown columns": (lambda: nest(Qail.get("posts")), "name of every column"),
    "nest into a model without a name": (
        lambda: nest(select(Post.title, Post.id + 1).into(Card)),
        "as_.. names an expression",
    ),
    "objects in an expression": (lambda: in_list(coalesce(nest(MINE.map(Card)), None)), "stands in no expression"),
    "objects counted": (lambda: in_list(func.cardinality(nest(MINE.into(Card)))), "stands in no expression"),
    "objects in WHERE": (lambda: select(User.id).where(nest(MINE.map(Card)).is_null()), "outermost query"),
    "objects in a subquery": (
        lambda: Qail.get(select(User.id, nest(MINE.map(Card)).as_("c")).subquery("s")),
        "outermost query",
    ),
    "objects in a union": (
        lambda: select(nest(MINE.map(Card))).from_(User).union(select(nest(MINE.map(Card))).from_(User)),
        "outermost query",
    ),
    "table rows in a query of WITH": (
        lambda: Qail.get("w").with_(select(nest(Qail.get(Post)).as_("p")).from_(User).cte("w")),
        "outermost query",
    ),
    "a column of the outer query that is not there": (lambda: select(nest(MINE)).from_(Doc), "not in FROM"),
    "a type without a name": (lambda: type_(), "a schema and a name"),
    "a type of three names": (lambda: type_("a", "b", "c"), "a schema and a name"),
    "a type with an empty name": (lambda: type_("a", ""), "a type's name is empty"),
    "a type of another kind": (lambda: type_(INT8), "is a str"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_the_way_out(name: str) -> None:
    build, told = REFUSED[name]

    with pytest.raises(BuildError, match=told):
        lookup(build())


def test_the_name_of_a_type_is_one_identifier_and_no_text() -> None:
    hostile = type_('a"; DROP TABLE t; --', "x.y")

    assert str(select(cast("1", hostile))) == 'SELECT CAST($1 AS "a""; DROP TABLE t; --"."x.y")'
    assert str(select(cast([], array_of(type_("mood"))))) == 'SELECT CAST($1 AS "mood"[])'


def test_a_path_of_json_table_stays_one_string() -> None:
    hostile = "$.a') ; DROP TABLE t; --\\"
    table = json_table(DATA, hostile, json_column("a", TEXT, path=hostile), alias="t")

    written = "E'$.a'') ; DROP TABLE t; --\\\\'"
    text = str(select(Doc.id).cross_join(table))
    assert text.count(written) == 2
    assert text.endswith(f'({written[0:0]}"a" text PATH {written})) AS "t"')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: json_value(DATA, "$"), lambda: json_query(DATA, "$")),
        (lambda: json_value(DATA, "$"), lambda: json_value(DATA, "$", returning=TEXT)),
        (lambda: json_value(DATA, "$", on_empty="null"), lambda: json_value(DATA, "$", on_error="null")),
        (lambda: json_value(DATA, "$", on_error=literal(1)), lambda: json_value(DATA, "$", on_error=literal(2))),
        (lambda: json_value(DATA, "$", on_error=cast(1, INT4)), lambda: json_value(DATA, "$", on_error=cast(2, INT4))),
        (lambda: json_exists(DATA, "$", passing={"a": 1}), lambda: json_exists(DATA, "$", passing={"b": 1})),
        (lambda: json_exists(DATA, "$", passing={"a": 1}), lambda: json_exists(DATA, "$", passing={"a": "1"})),
        (lambda: json_object({"a": 1}), lambda: json_object({"a": 1, "b": 2})),
        (lambda: json_object({"a": 1}), lambda: json_object({"a": "1"})),
        (lambda: json_object({"a": 1}, unique_keys=True), lambda: json_object({"a": 1})),
        (lambda: json_array(1), lambda: json_array(1, returning=JSONB)),
        (lambda: json_array(1), lambda: json_array("1")),
        (lambda: json_scalar(1), lambda: json_scalar(1.5)),
        (lambda: json_parse("1"), lambda: json_parse("1", unique_keys=True)),
        (lambda: json_arrayagg(User.id), lambda: json_arrayagg(User.id, order_by=User.id)),
        (lambda: json_arrayagg(User.id), lambda: json_arrayagg(User.id).over()),
        (lambda: json_arrayagg(User.id), lambda: json_arrayagg(User.id).filter(User.active)),
        (lambda: User.name.json.is_json(), lambda: User.name.json.is_not_json()),
        (lambda: User.name.json.is_json("array"), lambda: User.name.json.is_json("object")),
        (lambda: DATA.json.at("a"), lambda: DATA.json.at(1)),
        (lambda: TABLE, lambda: json_table(DATA, "$", SKU, alias="t")),
        (lambda: TABLE, lambda: json_table(DATA, "$[*]", SKU, alias="u")),
        (lambda: TABLE, lambda: json_table(DATA, "$[*]", json_column("sku", INT4), alias="t")),
        (lambda: TABLE, lambda: json_table(DATA, "$[*]", json_exists_column("sku"), alias="t")),
        (lambda: nest(MINE), lambda: nest(MINE.map(Card))),
        (lambda: nest(MINE), lambda: nest(MINE.limit(1))),
        (lambda: cast("a", type_("x", "y")), lambda: cast("a", type_("y"))),
        (lambda: cast("a", type_("a", "b.c")), lambda: cast("a", type_("a.b", "c"))),
    ],
)
def test_what_differs_in_text_or_types_differs_in_shape(one: Any, other: Any) -> None:
    shapes = []
    for make in (one, other):
        walk = Walk()
        make().shape(walk)
        shapes.append(walk.tokens)

    assert shapes[0] != shapes[1]


def test_values_share_one_plan_and_paths_of_json_table_do_not() -> None:
    def asked(number: int) -> Any:
        return select(
            json_value(DATA, "$.a[$i]", passing={"i": number}),
            json_object({f"k{number}": number}),
            DATA.json.at(number),
        )

    first, second = lookup(asked(1)), lookup(asked(2))

    assert first.plan is second.plan
    assert [second.values[slot] for slot in second.plan.slots] == ["$.a[$i]", 2, "k2", 2, 2]
    assert not lookup(select(Doc.id).cross_join(TABLE)).plan.is_kept


def test_parameters_are_of_the_types_of_their_values() -> None:
    query = select(json_object({"a": 1, "b": "x", "c": 1.5, "d": True, "e": {"f": []}, "g": None}))

    types = [pg.name if pg is not None else "" for pg in lookup(query).plan.parameter_types]
    assert types[1::2] == ["int8", "text", "float8", "bool", "jsonb", "text"]


def test_a_nest_knows_its_type_and_needs_no_names_by_position() -> None:
    assert lookup(select(User.id, nest(MINE))).plan.columns is not None
    assert nest(select(Post.id + 1).map(str)).result_type() is not None
    assert str(in_list(case((User.active, func.cardinality(nest(MINE))), else_=1))).count("ARRAY") == 1
    assert col("a").json.at("b").result_type() is None
