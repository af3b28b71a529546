"""Static assertions over set operations, WITH, items of FROM, windows, operators, and writes of several tables."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_type

from schema import Post, PostOuter, User

from qail import (
    FLOAT8,
    INT4,
    INT8,
    TEXT,
    CommonTableExpr,
    Compound,
    Cond,
    Dyn,
    Expr,
    Insert,
    Merge,
    Qail,
    Query,
    Returning,
    Select,
    Update,
    Values,
    all_,
    any_,
    array,
    array_query,
    case,
    cast,
    col,
    count,
    excluded,
    extract,
    func,
    grouping,
    groups,
    literal,
    merge_action,
    natural,
    new,
    old,
    only,
    preceding,
    range_,
    rollup,
    row,
    rows,
    rows_from,
    select,
    tablesample,
    using,
)


@dataclass
class Card:
    id: int
    name: str


ids = select(User.id)
both = select(User.id, User.name).union(select(Post.id, Post.title))
assert_type(both, Compound[tuple[int, str]])
assert_type(both.order_by("id").limit(3), Compound[tuple[int, str]])
assert_type(ids.union_all(ids).intersect(ids).except_(ids), Compound[tuple[int]])
assert_type(Qail.get(User).union(Qail.get(User)), Compound[User])
both.map(Card)
both.map(lambda number, name: (number + 1, name.upper()))

recent = select(Post.author_id, count().as_("n")).group_by(Post.author_id).cte("recent", materialized=True)
assert_type(recent, CommonTableExpr)
assert_type(recent[Post.author_id], Expr[int])
assert_type(recent["n"], Expr[Any])
assert_type(recent.outer(Post.author_id), Expr[int | None])
assert_type(select(User.name, recent[Post.author_id]).with_(recent), Select[str, int])
assert_type(Qail.get(recent).with_(recent), Dyn)
tree = ids.recursive("tree", lambda found: select(Post.id).join(found, on=Post.author_id == found[User.id]))
assert_type(tree.search_depth_first("id", into="ord").cycle("id", mark="again", path="way"), CommonTableExpr)
assert_type(select(tree.as_("other")[User.id]), Select[int])
assert_type(Qail.set(User).values({"age": 1}).all_rows().with_(recent), Update)
gone = Qail.delete(Post).all_rows().returning(Post.id).cte("gone")
assert_type(gone[Post.id], Expr[int])

young = select(User.id, User.email).where(User.age < 30).subquery("young", lateral=True)
maybe_young = young.outer(User.id)
assert_type(select(young[User.email], maybe_young), Select[str | None, int | None])
assert_type(select(User.id).left_join(young, on=young[User.id] == User.id), Select[int])
assert_type(select(User.id).join(Post, on=using("id")), Select[int])
assert_type(select(User.id).left_join(PostOuter, on=natural()), Select[int])
assert_type(Qail.values({"id": INT8, "name": TEXT}, (1, "a")), Values)
numbers = rows_from(func.generate_series(1, 3), alias="g", columns=[("n", INT4), "m"], ordinality="i")
assert_type(select(User.id).cross_join(numbers).where(numbers["n"] > 1), Select[int])
assert_type(select(User.id).from_(only(User)), Select[int])
assert_type(Qail.get(tablesample(User, 10.0, repeatable=1)), Dyn)
assert_type(ids.for_update(of=User, skip_locked=True).for_key_share(), Select[int])
assert_type(ids.fetch_first(3, with_ties=True), Select[int])

assert_type(count().over("w", order_by=User.id, frame=rows(-1, None, exclude="ties")), Expr[int])
assert_type(ids.window("w", partition_by=[User.active], order_by=User.id.desc(), frame=groups(-1)), Select[int])
assert_type(count().over(order_by=User.age, frame=range_(preceding(2), 0)), Expr[int])
assert_type(func.percentile_cont(0.5).within_group(User.age), Expr[Any])
assert_type(select(User.age, count()).group_by(rollup(User.age, User.active)), Select[int, int])
assert_type(grouping(User.age), Expr[int])

assert_type(User.active.is_true(), Cond)
assert_type((User.age > 1).is_not_unknown(), Cond)
assert_type(User.name.matches("^a", ignore_case=True) & User.email.not_similar_to("x"), Cond)
assert_type(User.age == any_([1, 2]), Cond)
assert_type(User.age > all_(ids), Cond)
assert_type(User.age.between(1, 2, symmetric=True), Cond)
assert_type(User.name.collate("C"), Expr[str])
assert_type(array(1, 2, of=INT8), Expr[list[int | None]])
assert_type(array_query(ids), Expr[list[int]])
assert_type(extract("year", col("day")), Expr[Decimal])
assert_type(User.name.op("<->", FLOAT8)("x"), Expr[Any])
assert_type(col("data").json.text("a"), Expr[str | None])
assert_type(col("data").json.contains({"a": 1}), Cond)
assert_type(col("tags").array.length(), Expr[int | None])
assert_type(col("during").range.overlaps(col("other")), Cond)
assert_type(User.age.bits.and_(1), Expr[Any])
assert_type(case((1, "one"), else_="many", of=User.age), Expr[Any])
assert_type(row(User.id, User.name).in_([(1, "a")]), Cond)
assert_type(cast(literal("1"), INT8), Expr[int])

upsert = Qail.add(User).values({"name": "a"}).on_conflict(User.id, where=User.active)
assert_type(upsert.do_update(set={"name": excluded(User.name)}, where=User.age > 1), Insert)
assert_type(excluded(User.name), Expr[str])
assert_type(excluded("name"), Expr[Any])
assert_type(Qail.add(User).from_select(both, User.id, "name").overriding_user_value(), Insert)
changed = Qail.set(User).values({"name": Post.title}).from_(Post).where(Post.author_id == User.id)
before, after = old(User.age), new(User.name)
assert_type(changed.returning(before, after), Returning[int | None, str | None])
assert_type(Qail.set(User).values_from(select(Post.title), User.name).all_rows(), Update)
merge = Qail.merge(User).using(Post, on=Post.author_id == User.id).when_matched(User.active).delete()
assert_type(merge, Merge)
assert_type(merge.when_not_matched().insert({"name": Post.title}), Merge)
assert_type(merge.when_not_matched_by_source().do_nothing().returning(merge_action(), User.id), Returning[str, int])


def widened(query: Query[tuple[int]]) -> Compound[tuple[int]]:
    return query.union(query).limit(1)
