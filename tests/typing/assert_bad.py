"""Each statement marked below is an error in mypy --strict and in pyright strict; an unused ignore is one too."""

# pyright: reportUnusedExpression=false
from __future__ import annotations

from dataclasses import dataclass

from schema import Post, PostOuter, User, UserOuter

from qail import Connection, Executor, Expr, Pool, Qail, Query, Select, count, max_, select


@dataclass
class Card:
    id: int
    name: str


user = User(id=1, name="a", email=None, age=3, active=True)
ints: Expr[int] = User.id
select(User.id).where(User.id == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where("x" == User.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where(3 == User.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where(User.id == None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # noqa: E711
select(User.id).where(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where(user.id == 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where(User.age)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).where()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
select(User.id).where(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.id < "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
User.id.in_(["a"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
User.id.in_(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.id.ilike("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
User.name.ilike(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.name & User.name  # type: ignore[misc,operator]  # pyright: ignore[reportOperatorIssue]
(User.id == 3) & True  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
User.age + "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
User.nme  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
user.nme  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
user.id = 5  # type: ignore[arg-type]  # pyright: ignore[reportAttributeAccessIssue]
User(id="x", name="a", email=None, age=3, active=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User(name="a", email=None, age=3, active=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
User(id=1, nme="a", name="a", email=None, age=3, active=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
select(int)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
select("id")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
select(User.id, 3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
select()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
select(User.id).left_join(Post, on=Post.id == User.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).left_join(PostOuter, on=Post.id == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).join(PostOuter, on=PostOuter.id == User.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).limit("10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.name, User.id).map(Card)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).map(Card)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.email, User.name).map(Card)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(UserOuter.id, User.name).map(Card)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
a1: Select[int, str] = select(User.name, User.id)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
a2: Query[User] = Qail.get(Post)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
Qail.get(int)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
Qail.get(UserOuter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
Qail.get(User).eq("id", 3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.get("users").columns(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"nme": 1})  # type: ignore[typeddict-item,typeddict-unknown-key]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"name": 1})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"email": "x"})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"name": "a", "nme": 1})  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"name": User.id})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.add(User).values()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Qail.add(UserOuter)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
Qail.add(User).returning(User.id)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.set(User).values({"nme": 1})  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportArgumentType]
Qail.set(User).values({"age": "x"})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.set(User).values({"name": None})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.set(User).values({"age": User.name})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.set(User).where(User.id == 3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.delete(User).where()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Qail.delete(User).where(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.delete(User).returning(User.id)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.add(User).values({"name": "a"}).returning(int)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


async def run(db: Executor) -> None:
    await db.execute(Qail.delete(User))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await db.execute(Qail.set(User).values({"name": "x"}))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await db.execute(Qail.add(User))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await db.fetch_all(Qail.delete(User).all_rows())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await db.fetch_value(select(User.id, User.name))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    await db.fetch_value(Qail.get(User))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    b1: list[tuple[str, int]] = await db.fetch_all(select(User.id, User.name))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    b2: int = await db.fetch_value(select(User.email))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    (await db.fetch_one(Qail.get(User))).nme  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def on_the_driver(pool: Pool, connection: Connection) -> None:
    await pool.execute(Qail.delete(User))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await pool.fetch_all(Qail.delete(User).all_rows())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await pool.fetch_all("select 1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await connection.fetch_value(select(User.id, User.name))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    b3: list[tuple[str, int]] = await pool.fetch_all(select(User.id, User.name))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    b4: int = await connection.fetch_value(select(User.email))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    b5: User = await pool.fetch_optional(Qail.get(User))  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    async with pool.transaction() as transaction, transaction.pipeline() as pipeline:
        b6: list[User] = pipeline.fetch_all(Qail.get(Post)).result()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
        pipeline.execute(Qail.add(User))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def takes_any(db: Executor) -> None: ...


takes_any(object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
count().filter(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
count().filter()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
count(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
max_(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).having(User.age)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).from_(UserOuter)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).order_by("id")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).full_join(Post, on=Post.id == User.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.put(User).values({"name": "a"})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Qail.put(User).values({"name": 1}, key="id")  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
Qail.add(User).values({"name": "a"}).on_conflict(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create(int)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.age.between("a", "b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.age.contains("a")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
User.email.not_null() + None  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]


if User.id == 3:  # pyright: ignore[reportGeneralTypeIssues]
    pass
flag = not User.active  # pyright: ignore[reportGeneralTypeIssues]
both = (User.id == 3) and (User.name == "x")
chain = 1 < User.id < 3
member = User.id in [User.id]  # noqa: FURB171 - what no checker sees
