from __future__ import annotations

import copy
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
from support.codecs import CODECS, decoded, encoded, hostile_lengths, refused, round_trip
from support.values.system import STRATEGIES

pytestmark = pytest.mark.feature("CO17")
LSN, TID, SNAPSHOT = CODECS["pg_lsn"], CODECS["tid"], CODECS["pg_snapshot"]
U64 = 2**64 - 1
ODD: Any = "no number"


@pytest.mark.parametrize("name", ["pg_lsn", "tid", "pg_snapshot", "txid_snapshot"])
@given(data=st.data())
def test_values_round_trip_with_their_class(name: str, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[name])

    back = round_trip(CODECS[name], value)

    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [PgLsn(0), PgLsn("16/B374D848"), PgLsn(U64), Tid(0, 1), Snapshot(10, 20, [10, 14])])
def test_values_travel_and_can_be_keys(value: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(value, protocol))
        assert (back, type(back), str(back)) == (value, type(value), str(value))
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert {value: 1}[copy.deepcopy(value)] == 1
    assert eval(repr(value)) == value
    with pytest.raises(AttributeError):
        value.other = 1


@pytest.mark.parametrize(
    ("text", "number"),
    [("0/0", 0), ("16/B374D848", 0x16B374D848), ("16/b374d848", 0x16B374D848), ("FFFFFFFF/FFFFFFFF", U64), ("0/1", 1)],
)
def test_the_text_of_a_position(text: str, number: int) -> None:
    assert PgLsn(text) == PgLsn(number) == number
    assert str(PgLsn(number)) == f"{PgLsn(number)}" == text.upper()
    assert repr(PgLsn(number)) == f"PgLsn('{text.upper()}')"
    assert encoded(LSN, text) == encoded(LSN, number) == encoded(LSN, PgLsn(number)) == struct.pack("!Q", number)


def test_a_position_is_a_number_of_bytes() -> None:
    assert PgLsn("0/20") - PgLsn("0/10") == 16
    assert type(PgLsn("0/20") + 1) is int
    assert PgLsn("1/0") > PgLsn("0/FFFFFFFF") > 5
    assert sorted([PgLsn("A/0"), PgLsn("9/0")]) == [PgLsn("9/0"), PgLsn("A/0")]
    assert f"{PgLsn(255):x}" == "ff"


@pytest.mark.parametrize(
    "text", ["", "/", "1/", "/1", "1/2/3", "g/0", "123456789/0", " 1/0", "1/0\n", "-1/0", "\u0661/0", "1 /0"]
)
def test_text_of_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no position in the write-ahead log"):
        PgLsn(text)
    refused(LSN, text, "pg_lsn takes a position like 16/B374D848, not str")


@pytest.mark.parametrize("number", [-1, 2**64, 2**80])
def test_a_number_beyond_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="is no position"):
        PgLsn(number)
    refused(LSN, number, "is outside pg_lsn")


@pytest.mark.parametrize("value", [True, 1.0, b"0/0", None, (0, 0)])
def test_only_a_position_an_int_or_text_is_taken(value: object) -> None:
    refused(LSN, value, "pg_lsn takes PgLsn, int or str, not")


def test_the_bytes_and_the_text_of_a_tid() -> None:
    assert encoded(TID, Tid(1, 2)) == struct.pack("!IH", 1, 2)
    assert encoded(TID, Tid(2**32 - 1, 65_535)) == b"\xff" * 6
    assert str(Tid(4294967295, 1)) == "(4294967295,1)"
    assert (Tid(3, 4).block, Tid(3, 4).offset) == (3, 4)
    assert Tid(0, 9) < Tid(1, 0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Tid(-1, 0), "outside the block of a tid .0 to 4294967295."),
        (Tid(2**32, 0), "outside the block of a tid"),
        (Tid(0, 65_536), "outside the offset of a tid .0 to 65535."),
        (Tid(0, -1), "outside the offset of a tid"),
        (Tid(ODD, 0), "the block of a tid takes int, not str"),
        (Tid(0, True), "the offset of a tid takes int, not bool"),
        ((0, 1), r"tid takes Tid, not tuple \(0, 1\): pass qail.Tid"),
        ("(0,1)", "tid takes Tid, not str"),
    ],
)
def test_what_is_no_tid_is_refused(value: object, message: str) -> None:
    refused(TID, value, message)


def test_the_bytes_and_the_text_of_a_snapshot() -> None:
    value: Any = Snapshot(10, 20, [10, 14, 15])

    assert str(value) == "10:20:10,14,15"
    assert str(Snapshot(1, 1)) == "1:1:"
    assert value == Snapshot(10, 20, (10, 14, 15))
    assert tuple(value) == (10, 20, (10, 14, 15))
    assert (value.xmin, value.xmax, value.xip) == (10, 20, (10, 14, 15))
    assert encoded(SNAPSHOT, value) == struct.pack("!i5Q", 3, 10, 20, 10, 14, 15)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Snapshot(0, 5), "whose lower half is not 0"),
        (Snapshot(2**32, 2**32 + 1), "whose lower half is not 0"),
        (Snapshot(1, 2**33), "whose lower half is not 0"),
        (Snapshot(7, 3), "an xmin up to xmax"),
        (Snapshot(3, 7, [7]), "an ascending xip from xmin to below xmax"),
        (Snapshot(3, 7, [2]), "an ascending xip"),
        (Snapshot(3, 7, [5, 4]), "an ascending xip"),
        (Snapshot(3, 7, [4, 4]), "an ascending xip"),
        (Snapshot(-1, 5), "outside a transaction id of pg_snapshot"),
        (Snapshot(1, 2**64), "outside a transaction id"),
        (Snapshot(1, 5, [2**64]), "outside a transaction id"),
        (Snapshot._make((ODD, 5, ())), "a transaction id of pg_snapshot takes int, not str"),
        (Snapshot(1, 5, [True]), "takes int, not bool"),
        (Snapshot(1, 5)._replace(xip=ODD), "takes int, not str"),
        ((1, 5, ()), "pg_snapshot takes Snapshot, not tuple"),
        ("1:5:", "pg_snapshot takes Snapshot, not str"),
    ],
)
def test_what_no_server_would_take_is_refused(value: object, message: str) -> None:
    refused(SNAPSHOT, value, message)


@pytest.mark.parametrize("name", ["pg_lsn", "tid"])
def test_another_size_is_refused(name: str) -> None:
    size = {"pg_lsn": 8, "tid": 6}[name]

    for wrong in {0, 1, size - 1, size + 1, 16}:
        with pytest.raises(DecodeError, match=f"{name} has {size} bytes, and {wrong} came"):
            decoded(CODECS[name], bytes(wrong))


@pytest.mark.parametrize("count", hostile_lengths(2))
def test_a_count_that_does_not_fit_the_bytes_is_refused(count: int) -> None:
    data = struct.pack("!i4Q", count, 1, 9, 3, 4)

    if count == 2:
        assert decoded(SNAPSHOT, data) == Snapshot(1, 9, (3, 4))
        return
    with pytest.raises(DecodeError, match=f"pg_snapshot claims {count} transactions in 36 bytes"):
        decoded(SNAPSHOT, data)


@pytest.mark.parametrize("size", [0, 4, 19])
def test_a_snapshot_without_its_head_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="has at least 20 bytes"):
        decoded(SNAPSHOT, bytes(size))


@pytest.mark.parametrize("numbers", [(0, 1), (5, 4), (1, 9, 9), (1, 9, 5, 5), (2, 9, 1)])
def test_a_snapshot_that_no_server_takes_is_refused(numbers: tuple[int, ...]) -> None:
    data = struct.pack(f"!i{len(numbers)}Q", len(numbers) - 2, *numbers)

    with pytest.raises(DecodeError, match="pg_snapshot must have"):
        decoded(SNAPSHOT, data)


@pytest.mark.parametrize("name", ["pg_lsn", "tid", "pg_snapshot"])
@given(st.binary(max_size=40))
def test_any_bytes_are_a_value_that_encodes_again_or_a_decode_error(name: str, data: bytes) -> None:
    try:
        found = decoded(CODECS[name], data)
    except DecodeError:
        return
    assert encoded(CODECS[name], found) == data


@pytest.mark.parametrize("value", [Tid(0, 1), Snapshot(1, 9, [3])])
def test_arrays_of_named_tuples_keep_them_whole(value: object) -> None:
    codec = CODECS["tid[]" if isinstance(value, Tid) else "pg_snapshot[]"]

    for many in ([value], [[value, None], [value, value]]):
        assert round_trip(codec, many) == many
