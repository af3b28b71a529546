from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail import TypeCodec
from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT
from qail.pg.codec.user import FunctionCodec, checked_name, function_codec
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO18")

TEXT = TypeCodec(encode=str, decode=int)
BYTES = TypeCodec(encode=lambda number: struct.pack("!q", number), decode=lambda data: len(data), format="binary")


@given(st.integers())
def test_functions_of_text_see_text(number: int) -> None:
    codec = FunctionCodec("app.number", 1, TEXT, TEXT_FORMAT)

    assert encoded(codec, number) == str(number).encode()
    assert round_trip(codec, number) == number


@given(st.binary())
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    for codec in (FunctionCodec("n", 1, TEXT, TEXT_FORMAT), FunctionCodec("n", 1, TEXT, BINARY_FORMAT, b"\1")):
        try:
            value = decoded(codec, data)
        except DecodeError:
            continue
        assert round_trip(codec, value) == value


def test_functions_of_bytes_see_the_binary_form() -> None:
    codec = function_codec("app.number", 1, BYTES, b"")

    assert codec.format_code == BINARY_FORMAT
    assert encoded(codec, 5) == b"\0\0\0\0\0\0\0\5"
    assert decoded(codec, b"abc") == 3


def test_text_travels_as_binary_where_the_binary_form_is_text() -> None:
    assert function_codec("n", 1, TEXT, None).format_code == TEXT_FORMAT
    assert function_codec("n", 1, TEXT, b"").format_code == BINARY_FORMAT
    versioned = function_codec("jsonb", 3802, TEXT, b"\1")
    assert (encoded(versioned, 5), decoded(versioned, b"\1\x35")) == (b"\1\x35", 5)
    with pytest.raises(DecodeError, match="jsonb came in a version that is not known"):
        decoded(versioned, b"\2\x35")


def fail(value: Any) -> Any:
    raise KeyError(f"secret {value}")


def test_what_a_function_raises_is_the_cause() -> None:
    codec = FunctionCodec("app.number", 1, TypeCodec(encode=fail, decode=fail), TEXT_FORMAT)

    with pytest.raises(DecodeError, match=r"^the codec registered for app\.number raised KeyError$") as read:
        decoded(codec, b"hidden")
    with pytest.raises(
        EncodeError, match=r"registered for app\.number refuses str 'x': KeyError: 'secret x'"
    ) as written:
        encoded(codec, "x")
    assert isinstance(read.value.__cause__, KeyError)
    assert isinstance(written.value.__cause__, KeyError)
    with pytest.raises(DecodeError, match=r"app\.number is not UTF-8 at byte 0 of 1"):
        decoded(codec, b"\xff")


def test_what_a_function_returns_is_checked_and_nothing_is_written() -> None:
    refused(
        FunctionCodec("n", 1, TypeCodec(encode=lambda _: b"x", decode=int), TEXT_FORMAT), 1, "takes str of its encode"
    )
    refused(FunctionCodec("n", 1, TypeCodec(encode=lambda _: "a\0", decode=int), TEXT_FORMAT), 1, "NUL")
    wrong = TypeCodec(encode=lambda _: "x", decode=int, format="binary")
    refused(FunctionCodec("n", 1, wrong, BINARY_FORMAT), 1, "takes bytes of its encode, not str 'x': return bytes")


@pytest.mark.parametrize("arguments", [{"encode": 1, "decode": int}, {"encode": str, "decode": None}])
def test_a_codec_needs_two_functions(arguments: Any) -> None:
    with pytest.raises(UsageError, match="two functions: encode=, from a value, and decode=, to one"):
        TypeCodec(**arguments)


def test_a_codec_has_one_of_two_formats() -> None:
    with pytest.raises(UsageError, match="the format of a TypeCodec is 'text' or 'binary', not 'csv'"):
        TypeCodec(encode=str, decode=int, format="csv")  # type: ignore[arg-type]
    assert repr(TEXT) == f"TypeCodec(encode={str!r}, decode={int!r}, format='text')"


@pytest.mark.parametrize(
    ("name", "pair"), [("mood", ("", "mood")), (("app", "mood"), ("app", "mood")), (("app", "int"), ("app", "int"))]
)
def test_a_name_is_a_str_or_a_pair(name: Any, pair: tuple[str, str]) -> None:
    assert checked_name(name) == pair


@pytest.mark.parametrize(
    "name", [5, b"mood", "", ("app",), ("", "mood"), ("app", ""), ("app", 5), ["app", "mood"], None]
)
def test_anything_else_is_no_name(name: Any) -> None:
    with pytest.raises(UsageError, match="a type's name is a str such as 'mood', or a pair"):
        checked_name(name)


@pytest.mark.parametrize(("name", "own"), [("integer", "int4"), ("timestamp with time zone", "timestamptz")])
def test_a_name_that_only_sql_has_is_told_as_pg_type_has_it(name: str, own: str) -> None:
    with pytest.raises(UsageError, match=f"the type '{name}' is called '{own}' in pg_type"):
        checked_name(name)
