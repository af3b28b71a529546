"""Static assertions: functions, clauses, writing statements, and the verbs of the driver's own classes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, assert_type

from schema import Post, PostOuter, User

from qail import (
    FLOAT8,
    INT8,
    NUMERIC,
    SKIP,
    TEXT,
    TIMESTAMPTZ,
    Col,
    Command,
    Cond,
    Connection,
    DynReturning,
    Executor,
    Expr,
    From,
    Insert,
    Pool,
    Qail,
    Returning,
    Row,
    Select,
    Table,
    Transaction,
    Update,
    all_of,
    any_of,
    array_of,
    avg,
    cast,
    col,
    count,
    default,
    exists,
    func,
    literal,
    max_,
    maybe,
    min_,
    not_,
    row,
    rows,
    select,
    sum_,
)


class Reading(Table, name=("lab", "readings")):
    id: Col[int] = col(INT8, pk=True)
    station: Col[str] = col(TEXT, references=("lab", "stations", "name"))
    value: Col[float | None] = col(FLOAT8, null=True, name="the value")
    price: Col[Decimal] = col(NUMERIC, default=0)
    tags: Col[list[str | None]] = col(array_of(TEXT))


reading = Reading(id=1, station="a", value=None, tags=["x", None])
assert_type(reading.value, float | None)
assert_type(reading.price, Decimal)
assert_type(reading.tags, list[str | None])
assert_type(Reading.as_("r"), type[Reading])

# aggregates, FILTER, windows
assert_type(count(User.id, distinct=True), Expr[int])
assert_type(min_(User.name), Expr[str | None])
assert_type(sum_(Reading.value), Expr[float | None])
assert_type(sum_(Reading.price), Expr[Decimal | None])
assert_type(avg(User.age), Expr[Decimal | None])
assert_type(avg(Reading.value), Expr[float | None])
assert_type(count().filter(User.active, User.age > 3), Expr[int])
assert_type(max_(User.age).over(partition_by=User.active, order_by=User.id.desc()), Expr[int | None])
assert_type(count().over(order_by=[User.id, User.name.asc()], frame=rows(-6, 0)), Expr[int])
assert_type(func.date_trunc("day", literal(1)), Expr[Any])
assert_type(cast("2013-01-01", TIMESTAMPTZ).is_null(), Cond)
assert_type(cast(User.name, INT8), Expr[int])
assert_type(literal("x"), Expr[str])
per_active = (
    select(User.active, count(), max_(User.age).filter(User.id > 3))
    .where(maybe(User.id > 3), maybe(None))
    .group_by(User.active)
    .having(count() > 1)
    .order_by(count().desc(), User.active)
)
assert_type(per_active, Select[bool, int, int | None])
assert_type(select(count()).from_(User), Select[int])
assert_type(select(User.id).distinct(), Select[int])
assert_type(select(User.id).distinct_on(User.name).order_by(User.name), Select[int])

# conditions
assert_type(row(User.name, User.id) > row("a", 3), Cond)
assert_type(not_(User.active), Cond)
assert_type(all_of(User.active, User.id == 1), Cond)
assert_type(any_of(User.active), Cond)
assert_type(exists(select(Post.id).where(Post.author_id == User.id)), Cond)
assert_type(User.id.in_(select(Post.author_id)), Cond)
assert_type(User.age.between(1, 3), Cond)
assert_type(User.email.is_distinct_from(None), Cond)
assert_type(User.name.startswith("a"), Cond)

# keyset paging keeps the query's type
assert_type(select(User.id, User.name).order_by(User.name, User.id).after("a", 3).limit(10), Select[int, str])
assert_type(Qail.get(User).order_by(User.id).after(3), From[User])

# outer joins
post = PostOuter.as_("p")
assert_type(
    select(User.name, post, count()).left_join(post, on=post.author_id == User.id), Select[str, Post | None, int]
)

# writing
assert_type(Qail.add(User).values({"name": "a", "email": SKIP}), Insert)
assert_type(Qail.add(User).values({"name": default()}), Insert)
assert_type(Qail.add(User).values({"name": "a"}).on_conflict(User.id).do_update(User.name), Insert)
assert_type(Qail.add(User).values({"name": "a"}).on_conflict("id").do_nothing().returning(User.id), Returning[int])
assert_type(Qail.put(User).values({"name": "a"}, key=User.id), Insert)
assert_type(Qail.put("users").values({"id": 1, "name": "a"}, key=("id", "name")), Insert)
assert_type(Qail.set(User).values({"age": User.age + 1, "name": SKIP}).where(User.active), Update)
assert_type(Qail.set(User).values({"name": "a"}).eq("id", 1), Update)
assert_type(Qail.delete("users").eq("id", 1).returning("id", "name"), DynReturning)


def commands() -> Sequence[Command]:
    return [
        Qail.create(Reading).if_not_exists(),
        Qail.create("t").column("id", INT8, pk=True),
        Qail.create_index("i", Reading, Reading.station).unique(),
        Qail.drop(Reading).if_exists(),
        Qail.truncate("t"),
        Qail.delete(User).where(User.id == 1),
    ]


async def on_any(db: Executor) -> None:
    assert_type(await db.execute_many(Qail.add(User).values({"name": "a"}), [("b",), ("c",)]), list[int])
    assert_type(await db.fetch_many(select(User.id, User.name), [(1,)]), list[list[tuple[int, str]]])
    assert_type(await db.batch([Qail.get(User), Qail.delete(User).all_rows()]), list[Any])
    assert_type(await db.fetch_values(Qail.get("users").columns("id")), list[Any])
    assert_type(await db.fetch_all(Qail.delete("users").all_rows().returning("id")), list[Row])
    async with db.transaction(read_only=True) as inner:
        assert_type(await inner.fetch_value(select(User.id)), int)
        async with inner.transaction() as innermost:
            assert_type(await innermost.fetch_all(Qail.get(User)), list[User])
    async with db.pipeline() as pipeline:
        first = pipeline.fetch_all(select(User.id, User.name))
        assert_type(await first, list[tuple[int, str]])
        one = pipeline.fetch_one(Qail.get(User))
        perhaps = pipeline.fetch_optional(select(User.email))
        value = pipeline.fetch_value(select(User.id))
        values = pipeline.fetch_values(select(User.email))
        anything = pipeline.fetch_value(Qail.get("users").columns("id"))
        done = pipeline.execute(Qail.delete(User).all_rows())
    assert_type(one.result(), User)
    assert_type(perhaps.result(), tuple[str | None] | None)
    assert_type(value.result(), int)
    assert_type(values.result(), list[str | None])
    assert_type(anything.result(), Any)
    assert_type(done.result(), int)


async def on_each(pool: Pool, connection: Connection, transaction: Transaction) -> None:
    await on_any(pool)
    await on_any(connection)
    await on_any(transaction)
    assert_type(await pool.fetch_many(select(User.id), [(1,)]), list[list[tuple[int]]])
    assert_type(await connection.fetch_optional(select(User.id)), tuple[int] | None)
    assert_type(await transaction.fetch_values(select(User.name)), list[str])
    assert_type(await transaction.fetch_value(Qail.get("users").columns("id")), Any)
    async with pool.acquire() as lent, lent.transaction() as inner, inner.transaction() as innermost:
        assert_type(await innermost.fetch_value(select(count())), int)
    async with pool.transaction() as whole:
        assert_type(await whole.fetch_one(Qail.get(User)), User)
