"""attrs, msgspec, generic classes, and models that `map()` fills by position: names, defaults, faults."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

import attrs
import msgspec
import pytest

from qail import (
    FLOAT8,
    INT8,
    INTERVAL,
    JSONB,
    NUMERIC,
    TEXT,
    BuildError,
    Col,
    DecodeError,
    Table,
    array_of,
    col,
    select,
)
from qail.rows.model import call_maker, check_names, model_maker
from qail.rows.target import rows_in_form

T = TypeVar("T")
MODELS = pytest.mark.feature("RS3")
HONEST = pytest.mark.feature("RS4")
OIDS = {"int8": 20, "text": 25, "numeric": 1700, "bool": 16, "int8[]": 1016, "date": 1082}


class Thing(Table, name="things"):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    note: Col[str | None] = col(TEXT, null=True)
    price: Col[Decimal] = col(NUMERIC)
    rate: Col[float] = col(FLOAT8)
    tags: Col[list[str | None]] = col(array_of(TEXT))
    data: Col[Any] = col(JSONB)
    took: Col[Any] = col(INTERVAL)


@attrs.define
class Private:
    _id: int
    name: str = attrs.field(alias="title", default="nobody")


@attrs.define
class Converted:
    id: int = attrs.field(converter=int)
    name: str = attrs.field(converter=attrs.converters.default_if_none("nobody"), validator=attrs.validators.max_len(6))


class Renamed(msgspec.Struct, rename="camel"):
    user_id: int
    full_name: str = "nobody"


class Swapped(msgspec.Struct, rename={"a": "b", "b": "a"}):
    a: int
    b: str


class Color(Enum):
    RED = "red"


class Inner(msgspec.Struct):
    x: int


class Narrow(msgspec.Struct):
    id: Annotated[int, msgspec.Meta(ge=0)]
    color: Color = Color.RED
    inner: Inner | None = None

    def __post_init__(self) -> None:
        if self.id == 13:
            raise ValueError("unlucky")


@dataclass
class Box(Generic[T]):
    id: T
    many: list[T]


class Pair(NamedTuple):
    id: int
    name: str = "nobody"


@dataclass
class Keyed:
    id: int
    _: KW_ONLY
    name: str = "nobody"


@dataclass
class Needy:
    id: int
    _: KW_ONLY
    name: str


@dataclass
class Choice:
    id: Literal[1, 2]


class Vague:
    def __eq__(self, other: object) -> Any:
        raise TypeError("a list of bools")

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


@dataclass(eq=False)
class Holder:
    value: Vague
    id: int


class GenericStruct(msgspec.Struct, Generic[T]):
    id: T


@attrs.define
class GenericAttrs(Generic[T]):
    id: T


def filled(model: Any, **columns: object) -> Any:
    return model_maker(model, tuple(columns))([tuple(columns.values())])[0]


def called(model: Any, *values: object) -> Any:
    make = call_maker(model, tuple(f"c{number}" for number in range(len(values))))
    assert make is not None
    return make([values])[0]


@MODELS
def test_a_field_of_attrs_is_filled_under_its_alias_or_its_name() -> None:
    assert filled(Private, id=1, title="a") == filled(Private, name="a", _id=1) == Private(id=1, title="a")
    assert filled(Private, id=1) == Private(id=1)
    assert "by both 'title' and 'name'" in check_names(Private, ("id", "title", "name"))


@HONEST
def test_a_converter_of_attrs_says_what_none_becomes_and_a_validator_what_is_refused() -> None:
    assert filled(Converted, id="7", name=None) == Converted(7, "nobody")
    with pytest.raises(DecodeError, match="Converted refuses row 1: ValueError"):
        filled(Converted, id="7", name="too long a name")


@MODELS
def test_a_field_of_a_struct_is_filled_under_its_encoded_name_or_its_own() -> None:
    assert filled(Renamed, userId=1, fullName="a") == filled(Renamed, full_name="a", user_id=1) == Renamed(1, "a")
    assert filled(Renamed, userId=1).full_name == "nobody"
    assert filled(Swapped, b=1, a="x") == Swapped(1, "x")
    assert "by both 'userId' and 'user_id'" in check_names(Renamed, ("userId", "user_id"))


@MODELS
def test_a_struct_gets_its_values_as_msgspec_converts_them() -> None:
    assert filled(Narrow, id=1, color="red", inner={"x": 2}) == Narrow(1, Color.RED, Inner(2))
    assert filled(Narrow, inner=Inner(2), id=1) == Narrow(1, inner=Inner(2))


@HONEST
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": -1}, r"column 'id' of row 1 does not fit Narrow\.id: Expected `int` >= 0"),
        ({"id": None}, r"'id' of row 1 does not fit Narrow\.id: it is NULL"),
        ({"id": "1"}, "Expected `int`, got `str`"),
        ({"id": 1, "color": "blue"}, "'color' of row 1"),
        ({"color": "red", "inner": {"x": "secret"}, "id": 1}, r"'inner' of row 1 does not fit Narrow\.inner"),
        ({"id": 13}, "Narrow refuses row 1: ValueError: unlucky"),
    ],
)
def test_what_msgspec_refuses_names_the_column_and_not_the_value(columns: dict[str, object], said: str) -> None:
    with pytest.raises(DecodeError, match=said) as caught:
        filled(Narrow, **columns)

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is not None


@MODELS
def test_a_generic_class_is_filled_with_its_variables_and_without() -> None:
    assert filled(Box[int], id=1, many=[2]) == filled(Box, many=[2], id=1) == Box(1, [2])
    with pytest.raises(DecodeError, match=r"'id' of row 1 is NULL, and Box"):
        filled(Box[int], id=None, many=[])
    assert filled(Box[int | None], id=None, many=[]) == Box(None, [])
    assert filled(GenericStruct[int], id=1) == GenericStruct(1)
    assert filled(GenericAttrs[int], id=1) == GenericAttrs(1)
    for model in (GenericStruct[int], GenericAttrs[int]):
        with pytest.raises(DecodeError, match="'id' of row 1"):
            filled(model, id="a")


@HONEST
@pytest.mark.parametrize(
    ("oid", "hint", "said"),
    [
        ("text", int, "gives str, and M.x takes int"),
        ("int8", str, "gives int, and M.x takes str"),
        ("numeric", float, "gives Decimal, and M.x takes float or int"),
        ("int8", Decimal, "gives int, and M.x takes Decimal"),
        ("int8[]", int, "gives list or PgArray, and M.x takes int"),
        ("text", Color, "gives str, and M.x takes Color"),
        ("bool", list[int] | None, "gives bool, and M.x takes list"),
    ],
)
def test_a_column_of_another_type_is_refused_before_the_first_row(oid: str, hint: Any, said: str) -> None:
    for made in (attrs.make_class("M", {"x": attrs.field(type=hint)}), NamedTuple("M", [("x", hint)])):
        with pytest.raises(DecodeError, match=said):
            model_maker(made, ("x",), (OIDS[oid],))
        with pytest.raises(DecodeError, match=said):
            call_maker(made, ("x",), (OIDS[oid],))


@HONEST
def test_what_no_type_tells_is_seen_by_the_value_and_not_shown() -> None:
    make = model_maker(Pair, ("id", "name"), (0, OIDS["text"]))

    assert make([(1, "a")]) == [Pair(1, "a")]
    with pytest.raises(DecodeError, match=r"column 'id' of row 2 has a value of str, and Pair\.id takes int") as caught:
        make([(1, "a"), ("secret", "b")])
    assert "secret" not in str(caught.value)


@HONEST
def test_a_literal_takes_its_values_only() -> None:
    assert filled(Choice, id=2) == Choice(2)
    with pytest.raises(DecodeError, match=r"'id' of row 1 has none of the values that Choice\.id takes: 1, 2"):
        filled(Choice, id=3)


@HONEST
def test_a_value_whose_equality_is_no_bool_is_no_null() -> None:
    vague = Vague()
    assert filled(Holder, value=vague, id=1).value is vague
    with pytest.raises(DecodeError, match="'id' of row 1 is NULL"):
        filled(Holder, value=vague, id=None)


@MODELS
def test_map_fills_models_by_position_and_looks_at_their_values() -> None:
    assert called(Pair, 1, "a") == Pair(1, "a")
    assert called(Pair, 1) == Pair(1)
    assert called(Keyed, 1) == Keyed(1)
    assert called(Private, 1, "a") == Private(1, "a")
    assert called(Renamed, 1, "a") == Renamed(1, "a")
    with pytest.raises(DecodeError, match=r"'c1' of row 1 is NULL, and Pair\.name"):
        called(Pair, 1, None)
    with pytest.raises(DecodeError, match=r"'c0' of row 1 does not fit Narrow\.id"):
        called(Narrow, -1)


class Doubled(Pair):
    def __new__(cls, name: str, id: int = 4) -> Self:
        return super().__new__(cls, id * 2, name)


@dataclass
class Base:
    id: int
    name: str


class Reversed(Base):
    def __init__(self, name: str, id: int) -> None:
        super().__init__(id, name)


@dataclass(init=False)
class ByHand:
    id: int

    def __init__(self, *, id: int, name: str = "") -> None:
        self.id = id


@MODELS
def test_a_constructor_of_ones_own_is_called_by_name_and_by_position_as_it_is() -> None:
    assert filled(Doubled, id=1, name="a") == Pair(2, "a")
    assert filled(Reversed, id=1, name="a") == Reversed("a", 1)
    assert filled(ByHand, id=1) == ByHand(id=1)
    for model in (Doubled, Reversed, ByHand):
        assert call_maker(model, ("a", "b")) is None
    mapped: Any = select(Thing.name).map(Doubled)
    assert rows_in_form(mapped, [("a",)], tuple) == [Pair(8, "a")]


@MODELS
def test_annotations_that_cannot_be_read_are_needed_by_name_only() -> None:
    made: Any = NamedTuple("made", [("id", "Nowhere")])  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable]  # noqa: F821

    assert rows_in_form(select(Thing.id).map(made), [(1,)], tuple) == [(1,)]
    with pytest.raises(BuildError, match="Nowhere"):
        select(Thing.id).into(made)
