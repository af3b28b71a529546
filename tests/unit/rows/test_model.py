"""into(model): what fields a model has, which names fit it, and what it refuses."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, NotRequired, Required, TypeVar

import attrs
import msgspec
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, field_validator
from typing_extensions import ReadOnly, TypedDict

from qail import INT8, TEXT, BuildError, Col, DecodeError, Qail, Table, col, count, func, select
from qail.rows.model import check_names, model_maker

T = TypeVar("T")
MODELS = pytest.mark.feature("RS3")
HONEST = pytest.mark.feature("RS4")


class User(Table, name="users"):
    id: Col[int] = col(INT8)
    name: Col[str] = col(TEXT)
    label: Col[str] = col(TEXT, name="the label")


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    name: str = "nobody"
    tags: list[str] = field(default_factory=list)
    kind: ClassVar[str] = "card"
    width: int = field(init=False, default=5)


@dataclass
class Mixed:
    id: int
    _: KW_ONLY
    name: str


@dataclass
class Scaled:
    id: int
    factor: InitVar[int]
    total: int = field(init=False)

    def __post_init__(self, factor: int) -> None:
        self.total = self.id * factor


@dataclass
class Fraction:
    top: int
    bottom: int

    def __post_init__(self) -> None:
        self.value = self.top / self.bottom


class Child(Card): ...


@dataclass
class Box(Generic[T]):
    id: T


class Pair(NamedTuple):
    id: int
    name: str = "nobody"


Loose = namedtuple("Loose", ["id", "name"], defaults=["nobody"])  # type: ignore[misc]  # noqa: PYI024


class Wire(TypedDict):
    id: int
    name: NotRequired[str]


class Partial(TypedDict, total=False):
    id: Required[int]
    name: ReadOnly[str]


@attrs.frozen(kw_only=True)
class Attrs:
    id: int
    name: str = "nobody"
    width: int = attrs.field(init=False, default=5)


class Struct(msgspec.Struct, frozen=True):
    id: int
    name: str = "nobody"


class KeywordStruct(msgspec.Struct, kw_only=True):
    name: str = "nobody"
    id: int


class ArrayStruct(msgspec.Struct, array_like=True, tag="a"):
    id: int
    name: str


class Model(BaseModel):
    id: int
    name: str = "nobody"


class ByAlias(BaseModel):
    id: int
    name: str = Field("nobody", validation_alias=AliasChoices("title", AliasPath("called")))


class ByEither(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: int
    name: str = Field("nobody", alias="title")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: int


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    id: int
    name: str

    @field_validator("name")
    @classmethod
    def check(cls, name: str) -> str:
        if name == "bad":
            raise ValueError("no bad names")
        if name == "worse":
            raise KeyError(name)
        return name


def filled(model: Any, **columns: object) -> Any:
    return model_maker(model, tuple(columns))([tuple(columns.values())])[0]


@MODELS
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Card, Card(1, "a")),
        (Mixed, Mixed(1, name="a")),
        (Child, Child(1, "a")),
        (Pair, Pair(1, "a")),
        (Loose, Loose(1, "a")),
        (Wire, {"id": 1, "name": "a"}),
        (Partial, {"id": 1, "name": "a"}),
        (Model, Model(id=1, name="a")),
        (ByEither, ByEither(id=1, name="a")),
        (Attrs, Attrs(id=1, name="a")),
        (Struct, Struct(id=1, name="a")),
        (KeywordStruct, KeywordStruct(id=1, name="a")),
        (ArrayStruct, ArrayStruct(id=1, name="a")),
        (Strict, Strict(id=1, name="a")),
    ],
)
def test_columns_fill_the_fields_of_their_names_in_any_order(model: Any, expected: object) -> None:
    assert filled(model, id=1, name="a") == expected
    assert filled(model, name="a", id=1) == expected
    assert type(filled(model, id=1, name="a")) is type(expected)


@MODELS
@pytest.mark.parametrize("model", [Card, Child, Pair, Loose, Model, ByAlias, ByEither, Attrs, Struct, KeywordStruct])
def test_a_field_without_a_column_has_its_own_default(model: Any) -> None:
    assert filled(model, id=1).name == "nobody"
    assert filled(Wire, id=1) == {"id": 1}


@MODELS
def test_arguments_that_are_no_fields_are_filled_and_fields_that_are_no_arguments_are_not() -> None:
    assert filled(Scaled, factor=3, id=2).total == 6
    assert filled(Card, id=1).width == 5
    for names in (("id", "width"), ("id", "kind")):
        assert "no field" in check_names(Card, names)
    assert "factor" in check_names(Scaled, ("id",))


@MODELS
@pytest.mark.parametrize(
    ("column", "model"), [("title", ByAlias), ("called", ByAlias), ("title", ByEither), ("name", ByEither)]
)
def test_a_pydantic_field_is_filled_under_the_names_it_validates_by(column: str, model: Any) -> None:
    value = ["a"] if column == "called" else "a"

    assert check_names(model, ("id", column)) == ""
    if column != "called":
        assert filled(model, id=1, **{column: value}).name == "a"


@MODELS
def test_an_alias_replaces_the_name_and_an_open_model_takes_any_column() -> None:
    assert "no field for the columns name" in check_names(ByAlias, ("id", "name"))
    assert filled(Open, id=1, more=2).more == 2
    assert "needs the fields id" in check_names(Open, ("more",))


@HONEST
@pytest.mark.parametrize(("value", "said"), [(1, "valid string"), ("bad", "no bad names"), ("worse", "KeyError")])
def test_what_a_pydantic_model_refuses_is_a_decode_error(value: object, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        filled(Strict, id=1, name=value)


@HONEST
@pytest.mark.parametrize(("model", "row"), [(Card, 2), (Mixed, 2), (Pair, 2), (Wire, 2), (Attrs, 2), (Box, 0)])
def test_null_is_refused_by_row_and_column_and_no_default_takes_its_place(model: Any, row: int) -> None:
    if row == 0:
        assert filled(model, id=None) == Box(None)  # of any type: None may be one
        return
    make = model_maker(model, ("id", "name"))

    with pytest.raises(DecodeError, match=f"'name' of row {row} is NULL"):
        make([(1, "a"), (2, None)])


@HONEST
def test_what_a_dataclass_raises_is_a_decode_error_that_says_the_row() -> None:
    make = model_maker(Fraction, ("top", "bottom"))

    with pytest.raises(DecodeError, match="Fraction refuses row 2: ZeroDivisionError") as caught:
        make([(1, 2), (3, 0)])

    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@MODELS
@pytest.mark.parametrize("model", [int, dict, tuple, object(), "Card", None, [], lambda row: row, Card(1)])
def test_what_cannot_be_filled_is_refused_where_into_is_written(model: Any) -> None:
    with pytest.raises(BuildError, match="into"):
        select(User.id).into(model)


@MODELS
def test_annotations_that_cannot_be_read_are_a_build_error() -> None:
    made = dataclasses.make_dataclass("Made", [("id", "Nowhere")])

    with pytest.raises(BuildError, match="Nowhere"):
        select(User.id).into(made)


@MODELS
@pytest.mark.parametrize(
    ("query", "said"),
    [
        (select(User.id, User.label), "no field for the columns the label"),
        (select(User.name), "needs the fields id"),
        (select(User.id, User.name, User.id.as_("name")), "more than once"),
        (select(User), "the label"),
        (Qail.get("users").columns("id", "nme"), "nme"),
        (Qail.delete("users").all_rows().returning("nme"), "nme"),
        (Qail.add(User).values({"id": 1}).returning(User.name), "needs the fields id"),
    ],
)
def test_names_that_the_query_knows_are_checked_where_into_is_written(query: Any, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        query.into(Card)


@MODELS
@pytest.mark.parametrize(
    "query",
    [
        Qail.get("users"),
        select(User.id, func.upper(User.name)),
        select(count()),
        select(User.id, User.label.as_("name")),
        select(User.id),
    ],
)
def test_names_that_only_the_server_knows_are_left_to_it(query: Any) -> None:
    assert query.into(Card) is not None
