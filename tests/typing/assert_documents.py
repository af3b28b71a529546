"""Static assertions over SQL/JSON, nest() and the types of the database's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_type

from schema import Post, PostOuter, User

from qail import (
    BYTEA,
    DATE,
    INT4,
    INTERVAL,
    NUMERIC,
    TEXT,
    TIMESTAMPTZ,
    Cond,
    Dyn,
    Expr,
    Interval,
    JsonTable,
    PgType,
    Qail,
    Query,
    Row,
    Select,
    array_of,
    cast,
    col,
    json_array,
    json_arrayagg,
    json_column,
    json_exists,
    json_exists_column,
    json_nested,
    json_object,
    json_objectagg,
    json_ordinality,
    json_parse,
    json_query,
    json_scalar,
    json_serialize,
    json_table,
    json_value,
    literal,
    nest,
    select,
    type_,
)


@dataclass
class Card:
    title: str
    id: int


body = col("body")
mine = Post.author_id == User.id

assert_type(json_exists(body, "$.a", passing={"n": 1}, on_error="unknown"), Expr[bool | None])
select(User.id).where(json_exists(body, "$.a"), json_exists(body, "$.b") & (User.id == 1))
assert_type(json_value(body, "$.a"), Expr[str | None])
assert_type(json_value(body, "$.a", on_empty="error", on_error=literal("x")), Expr[str | None])
assert_type(json_value(body, "$.a", returning=INT4, passing={"n": 1}), Expr[int | None])
assert_type(json_query(body, "$.a", wrapper="conditional", on_empty="empty array"), Expr[Any])
assert_type(json_query(body, "$.a", returning=TEXT, quotes="omit"), Expr[str | None])
assert_type(select(json_value(body, "$.a", returning=INT4), json_value(body, "$.b")), Select[int | None, str | None])
assert_type(select(json_query(body, "$.a", returning=TEXT), json_query(body, "$")), Select[str | None, Any])
assert_type(
    select(json_arrayagg(User.id, returning=TEXT), json_array(select(User.id), returning=BYTEA)),
    Select[str | None, bytes | None],
)

sku = json_column("sku", TEXT, path="$.s", on_empty=literal("none"))
price = json_column("price", NUMERIC, on_error="error")
assert_type(sku, Expr[str | None])
assert_type(json_column("tags", array_of(TEXT)), Expr[list[str | None] | None])
assert_type(json_ordinality("line"), Expr[int])
assert_type(json_exists_column("big", on_error="false"), Expr[bool | None])
items = json_table(body, "$.items[*]", json_nested("$.parts[*]", sku), price, alias="i", on_error="empty")
assert_type(items, JsonTable)
assert_type(items[price], Expr[Decimal | None])
assert_type(items["price"], Expr[Any])
assert_type(select(User.id, items[sku]).cross_join(items), Select[int, str | None])
assert_type(select(User.id, items.outer(price)).left_join(items, on=literal(True)), Select[int, Decimal | None])
assert_type(Qail.get(items), Dyn)

assert_type(json_object({"id": User.id}, on_null="absent"), Expr[Any])
assert_type(json_object([(User.name, 1)], returning=TEXT, unique_keys=True), Expr[str])
assert_type(json_array(1, User.name, on_null="null"), Expr[Any])
assert_type(json_array(select(User.id), returning=BYTEA), Expr[bytes | None])
assert_type(json_arrayagg(User.id, order_by=User.id.desc()), Expr[Any])
assert_type(json_arrayagg(User.id, returning=TEXT), Expr[str | None])
assert_type(json_objectagg(User.name, User.id, returning=TEXT).filter(User.active), Expr[str | None])
assert_type(json_parse("[1]", unique_keys=True), Expr[Any])
assert_type(json_scalar(1), Expr[Any])
assert_type(json_serialize(body), Expr[str])
assert_type(json_serialize(body, returning=BYTEA), Expr[bytes])
assert_type(User.name.json.is_json("object", unique_keys=True) & User.name.json.is_not_json(), Cond)
assert_type(body.json.at("a", 0, User.name), Expr[Any])

titles = select(Post.title, Post.id).where(mine).order_by(Post.id)
assert_type(nest(titles), Expr[list[tuple[str, int]]])
assert_type(select(User.name, nest(titles)), Select[str, list[tuple[str, int]]])
assert_type(select(User.name, nest(titles.map(Card)).as_("cards")), Select[str, list[Card]])
assert_type(select(User.id, nest(titles.into(Card))), Select[int, list[Card]])
assert_type(nest(Qail.get(Post).where(mine)), Expr[list[Post]])
assert_type(nest(select(Post).where(mine)), Expr[list[tuple[Post]]])
assert_type(nest(select(Post.id, nest(titles.map(Card)))), Expr[list[tuple[int, list[Card]]]])
assert_type(nest(titles.union_all(titles).limit(1)), Expr[list[tuple[str, int]]])
assert_type(nest(Qail.get("posts").columns("id")), Expr[list[Row]])
assert_type(select(User.name, nest(titles)).map(lambda name, cards: (name, cards[0][1])), Query[tuple[str, int]])
assert_type(nest(select(PostOuter.title)), Expr[list[tuple[str | None]]])

assert_type(type_("shop", "mood"), PgType[Any])
assert_type(cast("a", array_of(type_("mood"))), Expr[list[Any | None]])

moment = cast("2024-01-01", TIMESTAMPTZ)
assert_type(moment - timedelta(hours=1), Expr[Any])
assert_type(cast("2024-01-01", DATE) + Interval(1, 0, 0), Expr[Any])
assert_type(moment + cast(literal("1 day"), INTERVAL), Expr[Any])
assert_type(moment - moment, Expr[Any])
assert_type(moment - datetime(2024, 1, 1), Expr[Any])
assert_type(cast("2024-01-01", DATE) + 7, Expr[Any])
assert_type(cast("2024-01-01", DATE) - cast("2023-01-01", DATE), Expr[Any])
assert_type(cast("2024-01-01", DATE) - date(2023, 1, 1), Expr[Any])
assert_type(User.id - 1, Expr[int])

# What both checkers refuse.
User.name + timedelta(days=1)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
User.id - Interval(0, 1, 0)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
moment + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
json_exists(body, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_exists(body, "$", on_error="null")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_exists(body, "$", on_error=literal(True))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_value(body, "$", on_empty="empty array")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
json_value(body, "$", returning="int4")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
json_query(body, "$", wrapper="always")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
json_query(body, "$", quotes=True)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
json_column("a")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
json_column("a", "text")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
json_table(body, "$", sku)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
json_table(body, "$", "sku", alias="i")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_table(body, "$", sku, alias="i", on_error="null")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_object("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
json_object({"a": 1}, on_null="skip")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
User.name.json.is_json("number")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
nest(User)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
nest(Qail.delete("t").all_rows())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
wrong: Select[str, list[tuple[int, str]]] = select(User.name, nest(titles))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
select(User.name, nest(titles)).map(Card)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
type_(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
