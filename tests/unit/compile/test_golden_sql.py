"""Every case of the golden corpus: exact text, exact parameters."""

from __future__ import annotations

import pytest

from qail.compile.cache import lookup
from qail.compile.registry import RENDERERS, WITHOUT_SQL, node_classes
from support.sql_case import Case
from support.sql_cases import CASES


@pytest.mark.feature("PL1")
@pytest.mark.feature("ST1")
@pytest.mark.feature("ST4")
@pytest.mark.feature("ST6")
@pytest.mark.feature("DM6")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_query_makes_exactly_this_text_and_these_parameters(case: Case) -> None:
    call = lookup(case.query)

    assert call.plan.sql.decode() == case.sql
    assert [call.values[slot] for slot in call.plan.slots] == case.parameters
    assert str(case.query) == case.sql


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_parameters_are_numbered_densely_from_1(case: Case) -> None:
    plan = lookup(case.query).plan

    numbers = {number for number in range(1, 100) if f"${number}" in case.sql}
    assert numbers >= set(range(1, len(plan.slots) + 1))
    assert len(plan.slots) == len(plan.parameter_types) == len(plan.parameter_names)
    assert sorted(plan.slots) == list(range(len(plan.slots)))


def test_case_names_are_unique() -> None:
    names = [case.name for case in CASES]

    assert len(set(names)) == len(names)
    assert len(names) >= 400


@pytest.mark.feature("ST3")
def test_every_node_class_has_a_renderer_or_a_reason() -> None:
    ours = [known for known in node_classes() if known.__module__.startswith("qail.")]

    without = [known.__name__ for known in ours if known not in RENDERERS and known not in WITHOUT_SQL]

    assert without == []
