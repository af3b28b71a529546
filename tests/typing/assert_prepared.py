"""Prepared functions, raw SQL and what else there is: what must type-check, and to what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_type

from schema import Post, PostOuter, User

from qail import (
    BOOL,
    FLOAT8,
    INT8,
    TEXT,
    Bound,
    BoundCommand,
    Command,
    CommonTableExpr,
    Cond,
    Connection,
    Executor,
    Expr,
    Fetchable,
    From,
    FromItem,
    Insert,
    PgType,
    Pool,
    Qail,
    Query,
    Returning,
    Row,
    Select,
    Sql,
    SqlRows,
    Trusted,
    Update,
    all_of,
    array_of,
    case,
    cast,
    coalesce,
    count,
    exists,
    func,
    greatest,
    literal,
    max_,
    maybe,
    min_,
    new,
    not_,
    nullif,
    old,
    prepared,
    select,
    sum_,
)


@dataclass
class Card:
    id: int
    name: str


@prepared
def by_domain(pattern: str, n: int) -> Query[User]:
    return Qail.get(User).where(User.name.ilike(pattern)).limit(n)


@prepared
def names_of(ids: list[int]) -> Select[int, str]:
    return select(User.id, User.name).where(User.id.in_(ids))


@prepared
def cards(minimum: int = 18, /, *, most: int = 10) -> Query[Card]:
    return select(User.id, User.name).where(User.age >= minimum).limit(most).map(Card)


@prepared
def rename(id: int, name: str) -> Update:
    return Qail.set(User).values({"name": name}).where(User.id == id)


@prepared
def added(name: str, email: str | None) -> Insert:
    return Qail.add(User).values({"name": name, "email": email})


@prepared
def added_id(name: str) -> Fetchable[tuple[int]]:
    return Qail.add(User).values({"name": name}).returning(User.id)


@prepared
def by_text(least: int) -> SqlRows[int, str | None]:
    return Qail.sql("SELECT id, email FROM users WHERE age >= {least}", least=least).returns(INT8, TEXT | None)


@prepared
def untyped(table_id: int) -> Sql:
    return Qail.sql("SELECT * FROM users WHERE id = {id}", id=table_id)


class Repository:
    @staticmethod
    @prepared
    def by_id(id: int) -> Query[User]:
        return Qail.get(User).where(User.id == id)


assert_type(by_domain("%@x.io", n=5), Bound[User])
assert_type(by_domain(n=5, pattern="a"), Bound[User])
assert_type(names_of([1, 2]), Bound[tuple[int, str]])
assert_type(cards(), Bound[Card])
assert_type(cards(21, most=3), Bound[Card])
assert_type(rename(1, name="q"), BoundCommand)
assert_type(added("a", None), BoundCommand)
assert_type(added_id("a"), Bound[tuple[int]])
assert_type(by_text(3), Bound[tuple[int, str | None]])
assert_type(untyped(3), Bound[Row])
assert_type(Repository.by_id(3), Bound[User])
assert_type(Repository().by_id(id=3), Bound[User])
as_function: Callable[[int], Fetchable[User]] = Repository.by_id
as_command: Callable[[int, str], Command] = rename

raw = Qail.sql("SELECT {n}, {names:i} FROM {t}", n=1, names=["a"], t=User)
assert_type(raw, Sql)
assert_type(Qail.sql(Trusted("SELECT 1")), Sql)
assert_type(raw.returns(INT8), SqlRows[int])
assert_type(raw.returns(INT8, TEXT | None), SqlRows[int, str | None])
assert_type(raw.returns(User, User.email, count()), SqlRows[User, str | None, int])
assert_type(raw.returns(array_of(INT8)), SqlRows[list[int | None]])
assert_type(raw.into(Card), Fetchable[Card])
assert_type(raw.map(Card), Fetchable[Card])
assert_type(raw.returns(INT8, TEXT).map(Card), Fetchable[Card])
assert_type(raw.returns(INT8, TEXT).into(Card), Fetchable[Card])
assert_type(raw.expression(FLOAT8), Expr[float])
assert_type(raw.expression(TEXT | None), Expr[str | None])
assert_type(select(User.id).where(raw.expression(BOOL)), Select[int])
assert_type(select(raw.expression(INT8)), Select[int])
assert_type(raw.cte("raw"), CommonTableExpr)
raw_item: FromItem = raw.subquery("raw", "id")
assert_type(TEXT | None, PgType[str | None])
assert_type(None | INT8, PgType[int | None])
assert_type(cast(User.id, TEXT), Expr[str])

# What else there is of expressions and queries.
assert_type(sum_(User.age), Expr[Any])
assert_type(min_(User.email), Expr[str | None])
assert_type(coalesce(User.email, ""), Expr[Any])
assert_type(nullif(User.name, ""), Expr[Any])
assert_type(greatest(User.id, User.age), Expr[Any])
assert_type(exists(select(Post.id).where(Post.author_id == User.id)), Cond)
assert_type(all_of(User.active, User.id > 1), Cond)
assert_type(not_(User.active), Cond)
assert_type(maybe(None), Cond)
assert_type(maybe(User.id == 1), Cond)
assert_type(literal(1), Expr[int])
assert_type(select(count(), max_(User.id)), Select[int, int | None])
assert_type(select(min_(User.email), max_(User.name)).where(User.active), Select[str | None, str | None])
changed = Qail.set(User).values({"age": 1}).all_rows()
assert_type(changed.returning(old(User.age), new(User.email)), Returning[int | None, str | None])
assert_type(select(select(User.id).subquery("s").outer(User.id)), Select[int | None])
assert_type(-User.age, Expr[int])
assert_type(User.age * 2 - 1, Expr[int])
assert_type(User.name.concat("!"), Expr[Any])
assert_type(User.name.startswith("a") & User.name.endswith("b"), Cond)
assert_type(User.email.contains("@"), Cond)
assert_type(User.id.not_in([1]), Cond)
assert_type(User.id.in_(select(Post.author_id)), Cond)
assert_type(User.age.not_between(1, 2), Cond)
assert_type(User.email.is_distinct_from(None), Cond)
assert_type(count(User.email).filter(User.active), Expr[int])
assert_type(func.lower(User.name), Expr[Any])
assert_type(case((User.active, "yes"), else_="no"), Expr[Any])
assert_type(select(User.id).distinct().offset(3), Select[int])
assert_type(select(User.age, count()).group_by(User.age).having(count() > 1), Select[int, int])
assert_type(select(User.id, User.age).distinct_on(User.age).order_by(User.age), Select[int, int])
assert_type(Qail.get(User).order_by(User.id).after(3), From[User])
assert_type(select(Post.title, PostOuter.title), Select[str, str | None])


async def run(db: Executor, pool: Pool, connection: Connection) -> None:
    assert_type(await db.fetch_all(by_domain("%", 3)), list[User])
    assert_type(await db.fetch_one(names_of([1])), tuple[int, str])
    assert_type(await db.fetch_optional(cards()), Card | None)
    assert_type(await pool.fetch_value(added_id("a")), int)
    assert_type(await pool.fetch_all(untyped(3)), list[Row])
    assert_type(await connection.execute(rename(1, "x")), int)
    assert_type(await connection.execute_many(rename(0, ""), [(1, "a")]), list[int])
    assert_type(await pool.fetch_many(names_of([]), [([1],)]), list[list[tuple[int, str]]])
    assert_type(await db.fetch_all(raw), list[Row])
    assert_type(await db.fetch_value(raw), Any)
    assert_type(await db.fetch_values(raw.returns(INT8)), list[int])
    assert_type(await pool.fetch_all(raw.returns(INT8, TEXT | None)), list[tuple[int, str | None]])
    assert_type(await pool.execute(raw), int)
    async with pool.pipeline() as pipeline:
        answer = pipeline.fetch_all(by_domain("%", 3))
    assert_type(answer.result(), list[User])
    statement = await connection.prepare(by_domain("%", 3))
    assert_type(await statement.fetch_all(), list[User])
