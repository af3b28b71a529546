"""B13: build a query, look up its plan and encode its binds, without a network.

SQLAlchemy Core, cached, and PyPika stand beside it.

qail's figure ends with the bytes of the whole segment. SQLAlchemy's ends with the compiled statement from its cache and
the bound parameters, not yet encoded; PyPika's with the text, values inside it.
Bar: at least 20 times SQLAlchemy in every case; point select at most 1.5 us compiled.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pypika
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from benchmarks.harness import Contender, faster, measure
from benchmarks.segments import segment_of
from qail import INT4, INT8, TEXT, Col, Columns, Qail, Table, col, row, select

OPERATIONS = 20_000
POINT_SELECT_US = 1.5


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str] = col(TEXT)
    age: Col[int] = col(INT4)


class User(_User, Table, name="users"):
    """The table of every case."""


class _Post(Columns):
    id: Col[int] = col(INT8, pk=True)
    author_id: Col[int] = col(INT8)
    title: Col[str] = col(TEXT)


class Post(_Post, Table, name="posts"):
    """Joined in one case."""


class _Comment(Columns):
    id: Col[int] = col(INT8, pk=True)
    post_id: Col[int] = col(INT8)
    body: Col[str] = col(TEXT)


class Comment(_Comment, Table, name="comments"):
    """Joined in one case."""


IN_LIST = list(range(100))
USERS = [{"id": i, "name": f"n{i}", "email": f"e{i}", "age": i % 90} for i in range(100)]

OURS: dict[str, Callable[[int], Any]] = {
    "point select": lambda i: select(User.id, User.name).where(User.id == i).limit(1),
    "3 predicates, order, limit": lambda i: (
        select(User.id, User.name, User.email)
        .where(User.id > i, User.age >= 18, User.name.ilike("a%"))
        .order_by(User.name.desc())
        .limit(10)
    ),
    "2 joins": lambda i: (
        select(User.name, Post.title, Comment.body)
        .join(Post, on=Post.author_id == User.id)
        .join(Comment, on=Comment.post_id == Post.id)
        .where(User.id == i)
    ),
    "IN of 100": lambda i: select(User.id, User.name).where(User.id.in_(IN_LIST)),
    "insert x1": lambda i: Qail.add(User).values(USERS[0]),
    "insert x100": lambda i: Qail.add(User).values(*USERS),
    "upsert": lambda i: Qail.add(User).values(USERS[0]).on_conflict("id").do_update("name", "email"),
    "keyset page": lambda i: (
        select(User.id, User.name).where(row(User.name, User.id) > row("m", i)).order_by(User.name, User.id).limit(20)
    ),
}

METADATA = sa.MetaData()
USERS_SA = sa.Table(
    "users",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("age", sa.Integer),
)
POSTS_SA = sa.Table(
    "posts",
    METADATA,
    sa.Column("id", sa.BigInteger),
    sa.Column("author_id", sa.BigInteger),
    sa.Column("title", sa.Text),
)
COMMENTS_SA = sa.Table(
    "comments",
    METADATA,
    sa.Column("id", sa.BigInteger),
    sa.Column("post_id", sa.BigInteger),
    sa.Column("body", sa.Text),
)


def upsert_sqlalchemy(_: int) -> Any:
    insert = postgresql.insert(USERS_SA).values(USERS[0])
    return insert.on_conflict_do_update(
        index_elements=["id"], set_={"name": insert.excluded.name, "email": insert.excluded.email}
    )


u, p, c = USERS_SA.c, POSTS_SA.c, COMMENTS_SA.c
SQLALCHEMY: dict[str, Callable[[int], Any]] = {
    "point select": lambda i: sa.select(u.id, u.name).where(u.id == i).limit(1),
    "3 predicates, order, limit": lambda i: (
        sa.select(u.id, u.name, u.email)
        .where(u.id > i, u.age >= 18, u.name.ilike("a%"))
        .order_by(u.name.desc())
        .limit(10)
    ),
    "2 joins": lambda i: (
        sa.select(u.name, p.title, c.body)
        .select_from(USERS_SA.join(POSTS_SA, p.author_id == u.id).join(COMMENTS_SA, c.post_id == p.id))
        .where(u.id == i)
    ),
    "IN of 100": lambda i: sa.select(u.id, u.name).where(u.id.in_(IN_LIST)),
    "insert x1": lambda i: sa.insert(USERS_SA).values(USERS[0]),
    "insert x100": lambda i: sa.insert(USERS_SA).values(USERS),
    "upsert": upsert_sqlalchemy,
    "keyset page": lambda i: (
        sa.select(u.id, u.name).where(sa.tuple_(u.name, u.id) > sa.tuple_("m", i)).order_by(u.name, u.id).limit(20)
    ),
}

USERS_PYPIKA = pypika.Table("users")
PYPIKA: dict[str, Callable[[int], str]] = {
    "point select": lambda i: (
        pypika.PostgreSQLQuery.from_(USERS_PYPIKA)
        .select(USERS_PYPIKA.id, USERS_PYPIKA.name)
        .where(USERS_PYPIKA.id == i)
        .limit(1)
        .get_sql()
    ),
    "insert x1": lambda i: pypika.PostgreSQLQuery.into(USERS_PYPIKA).insert(*USERS[0].values()).get_sql(),
}

DIALECT: Any = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # it has no types
CACHE: dict[Any, Any] = {}


def sqlalchemy_cached(statement: Any) -> Any:
    """What an engine does before it calls a driver: the cache key, the compiled form from the cache, its parameters."""
    key = statement._generate_cache_key()
    if key is None:
        return statement.compile(dialect=DIALECT).construct_params()
    compiled = CACHE.get(key.key)
    if compiled is None:
        compiled = CACHE[key.key] = statement.compile(dialect=DIALECT, cache_key=key)
    return compiled.construct_params(extracted_parameters=key.bindparams)


def looped(step: Callable[[int], object]) -> Callable[[int], Any]:
    async def run(operations: int) -> None:
        for i in range(operations):
            step(i)

    return run


async def main(server: Any) -> None:
    for name, build in OURS.items():
        print(f"B13 {name}: {str(build(1))[:300]}")
        operations = OPERATIONS if "100" not in name else OPERATIONS // 20

        def ours(i: int, build: Callable[[int], Any] = build) -> object:
            return segment_of(build(i))

        def theirs(i: int, build: Callable[[int], Any] = SQLALCHEMY[name]) -> object:
            return sqlalchemy_cached(build(i))

        contenders = [Contender("qail", looped(ours)), Contender("SQLAlchemy cached", looped(theirs))]
        if name in PYPIKA:
            contenders.append(Contender("PyPika", looped(PYPIKA[name])))
        timings = await measure(f"B13 {name}", contenders, operations, claims=[faster(20.0, peers=("SQLAlchemy",))])
        if name == "point select":
            middle = statistics.median(timings[0].wall)
            print(f"  {'holds ' if middle <= POINT_SELECT_US else 'MISSED'} {middle:.2f} us; bar <= {POINT_SELECT_US}")
