"""Row: a tuple of values that knows its columns' names."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.rows.row import Row, make_rows

VALUES = st.one_of(st.none(), st.integers(), st.text())


def a_row(**values: Any) -> Row:
    return make_rows(tuple(values), [tuple(values.values())])[0]


@pytest.mark.feature("RS2")
@given(st.dictionaries(st.text(), VALUES))
def test_a_row_is_its_values_and_finds_each_by_number_and_by_name(values: dict[str, Any]) -> None:
    row = make_rows(tuple(values), [tuple(values.values())])[0]

    assert row == tuple(values.values())
    assert hash(row) == hash(tuple(values.values()))
    assert list(row) == list(values.values())
    # By the class: a column wins over a method.
    assert Row.keys(row) == tuple(values)
    assert Row.as_dict(row) == values
    assert dict(zip(Row.keys(row), row, strict=True)) == values
    for number, name in enumerate(values):
        assert row[name] == row[number] == values[name]


@pytest.mark.feature("RS2")
@given(st.lists(st.text(), max_size=6))
def test_a_row_survives_a_pickle_and_a_copy(names: list[str]) -> None:
    row = make_rows(tuple(names), [tuple(range(len(names)))])[0]

    for twin in (pickle.loads(pickle.dumps(row)), copy.copy(row), copy.deepcopy(row)):
        assert twin == row
        assert Row.keys(twin) == Row.keys(row)
        assert type(twin) is type(row)


@pytest.mark.parametrize("name", ["id", "keys", "as_dict", "count", "index", "self", "_x", "class"])
def test_a_column_wins_over_a_method(name: str) -> None:
    row = a_row(**{name: 7})

    assert getattr(row, name) == 7
    assert row[name] == 7


@pytest.mark.parametrize("name", ["__class__", "__len__", "__reduce__", "__qail_names__"])
def test_a_name_of_pythons_own_is_reached_by_index_only(name: str) -> None:
    row = a_row(**{name: 7})

    assert row[name] == 7
    assert isinstance(row, Row)
    assert len(row) == 1
    assert pickle.loads(pickle.dumps(row)) == row


@pytest.mark.feature("RS2")
@pytest.mark.parametrize("name", ["id", "count"])
def test_a_name_of_two_columns_is_refused_by_name_and_served_by_number(name: str) -> None:
    row = make_rows((name, name), [(1, 2)])[0]

    assert (row[0], row[1]) == (1, 2)
    with pytest.raises(KeyError, match="more than one column"):
        row[name]
    with pytest.raises(AttributeError, match="more than one column"):
        getattr(row, name)
    with pytest.raises(KeyError, match="more than once"):
        row.as_dict()


def test_an_unknown_name_is_an_error_that_lists_the_columns() -> None:
    row = a_row(id=1, name="a")

    with pytest.raises(KeyError, match="id, name"):
        row["nme"]
    with pytest.raises(AttributeError, match="id, name"):
        row.nme


def test_a_slice_is_a_plain_tuple_and_a_row_is_read_only() -> None:
    row: Any = a_row(id=1, name="a")

    assert row[:1] == (1,)
    assert type(row[:1]) is tuple
    with pytest.raises(AttributeError):
        row.id = 2
