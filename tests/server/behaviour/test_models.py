"""Rows as models on a server: every kind of class, parts of a join, what does not fit, and what is known of columns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

import attrs
import msgspec
import pytest
from pydantic import BaseModel

from qail import (
    INT8,
    NUMERIC,
    TEXT,
    Col,
    Columns,
    DecodeError,
    Outcome,
    Outer,
    Qail,
    ResultColumn,
    Table,
    TypeCodec,
    col,
    count,
    func,
    part,
    select,
)
from support.backends import Backend
from support.servers import Database

SCHEMA = """
CREATE TABLE users (id int8 PRIMARY KEY, name varchar(20) NOT NULL, email text, budget numeric(8, 2));
INSERT INTO users VALUES (1, 'Ada', 'ada@x.io', 1.50), (2, 'Grace', NULL, NULL), (3, 'Edsger', NULL, 2);
CREATE TABLE posts (id int8 PRIMARY KEY, title text, author_id int8 NOT NULL);
INSERT INTO posts VALUES (10, 'On engines', 1), (11, NULL, 3);
"""
KINDS = ("connection", "transaction", "pool", "leased")


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)
    budget: Col[Decimal | None] = col(NUMERIC, null=True)


class User(_User, Table, name="users"): ...


class UserOuter(_User, Outer[User]): ...


class _Post(Columns):
    id: Col[int] = col(INT8, pk=True)
    title: Col[str | None] = col(TEXT, null=True)
    author_id: Col[int] = col(INT8)


class Post(_Post, Table, name="posts"): ...


class PostOuter(_Post, Outer[Post]): ...


@dataclass(frozen=True, slots=True)
class Plain:
    email: str | None
    id: int
    name: str


class Tuple(NamedTuple):
    id: int
    name: str
    email: str | None


class Keys(TypedDict):
    id: int
    name: str
    email: str | None


@attrs.frozen(kw_only=True)
class Attrs:
    id: int
    email: str | None
    name: str


class Struct(msgspec.Struct, rename="camel"):
    id: int
    name: str
    email: str | None


class Model(BaseModel):
    id: int
    name: str
    email: str | None


@dataclass
class Head:
    id: int
    title: str | None


class Writer(BaseModel):
    name: str
    post: Head | None


@pytest.fixture
def people(fresh_database: Database) -> Database:
    fresh_database.sql(SCHEMA)
    return fresh_database


@asynccontextmanager
async def executor(backend: Backend, kind: str, dsn: str) -> AsyncIterator[Any]:
    if kind in ("pool", "leased"):
        async with backend.pool(dsn) as pool:
            if kind == "pool":
                yield pool
                return
            async with pool.acquire() as connection:
                yield connection
        return
    async with backend.connect(dsn) as connection:
        if kind == "connection":
            yield connection
            return
        async with connection.transaction() as transaction:
            yield transaction


@pytest.mark.feature("RS1")
@pytest.mark.feature("RS3")
def test_every_kind_of_model_is_filled_by_every_executor(backend: Backend, people: Database) -> None:
    columns = select(User.id, User.name, User.email).order_by(User.id)

    async def body() -> None:
        for kind in KINDS:
            async with executor(backend, kind, people.dsn) as db:
                for model in (Plain, Tuple, Keys, Attrs, Struct, Model):
                    make: Any = model
                    for _ in range(2):  # the second run has no description of its own
                        found = await db.fetch_all(columns.into(make))
                        assert found == [
                            make(id=1, name="Ada", email="ada@x.io"),
                            make(id=2, name="Grace", email=None),
                            make(id=3, name="Edsger", email=None),
                        ]
                        assert type(found[0]) is type(make(id=1, name="", email=None))
                assert await db.fetch_one(columns.where(User.id == 2).map(Tuple)) == Tuple(2, "Grace", None)
                assert await db.fetch_optional(columns.where(User.id == 9).into(Model)) is None
                untyped = Qail.get("users").columns("id", "name", "email").eq("id", 1)
                assert await db.fetch_one(untyped.into(Struct)) == Struct(1, "Ada", "ada@x.io")

    backend.run(body)


@pytest.mark.feature("RS5")
def test_a_join_row_splits_into_models_and_the_absent_side_is_none(backend: Backend, people: Database) -> None:
    on = PostOuter.author_id == User.id
    head = part(Head, PostOuter.id, PostOuter.title, optional=True)

    async def body() -> None:
        async with backend.connect(people.dsn) as db:
            left = select(User.name, head).left_join(PostOuter, on=on).order_by(User.id)
            expected = [("Ada", Head(10, "On engines")), ("Grace", None), ("Edsger", Head(11, None))]
            assert await db.fetch_all(left) == expected
            both = select(User, PostOuter).left_join(PostOuter, on=on).where(User.id == 2)
            ((user, post),) = await db.fetch_all(both)
            assert (user.name, post) == ("Grace", None)
            models = select(User.name, head.as_("post")).left_join(PostOuter, on=on).order_by(User.id).into(Writer)
            for _ in range(2):
                assert await db.fetch_all(models) == [Writer(name=name, post=post) for name, post in expected]
            full = select(part(UserOuter), part(PostOuter)).full_join(PostOuter, on=PostOuter.author_id == User.id)
            rows = await db.fetch_all(full.order_by(UserOuter.id))
            names = [(user and user.name, post and post.id) for user, post in rows]
            assert names == [("Ada", 10), ("Grace", None), ("Edsger", 11)]
            inner = select(part(Post).as_("post"), User.id).join(Post, on=Post.author_id == User.id).order_by(User.id)
            assert await db.fetch_all(inner) == [
                (Post(id=10, title="On engines", author_id=1), 1),
                (Post(id=11, title=None, author_id=3), 3),
            ]
            written = Qail.set(Post).values({"title": "Goto"}).where(Post.id == 11)
            assert await db.fetch_all(written.returning(part(Head, Post.id, Post.title))) == [(Head(11, "Goto"),)]

    backend.run(body)


class Strict(NamedTuple):
    id: int
    email: str


class StrictModel(BaseModel):
    id: int
    email: str


class StrictStruct(msgspec.Struct):
    id: int
    email: str


@dataclass
class Wrong:
    id: str
    email: str | None


@pytest.mark.feature("RS4")
def test_what_does_not_fit_is_an_error_of_that_call_alone(backend: Backend, people: Database) -> None:
    query = Qail.get("users").columns("id", "email").order_by("id")

    async def body() -> None:
        async with backend.connect(people.dsn) as db:
            for model in (Strict, StrictModel, StrictStruct):
                for _ in range(2):
                    with pytest.raises(DecodeError, match="column 'email' of row 2") as caught:
                        await db.fetch_all(query.into(model))
                    assert (caught.value.outcome, caught.value.connection_spent) == (Outcome.DONE, False)
                    assert await db.fetch_value(select(count()).from_(User)) == 3
            with pytest.raises(DecodeError, match="column 'id' is of the type with OID 20 and gives int"):
                await db.fetch_all(query.into(Wrong))
            with pytest.raises(DecodeError, match=r"column 'email' of row 2 is NULL, and Strict\.email"):
                await db.fetch_all(select(User.id, func.lower(User.email).as_("email")).order_by(User.id).map(Strict))
            async with db.pipeline() as pipeline:
                bad, good = pipeline.fetch_all(query.into(Strict)), pipeline.fetch_all(query)
                with pytest.raises(DecodeError, match="row 2"):
                    await bad
            assert len(good.result()) == 3

    backend.run(body)


@dataclass
class Budget:
    id: int
    budget: float | None


@pytest.mark.feature("RS4")
def test_a_codec_of_the_user_decides_of_what_class_values_are(backend: Backend, people: Database) -> None:
    floats = TypeCodec(encode=str, decode=float)
    query = Qail.get("users").columns("id", "budget").order_by("id").into(Budget)

    async def body() -> None:
        async with backend.connect(people.dsn, types={"numeric": floats}) as db:
            assert await db.fetch_all(query) == [Budget(1, 1.5), Budget(2, None), Budget(3, 2.0)]
        async with backend.connect(people.dsn) as db:
            with pytest.raises(DecodeError, match="'budget' is of the type with OID 1700 and gives Decimal"):
                await db.fetch_all(query)

    backend.run(body)


@pytest.mark.feature("RS2")
def test_columns_are_known_without_a_row_and_on_cached_runs(backend: Backend, people: Database) -> None:
    listed = Qail.get("users").columns("id", "name", func.upper(col("name")).as_("loud"), "budget")

    async def body() -> None:
        for kind in KINDS:
            async with executor(backend, kind, people.dsn) as db:
                oid = await db.fetch_value(Qail.get("pg_class").columns("oid").eq("relname", "users"))
                expected = (
                    ResultColumn("id", "int8", 20, -1, 8, oid, 1),
                    ResultColumn("name", "varchar", 1043, 24, -1, oid, 2),
                    ResultColumn("loud", "text", 25),
                    ResultColumn("budget", "numeric", 1700, (8 << 16 | 2) + 4, -1, oid, 4),
                )
                for number in (1, 9, 1, 9):
                    result = await db.fetch_result(listed.eq("id", number))
                    assert result.columns == expected
                    assert [row.loud for row in result.rows] == (["ADA"] if number == 1 else [])
                    assert result.row_count == len(result.rows)
                prepared = await db.prepare(listed.eq("id", 1))
                assert prepared.columns == expected
                assert (await db.fetch_result(select(User.id, User.name).where(User.id == 9).into(Pair))).rows == []

    backend.run(body)


@dataclass
class Pair:
    id: int
    name: str
