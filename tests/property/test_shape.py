"""The law of the plan cache: equal keys are equal texts, and equal texts of one way of building are equal keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.ast.build.select import select
from qail.ast.expression.boolean import all_of, any_of
from qail.ast.expression.case import case, coalesce
from qail.ast.expression.function import count, func, max_
from qail.ast.walk import Walk
from qail.compile.cache import lookup
from qail.compile.compiler import make_plan
from support.sql_tables import User

NUMBERS = st.integers(0, 3)
COLUMNS = st.sampled_from([User.id, User.age])


def numbers(children: Any) -> Any:
    return st.one_of(
        st.builds(lambda a, b: a + b, children, children),
        st.builds(lambda a, b: a - b, children, children),
        st.builds(lambda a, b: a * b, children, children),
        st.builds(lambda a, n: a + n, children, NUMBERS),
        st.builds(lambda n, a: n - a, NUMBERS, children),
        st.builds(lambda a: -a, children),
        st.builds(lambda a, n: coalesce(a, n), children, NUMBERS),
        st.builds(lambda a, n: func.abs(a, n), children, NUMBERS),
        st.builds(lambda a, b, n: case((a > b, n), else_=a), children, children, NUMBERS),
    )


VALUES = st.recursive(COLUMNS, numbers, max_leaves=6)


def conditions(children: Any) -> Any:
    return st.one_of(
        st.builds(lambda a, b: a & b, children, children),
        st.builds(lambda a, b: a | b, children, children),
        st.builds(lambda a: ~a, children),
        st.builds(any_of, children, children, children),
        st.builds(all_of, children, children),
        st.builds(lambda a: a.is_null(), children),
        st.builds(lambda a: a & a, children),
    )


CONDITIONS = st.recursive(
    st.one_of(
        st.builds(lambda a, n: a == n, VALUES, NUMBERS),
        st.builds(lambda a, b: a < b, VALUES, VALUES),
        st.builds(lambda a, n: a.in_(list(range(n))), VALUES, NUMBERS),
        st.builds(lambda a, n: a.between(n, a), VALUES, NUMBERS),
        st.builds(lambda a, n: a.is_distinct_from(n), VALUES, NUMBERS),
        st.just(User.active),
    ),
    conditions,
    max_leaves=6,
)


@st.composite
def queries(draw: Any) -> Any:
    value = draw(VALUES)
    query = select(User.id, value, count().filter(draw(CONDITIONS)).over(), max_(value).over(order_by=value))
    query = query.where(draw(CONDITIONS))
    if draw(st.booleans()):
        # By the primary key, on which every column depends.
        query = query.group_by(value, User.id).having(count() > draw(NUMBERS))
    if draw(st.booleans()):
        query = query.order_by(draw(VALUES).desc(), value)
    return query.limit(draw(NUMBERS)) if draw(st.booleans()) else query


def shape(query: Any) -> tuple[tuple[object, ...], str, list[str | None]]:
    walk = Walk()
    query.shape(walk)
    plan = make_plan(query, walk)
    return tuple(walk.tokens), plan.sql.decode(), [pg and pg.name for pg in plan.parameter_types]


@pytest.mark.feature("PL3")
@given(queries(), queries())
def test_equal_keys_are_equal_texts_and_the_other_way_round(first: Any, second: Any) -> None:
    first_key, first_text, first_types = shape(first)
    second_key, second_text, second_types = shape(second)

    assert (first_key == second_key) == (first_text == second_text)
    assert first_key != second_key or first_types == second_types


@pytest.mark.feature("PL4")
@given(queries())
def test_every_parameter_of_the_text_has_one_slot_and_every_value_is_sent(query: Any) -> None:
    call = lookup(query)

    text = call.plan.sql.decode()
    for number in range(1, len(call.plan.slots) + 1):
        assert f"${number}" in text
    assert f"${len(call.plan.slots) + 1}" not in text
    assert sorted(call.plan.slots) == list(range(len(call.values)))


@given(queries())
def test_building_and_compiling_are_deterministic(query: Any) -> None:
    assert shape(query) == shape(query)
    assert lookup(query).plan is lookup(query).plan
