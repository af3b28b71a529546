from __future__ import annotations

import json
import math
import pickle
import sys
from collections.abc import Callable
from enum import IntEnum, StrEnum
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import PgArray
from qail.pg.codec.json import STANDARD, Json, JsonCodec, Loader, json_codecs
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO7")
JSON, JSONB, JSONPATH = CODECS["json"], CODECS["jsonb"], CODECS["jsonpath"]
both = pytest.mark.parametrize("codec", [JSON, JSONB], ids=["json", "jsonb"])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
# Not integers of more than 4300 digits, which Python does not read.
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


def test_json_is_text_and_jsonb_has_a_version() -> None:
    value = {"a": [1, 2.5, None, True], "ü": "\U0001f427"}
    text = '{"a":[1,2.5,null,true],"ü":"\U0001f427"}'.encode()

    assert encoded(JSON, value) == text
    assert encoded(JSONB, value) == b"\x01" + text
    assert decoded(JSON, text) == decoded(JSONB, b"\x01" + text) == value


@both
@given(values)
def test_any_json_value_round_trips(codec: JsonCodec, value: object) -> None:
    found = round_trip(codec, value)

    assert found == value
    assert repr(found) == repr(value)


@both
@given(st.binary())
def test_any_bytes_are_a_value_or_a_decode_error(codec: JsonCodec, data: bytes) -> None:
    try:
        value = decoded(codec, data)
    except DecodeError:
        return
    if value is not None:
        assert round_trip(codec, value) == value


@both
@pytest.mark.parametrize(
    "value",
    [
        "a str is a JSON string",
        '{"no": "JSON"}',
        "",
        0,
        -(2**70),
        2**64,
        10**4000,
        1e308,
        5e-324,
        -0.0,
        True,
        [],
        {},
        [None],
    ],
)
def test_a_value_comes_back_as_it_is(codec: JsonCodec, value: object) -> None:
    found = round_trip(codec, value)

    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("value", "found"), [((1, (2,)), [1, [2]]), (Colour.RED, "red"), (Size.LARGE, 3), ({1: 2}, {"1": 2})]
)
def test_what_the_standard_dumper_takes_goes_in(value: object, found: object) -> None:
    assert round_trip(JSONB, value) == found


@both
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, [math.nan], {"a": [math.inf]}, {math.nan: 1}, Json([math.nan])]
)
def test_nan_and_infinities_are_refused(codec: JsonCodec, value: object) -> None:
    refused(codec, value, f"{codec.type_name} cannot hold .*NaN and infinities are no JSON: use None")


def test_what_cannot_be_dumped_is_named() -> None:
    refused(JSONB, {"a": {1, 2}}, r"jsonb cannot hold dict \{'a': \{1, 2\}\}: JSON has no form for set; json_loads=")
    refused(JSON, b"bytes", "json cannot hold bytes b'bytes': JSON has no form for bytes")
    refused(JSON, {(1, 2): 3}, "keys must be str")
    refused(JSON, 10**5000, "an integer has more digits than Python")


@both
@pytest.mark.parametrize("value", ["\ud800", ["a\udfff"], {"\ud83d\ude00": 1}])
def test_surrogates_are_refused(codec: JsonCodec, value: object) -> None:
    refused(codec, value, f"{codec.type_name} takes Unicode text, and .* holds a surrogate")


@pytest.mark.parametrize("value", ["\0", "a\0b", {"\0": 1}, ["\\\0"], ["\\\\\0"]])
def test_jsonb_has_no_nul_and_json_has(value: object) -> None:
    refused(JSONB, value, "jsonb takes no NUL character, as in")
    assert round_trip(JSON, value) == value


@pytest.mark.parametrize("value", ["\\u0000", "\\\\u0000", ["\\\\\\u0000"]])
def test_a_backslash_is_no_nul(value: object) -> None:
    assert round_trip(JSONB, value) == value


def test_json_null_needs_to_be_said() -> None:
    assert encoded(JSONB, Json(None)) == b"\x01null"
    assert encoded(JSON, {"a": Json(None), "b": [Json({"c": 1})]}) == b'{"a":null,"b":[{"c":1}]}'
    assert decoded(JSONB, b"\x01null") is None


def test_json_says_what_it_holds() -> None:
    value = Json({"a": [1]})

    assert (value, value.value) == (Json({"a": [1]}), {"a": [1]})
    assert value != Json(None)
    assert value != {"a": [1]}
    assert eval(repr(value)) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert hash(Json("a")) == hash(Json("a"))
    with pytest.raises(AttributeError):
        value.value = 1  # type: ignore[misc]  # the test shows that it cannot be set


@both
def test_white_space_around_a_value_is_no_part_of_it(codec: JsonCodec) -> None:
    version = b"\x01" if codec is JSONB else b""

    assert decoded(codec, version + b' \t\r\n{"a" : 1}\n ') == {"a": 1}


@both
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"{} {}",
        b"1 2",
        b"\xff",
        b'"\xc3"',
        b"'a'",
        b"nul",
        b'"\x00"',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"1" * 5000,
    ],
)
def test_what_is_no_json_is_a_decode_error(codec: JsonCodec, text: bytes) -> None:
    data = b"\x01" + text if codec is JSONB else text

    with pytest.raises(DecodeError, match=rf"a value of {codec.type_name} in {len(data)} bytes: ") as raised:
        decoded(codec, data)

    assert "1111" not in str(raised.value)


def test_a_number_beyond_float_is_named() -> None:
    with pytest.raises(DecodeError, match="beyond float; json_loads="):
        decoded(JSON, b'{"a": -1e400}')


@pytest.mark.parametrize("data", [b"", b"\x02{}", b"{}"])
def test_another_version_of_jsonb_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="version"):
        decoded(JSONB, data)


def outcome_of(function: Callable[..., Any], *arguments: object) -> Any:
    """What the function returns, or our own error that it raises."""
    try:
        return function(*arguments)
    except (DecodeError, EncodeError) as error:
        return error


@both
@pytest.mark.parametrize("depth", [1_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_a_value_or_a_decode_error(codec: JsonCodec, depth: int, opening: str, closing: str) -> None:
    data = (opening * depth + "1" + closing * depth).encode()

    found = outcome_of(decoded, codec, b"\x01" + data if codec is JSONB else data)

    # How deep a thousand is, depends on the loader and on what Python still has of its stack.
    assert "nested too deep" in str(found) if isinstance(found, DecodeError) else depth == 1_000


@both
@pytest.mark.parametrize("depth", [1_000, 1_000_000])
def test_a_deep_value_is_sent_or_refused(codec: JsonCodec, depth: int) -> None:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]

    found = outcome_of(encoded, codec, value)

    if isinstance(found, bytes):
        assert found.count(b"[") == depth + 1 == 1_001
    else:
        assert "nested too deep, or contains itself" in str(found)


@both
def test_a_value_in_itself_is_refused(codec: JsonCodec) -> None:
    value: list[Any] = []
    value.append(value)

    refused(codec, value, "nested too deep, or contains itself")


# What orjson does: it rounds long integers, refuses infinities and surrogates, and is limited in depth.
def like_orjson(data: bytes) -> Any:
    text = data.decode()
    if "\\ud800" in text or text.count("[") > 1024:
        raise ValueError("refused")
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 20 else float(digits))


@pytest.mark.parametrize(
    "text",
    [
        b"18446744073709551617",
        b"[123456789012345678901234567890]",
        b'"\\ud800"',
        b"1E2",
        b"9223372036854775807",
        b"[]",
        b'{"a":1.5}',
    ],
)
def test_what_arrives_does_not_depend_on_a_fast_loader(text: bytes) -> None:
    fast, slow = Loader(like_orjson), Loader(None)

    assert repr(fast.load(text)) == repr(slow.load(text)) == repr(json.loads(text))


def test_a_fast_loader_gets_what_it_can_do() -> None:
    seen: list[bytes] = []

    def fast(data: bytes) -> Any:
        seen.append(data)
        return "fast"

    loader = Loader(fast)

    assert [loader.load(text) for text in (b'{"a":[123456789012345678]}', b"1e5", b"1" * 19)] == [
        "fast",
        1e5,
        int("1" * 19),
    ]
    assert seen == [b'{"a":[123456789012345678]}']


def test_orjson_is_used_where_it_is_installed() -> None:
    orjson = pytest.importorskip("orjson")
    assert STANDARD.load(b'{"a":1}') == orjson.loads(b'{"a":1}')
    assert STANDARD.load(b"18446744073709551617") == 2**64 + 1


@given(values)
def test_the_loader_agrees_with_the_standard_library(value: object) -> None:
    text = json.dumps(value).encode()

    assert repr(STANDARD.load(text)) == repr(json.loads(text))


def own(loads: Callable[[bytes], Any] | None, dumps: Callable[[Any], Any] | None) -> JsonCodec:
    codec = json_codecs(loads, dumps)[1]
    assert isinstance(codec, JsonCodec)
    return codec


def test_own_functions_are_used() -> None:
    from decimal import Decimal

    codec = own(partial(json.loads, parse_float=Decimal), lambda value: json.dumps(value, default=str))

    assert decoded(codec, b"\x011.10") == Decimal("1.10")
    assert encoded(codec, {"a": Decimal("1.10")}) == b'\x01{"a": "1.10"}'
    assert encoded(own(None, lambda value: b"[]"), 1) == b"\x01[]"
    assert encoded(own(None, str), Json(5)) == b"\x015"


def test_the_arrays_of_own_functions_use_them() -> None:
    codecs = {codec.type_name: codec for codec in json_codecs(lambda data: len(data), lambda value: "[]")}

    assert set(codecs) == {"json", "jsonb", "json[]", "jsonb[]"}
    assert round_trip(codecs["jsonb[]"], [5, None]) == [2, None]


def boom(value: object) -> Any:
    raise KeyError("secret")


def test_what_own_functions_raise_is_ours() -> None:
    codec = own(boom, boom)

    with pytest.raises(DecodeError, match=r"json_loads raised KeyError$") as raised:
        decoded(codec, b"\x01{}")
    assert isinstance(raised.value.__cause__, KeyError)
    refused(codec, {"a": 1}, "jsonb cannot hold dict {'a': 1}: json_dumps raised KeyError$")
    with pytest.raises(EncodeError) as refusal:
        encoded(codec, {"a": 1})
    assert isinstance(refusal.value.__cause__, KeyError)
    refused(own(None, lambda value: 5), "a", "json_dumps made int of str 'a', and must make str or bytes")
    refused(own(None, lambda value: "a\0"), "a", "outside jsonb")
    refused(own(None, lambda value: '"\ud800"'), "a", "surrogate")


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no limit")
def test_an_integer_of_any_length_comes_where_python_is_told_to_read_it() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert round_trip(JSONB, 10**5000) == 10**5000
    finally:
        sys.set_int_max_str_digits(limit)


@both
def test_a_list_of_json_values_may_hold_lists(codec: JsonCodec) -> None:
    array = CODECS[f"{codec.type_name}[]"]

    lists: list[object] = [[[1, 2], [3], None, {"a": []}], [], [[]], [[], [[1]]]]
    for value in lists:
        assert round_trip(array, value) == value
    nested = PgArray([[[1], {}], [None, []]], (1, 1))
    found = round_trip(array, nested)
    assert isinstance(found, PgArray)
    assert (found, found.lower_bounds) == (nested, (1, 1))


def test_jsonpath_is_text_with_a_version() -> None:
    assert encoded(JSONPATH, '$."a"') == b'\x01$."a"'
    assert decoded(JSONPATH, b'\x01$."\xc3\xbc"') == '$."ü"'
    refused(JSONPATH, "a\0", "jsonpath takes no NUL")
    refused(JSONPATH, ["$"], "jsonpath takes str, not list")


@pytest.mark.parametrize("data", [b"", b"\x02$", b"\x01\xff"])
def test_what_is_no_jsonpath_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="jsonpath"):
        decoded(JSONPATH, data)
