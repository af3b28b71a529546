from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.record import MAX_LEVELS, RecordCodec
from qail.pg.codec.refusal import TypesNeeded
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import decoded, refused

pytestmark = pytest.mark.feature("CO16")

OIDS = [16, 20, 23, 25, 1007, 2249, 2287, 3904]
REGISTRY = CodecRegistry()
RECORD = RecordCodec(REGISTRY)


def field(oid: int, data: bytes | None) -> bytes:
    return struct.pack("!Ii", oid, -1 if data is None else len(data)) + (data or b"")


def record(*fields: bytes) -> bytes:
    return struct.pack("!i", len(fields)) + b"".join(fields)


def array(data: bytes) -> bytes:
    return struct.pack("!iiIiii", 1, 0, 2249, 1, 1, len(data)) + data


NUMBER = field(23, b"\0\0\0\7")


def nested(levels: int, *, in_arrays: bool) -> bytes:
    data = record(NUMBER)
    for _ in range(levels - 1):
        data = record(field(2287, array(data)) if in_arrays else field(2249, data))
    return data


def test_each_field_is_decoded_by_its_own_type() -> None:
    data = record(
        NUMBER, field(25, b"x"), field(23, None), field(2249, record(field(16, b"\1"))), field(2249, record())
    )

    assert decoded(RECORD, data) == (7, "x", None, (True,), ())
    assert decoded(RECORD, nested(2, in_arrays=True)) == ([(7,)],)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_tuple_or_a_decode_error(data: bytes) -> None:
    with suppress(DecodeError):
        assert isinstance(decoded(RECORD, data), tuple)


@given(
    st.lists(st.tuples(st.sampled_from([16, 20, 23, 25, 1007, 2249, 2287, 3904]), st.binary(max_size=20) | st.none()))
)
def test_fields_of_any_bytes_are_a_tuple_or_a_decode_error(fields: list[tuple[int, bytes | None]]) -> None:
    try:
        found = decoded(RECORD, record(*[field(oid, data) for oid, data in fields]))
    except DecodeError:
        return
    assert isinstance(found, tuple)
    assert len(found) == len(fields)


@pytest.mark.parametrize("in_arrays", [False, True])
def test_records_nest_to_a_bound_and_no_deeper(in_arrays: bool) -> None:
    assert decoded(RECORD, nested(MAX_LEVELS, in_arrays=in_arrays)) != ()
    for levels in (MAX_LEVELS + 1, 1000, 20_000):
        with pytest.raises(DecodeError, match=f"nested deeper than {MAX_LEVELS} levels"):
            decoded(RECORD, nested(levels, in_arrays=in_arrays) if levels <= 1000 else nested(levels, in_arrays=False))


def test_types_that_are_not_known_are_named_all_at_once() -> None:
    data = record(field(60_000, b"x"), NUMBER, field(60_001, b"y"), field(60_002, None))

    with pytest.raises(TypesNeeded, match=r"not known \(OID 60000, 60001\)") as raised:
        decoded(RECORD, data)
    assert raised.value.type_oids == [60_000, 60_001]
    with pytest.raises(TypesNeeded, match=r"in field 1 of a record: ") as raised:
        decoded(RECORD, record(field(2249, data)))
    assert raised.value.type_oids == [60_000, 60_001]


def test_a_type_without_a_binary_codec_has_no_form_in_a_record() -> None:
    registry = CodecRegistry()
    registry.register(UnknownCodec("app.odd", 60_000))

    with pytest.raises(DecodeError, match=r"in field 1 of a record: app\.odd has no binary codec"):
        decoded(RecordCodec(registry), record(field(60_000, b"x")))


@pytest.mark.parametrize("count", [-(2**31), -1, 2, 3, 2**31 - 1])
def test_a_hostile_count_is_a_decode_error(count: int) -> None:
    with pytest.raises(DecodeError, match="record"):
        decoded(RECORD, struct.pack("!i", count) + NUMBER)


@pytest.mark.parametrize("length", [-(2**31), -2, 5, 2**31 - 1])
def test_a_hostile_length_is_a_decode_error(length: int) -> None:
    with pytest.raises(DecodeError, match="in field 1 of a record: it claims"):
        decoded(RECORD, struct.pack("!iIi", 1, 23, length) + b"\0\0\0\1")


@pytest.mark.parametrize("data", [b"", b"\0\0\0", record(NUMBER) + b"\0", record(NUMBER)[:-1]])
def test_bytes_too_few_and_too_many_are_decode_errors(data: bytes) -> None:
    with pytest.raises(DecodeError, match="record"):
        decoded(RECORD, data)


def test_a_record_is_no_parameter() -> None:
    refused(RECORD, (1, 2), r"record takes no parameter, such as tuple \(1, 2\): cast it to a composite type")
