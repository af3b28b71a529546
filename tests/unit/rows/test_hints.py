"""What an annotation says of a field: whether it takes None, and of which classes its values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NewType, NotRequired, Protocol, Required, TypeVar, Union

import pytest
from typing_extensions import TypeAliasType, TypedDict

from qail.errors import BuildError
from qail.rows.hints import accepted, hints_of, takes_none

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
OptionallyBound = TypeVar("OptionallyBound", bound=int | None)  # type: ignore[valid-type]
Either = TypeVar("Either", int, str)
UserId = NewType("UserId", int)
Name = TypeAliasType("Name", str | None)


class Named(Protocol):
    name: str


class Keys(TypedDict):
    id: int


class Box(Generic[T]):
    one: T
    many: list[T]
    fixed: str


@pytest.mark.parametrize(
    ("hint", "is_optional"),
    [
        (int, False),
        (None, True),
        (Any, True),
        (object, True),
        (int | None, True),
        (Union[int, None], True),  # noqa: UP007 - the older form makes another object
        (int | str, False),
        (Annotated[int | None, "x"], True),
        (Annotated[int, "x"], False),
        (NotRequired[int], False),
        (Required[int | None], True),
        (list[None], False),
        (Literal["a", None], True),  # noqa: PYI061 - None inside is the case
        (Literal["a"], False),
        (T, True),
        (Bound, False),
        (OptionallyBound, True),
        (UserId, False),
        (Name, True),
    ],
)
def test_an_annotation_says_whether_none_is_a_value(hint: Any, is_optional: bool) -> None:
    assert takes_none(hint) is is_optional


@pytest.mark.parametrize(
    ("hint", "classes"),
    [
        (int, (int,)),
        (float, (float, int)),
        (int | str | None, (int, str)),
        (Union[int, None], (int,)),  # noqa: UP007 - the older form makes another object
        (Annotated[int, "x"], (int,)),
        (NotRequired[int], (int,)),
        (list[int], (list,)),
        (Sequence[int], (Sequence,)),
        (Mapping[str, int] | None, (Mapping,)),
        (Keys, (dict,)),
        (UserId, (int,)),
        (Name, (str,)),
        (Box[int], (Box,)),
        (Bound, (int,)),
        (Either, (int, str)),
        (T, None),
        (Any, None),
        (object, None),
        (int | Any, None),
        (Named, None),
        (Named | None, None),
    ],
)
def test_an_annotation_says_of_which_classes_values_are(hint: Any, classes: object) -> None:
    assert accepted(hint).classes == classes


def test_a_literal_says_the_values_too() -> None:
    inside = Literal["a", 1, None]  # noqa: PYI061 - None inside is the case

    assert accepted(inside) == ((str, int), ("a", 1))
    assert accepted(Literal["a"] | None).choices is None


def test_a_generic_alias_fills_in_its_variables() -> None:
    assert hints_of(Box[int]) == {"one": int, "many": list[int], "fixed": str}
    assert hints_of(Box)["one"] is T


def test_a_name_that_there_is_not_is_a_build_error() -> None:
    class Lost:
        there: Nowhere  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable]  # noqa: F821

    with pytest.raises(BuildError, match="Nowhere"):
        hints_of(Lost)
