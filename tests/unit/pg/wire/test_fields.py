"""Fields: bounds of every reader and writer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import EncodeError, ProtocolError
from qail.pg.wire import fields
from qail.pg.wire.constants import MAX_FRAME_BYTES
from support import wire_strategies as messages

INT32_HOSTILE = [-(2**31), -2, -1, 0, 1, 2**31 - 1]


@given(st.integers(0, 65_535))
def test_a_count_is_unsigned_both_ways(count: int) -> None:
    out = BytesWriter()

    fields.write_u16(out, count)

    assert fields.read_count(out.getvalue(), 0, 2, "columns") == count


@given(st.integers(0, 2**32 - 1))
def test_an_oid_is_unsigned_both_ways(oid: int) -> None:
    out = BytesWriter()

    fields.write_u32(out, oid)

    assert fields.read_u32(out.getvalue(), 0, 4, "an OID") == oid


@pytest.mark.feature("PR5")
@pytest.mark.parametrize(
    ("read", "size"),
    [(fields.read_byte, 1), (fields.read_count, 2), (fields.read_i16, 2), (fields.read_i32, 4), (fields.read_u32, 4)],
)
def test_a_reader_refuses_what_is_not_all_there(read: Callable[[bytes, int, int, str], int], size: int) -> None:
    buffer = bytes(10)

    for left in range(-2, size):
        with pytest.raises(ProtocolError):
            read(buffer, 3, 3 + left, "it")
    assert read(buffer, 3, 3 + size, "it") == 0


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("length", [*INT32_HOSTILE, 5, 6])
def test_a_values_length_is_null_or_what_is_left(length: int) -> None:
    buffer = length.to_bytes(4, "big", signed=True) + bytes(5)

    if -1 <= length <= 5:
        assert fields.read_value_length(buffer, 0, 9, "a value") == length
    else:
        with pytest.raises(ProtocolError, match="claims"):
            fields.read_value_length(buffer, 0, 9, "a value")


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("count", [*INT32_HOSTILE, 5, 6])
def test_a_count_fits_the_bytes_that_are_left(count: int) -> None:
    if 0 <= count <= 5:
        fields.check_count(count, 4, 0, 23, "OIDs")
    else:
        with pytest.raises(ProtocolError, match="claimed in 23 bytes"):
            fields.check_count(count, 4, 0, 23, "OIDs")


@pytest.mark.feature("PR5")
def test_a_terminator_behind_the_end_is_none() -> None:
    with pytest.raises(ProtocolError, match="not terminated"):
        fields.find_terminator(b"abc\0", 0, 3, "a name")
    with pytest.raises(ProtocolError, match="not terminated"):
        fields.find_terminator(b"abc\0", 5, 4, "a name")


@given(messages.TEXT)
def test_a_cstring_is_utf8_and_a_nul(text: str) -> None:
    out = BytesWriter()

    fields.write_cstring(out, text, "it")

    assert out.getvalue() == text.encode() + b"\0"


@pytest.mark.feature("PR6")
@given(st.text(), st.sampled_from(["\0", "\ud800", "\udfff"]), st.text())
def test_nul_and_surrogates_are_refused_with_nothing_written(before: str, bad: str, after: str) -> None:
    out = BytesWriter()

    with pytest.raises(EncodeError, match="the name has a"):
        fields.write_cstring(out, before + bad + after, "the name")

    assert out.getvalue() == b""


@pytest.mark.feature("PR6")
@given(st.binary(max_size=20))
def test_bytes_are_written_as_they_are_or_refused(raw: bytes) -> None:
    out = BytesWriter()

    try:
        fields.write_cstring(out, raw, "it")
    except EncodeError:
        assert out.getvalue() == b""
        return

    assert out.getvalue() == raw + b"\0"
    assert b"\0" not in raw
    raw.decode("utf-8")


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("body_bytes", [MAX_FRAME_BYTES - 3, 2**31, 2**62])
def test_an_oversize_frame_is_refused_before_its_header(body_bytes: int) -> None:
    out = BytesWriter()

    with pytest.raises(EncodeError, match="above the limit"):
        fields.write_header(out, ord("d"), body_bytes)

    assert out.getvalue() == b""


@pytest.mark.feature("PR6")
def test_the_largest_frame_is_one_gibibyte_less_a_byte() -> None:
    out = BytesWriter()

    fields.write_header(out, ord("d"), MAX_FRAME_BYTES - 4)

    assert out.getvalue() == b"d\x3f\xff\xff\xff"


@given(st.binary())
def test_a_backends_text_never_raises(raw: bytes) -> None:
    text = fields.decode_backend_text(raw)

    text.encode("utf-8")
