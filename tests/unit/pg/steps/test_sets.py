from __future__ import annotations

from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.compile.cache import lookup
from qail.errors import EncodeError
from qail.pg.steps.sets import values_of

INSERT = lookup(Qail.add("t").values({"id": 1, "name": "a"}))


def in_sql_order(values: list[object]) -> list[object]:
    return [values[slot] for slot in INSERT.plan.slots]


@pytest.mark.parametrize("row", [(5, "x"), [5, "x"], {"id": 5, "name": "x"}, {"name": "x", "id": 5}])
def test_sets_go_by_order_or_by_name(row: Any) -> None:
    assert in_sql_order(values_of(INSERT, row)) == [5, "x"]


@pytest.mark.parametrize("row", [(), (1,), (1, "a", 2), {"id": 1}, {"id": 1, "name": "a", "age": 3}, "ab", 7, b"ab"])
def test_what_does_not_fit_is_refused(row: Any) -> None:
    with pytest.raises(EncodeError):
        values_of(INSERT, row)


def test_the_example_is_not_changed() -> None:
    values_of(INSERT, (5, "x"))

    assert in_sql_order(INSERT.values) == [1, "a"]
