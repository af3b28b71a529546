from __future__ import annotations

import math
import pickle
import struct
from array import array
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.array import ArrayCodec, PgArray
from qail.pg.codec.vector import EXTENSION_CODECS, SparseVector
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO17")
VECTOR = EXTENSION_CODECS["vector"]("vector", 99_001)
HALFVEC = EXTENSION_CODECS["halfvec"]("app.halfvec", 99_002)
SPARSEVEC = EXTENSION_CODECS["sparsevec"]("sparsevec", 99_003)
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
halves = st.floats(width=16, allow_nan=False, allow_infinity=False)


def test_numbers_follow_their_count() -> None:
    assert encoded(VECTOR, [1.0, -2.5]) == struct.pack("!hhff", 2, 0, 1.0, -2.5)
    assert encoded(HALFVEC, [1.0, -2.5]) == struct.pack("!hhee", 2, 0, 1.0, -2.5)
    assert decoded(VECTOR, struct.pack("!hhff", 2, 0, 1.0, -2.5)) == [1.0, -2.5]
    assert decoded(HALFVEC, struct.pack("!hhee", 2, 0, 1.0, -2.5)) == [1.0, -2.5]


@given(st.lists(singles, min_size=1, max_size=100))
def test_single_precision_round_trips(value: list[float]) -> None:
    assert repr(round_trip(VECTOR, value)) == repr(value)


@given(st.lists(halves, min_size=1, max_size=100))
def test_half_precision_round_trips(value: list[float]) -> None:
    assert repr(round_trip(HALFVEC, value)) == repr(value)


class Own(Sequence[float]):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> float:  # type: ignore[override]  # no slices here
        return (1.0, 2.0)[index]


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.0],
        (1, 2),
        range(1, 3),
        array("f", [1, 2]),
        array("d", [1, 2]),
        array("h", [1, 2]),
        Own(),
        [Fraction(1), Fraction(2)],
        memoryview(array("f", [1, 2])),
    ],
)
def test_sequences_and_arrays_of_numbers_are_taken(value: object) -> None:
    assert round_trip(VECTOR, value) == [1.0, 2.0]


@pytest.mark.parametrize("value", [[1.0, 2.0], array("f", [1, 2])])
def test_half_precision_takes_them_too(value: object) -> None:
    assert round_trip(HALFVEC, value) == [1.0, 2.0]


def test_numbers_are_rounded_to_the_precision() -> None:
    assert round_trip(VECTOR, [0.1, 1e-50]) == [struct.unpack("f", struct.pack("f", 0.1))[0], 0.0]
    assert round_trip(HALFVEC, [0.1, 65519.0]) == [struct.unpack("e", struct.pack("e", 0.1))[0], 65504.0]


@pytest.mark.parametrize("codec", [VECTOR, HALFVEC], ids=["vector", "halfvec"])
@pytest.mark.parametrize(
    "value", [[math.nan], [1.0, math.inf], [-math.inf], [1e39], [10**400], [Fraction(10**50)], array("f", [math.nan])]
)
def test_what_is_not_finite_is_refused(codec: object, value: object) -> None:
    found = VECTOR if codec is VECTOR else HALFVEC
    refused(found, value, f"outside {found.type_name} \\(finite numbers up to")


def test_a_number_beyond_half_precision_is_refused() -> None:
    refused(HALFVEC, [65520.0], r"outside app.halfvec \(finite numbers up to 65504\): scale")


@pytest.mark.parametrize("value", [["1"], [True], [None], [[1.0]], [Decimal(1)], [1j], [b"1"]])
def test_items_that_are_no_numbers_are_refused(value: object) -> None:
    refused(VECTOR, value, "vector takes a list of float, not")


@pytest.mark.parametrize("value", ["[1,2]", b"\0\0", 5, {1: 2.0}, {1.0}, bytearray(4), memoryview(b"1234")])
def test_what_is_no_sequence_of_numbers_is_refused(value: object) -> None:
    refused(VECTOR, value, "vector takes a list of float, or an array, not")


@pytest.mark.parametrize("count", [0, 16_001])
def test_dimensions_have_bounds(count: int) -> None:
    for codec in (VECTOR, HALFVEC):
        refused(codec, [0.0] * count, "16000 dimensions")
    refused(VECTOR, array("f", [0.0] * count), "16000 dimensions")
    assert round_trip(VECTOR, [0.5] * 16_000) == [0.5] * 16_000


@pytest.mark.parametrize("codec", [VECTOR, HALFVEC, SPARSEVEC], ids=["vector", "halfvec", "sparsevec"])
@given(data=st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_decode_error(codec: ArrayCodec, data: bytes) -> None:
    try:
        value = decoded(codec, data)
    except DecodeError:
        return
    assert repr(round_trip(codec, value)) == repr(value)


@pytest.mark.parametrize("dimensions", [-32768, -1, 0, 1, 3, 32767])
def test_hostile_dimensions_are_refused(dimensions: int) -> None:
    with pytest.raises(DecodeError, match=f"vector claims {dimensions} dimensions in 12 bytes"):
        decoded(VECTOR, struct.pack("!hhff", dimensions, 0, 1, 2))


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_vector_that_is_not_finite_is_refused(number: float) -> None:
    for codec, letter in ((VECTOR, "f"), (HALFVEC, "e")):
        with pytest.raises(DecodeError, match="holds NaN or infinity"):
            decoded(codec, struct.pack(f"!hh{letter}", 1, 0, number))
    with pytest.raises(DecodeError, match="vector claims"):
        decoded(VECTOR, b"\0")


def test_an_array_of_vectors_has_one_dimension() -> None:
    codec = ArrayCodec("vector[]", 99_004, VECTOR)

    assert round_trip(codec, [[1.0, 2.0], None, [3.0]]) == [[1.0, 2.0], None, [3.0]]
    nested = round_trip(codec, PgArray([[[1.0], [2.0]], [[3.0], None]], (1, 1)))
    assert isinstance(nested, PgArray)
    assert (list(nested), nested.lower_bounds) == ([[[1.0], [2.0]], [[3.0], None]], (1, 1))


def test_a_sparse_vector_is_header_indexes_and_numbers() -> None:
    data = struct.pack("!iii", 5, 2, 0) + struct.pack("!ii", 0, 3) + struct.pack("!ff", 1.5, -2.0)

    assert encoded(SPARSEVEC, SparseVector({3: -2, 0: 1.5}, 5)) == data
    assert decoded(SPARSEVEC, data) == SparseVector({0: 1.5, 3: -2.0}, 5)


@given(st.dictionaries(st.integers(0, 10**9 - 1), singles, max_size=50))
def test_any_sparse_vector_round_trips(elements: dict[int, float]) -> None:
    value = SparseVector(elements, 10**9)

    assert round_trip(SPARSEVEC, value) == value


def test_a_sparse_vector_is_a_value() -> None:
    value = SparseVector({0: 1.5, 2: 0, 3: -2}, 5)

    assert (value.dimensions, value.indices, value.values) == (5, (0, 3), (1.5, -2.0))
    assert value.to_list() == [1.5, 0.0, 0.0, -2.0, 0.0]
    assert str(value) == "{1:1.5,4:-2.0}/5"
    assert eval(repr(value)) == value
    assert {value: 1}[SparseVector({3: -2, 0: 1.5}, 5)] == 1
    assert value != SparseVector({3: -2, 0: 1.5}, 6)
    assert value != value.to_list()
    assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize(
    ("elements", "dimensions"), [({}, 0), ({}, -1), ({}, 10**9 + 1), ({5: 1.0}, 5), ({-1: 1.0}, 5)]
)
def test_a_sparse_vector_that_cannot_be_is_refused(elements: dict[int, float], dimensions: int) -> None:
    with pytest.raises(ValueError, match=r"dimensions|indexes"):
        SparseVector(elements, dimensions)


@pytest.mark.parametrize("number", [1e39, -1e39, math.inf, math.nan, 1e-46])
def test_an_element_that_float4_does_not_have_is_refused(number: float) -> None:
    refused(SPARSEVEC, SparseVector({0: number}, 1), "outside sparsevec")


def test_only_so_many_elements_are_taken() -> None:
    refused(SPARSEVEC, SparseVector(dict.fromkeys(range(16_001), 1.0), 20_000), "at most 16000 elements")
    refused(SPARSEVEC, [1.0], "sparsevec takes SparseVector, not list")


@pytest.mark.parametrize(
    ("dimensions", "count", "indexes", "numbers"),
    [
        (0, 0, [], []),
        (-1, 0, [], []),
        (10**9 + 1, 0, [], []),
        (5, -1, [], []),
        (5, 2**31 - 1, [0], [1.0]),
        (5, 1, [5], [1.0]),
        (5, 1, [-1], [1.0]),
        (5, 2, [1, 1], [1.0, 2.0]),
        (5, 2, [2, 1], [1.0, 2.0]),
        (5, 1, [0], [0.0]),
        (5, 1, [0], [math.nan]),
        (1, 2, [0, 1], [1.0, 1.0]),
        (5, 0, [0], [1.0]),
    ],
)
def test_a_hostile_sparse_vector_is_refused(
    dimensions: int, count: int, indexes: list[int], numbers: list[float]
) -> None:
    data = struct.pack(f"!iii{len(indexes)}i{len(numbers)}f", dimensions, count, 0, *indexes, *numbers)

    with pytest.raises(DecodeError, match="sparsevec"):
        decoded(SPARSEVEC, data)
