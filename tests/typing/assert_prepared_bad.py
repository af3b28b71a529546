"""Each statement marked below is an error in mypy --strict and in pyright strict; an unused ignore is one too."""

# pyright: reportUnusedExpression=false
from __future__ import annotations

from schema import Post, User

from qail import (
    INT8,
    TEXT,
    Bound,
    Executor,
    Fetchable,
    Qail,
    Query,
    Sql,
    Update,
    exists,
    maybe,
    prepared,
    select,
)


@prepared
def by_domain(pattern: str, n: int) -> Query[User]:
    return Qail.get(User).where(User.name.ilike(pattern)).limit(n)


@prepared
def rename(id: int, name: str) -> Update:
    return Qail.set(User).values({"name": name}).where(User.id == id)


by_domain(1, n=2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
by_domain("x", n="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
by_domain("x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
by_domain("x", 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
by_domain("x", 1, m=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
by_domain(patern="x", n=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
by_domain("x", n=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
rename("1", "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
rename(1, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
rename(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
by_domain("x", 1).where(User.id == 1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
by_domain("x", 1).limit(3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
c1: Bound[Post] = by_domain("x", 1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
c2: Fetchable[User] = rename(1, "a")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def plain(n: int) -> int:
    return n


def halfway(name: str) -> object:
    return Qail.set(User).values({"name": name})


prepared(plain)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
prepared(halfway)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
prepared(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def run_time(text: str, raw: Sql) -> None:
    raw.returns()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    raw.returns(int)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    raw.returns("int8")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    raw.returns(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    raw.expression("int8")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    raw.expression()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    raw.expression(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    raw.returns(INT8, TEXT).map(plain)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    raw.where(User.id == 1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    c3: Fetchable[tuple[int]] = raw.returns(TEXT)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    c4: Fetchable[tuple[str]] = raw.returns(TEXT | None)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    select(User.id).where(raw.expression(INT8))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(raw)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    Qail.sql(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Qail.sql(text)  # pyright: ignore[reportArgumentType]
    Qail.sql(f"SELECT {text}")  # pyright: ignore[reportArgumentType]
    Qail.sql("SELECT " + text)  # pyright: ignore[reportArgumentType]
    Qail.sql("SELECT 1", 5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    TEXT | "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Qail.sql()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    TEXT | 3  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]


select(User.id).where(User.id + "a" == 3)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownArgumentType]
select(User.id).where(exists(3))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where(maybe(True))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).group_by("id")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).distinct_on(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).offset("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.name.startswith(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.age.endswith("a")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
User.name.concat(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.id.not_in("abc", 3)  # type: ignore[arg-type,call-arg]  # pyright: ignore[reportCallIssue]
User.id.is_distinct_from("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.active.filter(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.get(User).columns("id")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
Qail.get(User).map(plain)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.delete(User).eq(3, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def run(db: Executor) -> None:
    await db.fetch_all(rename(1, "a"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await db.fetch_value(by_domain("x", 1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    await db.execute(by_domain)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    c5: list[Post] = await db.fetch_all(by_domain("x", 1))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    c6: str = await db.execute(rename(1, "a"))  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    await db.script(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
