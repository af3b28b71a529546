"""What the compiler refuses, and what a Plan knows of its statement."""

from __future__ import annotations

from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.expression.column import col
from qail.ast.expression.function import count, func
from qail.ast.expression.parameter import literal
from qail.ast.expression.subquery import exists
from qail.ast.node import Expr
from qail.compile.cache import lookup
from qail.errors import BuildError, EncodeError
from qail.pgtype import INT8
from qail.prepared import prepared
from support.sql_tables import Boss, P, Post, PostOuter, User


@pytest.mark.feature("JN3")
@pytest.mark.parametrize(
    "query",
    [
        select(User.id).where(Post.id == 1),
        select(User.id).order_by(Post.id),
        select(User.id, Post.title),
        select(User.id).join(Post, on=Post.author_id == Boss.id),
        Qail.get(User).columns(Post.id),
        Qail.set(User).values({"age": Post.id}).where(User.id == 1),
        Qail.delete(User).where(Post.id == 1),
        Qail.add(User).values({"id": 1}).returning(Post.id),
        select(User.id).where(exists(select(literal(1)).from_(Post).where(Boss.id == 1))),
    ],
)
def test_a_column_whose_table_is_not_in_scope_is_refused_by_name(query: Any) -> None:
    with pytest.raises(BuildError, match=r"table '(posts|users as boss)', which is not in FROM"):
        lookup(query)


def test_a_table_is_in_scope_only_under_its_alias() -> None:
    with pytest.raises(BuildError, match="'users as boss'"):
        lookup(select(User.id).where(Boss.id == 1))
    with pytest.raises(BuildError, match="'posts'"):
        lookup(select(User.id).left_join(P, on=P.author_id == User.id).where(PostOuter.id == 1))


def test_a_subquery_in_from_does_not_see_its_neighbours() -> None:
    inner = select(Post.id).where(Post.author_id == User.id).subquery("s")

    with pytest.raises(BuildError, match="'users'"):
        lookup(select(User.id).join(inner, on=col("s", "id") == User.id))


def test_a_correlated_subquery_sees_the_outer_query() -> None:
    inner = select(Post.id).where(Post.author_id == User.id)

    assert "EXISTS (SELECT" in str(select(User.id).where(exists(inner)))


def test_no_from_is_added_for_a_condition() -> None:
    with pytest.raises(BuildError, match="not in FROM"):
        lookup(select(count()).where(User.active))


def test_a_join_needs_something_to_join_to() -> None:
    with pytest.raises(BuildError, match=r"from_\(\)"):
        lookup(select(count()).join(Post, on=Post.id == 1))


@pytest.mark.feature("DM5")
@pytest.mark.parametrize(
    "builder",
    [
        Qail.set("users").values({"name": "x"}),
        Qail.set(User).values({"name": "x"}),
        Qail.delete("users"),
        Qail.delete(User),
    ],
)
def test_update_and_delete_without_a_condition_are_refused(builder: Any) -> None:
    with pytest.raises(BuildError, match=r"without a condition.*all_rows\(\)"):
        lookup(builder)


@pytest.mark.parametrize("builder", [Qail.add("users"), Qail.put("users"), Qail.set("users")])
def test_an_incomplete_statement_is_refused(builder: Any) -> None:
    with pytest.raises(BuildError, match=r"values\(\)"):
        lookup(builder)


def test_distinct_excludes_distinct_on() -> None:
    with pytest.raises(BuildError, match="exclude each other"):
        lookup(select(User.id).distinct().distinct_on(User.id))


def test_a_write_to_an_outer_twin_is_refused() -> None:
    with pytest.raises(BuildError, match="outer twin"):
        lookup(Qail.delete(PostOuter).all_rows())


def test_a_table_with_two_columns_of_one_name_is_refused() -> None:
    from qail.pgtype import INT4

    with pytest.raises(BuildError, match="two columns named a"):
        lookup(Qail.create("t").column("a", INT4).column("a", INT4))


def test_more_parameters_than_bind_can_count_are_refused_with_the_number() -> None:
    rows = [{"a": number, "b": 1} for number in range(32_768)]

    with pytest.raises(EncodeError, match=r"65536 parameters.*65535.*copy_in"):
        lookup(Qail.add("t").values(*rows))
    assert len(lookup(Qail.add("t").values(*rows[:-1])).values) == 65_534


@pytest.mark.feature("ST3")
def test_a_node_class_without_renderer_is_refused() -> None:
    class Strange(Expr[int]):
        def __init__(self) -> None:
            super().__init__(1)

        def shape(self, walk: Any) -> None:
            walk.tokens.append("strange")

    with pytest.raises(BuildError, match="Strange has no SQL form"):
        lookup(select(Strange()))


@pytest.mark.feature("PA1")
def test_a_parameter_takes_the_type_and_the_name_of_its_column() -> None:
    plan = lookup(select(User.id).where(User.age > 1, User.name == "x").limit(3)).plan

    assert [pg and pg.name for pg in plan.parameter_types] == ["int4", "text", "int8"]
    assert plan.parameter_names == ["age", "name", ""]


def test_a_plan_knows_its_result_types_only_when_the_tree_tells_all() -> None:
    known, unknown = lookup(select(User, count().over())).plan, lookup(select(User.id, func.lower(User.name))).plan

    assert [pg and pg.name for pg in known.columns or []] == [
        "int8", "text", "text", "int4", "bool", "timestamptz", "int8"
    ]  # fmt: skip
    assert unknown.columns is None


@pytest.mark.parametrize(
    ("query", "is_read_only", "returns_rows"),
    [
        (Qail.get(User), True, True),
        (select(count()).from_(User), True, True),
        (select(func.nextval("s")), False, True),
        (select(User.id).where(func.setval("s", User.id) > 1), False, True),
        (Qail.delete(User).all_rows(), False, False),
        (Qail.delete(User).all_rows().returning(User.id), False, True),
    ],
)
def test_a_plan_is_read_only_only_when_that_is_proven(query: Any, is_read_only: bool, returns_rows: bool) -> None:
    plan = lookup(query).plan

    assert (plan.is_read_only, plan.returns_rows) == (is_read_only, returns_rows)


def test_a_plan_with_a_literal_is_not_kept() -> None:
    assert not lookup(select(literal(1))).plan.is_kept
    assert lookup(select(literal(1))).plan is not lookup(select(literal(1))).plan


def test_nesting_up_to_500_compiles_whatever_the_build() -> None:
    condition = User.active
    for _ in range(490):
        condition = ~condition

    assert str(select(User.id).where(condition)).count("NOT ") == 490


def test_ten_thousand_terms_and_a_long_spine_compile() -> None:
    condition = User.id == 0
    total = User.id
    for number in range(10_000):
        condition = condition | (User.id == number)
        total = total + number

    plan = lookup(select(total).where(condition)).plan

    assert len(plan.slots) == 20_001
    assert plan.sql.count(b" OR ") == 10_000
    assert b"(" not in plan.sql


@pytest.mark.parametrize(
    ("query", "is_bound"),
    [
        (select(func.set_config("a.b", "c", True)), True),
        (select(func.pg_try_advisory_lock(1)), True),
        (select(User.id).where(func.lastval() == User.id), True),
        (Qail.add(User).values({"id": func.currval("users_id_seq")}), True),
        (Qail.create("mine").column("id", INT8).temporary(), True),
        (Qail.create("mine").column("id", INT8), False),
        (select(func.pg_advisory_xact_lock(1)), False),
        (select(func.nextval("users_id_seq")), False),
        (select(func.lower(User.name)), False),
    ],
)
def test_a_plan_knows_whether_it_needs_a_session_that_nobody_shares(query: Any, is_bound: bool) -> None:
    assert lookup(query).plan.is_session_bound == is_bound


@pytest.mark.parametrize(
    ("query", "is_read_only"),
    [
        (select(func.lower(User.name)), True),
        (select(func.date_trunc("day", func.now())), True),
        (select(func.random()), False),
        (select(func.my_own(User.name)), False),
    ],
)
def test_only_functions_known_to_change_nothing_are_proven_to_read(query: Any, is_read_only: bool) -> None:
    assert lookup(query).plan.is_read_only == is_read_only


@pytest.mark.parametrize("text", ["a\ud800b", "a\0b"])
def test_a_literal_that_no_text_can_hold_is_refused_by_name(text: str) -> None:
    with pytest.raises(BuildError, match="string literal"):
        lookup(select(literal(text)))


@pytest.mark.feature("ST8")
def test_what_locks_or_writes_is_not_taken_for_reading_only() -> None:
    ids = select(User.id)
    gone = Qail.delete("t").all_rows().returning("id").cte("gone")

    assert lookup(ids.union(ids)).plan.is_read_only
    assert not lookup(ids.for_share()).plan.is_read_only
    assert not lookup(ids.where(User.id.in_(ids.for_update()))).plan.is_read_only
    assert not lookup(Qail.get(gone).with_(gone)).plan.is_read_only
    assert not lookup(select(User.age.op("<~>")(1))).plan.is_read_only


@pytest.mark.feature("ST3")
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Qail.add("t").values({"a": 1}).on_conflict("a"), r"do_nothing\(\) or do_update"),
        (Qail.merge("t").using("s", on=literal(True)).when_matched(), r"delete\(\) or do_nothing\(\)"),
        (Qail.merge("t").using("s", on=literal(True)).when_not_matched(), r"insert\(...\) or do_nothing\(\)"),
        (Qail.merge("t").using("s", on=literal(True)), r"when_matched\(\).delete\(\)"),
        (prepared(lambda n: Qail.get("t").limit(n)), "call it"),
        ("SELECT 1", r"Qail.sql\(...\) takes text"),
        (None, "of class NoneType$"),
    ],
)
def test_what_is_no_query_yet_is_told_how_to_become_one(asked: Any, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        lookup(asked)


@pytest.mark.feature("JN3")
def test_a_table_joined_to_itself_is_told_to_take_another_name() -> None:
    with pytest.raises(BuildError, match=r"'users' is joined to itself: one of the two needs another name, as_\(\)"):
        lookup(select(User.id).join(User, on=User.id == User.age))
