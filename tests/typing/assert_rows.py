"""Static assertions: what rows become: models by name and by position, parts of a row, results with their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypedDict, TypeVar, assert_type

import attrs
import msgspec
from pydantic import BaseModel
from schema import Post, PostOuter, User, UserOuter

from qail import (
    Connection,
    Executor,
    Fetchable,
    Part,
    Pool,
    Qail,
    Query,
    Result,
    ResultColumn,
    Returning,
    Row,
    Select,
    Transaction,
    func,
    part,
    select,
)
from qail.pg.driver.answer import PipelineAnswer
from qail.pg.sync.connection import BlockingConnection

T = TypeVar("T")


@dataclass(frozen=True)
class Head:
    id: int
    title: str


@dataclass
class Box(Generic[T]):
    id: T


class Pair(NamedTuple):
    id: int
    title: str | None


class Keys(TypedDict):
    id: int
    title: str


@attrs.frozen
class Attrs:
    id: int
    title: str


class Struct(msgspec.Struct):
    id: int
    title: str


class Model(BaseModel):
    id: int
    post: Head | None


both = select(Post.id, Post.title)

# by name
assert_type(both.into(Head), Query[Head])
assert_type(both.into(Pair), Query[Pair])
assert_type(both.into(Keys), Query[Keys])
assert_type(both.into(Attrs), Query[Attrs])
assert_type(both.into(Struct), Query[Struct])
assert_type(Qail.get(Post).into(Head), Query[Head])
assert_type(Qail.get("posts").into(Struct), Query[Struct])
assert_type(select(Post.id).into(Box[int]), Query[Box[int]])
assert_type(Qail.delete(Post).all_rows().returning("id").into(Keys), Fetchable[Keys])

# by position
assert_type(both.map(Head), Query[Head])
assert_type(both.map(Attrs), Query[Attrs])
assert_type(both.map(Struct), Query[Struct])
assert_type(select(PostOuter.id.not_null(), PostOuter.title).map(Pair), Query[Pair])
assert_type(both.map(lambda number, title: title * number), Query[str])

# parts
assert_type(part(Post), Part[Post])
assert_type(part(PostOuter), Part[Post | None])
assert_type(part(PostOuter.as_("p")), Part[Post | None])
assert_type(part(Head, Post), Part[Head])
assert_type(part(Head, PostOuter), Part[Head | None])
assert_type(part(Head, Post.id, Post.title), Part[Head])
assert_type(part(Head, PostOuter.id, PostOuter.title, optional=True), Part[Head | None])
assert_type(part(Head, PostOuter, optional=True), Part[Head | None])
assert_type(part(Head, Post.id, func.upper(Post.title).as_("title")), Part[Head])
assert_type(part(Keys, Post.id, Post.title).as_("post"), Part[Keys])

head = part(Head, PostOuter.id, PostOuter.title, optional=True)
assert_type(select(User.name, head), Select[str, Head | None])
assert_type(select(User, PostOuter, part(UserOuter)), Select[User, Post | None, User | None])
assert_type(select(User.id, head.as_("post")).into(Model), Query[Model])
assert_type(select(User.id, head).map(lambda number, post: post.title if post else str(number)), Query[str])
assert_type(Qail.delete(Post).all_rows().returning(part(Head, Post)), Returning[Head])
assert_type(part(Model, User.id, head.as_("post")), Part[Model])


async def on_any(db: Executor, pool: Pool, connection: Connection, transaction: Transaction) -> None:
    joined = select(User.name, head).left_join(PostOuter, on=PostOuter.author_id == User.id)
    assert_type(await db.fetch_all(joined), list[tuple[str, Head | None]])
    assert_type(await pool.fetch_one(both.into(Struct)), Struct)
    assert_type(await connection.fetch_optional(both.map(Pair)), Pair | None)
    assert_type(await transaction.fetch_value(select(head)), Head | None)
    assert_type(await pool.fetch_values(select(part(Post))), list[Post])
    result = await db.fetch_result(both.into(Head))
    assert_type(result, Result[Head])
    assert_type(result.rows, list[Head])
    assert_type(result.columns, tuple[ResultColumn, ...])
    assert_type((await pool.fetch_result(Qail.get("posts"))).rows, list[Row])
    assert_type((await connection.fetch_result(both)).rows, list[tuple[int, str]])
    async with pool.pipeline() as pipeline:
        assert_type(pipeline.fetch_all(both.into(Keys)), PipelineAnswer[list[Keys]])
    async with pool.stream(both.into(Head)) as rows:
        async for row in rows:
            assert_type(row, Head)


def blocking(db: BlockingConnection) -> None:
    assert_type(db.fetch_all(both.into(Head)), list[Head])
    assert_type(db.fetch_result(select(head)).rows, list[tuple[Head | None]])
    assert_type(db.fetch_value(select(part(Post))), Post)
