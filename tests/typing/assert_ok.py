"""Static assertions: what must type-check, and to what. Run by mypy --strict and pyright strict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, assert_type

from pydantic import BaseModel
from schema import Post, PostOuter, User, UserOuter

from qail import (
    Col,
    ColumnExpr,
    Command,
    Cond,
    Delete,
    Dyn,
    Executor,
    Expr,
    Fetchable,
    From,
    Insert,
    Qail,
    Query,
    Returning,
    Row,
    Select,
    Update,
    any_of,
    count,
    max_,
    select,
)

# columns
assert_type(User.id, Col[int])
assert_type(User.email, Col[str | None])
assert_type(User.as_("u"), type[User])
assert_type(User.as_("u").id, Col[int])
assert_type(UserOuter.id, ColumnExpr[int | None])
assert_type(UserOuter.email, ColumnExpr[str | None])
assert_type(PostOuter.as_("p").title, ColumnExpr[str | None])

# rows
user = User(id=1, name="a", email=None, age=3, active=True)
assert_type(user, User)
assert_type(user.id, int)
assert_type(user.email, str | None)

# conditions
assert_type(User.id == 3, Cond)
assert_type(User.email == None, Cond)  # noqa: E711 - the types let it pass; at run time it is a BuildError
assert_type(User.id == Post.author_id, Cond)
assert_type(User.id < 3, Cond)
assert_type((User.id == 3) & (User.name == "x") | ~(User.id < 4), Cond)
assert_type(User.active & (User.id == 3), Cond)
assert_type(~User.active, Cond)
assert_type(User.id.in_([1, 2]), Cond)
assert_type(User.id.in_({1, 2}), Cond)
assert_type(User.email.is_null(), Cond)
assert_type(User.name.ilike("a%"), Cond)
assert_type(User.email.ilike("a%"), Cond)
assert_type(User.name.ilike(User.email), Cond)
assert_type(UserOuter.name.ilike("a%"), Cond)
assert_type(any_of(User.id == 1, User.active), Cond)
assert_type(User.id.as_("x"), Expr[int])
assert_type(User.age + 1, Expr[int])
assert_type(1 + User.age, Expr[int])
assert_type(User.age + User.id, Expr[int])
assert_type(count(), Expr[int])
assert_type(max_(User.age), Expr[int | None])
assert_type(User.email.not_null(), Expr[str])

# select
assert_type(select(User.id), Select[int])
assert_type(select(User.id, User.name), Select[int, str])
assert_type(select(User, Post.title), Select[User, str])
assert_type(select(User.as_("u"), Post.title), Select[User, str])
assert_type(select(User.name, PostOuter), Select[str, Post | None])
assert_type(select(User.name, PostOuter.as_("p").title), Select[str, str | None])
assert_type(select(User.id == 3), Select[bool | None])
assert_type(select(User.id).where(User.id == 3).limit(10), Select[int])
assert_type(select(User.id).where(User.active).order_by(User.id.desc(), User.name), Select[int])
u = User.id
s16 = select(u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, User.name)
assert_type(s16, Select[int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, str])
s17 = select(u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u)
assert_type(s17, Select[*tuple[Any, ...]])
many: list[Expr[Any]] = []
assert_type(select(*many), Select[*tuple[Any, ...]])
p = PostOuter.as_("p")
joined = select(User.name, p.title).join(Post, on=Post.author_id == User.id).left_join(p, on=p.author_id == User.id)
assert_type(joined, Select[str, str | None])


# row targets
@dataclass(slots=True)
class Card:
    id: int
    name: str


class Pair(NamedTuple):
    id: int
    name: str


class UserModel(BaseModel):
    id: int
    name: str


assert_type(select(User.id, User.name).map(Card), Query[Card])
assert_type(select(User.id, User.name).map(Pair), Query[Pair])
assert_type(select(User.id, User.name).map(lambda i, n: f"{i + 1}{n.upper()}"), Query[str])
assert_type(select(User.id, User.name).into(UserModel), Query[UserModel])
assert_type(select(User.id, User.name).map(Card).limit(3), Query[Card])

# get / dyn
assert_type(Qail.get(User), From[User])
assert_type(Qail.get(User).where(User.id == 3).limit(1), From[User])
assert_type(Qail.get(User.as_("u")), From[User])
assert_type(Qail.get(User).columns(User.id, User.name), Select[int, str])
assert_type(Qail.get("users"), Dyn)
assert_type(Qail.get("users").columns("id", "name").eq("active", True).limit(10), Dyn)

# writes
assert_type(Qail.add(User).values({"name": "a"}), Insert)
assert_type(Qail.add(User).values({"name": "a"}, {"name": "b", "email": None}), Insert)
assert_type(Qail.add(User).values({"name": "a"}).returning(User.id), Returning[int])
assert_type(Qail.add(User).values({"name": "a"}).returning(User), Returning[User])
assert_type(Qail.add(User).values({"name": "a"}).returning(User.id, User.name), Returning[int, str])
assert_type(Qail.add(User).values({"name": "a"}).returning(User.id, User.name).map(Card), Fetchable[Card])
assert_type(Qail.add("users").values({"anything": 1}), Insert)
assert_type(Qail.set(User).values({"name": "b", "age": User.age + 1}).where(User.id == 3), Update)
assert_type(Qail.set(User).values({"email": User.name}).where(User.id == 3), Update)
assert_type(Qail.set(User).values({"name": "b"}).all_rows(), Update)
assert_type(Qail.delete(User).where(User.id == 3), Delete)
assert_type(Qail.delete(User).all_rows().returning(User.id), Returning[int])


async def run(db: Executor) -> None:
    assert_type(await db.fetch_all(Qail.get(User)), list[User])
    assert_type(await db.fetch_all(select(User.id, User.name)), list[tuple[int, str]])
    assert_type(await db.fetch_all(select(User.id, User.name).map(Card)), list[Card])
    assert_type(await db.fetch_all(Qail.get("users")), list[Row])
    assert_type(await db.fetch_one(select(User, Post.title)), tuple[User, str])
    assert_type(await db.fetch_optional(Qail.get(User)), User | None)
    assert_type(await db.fetch_value(select(User.id)), int)
    assert_type(await db.fetch_value(select(User.email)), str | None)
    assert_type(await db.fetch_value(select(count())), int)
    assert_type(await db.fetch_value(Qail.get("users").columns("id")), Any)
    assert_type(await db.fetch_value(Qail.add(User).values({"name": "a"}).returning(User.id)), int)
    assert_type(await db.fetch_value(Qail.add(User).values({"name": "a"}).returning(User)), User)
    assert_type(await db.fetch_values(select(User.id)), list[int])
    for uid, title in await db.fetch_all(joined):
        assert_type(uid, str)
        assert_type(title, str | None)
    assert_type(await db.execute(Qail.delete(User).where(User.id == 2)), int)
    await db.execute(Qail.delete(User).where(User.id == 1))


def takes_command(c: Command) -> None: ...


takes_command(Qail.delete(User).all_rows())
