from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, NamedTuple

import pydantic
import pytest

from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.user_class import ClassForm, checked_class
from support.codecs import CODECS, decoded, encoded, round_trip

pytestmark = pytest.mark.feature("CO18")

INT4, TEXT = CODECS["int4"], CODECS["text"]


class Tuple(NamedTuple):
    b: str
    a: int


@dataclasses.dataclass
class Plain:
    a: int
    b: str


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    b: str = dataclasses.field(kw_only=True)
    a: int = 0
    length: int = dataclasses.field(init=False, default=0)


class Model(pydantic.BaseModel):
    a: int
    b: str = pydantic.Field(alias="bee")


class Struct:
    """What msgspec's structs have to show."""

    __struct_fields__ = ("a", "b")

    def __init__(self, a: int, b: str) -> None:
        self.a, self.b = a, b

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]


class Attribute(NamedTuple):
    name: str


class Attrs(Struct):
    """What attrs' classes have to show."""

    __struct_fields__ = None  # type: ignore[assignment]
    __attrs_attrs__ = (Attribute("a"), Attribute("b"))


def codec_of(kind: Any, *names: str) -> CompositeCodec:
    form = ClassForm("app.pair", kind, list(names))
    return CompositeCodec("app.pair", 50_000, list(names), [INT4, TEXT], form)


VALUES = [Tuple("x", 1), Plain(1, "x"), Frozen(1, b="x"), Model(a=1, bee="x"), Struct(1, "x"), Attrs(1, "x")]


@pytest.mark.parametrize("value", VALUES, ids=[type(value).__name__ for value in VALUES])
def test_objects_of_a_registered_class_go_both_ways(value: Any) -> None:
    codec = codec_of(type(value), "a", "b")
    plain = CompositeCodec("app.pair", 50_000, ["a", "b"], [INT4, TEXT])

    assert encoded(codec, value) == encoded(plain, (1, "x"))
    assert type(round_trip(codec, value)) is type(value)
    assert round_trip(codec, value) == value
    assert round_trip(codec, (1, "x")) == round_trip(codec, {"b": "x", "a": 1}) == value


def test_a_class_that_refuses_a_value_is_a_decode_error_with_its_error_as_cause() -> None:
    @dataclasses.dataclass
    class Strict:
        a: int
        b: str

        def __post_init__(self) -> None:
            raise ValueError("secret")

    data = encoded(CompositeCodec("app.pair", 50_000, ["a", "b"], [INT4, TEXT]), (1, "x"))
    with pytest.raises(DecodeError, match=r"^Strict, registered for app\.pair, refuses a value: ValueError$") as raised:
        decoded(codec_of(Strict, "a", "b"), data)
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(DecodeError, match="Model, registered for") as raised:
        decoded(codec_of(Model, "a", "b"), encoded(codec_of(Tuple, "a", "b"), (None, "x")))
    assert isinstance(raised.value.__cause__, pydantic.ValidationError)


def test_an_object_whose_fields_cannot_be_read_is_refused() -> None:
    broken = Plain(1, "x")
    del broken.b

    with pytest.raises(EncodeError, match=r"app\.pair cannot read Plain .*: AttributeError") as raised:
        encoded(codec_of(Plain, "a", "b"), broken)
    assert isinstance(raised.value.__cause__, AttributeError)


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (("a",), r"Plain does not fit app\.pair: it has b, which it has not"),
        (("a", "b", "c"), r"Plain does not fit app\.pair: it has no field for c"),
        (("a", "c"), r"it has no field for c and has b, which it has not"),
    ],
)
def test_a_class_with_other_fields_than_the_type_is_refused(names: tuple[str, ...], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        ClassForm("app.pair", Plain, list(names))


def test_only_classes_with_fields_and_enums_stand_for_types() -> None:
    class Mood(Enum):
        SAD = 1

    kinds = [Mood, Plain, Tuple, Model, Struct, Attrs]
    assert [checked_class(each) for each in kinds] == kinds
    for wrong in (int, object, len, "x", Plain(1, "x"), tuple, None):
        with pytest.raises(UsageError, match=r"an Enum, a NamedTuple, a dataclass, a pydantic model or"):
            checked_class(wrong)
