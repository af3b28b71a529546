"""Expressions: no truth value, no None in comparisons, bounded nesting, and what operators refuse."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest

from qail.ast.build.items import tablesample
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.from_ import using
from qail.ast.clause.table_function import rows_from
from qail.ast.clause.window import rows
from qail.ast.expression.boolean import all_of, any_of, maybe
from qail.ast.expression.case import case, cast
from qail.ast.expression.column import col, excluded
from qail.ast.expression.function import count, func
from qail.ast.expression.parameter import SKIP, literal
from qail.ast.expression.row import row
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import INT4, PgType
from support.sql_tables import User


def tokens_of(node: Any) -> list[object]:
    walk = Walk()
    node.shape(walk)
    return walk.tokens


@pytest.mark.feature("EX1")
def test_an_expression_has_no_truth_value() -> None:
    for attempt in (
        lambda: bool(User.id == 1),
        lambda: not User.active,
        lambda: 1 < User.id < 3,
        lambda: (User.id == 1) and User.active,
        lambda: User.name in [User.id, User.age],
        lambda: bool(User.id.desc()),
    ):
        with pytest.raises(TypeError, match="no truth value"):
            attempt()


@pytest.mark.feature("EX2")
@pytest.mark.parametrize("operator", ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "like", "ilike"])
def test_a_comparison_with_none_names_is_null(operator: str) -> None:
    with pytest.raises(BuildError, match=r"\.is_null\(\)"):
        getattr(User.name, operator)(None)


@pytest.mark.feature("EX2")
def test_sugar_with_none_names_is_null() -> None:
    for method in ("eq", "ne", "gt", "gte", "lt", "lte", "like", "ilike"):
        with pytest.raises(BuildError, match=r"\.is_null\(\)"):
            getattr(Qail.get("t"), method)("a", None)


@pytest.mark.feature("EX2")
def test_distinctness_takes_none_as_a_value() -> None:
    assert "IS DISTINCT FROM" in tokens_of(User.email.is_distinct_from(None))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: User.id.in_([1, None]),
        lambda: User.id.not_in([None]),
        lambda: User.id.between(None, 3),
        lambda: User.age + None,
        lambda: None - User.age,
        lambda: row(User.id, User.age) > (1, 2, 3),
        lambda: User.id == row(1, 2),
        lambda: row(),
    ],
)
def test_what_would_never_match_is_refused(attempt: Any) -> None:
    with pytest.raises(BuildError):
        attempt()


@pytest.mark.feature("EX4")
@pytest.mark.parametrize("values", ["abc", b"abc", 5, {"a": 1}, None, iter([1])])
def test_in_takes_a_collection_of_values(values: Any) -> None:
    with pytest.raises(BuildError, match="list, tuple or set"):
        User.name.in_(values)


@pytest.mark.parametrize("value", [True, None, 3, "x", object()])
def test_a_condition_is_an_expression(value: Any) -> None:
    for attempt in (
        lambda: select(User.id).where(value),
        lambda: any_of(value),
        lambda: all_of(User.active, value),
        lambda: User.active & value,
        lambda: value | User.active,
        lambda: count().filter(value),
        lambda: case((value, 1)),
    ):
        with pytest.raises(BuildError, match="not"):
            attempt()


@pytest.mark.parametrize("value", [Qail.get("t"), SKIP, int, Qail.get("t").subquery("s")])
def test_a_part_of_a_query_is_no_value(value: Any) -> None:
    for attempt in (lambda: User.id == value, lambda: User.age + value, lambda: cast(value, User.id.pg)):
        with pytest.raises(BuildError):
            attempt()


def test_maybe_stands_only_in_where() -> None:
    with pytest.raises(BuildError, match="where"):
        tokens_of(any_of(maybe(User.active), User.active))


def test_filter_and_over_belong_to_calls() -> None:
    for attempt in (lambda: User.id.filter(User.active), lambda: User.id.over(), lambda: count().over().over()):
        with pytest.raises(BuildError):
            attempt()


@pytest.mark.parametrize("bounds", [(1, 0), (None, -3, "x"), ("a", 0), (True, 1)])
def test_a_frame_has_sensible_bounds(bounds: Any) -> None:
    with pytest.raises((BuildError, TypeError)):
        rows(*bounds)


def test_nesting_beyond_500_is_refused_where_it_is_made() -> None:
    condition = User.active

    for _ in range(499):
        condition = ~condition

    with pytest.raises(BuildError, match="nested 501 deep"):
        ~condition


def test_and_or_lists_and_left_spines_do_not_nest() -> None:
    condition, total = User.active, User.age
    for number in range(2_000):
        condition = condition & (User.id != number)
        total = total + 1

    assert condition.depth < 5
    assert total.depth < 5


def test_how_a_list_of_conditions_was_put_together_does_not_matter() -> None:
    a, b, c = User.id == 1, User.id == 2, User.active

    assert tokens_of((a | b) | c) == tokens_of(a | (b | c)) == tokens_of(any_of(a, b, c))


def test_a_node_copies_to_itself_and_is_not_pickled() -> None:
    condition = User.id == 1

    assert copy.copy(condition) is condition
    assert copy.deepcopy([condition])[0] is condition
    with pytest.raises(TypeError):
        pickle.dumps(condition)


def test_a_weak_reference_never_outlives_its_node() -> None:
    for make in (lambda: User.id == 1, lambda: select(User.id), lambda: User.id.desc(), lambda: PgType("t", 0, 0, "x")):
        node: Any = make()
        try:
            reference = weakref.ref(node)
        except TypeError:  # the compiled build has no weak references to nodes
            continue
        del node
        gc.collect()
        assert reference() is None


def test_literals_of_equal_values_have_different_shapes() -> None:
    shapes = [tuple(tokens_of(literal(value))) for value in (1, 1.0, True, "1", "True", None, "None")]

    assert len(set(shapes)) == len(shapes)


def test_a_literal_is_a_plain_constant() -> None:
    for value in (b"x", [1], object()):
        with pytest.raises(BuildError):
            literal(value)


@pytest.mark.feature("PL2")
@pytest.mark.parametrize("name", ["", "a\0b", "x" * 64, "é" * 32, "\ud800", 5, None, b"x"])
def test_what_cannot_be_an_identifier_is_refused_everywhere(name: Any) -> None:
    for attempt in (
        lambda: col(name),
        lambda: col("t", name),
        lambda: Qail.get(name) if name is not None else Qail.get(("s", None)),  # type: ignore[call-overload]
        lambda: Qail.get(("s", name)),
        lambda: Qail.get("t").columns(name),
        lambda: Qail.get("t").eq(name, 1),
        lambda: User.id.as_(name),
        lambda: Qail.add("t").values({name: 1}),
        lambda: Qail.set("t").values({name: 1}),
        lambda: Qail.create("t").column(name, INT4),
        lambda: Qail.create_index(name, "t", "a"),
        lambda: Qail.get("t").subquery(name),
        lambda: Qail.get("t").subquery("s", name),
        lambda: Qail.get("t").cte(name),
        lambda: Qail.get("t").cte("c", name),
        lambda: Qail.get("t").cte("c").as_(name),
        lambda: Qail.get("t").window(name),
        lambda: Qail.get("t").for_update(of=[name]) if name is not None else col(name),
        lambda: count().over(name) if name is not None else col(name),
        lambda: User.name.collate(name),
        lambda: User.name.field(name),
        lambda: User.name.op("+", schema=name) if name is not None else col(name),
        lambda: func.named(name),
        lambda: func.named("f", schema=name) if name is not None else col(name),
        lambda: rows_from(func.f(), alias=name),
        lambda: rows_from(func.f(), alias="a", columns=[name]),
        lambda: tablesample("t", 1, method=name),
        lambda: using(name),
        lambda: excluded(name),
        lambda: Qail.values({name: INT4}, (1,)),
        lambda: Qail.add("t").values({"a": 1}).on_conflict(constraint=name) if name is not None else col(name),
        lambda: Qail.merge(name) if name is not None else col(name),
    ):
        # Where an argument is annotated `str`, the compiled build says TypeError for what is none.
        with pytest.raises(BuildError if isinstance(name, str) else (BuildError, TypeError)):
            attempt()


@pytest.mark.feature("PL2")
@pytest.mark.parametrize(
    "name", ["select", "Mixed Case", 'q"uote', '"', "a.b", "a;b", "日本語", "x" * 63, "é" * 31, "--", "$1"]
)
def test_every_identifier_is_quoted_and_keeps_its_identity(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'

    assert str(Qail.get(name).columns(name).eq(name, 1)) == f"SELECT {quoted} FROM {quoted} WHERE {quoted} = $1"
    assert str(Qail.get((name, name), alias=name).columns(col(name, name).as_(name))) == (
        f"SELECT {quoted}.{quoted} AS {quoted} FROM {quoted}.{quoted} AS {quoted}"
    )
    assert str(Qail.add(name).values({name: 1}).on_conflict(name).do_update(name).returning(name)) == (
        f"INSERT INTO {quoted} ({quoted}) VALUES ($1) ON CONFLICT ({quoted}) "
        f"DO UPDATE SET {quoted} = EXCLUDED.{quoted} RETURNING {quoted}"
    )
    other = "other" if name == "o" else "o"
    assert str(
        Qail.get(Qail.get("t").columns(name).cte(name, name)).with_(Qail.get("t").columns(name).cte(name, name))
    ) == (f'WITH {quoted} ({quoted}) AS (SELECT {quoted} FROM "t") SELECT * FROM {quoted}')
    windowed = Qail.get("t").columns(count().over(name), col(name).collate(name), col(name).field(name))
    assert str(windowed.window(name, order_by=col(other))) == (
        f'SELECT count(*) OVER {quoted}, {quoted} COLLATE {quoted}, ({quoted}).{quoted} FROM "t" '
        f'WINDOW {quoted} AS (ORDER BY "{other}")'
    )
    assert str(Qail.get(rows_from(func.named(name, schema=name)(), alias=name, columns=[name]))) == (
        f"SELECT * FROM {quoted}.{quoted}() AS {quoted} ({quoted})"
    )
    assert str(Qail.create(name).column(name, INT4, pk=True)) == (
        f"CREATE TABLE {quoted} ({quoted} int4, PRIMARY KEY ({quoted}))"
    )
