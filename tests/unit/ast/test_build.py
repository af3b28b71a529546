"""Builders: immutable, complete, and strict about what they are given."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import pytest

import qail.compile.cache  # noqa: F401 - str(query) needs it
from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.build.dyn import Dyn
from qail.ast.build.qail import Qail
from qail.ast.build.query_expression import row_target
from qail.ast.build.select import select
from qail.ast.clause.output import result_items
from qail.ast.expression.boolean import maybe
from qail.ast.expression.case import coalesce
from qail.ast.expression.column import ColumnRef, WholeRow, col
from qail.ast.expression.function import count
from qail.ast.expression.parameter import SKIP
from qail.errors import BuildError
from support.sql_tables import Boss, P, Post, PostOuter, User, UserOuter

CTE = Qail.get("a").cte("a")
OTHER_CTE = Qail.get("b").cte("b")
STEPS: dict[str, tuple[Any, Any, str]] = {
    "where": (lambda q: q.where(User.id == 1), lambda q: q.where(User.id == 2), "WHERE"),
    "group_by": (lambda q: q.group_by(User.id), lambda q: q.group_by(User.age), "GROUP BY"),
    "having": (
        lambda q: q.group_by(User.id, User.age).having(count() > 1),
        lambda q: q.group_by(User.id, User.age),
        "HAVING",
    ),
    "order_by": (lambda q: q.order_by(User.id), lambda q: q.order_by(User.age.desc()), "ORDER BY"),
    "limit": (lambda q: q.limit(1), lambda q: q.limit(2), "LIMIT"),
    "offset": (lambda q: q.offset(1), lambda q: q.offset(2), "OFFSET"),
    "distinct": (lambda q: q.distinct(), lambda q: q.distinct(), "DISTINCT"),
    "distinct_on": (lambda q: q.distinct_on(User.id), lambda q: q.distinct_on(User.age), "DISTINCT ON"),
    "join": (lambda q: q.join(Post, on=Post.id == 1), lambda q: q.join(Boss, on=Boss.id == User.id), " JOIN"),
    "left_join": (lambda q: q.left_join(P, on=P.id == 1), lambda q: q.join(Post, on=Post.id == 2), "LEFT JOIN"),
    "right_join": (lambda q: q.right_join(Post, on=Post.id == 1), lambda q: q.limit(1), "RIGHT JOIN"),
    "full_join": (lambda q: q.full_join(P, on=P.id == 1), lambda q: q.limit(1), "FULL JOIN"),
    "cross_join": (lambda q: q.cross_join(Post), lambda q: q.limit(1), "CROSS JOIN"),
    "with_": (lambda q: q.with_(CTE), lambda q: q.with_(OTHER_CTE), "WITH"),
    "fetch_first": (
        lambda q: q.order_by(User.id).fetch_first(1, with_ties=True),
        lambda q: q.order_by(User.id),
        "TIES",
    ),
    "for_update": (lambda q: q.for_update(), lambda q: q.for_update(nowait=True), "FOR UPDATE"),
    "for_no_key_update": (lambda q: q.for_no_key_update(), lambda q: q.limit(1), "FOR NO KEY UPDATE"),
    "for_share": (lambda q: q.for_share(skip_locked=True), lambda q: q.for_share(), "SKIP LOCKED"),
    "for_key_share": (lambda q: q.for_key_share(), lambda q: q.limit(1), "FOR KEY SHARE"),
    "window": (lambda q: q.window("w", order_by=User.id), lambda q: q.window("v"), "WINDOW"),
    "from_": (lambda q: q.from_(User), lambda q: q.limit(1), "FROM"),
}


def base_of(name: str) -> Any:
    """A query for a step; behind a right or full join the users may be absent."""
    table = UserOuter if name in ("right_join", "full_join") else User
    return select(table.id, table.age).where(table.active)


@pytest.mark.feature("ST2")
@pytest.mark.parametrize("name", STEPS)
def test_two_queries_of_one_base_leave_it_and_each_other_unchanged(name: str) -> None:
    first_step, second_step, _ = STEPS[name]
    base = base_of(name)
    before = str(base)

    first, first_text = first_step(base), str(first_step(base))
    second = second_step(base)

    assert str(base) == before
    assert str(first) == first_text
    assert str(second) == str(second_step(base))
    assert str(first_step(second)) != before


@pytest.mark.feature("ST3")
@pytest.mark.parametrize("name", STEPS)
def test_each_clause_shows_in_the_text(name: str) -> None:
    step, _, word = STEPS[name]

    assert word in str(step(base_of(name)))


@pytest.mark.feature("ST3")
def test_repeated_calls_add_and_do_not_replace() -> None:
    query = select(User.id).order_by(User.id).order_by(User.age, User.name.desc()).group_by(User.id).group_by(User.age)
    query = query.having(count() > 1).having(count() < 9).where(User.active).where(User.id == 1)

    assert str(query) == (
        'SELECT "users"."id" FROM "users" WHERE "users"."active" AND "users"."id" = $1 '
        'GROUP BY "users"."id", "users"."age" HAVING count(*) > $2 AND count(*) < $3 '
        'ORDER BY "users"."id", "users"."age", "users"."name" DESC'
    )


def test_the_last_limit_counts() -> None:
    assert str(Qail.get("t").limit(1).limit(2)) == 'SELECT * FROM "t" LIMIT $1'
    assert Qail.get("t").limit(1).limit(2).explain_shape().count("$1 = 2") == 1


@pytest.mark.feature("ST7")
@pytest.mark.parametrize("method", ["limit", "offset"])
@pytest.mark.parametrize("value", [-1, -(2**70), True, 1.5, "10", None])
def test_limit_and_offset_take_a_count(method: str, value: Any) -> None:
    with pytest.raises(BuildError, match=method):
        getattr(Qail.get("t"), method)(value)


@pytest.mark.feature("ST7")
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: select(User.id).after(1),
        lambda: select(User.id).order_by(User.id).after(),
        lambda: select(User.id).order_by(User.id).after(1, 2),
        lambda: select(User.id).order_by(User.id).after(None),
        lambda: select(User.id).before(1),
        lambda: select(User.id).order_by(User.email, User.id).before("a"),
        lambda: select(User.id).order_by(User.email, User.id).before("a", None),
        lambda: Qail.get("t").order_by(col("a").not_null()).after(None),
        lambda: select(User.id).order_by(coalesce(User.email, "")).after(None),
    ],
)
def test_keyset_paging_refuses_what_would_skip_rows(attempt: Any) -> None:
    with pytest.raises(BuildError, match=r"after|before|order_by|NULL"):
        attempt()


@pytest.mark.feature("ST7")
@pytest.mark.parametrize(
    ("number", "size"), [(0, 10), (-1, 10), (1, 0), (1, -5), (True, 10), (1, None), ("1", 10), (1.0, 5)]
)
def test_pages_are_counted_from_1(number: Any, size: Any) -> None:
    with pytest.raises(BuildError, match="1 or more"):
        Qail.get("t").page(number, size=size)


@pytest.mark.feature("ST5")
@pytest.mark.feature("DM5")
def test_an_optional_condition_needs_its_marker() -> None:
    assert str(Qail.get(User).where(maybe(None))) == str(Qail.get(User))
    for attempt in (
        lambda: Qail.set(User).values({"age": 1}).where(maybe(None)),
        lambda: Qail.delete(User).where(maybe(None)),
        lambda: Qail.delete(User).where(),  # type: ignore[call-arg]
    ):
        with pytest.raises((BuildError, TypeError)):
            attempt()


@pytest.mark.feature("DM5")
def test_update_and_delete_are_commands_only_with_a_condition() -> None:
    assert not isinstance(Qail.set(User).values({"age": 1}), (Command, Fetchable))
    assert not isinstance(Qail.delete(User), (Command, Fetchable))
    assert isinstance(Qail.delete(User).all_rows(), Command)
    assert isinstance(Qail.set("users").values({"age": 1}).eq("id", 1), Command)


@pytest.mark.feature("DM1")
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (({"name": "a"}, {"age": 1}), "row 2 differs.*age, name"),
        (({"name": "a"}, {"name": "b", "age": 1}), "row 2 differs.*age"),
        (({"name": "a", "age": 1}, {"name": "b", "age": SKIP}), "row 2 differs.*age"),
        (({"nme": "a"},), "no column 'nme'; it has id, name"),
        (({1: "a"},), "named by a str"),
        ((["name"],), "mappings"),
        (({}, {}), "rows of defaults"),
        (({"name": Qail.get("t")},), "scalar"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        Qail.add(User).values(*rows)


@pytest.mark.feature("DM4")
def test_an_update_writes_only_the_columns_it_was_given() -> None:
    query = Qail.set(User).values({"name": None, "email": SKIP, "age": 3}).where(User.id == 1)

    assert str(query) == 'UPDATE "users" SET "name" = $1, "age" = $2 WHERE "users"."id" = $3'
    for row in ({}, {"name": SKIP}):
        with pytest.raises(BuildError, match="sets no column"):
            Qail.set(User).values(row)


def test_an_empty_row_is_all_defaults() -> None:
    assert str(Qail.add("t").values({})) == 'INSERT INTO "t" DEFAULT VALUES'


@pytest.mark.feature("DM3")
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Qail.put("t").values({"id": 1}, key="id"),
        lambda: Qail.put("t").values({"id": 1, "a": 2}, key="other"),
        lambda: Qail.add("t").values({"id": 1}).on_conflict().do_update("a"),
        lambda: Qail.add("t").values({"id": 1}).on_conflict("id").do_nothing().on_conflict("id"),
        lambda: Qail.add(User).values({"id": 1}).on_conflict("nme"),
    ],
)
def test_an_upsert_that_cannot_work_is_refused(attempt: Any) -> None:
    with pytest.raises(BuildError):
        attempt()


def test_select_needs_items_that_are_columns() -> None:
    for attempt in (
        lambda: select(),  # type: ignore[call-overload]
        lambda: select(3),  # type: ignore[call-overload]
        lambda: select("id"),  # type: ignore[call-overload]
        lambda: select(int),
        lambda: Qail.get(int),
        lambda: Qail.get("t").columns(),
        lambda: Qail.get("t").columns(3),  # type: ignore[arg-type]
        lambda: Qail.delete(User).all_rows().returning(),  # type: ignore[call-overload]
        lambda: select(User.id).order_by("id"),
    ):
        with pytest.raises(BuildError):
            attempt()


def test_an_outer_join_takes_the_outer_twin() -> None:
    for method in ("left_join", "full_join"):
        with pytest.raises(BuildError, match="PostOuter"):
            getattr(select(User.id), method)(Post, on=Post.id == 1)


def test_a_sort_direction_is_asc_or_desc() -> None:
    for key in (("a", "desc; drop"), ("a", "DESC"), ("a",), (1, "desc"), 3):
        with pytest.raises(BuildError):
            Qail.get("t").order_by(key)


def test_a_query_copies_to_itself_and_is_not_pickled() -> None:
    query = Qail.get("t").eq("a", 1)

    assert copy.deepcopy({"q": query})["q"] is query
    with pytest.raises(TypeError):
        pickle.dumps(query)


class OnlyId(NamedTuple):
    id: int


def test_map_and_into_say_what_rows_become_and_can_be_followed() -> None:
    query = select(User.id).map(str).where(User.active).into(OnlyId)

    target = row_target(query)
    assert target is not None
    assert (target.kind, target.target) == ("into", OnlyId)
    assert row_target(select(User.id)) is None
    with pytest.raises(BuildError, match="outermost"):
        User.id.in_(select(User.id).map(str))


def test_the_items_of_a_result_are_known_to_its_decoder() -> None:
    whole, mixed = result_items(Qail.get(User)), result_items(select(User, PostOuter, User.id))
    dyn, star = result_items(Qail.get("t").columns("a").columns(col("b"))), result_items(Qail.get("t"))
    returned = result_items(Qail.delete(User).all_rows().returning(User))

    assert whole is not None
    assert isinstance(whole[0], WholeRow)
    assert mixed is not None
    assert [isinstance(item, WholeRow) for item in mixed] == [True, True, False]
    assert dyn is not None
    assert [item.fields for item in dyn if isinstance(item, ColumnRef)] == [("a",), ("b",)]
    assert star is None
    assert returned is not None
    assert isinstance(returned[0], WholeRow)


def test_every_builder_method_returns_a_new_builder() -> None:
    base: Builder = Qail.get("t")

    assert isinstance(base, Dyn)
    assert base.limit(1) is not base
    assert base.limit(1).previous is base
