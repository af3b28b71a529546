"""Each statement marked below is an error in mypy --strict and in pyright strict; an unused ignore is one too."""

# pyright: reportUnusedExpression=false
from __future__ import annotations

from dataclasses import dataclass

from schema import Post, PostOuter, User

from qail import Executor, Part, Select, part, select


@dataclass
class Head:
    id: int
    title: str


both = select(Post.id, Post.title)
head = part(Head, PostOuter.id, PostOuter.title, optional=True)
both.into(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
both.into()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
both.map(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(Post.title, Post.id).map(Head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(Post.id).map(Head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(Post.id, PostOuter.title).map(Head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
part()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
part(Head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
part(Post.id)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
part(3, Post.id)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
part(Head, 3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
part(Head, Post.id, "title")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
part(Head, Post, optional=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
part(Head, Post).as_(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
part(Head, Post) == part(Head, Post) & 3  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
p1: Part[Head] = head  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
p2: Part[Post] = part(PostOuter)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
p3: Select[Head] = select(head)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
select(User.id).where(head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id).order_by(head)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
select(User.id, head).map(lambda number, post: post.title)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


async def run(db: Executor) -> None:
    r1: list[tuple[Head]] = await db.fetch_all(select(head))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    (await db.fetch_value(select(head))).title  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    r2: list[Post] = (await db.fetch_result(both.into(Head))).rows  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportUnusedVariable]
    (await db.fetch_result(both)).columns[0].title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
