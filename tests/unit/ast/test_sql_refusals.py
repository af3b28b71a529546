"""What cannot be a query is refused while it is built or compiled, and the message names the thing and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from qail.ast.build.items import only, tablesample
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.from_ import using
from qail.ast.clause.merge import merge_action
from qail.ast.clause.table_function import rows_from
from qail.ast.clause.window import groups, preceding, range_, rows
from qail.ast.expression.array import array
from qail.ast.expression.case import case
from qail.ast.expression.collation import extract
from qail.ast.expression.column import col, excluded, old
from qail.ast.expression.comparison import all_, any_
from qail.ast.expression.function import count, func
from qail.ast.expression.grouping import cube, rollup
from qail.ast.expression.row import row
from qail.ast.walk import Walk
from qail.compile.cache import lookup
from qail.errors import BuildError
from qail.pgtype import INT8, TEXT, PgType
from support.sql_tables import Boss, Doc, Post, User

IDS = select(User.id)
RECENT = select(Post.author_id).cte("recent")
TREE = select(User.id).recursive("tree", lambda tree: select(Boss.id).join(tree, on=Boss.age == tree[User.id]))
POSTED = Qail.add("posts").values({"id": 1, "title": "a"})
MERGE: Any = Qail.merge("a").using("b", on=col("a", "id") == col("b", "id"))
DATA = Doc.data.json

QUERIES: dict[str, tuple[Any, str]] = {
    "union with a write": (lambda: IDS.union(Qail.delete("t").all_rows()), "stands between queries"),
    "union with a mapped query": (lambda: IDS.union(IDS.map(str)), "outermost"),
    "union of other widths": (lambda: IDS.union(select(User.id, User.name)), "1 columns and one with 2"),
    "union of other types": (lambda: IDS.union(select(User.name)), "cast.. makes them one type"),
    "union sorted by no column": (lambda: IDS.union(IDS).order_by("nme"), "sorted by columns of its result"),
    "union sorted by an expression": (lambda: IDS.union(IDS).order_by(User.id + 1), "sorted by columns of its result"),
    "two WITH of one name": (lambda: IDS.with_(RECENT, RECENT), "two queries named 'recent'"),
    "WITH twice, one name": (lambda: IDS.with_(RECENT).with_(RECENT), "named 'recent'"),
    "WITH of a query": (lambda: IDS.with_(IDS), "takes what cte"),  # type: ignore[arg-type]  # what it refuses
    "WITH forgotten": (lambda: select(RECENT[Post.author_id]), "with_.. brings"),
    "WITH used before it is there": (
        lambda: Qail.get("top").with_(Qail.get(RECENT).cte("top"), RECENT),
        "with_.. brings",
    ),
    "WITH that writes in a subquery": (
        lambda: IDS.where(User.id.in_(IDS.with_(Qail.delete("t").all_rows().cte("d")))),
        "outermost",
    ),
    "WITH that is not complete": (lambda: Qail.set("t").values({"a": 1}).cte("d"), "cte"),
    "materialized by a word": (lambda: IDS.cte("a", materialized="yes"), "True, False or None"),  # type: ignore[arg-type]
    "search of what does not recur": (lambda: RECENT.search_depth_first("author_id", into="o"), "recursive"),
    "search by no column": (lambda: TREE.search_breadth_first(into="o"), "at least one"),
    "search by an unknown column": (lambda: TREE.search_depth_first("x", into="o"), "'tree' has no column of 'x'"),
    "cycle twice": (
        lambda: TREE.cycle("id", mark="a", path="b").cycle("id", mark="c", path="d"),
        "such a clause already",
    ),
    "an unknown column of a subquery": (lambda: IDS.subquery("s")["name"], "it has id"),
    "an unknown expression of a subquery": (lambda: IDS.subquery("s")[User.name], "it has id"),
    "a column of a subquery by number": (lambda: IDS.subquery("s")[0], "by int"),  # type: ignore[call-overload]
    "a column twice": (lambda: IDS.subquery("s", "a", "a"), "named twice"),
    "two items of one name": (lambda: IDS.from_(User).join(only(User), on=User.id == 1), "two items of FROM are named"),
    "a subquery without a name": (lambda: IDS.join(IDS, on=User.id == 1), "needs a name"),  # type: ignore[arg-type]
    "a subquery that is not LATERAL": (
        lambda: IDS.cross_join(select(Post.id).where(Post.author_id == User.id).subquery("p")),
        "not in FROM",
    ),
    "a later item in a join": (
        lambda: IDS.join(Post, on=Post.id == Doc.id).join(Doc, on=Doc.id == User.id),
        "not in FROM",
    ),
    "a sample over 100": (lambda: tablesample(User, 101), "from 0 to 100"),
    "a sample of a subquery": (lambda: tablesample(IDS.subquery("s"), 1), "takes a table"),  # type: ignore[arg-type]
    "rows from a column": (lambda: rows_from(User.id, alias="x"), "takes function calls"),
    "ordinality without columns": (lambda: rows_from(func.f(), alias="x", ordinality="i"), "name those before"),
    "records without types": (lambda: rows_from(func.f(), alias="x", columns=["a"], is_record=True), "has no type"),
    "no column to join by": (lambda: using("a", "a"), "named twice"),
    "values without rows": (lambda: Qail.values({"a": INT8}), "at least one row"),
    "values without columns": (lambda: Qail.values({}, ()), "its columns first"),
    "values of another width": (lambda: Qail.values({"a": INT8}, (1,), (1, 2)), "row 2 of values.. has 2 values"),
    "values of no type": (lambda: Qail.values({"a": "int8"}, (1,)), "type object"),  # type: ignore[dict-item]
    "two ways to wait": (lambda: IDS.for_update(nowait=True, skip_locked=True), "exclude each other"),
    "a lock of groups": (lambda: IDS.group_by(User.id).for_update(), "lock in a subquery"),
    "a lock of different rows": (lambda: IDS.distinct().for_share(), "lock in a subquery"),
    "a lock of a table that is not there": (lambda: IDS.for_update(of="x"), "FROM has users"),
    "ties without order": (lambda: IDS.fetch_first(1, with_ties=True), "needs order_by"),
    "ties and locks that skip": (
        lambda: IDS.order_by(User.id).fetch_first(1, with_ties=True).for_update(skip_locked=True),
        "exclude each other",
    ),
    "limit and ties": (lambda: IDS.order_by(User.id).limit(1).fetch_first(1, with_ties=True), "exclude each other"),
    "a negative count": (lambda: IDS.fetch_first(-1), "negative"),
    "an unknown window": (lambda: select(count().over("w")), "window.'w', .... defines it"),
    "a window on an unknown one": (lambda: IDS.window("a", "b", order_by=User.id), "define before"),
    "two windows of one name": (lambda: IDS.window("a").window("a"), "two windows"),
    "a window's partition twice": (lambda: count().over("w", partition_by=User.id), "PARTITION BY"),
    "groups without order": (lambda: select(count().over(frame=groups())), "needs order_by"),
    "a range by distance without order": (lambda: select(count().over(frame=range_(-1))), "one sort key"),
    "a range by distance of two keys": (
        lambda: select(count().over(order_by=[User.id, User.age], frame=range_(-1))),
        "one sort key",
    ),
    "an unknown exclusion": (lambda: rows(exclude="me"), "a frame excludes"),
    "a negative distance": (lambda: preceding(-1), "negative"),
    "no distance": (lambda: preceding(None), "unbounded"),
    "a window of an ordered set": (lambda: func.mode().within_group(User.id).over(), "no window function"),
    "sorted twice": (lambda: func.f(User.id, order_by=User.id).within_group(User.id), "not both"),
    "different values of nothing": (lambda: func.f(distinct=True), "needs an argument"),
    "a cube of 13": (lambda: cube(*[User.id] * 13), "at most 12"),
    "a grouping key that is none": (lambda: rollup(3), "takes columns"),
    "any of a text": (lambda: User.name == any_("abc"), "list, tuple or set"),
    "any of None": (lambda: User.age == any_([None]), "is_null"),
    "all outside of a comparison": (lambda: select(all_([1])), "right of a comparison"),
    "a row of another width in a list": (lambda: row(User.id, User.age).in_([(1,)]), "has 1 values"),
    "a row of None in a list": (lambda: row(User.id, User.age).in_([(1, None)]), "no value to compare"),
    "a row of unknown types in a list": (lambda: row(col("a"), User.age).in_([(1, 2)]), "cast"),
    "a case of None": (lambda: case((None, 1), of=User.age), "never true of None"),
    "an unknown field": (lambda: extract("yaer", User.joined), "there are century"),
    "a field of a value": (lambda: extract("year", 3), "takes an expression"),  # type: ignore[arg-type]
    "an empty array of nothing": (lambda: array(), "array.of=INT8."),
    "an array of what has none": (lambda: array(of=PgType("x", 1, 0, "x")), "no array of x"),
    "an index that is no int": (lambda: Doc.tags.array.item("a"), "takes an int"),
    "a json key that is none": (lambda: DATA.get(1.5), "key .str. or an index"),
    "a json path of nothing": (lambda: DATA.path(), "at least one key"),
    "a json key of None": (lambda: DATA.text(None), "key .str. or an index"),
    "json contains None": (lambda: DATA.contains(None), "is_null"),
    "json keys as one text": (lambda: DATA.has_any_key("ab"), "list of str"),
    "a collation of three parts": (lambda: User.name.collate(("a", "b", "c")), "pair"),  # type: ignore[arg-type]
    "a time zone that is none": (lambda: User.joined.at_time_zone(3), "its name as a str"),
    "a result that is no type": (lambda: User.age.op("+", "int8"), "type object"),  # type: ignore[arg-type]
    "insert of another width": (
        lambda: Qail.add("t").from_select(select(User.id, User.name), "a"),
        "1 columns for the 2",
    ),
    "insert of no query": (lambda: Qail.add("t").from_select("x"), "takes a query"),  # type: ignore[arg-type]
    "overriding of defaults": (lambda: Qail.add("t").values({}).overriding_user_value(), "no value"),
    "conflict by columns and constraint": (lambda: POSTED.on_conflict("id", constraint="x"), "not both"),
    "conflict predicate without columns": (lambda: POSTED.on_conflict(where=col("a") > 1), "name them"),
    "conflict of what has no literal": (
        lambda: POSTED.on_conflict("id", where=col("a") == {"x": 1}).do_nothing(),
        "no literal form",
    ),
    "do_update of nothing": (lambda: POSTED.on_conflict("id").do_update(), "sets no column"),
    "do_update twice": (lambda: POSTED.on_conflict("id").do_update("title", set={"title": "x"}), "a column twice"),
    "excluded elsewhere": (lambda: select(User.id).where(excluded(User.id) == 1), "do_update"),
    "old elsewhere": (lambda: IDS.where(old(User.id) == 1), "returning"),
    "excluded of a value": (lambda: excluded(3), "takes a column"),  # type: ignore[call-overload]
    "update of another width": (lambda: Qail.set("t").values_from(IDS, "a", "b"), "2 columns for the 1"),
    "a join without FROM": (
        lambda: Qail.set("t").values({"a": 1}).join("b", on=col("x") == 1).all_rows(),
        "from_",
    ),
    "a value of a row in an insert": (lambda: Qail.add(User).values({"id": User.age}), "not in FROM"),
    "a typed alias by name": (lambda: Qail.set(User, alias="u"), "as_"),  # type: ignore[call-overload]
    "merge without a branch that can be reached": (
        lambda: MERGE.when_matched().delete().when_matched(col("a") == 1).do_nothing(),
        "never be taken",
    ),
    "merge that sets nothing": (lambda: MERGE.when_matched().update({}), "sets no column"),
    "merge_action elsewhere": (lambda: select(merge_action()), "returning.. of a merge"),
    "merge inserts a column of the table": (
        lambda: Qail.merge(User).using(Post, on=Post.id == User.id).when_not_matched().insert({"id": User.age}),
        "not in FROM",
    ),
    "merge by source sees the source": (
        lambda: Qail.merge(User).using(Post, on=Post.id == User.id).when_not_matched_by_source(Post.id > 1).delete(),
        "not in FROM",
    ),
}


@pytest.mark.feature("JN3")
@pytest.mark.feature("TY4")
@pytest.mark.parametrize("name", QUERIES)
def test_what_cannot_be_is_refused_with_the_way_out(name: str) -> None:
    build, told = QUERIES[name]

    with pytest.raises((BuildError, AttributeError), match=told):
        lookup(build())


@pytest.mark.feature("EX9")
@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "a",
        "= OR 1",
        "--",
        "+--",
        "/*",
        "*/*",
        ";",
        "'",
        '"',
        "$1",
        "(",
        "=-",
        "<+",
        "\0",
        "é",
        " ",
        "=" * 64,
        3,
        None,
    ],
)
def test_an_operator_holds_operator_characters_alone(symbol: Any) -> None:
    with pytest.raises((BuildError, TypeError)):
        User.age.op(symbol)


@pytest.mark.parametrize("symbol", ["<->", "@@", "||", "@-", "-|-", "?&", "#>>", "!~~*", "=", "~", "`", "^@"])
def test_any_name_of_an_operator_is_taken(symbol: str) -> None:
    assert str(select(User.age.op(symbol)(1))) == f'SELECT "users"."age" {symbol} $1 FROM "users"'


def test_a_long_union_is_one_level_and_needs_no_recursion() -> None:
    query: Any = IDS
    for _ in range(2_000):
        query = query.union_all(IDS)

    assert query.node.depth < 5
    assert str(query).count("UNION ALL") == 2_000


def test_queries_that_differ_in_values_share_one_plan() -> None:
    def query(number: int) -> Any:
        young = select(User.id, User.age).where(User.age < number).cte("young")
        rows_ = Qail.values({"n": INT8, "t": TEXT}, (number, "x")).subquery("v")
        return (
            select(young[User.id], rows_["t"])
            .with_(young)
            .cross_join(rows_)
            .union(select(User.id, User.name).where(User.age == any_([number])))
            .fetch_first(number)
        )

    first, second = lookup(query(1)), lookup(query(2))

    assert first.plan is second.plan
    assert [first.values[slot] for slot in first.plan.slots] == [1, 1, "x", [1], 1]
    assert [second.values[slot] for slot in second.plan.slots] == [2, 2, "x", [2], 2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: IDS.union(IDS), lambda: IDS.union_all(IDS)),
        (lambda: IDS.cte("a"), lambda: IDS.cte("a", materialized=True)),
        (lambda: User.age == any_([1]), lambda: User.age == all_([1])),
        (lambda: User.id == any_(IDS), lambda: User.id == any_(IDS.scalar())),
        (lambda: DATA.get("a"), lambda: DATA.get(1)),
        (lambda: User.age.op("+")(1), lambda: User.age.op("+", INT8)(1)),
        (lambda: func.f(User.id), lambda: func.named("f", schema="s")(User.id)),
        (lambda: func.f(User.id, a=1), lambda: func.f(User.id, b=1)),
        (lambda: rows(-1), lambda: rows(-1, exclude="ties")),
        (lambda: User.age.between(1, 2), lambda: User.age.between(1, 2, symmetric=True)),
        (lambda: POSTED.on_conflict("id", where=col("a") > 1).do_nothing(),
         lambda: POSTED.on_conflict("id", where=col("a") > 2).do_nothing()),
        (lambda: IDS.for_update(), lambda: IDS.for_share()),
        (lambda: Qail.get("users"), lambda: Qail.get(IDS.cte("users"))),
    ],
)  # fmt: skip
def test_what_differs_in_text_differs_in_shape(one: Any, other: Any) -> None:
    shapes = []
    for make in (one, other):
        walk = Walk()
        make().shape(walk)
        shapes.append(walk.tokens)

    assert shapes[0] != shapes[1]
