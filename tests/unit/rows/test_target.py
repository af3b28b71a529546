"""What rows become: tuples, Row, table objects, map(fn), into(model)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, NotRequired

import pytest
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from qail import INT8, TEXT, BuildError, Col, Columns, DecodeError, Outer, Qail, Table, col, select
from qail.rows.row import Row
from qail.rows.target import rows_in_form


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)


class User(_User, Table, name="users"): ...


class UserOuter(_User, Outer[User], name="users"): ...


@dataclass(slots=True)
class Card:
    id: int
    name: str


@dataclass(kw_only=True)
class Keyed:
    name: str
    id: int
    tags: list[str] = field(default_factory=list)


class Pair(NamedTuple):
    id: int
    name: str


class Loose(TypedDict):
    id: int
    name: str
    email: NotRequired[str | None]


class Model(BaseModel):
    id: int
    name: str


class Renamed(BaseModel):
    id: int
    title: str = Field(alias="name")


@pydantic_dataclass
class Checked:
    id: int
    name: str


NAMES = ("id", "name")
ROWS: list[tuple[Any, ...]] = [(1, "a"), (2, "b")]
BOTH = select(User.id, User.name)


def names() -> tuple[str, ...]:
    return NAMES


def no_names() -> tuple[str, ...]:
    raise AssertionError("this form does not go by name")


def test_the_tuples_of_a_select_are_handed_on_as_they_are() -> None:
    assert rows_in_form(BOTH, ROWS, no_names) is ROWS


def test_an_untyped_query_makes_rows() -> None:
    found = rows_in_form(Qail.get("users"), ROWS, names)

    assert [type(row).__mro__[1] for row in found] == [Row, Row]
    assert found == ROWS
    assert found[1].name == "b"
    written = Qail.delete("users").all_rows().returning("id", "name")
    assert rows_in_form(written, ROWS, names)[0]["id"] == 1


def test_a_table_makes_its_objects() -> None:
    assert rows_in_form(Qail.get(User), ROWS, no_names) == [User(id=1, name="a"), User(id=2, name="b")]


def test_whole_rows_stand_beside_columns_and_an_absent_outer_row_is_none() -> None:
    query = select(User.name, UserOuter, User)
    rows: list[tuple[Any, ...]] = [("x", None, None, 1, "a"), ("y", 2, "b", 1, "a")]

    assert rows_in_form(query, rows, no_names) == [
        ("x", None, User(id=1, name="a")),
        ("y", User(id=2, name="b"), User(id=1, name="a")),
    ]
    assert rows_in_form(query, [], no_names) == []


@pytest.mark.parametrize("make", [Card, Pair, lambda number, name: f"{number}{name}"])
def test_map_is_called_with_the_values_by_position(make: Any) -> None:
    assert rows_in_form(BOTH.map(make), ROWS, names) == [make(1, "a"), make(2, "b")]
    assert rows_in_form(BOTH.map(make), ROWS, tuple) == [make(1, "a"), make(2, "b")]  # nobody knows the names


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Card, Card(1, "a")),
        (Keyed, Keyed(id=1, name="a")),
        (Pair, Pair(1, "a")),
        (Loose, {"id": 1, "name": "a"}),
        (Model, Model(id=1, name="a")),
        (Renamed, Renamed(id=1, name="a")),
        (Checked, Checked(id=1, name="a")),
    ],
)
def test_into_fills_a_model_by_name(model: Any, expected: object) -> None:
    turned = select(User.name, User.id).into(model)

    found = rows_in_form(turned, [("a", 1)], lambda: ("name", "id"))

    assert found == [expected]
    assert type(found[0]) is type(expected)


MODELS = [Card, Keyed, Pair, Loose, Model, Checked]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("columns", "said"),
    [(("id",), "name"), (("id", "name", "agee"), "agee"), (("id", "nme"), "nme"), (("id", "name", "id"), "id")],
)
def test_into_refuses_columns_that_do_not_fit_before_the_first_row(
    model: Any, columns: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DecodeError, match=said):
        rows_in_form(BOTH.into(model), [], lambda: columns)


@pytest.mark.feature("RS4")
@pytest.mark.parametrize("model", MODELS)
def test_into_refuses_null_where_a_field_is_not_optional(model: Any) -> None:
    with pytest.raises(DecodeError, match="name"):
        rows_in_form(BOTH.into(model), [(1, "a"), (2, None)], names)


@pytest.mark.feature("RS4")
def test_into_names_the_column_and_row_that_a_model_refuses_and_not_the_value() -> None:
    with pytest.raises(DecodeError, match="'id' of row 2") as caught:
        rows_in_form(BOTH.into(Model), [(1, "a"), ("secret", "b")], names)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("model", [int, dict, str, object()])
def test_into_refuses_what_is_no_model(model: Any) -> None:
    with pytest.raises(BuildError, match="into"):
        rows_in_form(BOTH.into(model), ROWS, names)
