"""Each statement marked below is an error in mypy --strict and in pyright strict; an unused ignore is one too."""

# pyright: reportUnusedExpression=false
from __future__ import annotations

from schema import Post, User

from qail import INT8, Qail, Select, array, cast, col, count, excluded, extract, old, select

ids = select(User.id)
names = select(User.name).subquery("n")
recent = select(Post.author_id).cte("recent")
ids.union("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.union(Qail.delete(User).all_rows())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.with_(ids)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.with_("recent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.with_()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
ids.join(ids, on=User.id == 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.join(names, on=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.cross_join(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.fetch_first("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.for_update(nowait=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ids.window(order_by=User.id)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
ids.subquery("s").where(User.id == 1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
ids.union(ids).where(User.id == 1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
ids.union(ids).for_update()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
names[3]  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
b1: Select[str] = select(recent[Post.author_id])  # type: ignore[index]  # pyright: ignore[reportAssignmentType]
b2: Select[int] = select(recent.outer(Post.author_id))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
select(User.id).where(names[User.name] == 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.age.is_true()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
User.age.matches("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
User.name.similar_to(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.name.collate(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.age.between("a", "b", symmetric=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
User.name.op("<->", "float8")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
b3: list[str] = [array(1, of=INT8)]  # type: ignore[list-item]  # pyright: ignore[reportAssignmentType]
cast(1, "int8")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
extract("year", "2024-01-01")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
extract(3, col("day"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
count().over(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
count().over(frame="rows")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
col("data").json.text(1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
col("data").json.has_key(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
excluded(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
old(User)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
Qail.add(User).from_select("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.set(User).values_from(ids)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Qail.set(User).values({"name": "a"}).from_(User.id).all_rows()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.merge(User).using(Post)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Qail.merge(User).using(Post, on=User.id == Post.id).returning(User.id)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.merge(User).using(Post, on=User.id == Post.id).when_not_matched().delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
Qail.values({"id": "int8"}, (1,))  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
Qail.values({"id": INT8}, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
