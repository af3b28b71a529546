from __future__ import annotations

import copy
import itertools
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import DecodeError
from qail.pg.codec.bit_string import BitString
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip

pytestmark = pytest.mark.feature("CO12")
CODEC = CODECS["varbit"]
TEXTS = st.text("01", max_size=70)


@given(TEXTS)
def test_bit_strings_round_trip(text: str) -> None:
    padded = text + "0" * (-len(text) % 8)
    data = bytes(int(padded[start : start + 8], 2) for start in range(0, len(padded), 8))

    assert encoded(CODEC, BitString(text)) == struct.pack("!i", len(text)) + data
    assert round_trip(CODEC, BitString(text)) == BitString(text)
    assert str(BitString(text)) == text


@pytest.mark.parametrize("name", ['"bit"', "varbit"])
@pytest.mark.parametrize(
    ("text", "hexadecimal"),
    [
        ("", "00000000"),
        ("0", "00000001 00"),
        ("1", "00000001 80"),
        ("1011", "00000004 b0"),
        ("00000001", "00000008 01"),
        ("000000011", "00000009 0180"),
        ("1" * 16, "00000010 ffff"),
    ],
)
def test_the_bytes_are_postgresqls(name: str, text: str, hexadecimal: str) -> None:
    assert encoded(CODECS[name], BitString(text)) == bytes.fromhex(hexadecimal)
    assert decoded(CODECS[name], bytes.fromhex(hexadecimal)) == BitString(text)


@given(TEXTS)
def test_the_three_ways_to_make_one_agree(text: str) -> None:
    value = BitString(text)

    assert BitString(int(text or "0", 2), len(text)) == value
    assert BitString(bytes(value), len(text)) == value
    assert BitString(text, len(text)) == value
    assert int(value) == int(text or "0", 2)
    assert eval(repr(value), {"BitString": BitString}) == value


def test_bytes_alone_are_eight_bits_each() -> None:
    assert str(BitString(b"\x01\xff")) == "0000000111111111"
    assert BitString(b"") == BitString() == BitString("")


@given(TEXTS, st.data())
def test_it_is_a_sequence_of_bits(text: str, data: st.DataObject) -> None:
    value, bits = BitString(text), [int(character) for character in text]

    assert len(value) == len(bits)
    assert list(value) == bits
    assert [value[index] for index in range(len(bits))] == bits
    assert [value[index] for index in range(-len(bits), 0)] == bits
    part = data.draw(st.slices(len(bits)))
    assert list(value[part]) == bits[part]
    assert isinstance(value[part], BitString)


@pytest.mark.parametrize("index", [4, -5, 2**70])
def test_there_is_no_bit_beyond_the_ends(index: int) -> None:
    with pytest.raises(IndexError):
        BitString("1011")[index]


def test_the_number_of_bits_is_part_of_the_value() -> None:
    assert BitString("0") != BitString("00")
    assert BitString("") != BitString("0")
    assert BitString("1") != 1
    assert BitString("1") != "1"
    assert len({BitString("0"), BitString("00"), BitString(0, 2), BitString("")}) == 3


def test_the_order_is_postgresqls() -> None:
    texts = ["", "0", "00", "0" * 9, "01", "1", "10", "100000000", "1000000001", "101", "11"]
    ordered = [BitString(text) for text in texts]

    backwards = ordered[::-1]
    assert sorted(backwards) == ordered
    for left, right in itertools.pairwise(ordered):
        assert [left < right, left <= right, right > left, right >= left] == [True] * 4
        assert [left > right, left >= right, right < left, right <= left] == [False] * 4
    assert BitString("1") <= BitString("1") >= BitString("1")


@given(TEXTS, TEXTS)
def test_the_order_is_that_of_the_bits_as_of_letters(left: str, right: str) -> None:
    assert (BitString(left) < BitString(right)) == (left < right)
    assert (BitString(left) == BitString(right)) == (left == right)


def test_it_has_no_order_with_anything_else() -> None:
    others: list[Any] = ["1", 1, b"1", None]
    for other in others:
        for compare in (BitString.__lt__, BitString.__le__, BitString.__gt__, BitString.__ge__):
            with pytest.raises(TypeError, match="a BitString compares with BitStrings"):
                compare(BitString("1"), other)


@pytest.mark.parametrize("text", ["", "1", "10110011", "1" * 100_001])
def test_bit_strings_travel(text: str) -> None:
    value = BitString(text)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == copy.deepcopy(value) == value


def test_bit_strings_are_immutable() -> None:
    value: Any = BitString("1011")

    with pytest.raises(TypeError):
        value[0] = 0
    with pytest.raises(AttributeError):
        value.other = 0


@pytest.mark.parametrize(
    ("bits", "length"),
    [
        *[(text, None) for text in ("2", "1 0", " 1", "0b1", "1_0", "+1", "-1", "1\n", "\uff11", "\u0660", "\0")],
        *[("101", length) for length in (2, 4, -1)],
        *[(5, length) for length in (None, 2, 0, -1)],
        *[(-1, 8), (256, 8)],
        *[(b"\xb0", length) for length in (3, 0, 9, -1)],
        *[(b"", 1), (b"\0\0", 8), (b"\x01", 7)],
    ],
)
def test_what_is_no_bit_string_is_a_value_error(bits: Any, length: int | None) -> None:
    with pytest.raises(ValueError, match="bit"):
        BitString(bits, length)


@pytest.mark.parametrize("bits", [1.5, None, [1, 0], bytearray(b"1")])
def test_other_types_make_no_bit_string(bits: Any) -> None:
    with pytest.raises(TypeError):
        BitString(bits)


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("value", ["1011", 11, b"\xb0", True, None, [1, 0, 1]])
@pytest.mark.parametrize("name", ['"bit"', "varbit"])
def test_only_a_bit_string_is_taken(name: str, value: object) -> None:
    refused(CODECS[name], value, rf"^{name} takes BitString, not .*BitString\('1011'\)")


def test_a_long_one_is_quick_and_whole() -> None:
    value = BitString("10" * 4_000_000)

    assert round_trip(CODEC, value) == value
    assert str(value) == "10" * 4_000_000


@pytest.mark.parametrize("count", [*hostile_lengths(16), 7, 8, 17, 24])
def test_a_count_that_is_not_that_of_the_bytes_is_a_decode_error(count: int) -> None:
    data = struct.pack("!i", count) + b"\0\0"

    if 8 < count <= 16:
        assert decoded(CODEC, data) == BitString(0, count)
    else:
        with pytest.raises(DecodeError, match=f"varbit claims {count} bits in 2 bytes"):
            decoded(CODEC, data)


def test_bits_behind_the_last_are_a_decode_error() -> None:
    for count, last in ((1, 0x40), (4, 0x08), (7, 0x01)):
        with pytest.raises(DecodeError, match="bits behind the last"):
            decoded(CODEC, struct.pack("!iB", count, last))


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_value_without_its_count_is_a_decode_error(size: int) -> None:
    with pytest.raises(DecodeError, match=f"at least 4 bytes, and {size} came"):
        decoded(CODEC, bytes(size))


@given(
    st.binary(max_size=9)
    | st.builds(lambda count, data: struct.pack("!i", count) + data, st.integers(0, 33), st.binary(max_size=5))
)
def test_any_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    try:
        value = decoded(CODEC, data)
    except DecodeError:
        return
    assert encoded(CODEC, value) == data
    out = BytesWriter()
    CODEC.encode(out, value)
    assert len(out) == 4 + len(data)
