from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from qail.ast.build.qail import Qail
from qail.compile.cache import lookup
from qail.errors import EncodeError
from qail.pg.steps.sets import SetReader, values_of


class Named(NamedTuple):
    """A sequence of a class of its own."""

    id: int
    name: str


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


@pytest.mark.parametrize(
    "row", [(5, "x"), [5, "x"], {"name": "x", "id": 5}, Named(5, "x"), MappingProxyType({"id": 5, "name": "x"})]
)
def test_a_reader_gives_values_in_the_order_of_the_text(row: Any) -> None:
    assert SetReader(INSERT).read(row) == [5, "x"]


def test_a_reader_does_not_hand_on_the_callers_own_list() -> None:
    row = [5, "x"]

    assert SetReader(INSERT).read(row) is not row


@pytest.mark.parametrize("row", [{"id": 1, "nome": "x"}, {"id": 1}, (1,), "ab", 7])
def test_a_reader_refuses_what_does_not_fit(row: Any) -> None:
    with pytest.raises(EncodeError):
        SetReader(INSERT).read(row)


def test_a_set_by_name_needs_names_that_are_there_once() -> None:
    twice = lookup(Qail.get("t").eq("id", 1).eq("id", 2))

    assert SetReader(twice).read((1, 2)) == [1, 2]
    with pytest.raises(EncodeError, match="sequence"):
        SetReader(twice).read({"id": 1})
