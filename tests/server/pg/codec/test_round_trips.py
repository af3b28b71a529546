"""Random values of each type, to a server and back: as they are, and by way of the server's own text of them.

The seed is the run's: the header prints it, and `QAIL_SEED=N` repeats the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.conformance import Conformance
from support.value_cases import CASES, same
from support.value_strategies import STRATEGIES

ROWS: Final = {case.name: case.row for case in CASES}
# A pseudo-type is no parameter; the others are made of types that have random values, or few values at all.
WITHOUT: Final = {
    *("aclitem[]", "int4multirange[]", "nested", "nothing_at_all", "record", "smaller[]", "speedrange", "speeds[]"),
    "xml",
}
MOST_VALUES: Final = 12
# Of up to twelve values each; the profiles "long" and "fuzz" give more examples.
EXAMPLES: Final = max(8, settings().max_examples // 12)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.feature(ROWS[name])) for name in STRATEGIES if name in ROWS]
)
@pytest.mark.feature("TS3")
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_random_values_come_back_and_are_what_the_server_reads_from_its_own_text(
    conformance_with: Callable[[str], Conformance], name: str, data: st.DataObject
) -> None:
    conformance = conformance_with(name)
    values = data.draw(st.lists(STRATEGIES[name], min_size=1, max_size=MOST_VALUES))

    for found in back(conformance, name, values):
        assert all(map(same, found, values)), found


def back(conformance: Conformance, name: str, values: list[object]) -> list[tuple[object, ...]]:
    """What comes for each value; and what the server reads from the text it writes of each."""
    facts = conformance.types[name]
    places = [f"${number + 1}" for number in range(len(values))]
    rows = conformance.client.fetch(
        f"SELECT {', '.join(places)} UNION ALL SELECT {', '.join(f'{p}::text::{facts.sql}' for p in places)}",
        values,
        [facts.oid] * len(values),
    )
    assert len(rows) == 2
    return rows


def test_every_type_with_cases_has_random_values() -> None:
    assert {case.name for case in CASES} - set(STRATEGIES) == WITHOUT
