"""What types tell of models before a row is there: where `into()` and `map()` are written, and where they are bound."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
import pytest
from pydantic import BaseModel, BeforeValidator
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

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
    PgType,
    Qail,
    Table,
    array_of,
    col,
    func,
    select,
)
from qail.rows.target import rows_in_form

MODELS = pytest.mark.feature("RS3")


class Thing(Table, name="things"):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    note: Col[str | None] = col(TEXT, null=True)
    price: Col[Decimal] = col(NUMERIC)
    rate: Col[float] = col(FLOAT8)
    tags: Col[list[str | None]] = col(array_of(TEXT))
    data: Col[Any] = col(JSONB)
    took: Col[Any] = col(INTERVAL)


class Pair(NamedTuple):
    id: int
    name: str = "nobody"


@dataclass
class Needy:
    id: int
    _: KW_ONLY
    name: str


class Renamed(msgspec.Struct, rename="camel"):
    user_id: int
    full_name: str = "nobody"


@pydantic_dataclass
class Checked:
    id: int
    name: str


class Model(BaseModel):
    id: int
    name: str


class Lenient(BaseModel):
    id: int
    name: Annotated[str, BeforeValidator(lambda value: value or "nobody")]


class Keys(TypedDict):
    id: int
    name: str


@dataclass
class Card:
    id: int
    name: str


@dataclass
class Priced:
    id: int
    price: float


BOTH = select(Thing.id, Thing.name)
MAYBE = select(Thing.id, Thing.note.as_("name"))


@MODELS
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: select(Thing.id).map(Card), r"map\(Card\) takes 2 values, and a row has 1"),
        (lambda: select(Thing.id, Thing.name, Thing.id).map(Pair), r"map\(Pair\) takes 1 to 2 values, and a row has 3"),
        (lambda: BOTH.map(lambda number: number), "takes 1 values, and a row has 2"),
        (lambda: BOTH.map(lambda a, b, c: a), "takes 3 values, and a row has 2"),
        (lambda: BOTH.map(Needy), "by name"),
        (lambda: BOTH.map(Model), "by name"),
        (lambda: BOTH.map(Keys), "by name"),
        (lambda: BOTH.map(3), "takes a class or another function"),
        (lambda: select(Thing.name, Thing.id).map(Card), "is text and gives str, and Card.id takes int"),
        (lambda: select(Thing.id, Thing.note).map(Card), "'note' may be NULL, and Card.name is not optional"),
        (lambda: select(Thing.id, Thing.price).map(Priced), "is numeric and gives Decimal"),
        (lambda: MAYBE.into(Card), "'name' may be NULL"),
        (lambda: MAYBE.into(Pair), "'name' may be NULL"),
        (lambda: MAYBE.into(Keys), "'name' may be NULL"),
        (lambda: MAYBE.into(Model), "'name' may be NULL"),
        (lambda: MAYBE.into(Checked), "'name' may be NULL"),
        (lambda: select(Thing.id.as_("userId"), Thing.note.as_("fullName")).into(Renamed), "'fullName' may be NULL"),
        (
            lambda: select(Thing.id, Thing.price).into(Priced),
            "is numeric and gives Decimal, and Priced.price takes float",
        ),
        (lambda: select(Thing.id, Thing.tags.as_("name")).into(Card), r"text\[\]"),
        (lambda: select(Thing.id, Thing.took.as_("name")).into(Card), "gives Interval"),
        (lambda: Qail.delete(Thing).all_rows().returning(Thing.id, Thing.note).map(Card), "may be NULL"),
    ],
)
def test_what_types_tell_is_refused_where_it_is_written(make: Any, said: str) -> None:
    for _ in range(2):
        with pytest.raises(BuildError, match=said):
            make()


@MODELS
@pytest.mark.parametrize(
    "make",
    [
        lambda: select(Thing.id, Thing.note.not_null()).map(Card),
        lambda: select(Thing.id, Thing.note.not_null().as_("name")).into(Card),
        lambda: MAYBE.into(Lenient),
        lambda: select(Thing.id, Thing.rate.as_("price")).into(Priced),
        lambda: select(Thing.id, Thing.id.as_("price")).into(Priced),
        lambda: select(Thing.id, Thing.data.as_("name")).into(Card),
        lambda: select(Thing.id, func.upper(Thing.name)).map(Card),
        lambda: BOTH.map(lambda *values: values),
        lambda: BOTH.map(lambda number, name, more=1: more),
        lambda: BOTH.map(dict),
        lambda: BOTH.map(Checked),
        lambda: Qail.get("things").into(Card),
    ],
)
def test_what_may_fit_is_left_to_the_values(make: Any) -> None:
    assert make() is not None


def test_a_type_of_ones_own_says_what_its_values_are() -> None:
    floats: PgType[float] = PgType("numeric", 1700, 1231, "number")

    class Offer(Table, name="offers"):
        id: Col[int] = col(INT8)
        price: Col[float] = col(floats)

    query = Qail.get(Offer).into(Priced)

    assert rows_in_form(query, [(1, 2.5)], lambda: ("id", "price"), lambda: (20, 0)) == [Priced(1, 2.5)]
    with pytest.raises(DecodeError, match="OID 1700 and gives Decimal"):
        rows_in_form(query, [(1, Decimal(2))], lambda: ("id", "price"), lambda: (20, 1700))


@MODELS
def test_map_of_a_model_is_bound_with_the_types_of_its_columns() -> None:
    query = Qail.get(Thing).columns(Thing.id, func.upper(Thing.name)).map(Card)

    assert rows_in_form(query, [(1, "a")], lambda: ("id", "upper"), lambda: (20, 25)) == [Card(1, "a")]
    with pytest.raises(DecodeError, match="'upper' of row 1 is NULL"):
        rows_in_form(query, [(1, None)], lambda: ("id", "upper"), lambda: (20, 25))
    with pytest.raises(DecodeError, match=r"'upper'.* gives int"):
        rows_in_form(query, [], lambda: ("id", "upper"), lambda: (20, 20))
    checked: Any = Qail.get(Thing).columns(Thing.id, func.upper(Thing.name)).map(Checked)
    assert rows_in_form(checked, [(1, "a")], lambda: ("id", "upper")) == [Checked(1, "a")]
    with pytest.raises(DecodeError, match=r"map\(Checked\) raised ValidationError for row 2"):
        rows_in_form(checked, [(1, "a"), ("x", "b")], lambda: ("id", "upper"))
