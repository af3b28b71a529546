"""vector, halfvec and sparsevec of pgvector: lists of float and SparseVector. `qail.numpy` makes arrays of the former.

vector and halfvec are Int16 dimensions, Int16 zero, and the numbers in single or half precision. sparsevec is Int32
dimensions, Int32 count, Int32 zero, then the indexes, each above the one before, and as many float4 that are not zero.

Rule 1: numbers are rounded to the type's precision, as any float is; what would become infinite is refused, and NaN.
Rule 2: any array of one dimension is taken that has a buffer of float4, or `tolist`: numpy's, array.array.

Source: pgvector, src/vector.c, vector_send and vector_recv; src/halfvec.c; src/sparsevec.c
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any, Final, cast

from librt.strings import (
    BytesWriter,
    read_f32_be,
    read_i16_be,
    read_i32_be,
    write_f32_be,
    write_i16_be,
    write_i32_be,
)
from mypy_extensions import i16, i32, i64, mypyc_attr

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.floating import FLOAT4_OVERFLOW, FLOAT4_UNDERFLOW
from qail.pg.codec.refusal import SINGLE_VALUES, out_of_range, wrong_type

MAX_VECTOR_DIMENSIONS: Final = 16_000
MAX_SPARSE_DIMENSIONS: Final = 1_000_000_000
VECTOR_HEADER_BYTES: Final = 4
SPARSE_HEADER_BYTES: Final = 12
SPARSE_ELEMENT_BYTES: Final = 8
_PLAIN_NUMBERS: Final = frozenset({float, int})
_IS_LITTLE: Final = sys.byteorder == "little"
SINGLE_MAX: Final = "3.4028235e38"
HALF_MAX: Final = "65504"


@mypyc_attr(native_class=False)
class SparseVector:
    """A vector most of whose elements are zero. Indexes count from 0; in PostgreSQL's text they count from 1.

    >>> print(SparseVector({0: 1.5, 3: -2.0}, 6))
    {1:1.5,4:-2.0}/6
    """

    __slots__ = ("_dimensions", "_indices", "_values")

    def __init__(self, elements: Mapping[int, float], dimensions: int) -> None:
        """Zeros are left out. Raises ValueError for an index that is not one of `dimensions`."""
        kept = sorted((index, float(value)) for index, value in elements.items() if value != 0)
        if not 0 < dimensions <= MAX_SPARSE_DIMENSIONS:
            raise ValueError(f"a SparseVector has 1 to {MAX_SPARSE_DIMENSIONS} dimensions, not {dimensions}")
        if kept and not 0 <= kept[0][0] <= kept[-1][0] < dimensions:
            raise ValueError(f"indexes are 0 to {dimensions - 1}, not {kept[0][0]} to {kept[-1][0]}")
        self._dimensions = dimensions
        self._indices = tuple([index for index, _ in kept])
        self._values = tuple([value for _, value in kept])

    @property
    def dimensions(self) -> int:
        """How many elements there are, with the zeros."""
        return self._dimensions

    @property
    def indices(self) -> tuple[int, ...]:
        """Where the others are, from 0, ascending."""
        return self._indices

    @property
    def values(self) -> tuple[float, ...]:
        """The elements at `indices`."""
        return self._values

    def to_list(self) -> list[float]:
        """All elements, with the zeros."""
        found = [0.0] * self._dimensions
        for index, value in zip(self._indices, self._values, strict=True):
            found[index] = value
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparseVector) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"SparseVector({dict(zip(self._indices, self._values, strict=True))!r}, {self._dimensions})"

    def __str__(self) -> str:
        pairs = [f"{index + 1}:{value!r}" for index, value in zip(self._indices, self._values, strict=True)]
        return "{" + ",".join(pairs) + "}/" + str(self._dimensions)

    def __reduce__(self) -> tuple[type[SparseVector], tuple[dict[int, float], int]]:
        return SparseVector, (dict(zip(self._indices, self._values, strict=True)), self._dimensions)

    def _key(self) -> tuple[int, tuple[int, ...], tuple[float, ...]]:
        return self._dimensions, self._indices, self._values


_SPARSE: Final = SparseVector


class VectorCodec(Codec):
    """vector, of single precision, and halfvec, of half precision, as list[float]."""

    def __init__(self, type_name: str, type_oid: int, *, is_half: bool = False) -> None:
        super().__init__(type_name, type_oid)
        self._is_half: Final = is_half
        self._letter: Final = "e" if is_half else "f"
        self._number_bytes: Final[i64] = 2 if is_half else 4

    def is_sequence_like(self) -> bool:
        """A list is one vector."""
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append dimensions and numbers.

        Raises:
            EncodeError: no sequence of numbers, none or too many of them, or one that is or becomes NaN or infinite.
        """
        data = None if self._is_half else big_endian_of(value)
        if data is None:
            data = self._packed(value, numbers_of(self.type_name, value))
        dimensions: i64 = len(data) // self._number_bytes
        if dimensions < 1 or dimensions > MAX_VECTOR_DIMENSIONS:
            raise out_of_range(self.type_name, value, f"1 to {MAX_VECTOR_DIMENSIONS} dimensions", "split it")
        write_i32_be(out, i32(VECTOR_HEADER_BYTES + len(data)))
        write_i16_be(out, i16(dimensions))
        write_i16_be(out, 0)
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A list of float.

        Raises:
            DecodeError: header and bytes disagree, or a number is not finite.
        """
        dimensions = i64(read_i16_be(buffer, position)) if length >= VECTOR_HEADER_BYTES else -1
        if dimensions < 1 or length != VECTOR_HEADER_BYTES + dimensions * self._number_bytes:
            raise DecodeError(f"{self.type_name} claims {dimensions} dimensions in {length} bytes")
        data = buffer[position + VECTOR_HEADER_BYTES : position + length]
        found: list[float]
        if self._is_half:
            found = list(struct.unpack(f">{dimensions}e", data))
        else:
            numbers = array("f", data)
            if _IS_LITTLE:
                numbers.byteswap()
            found = numbers.tolist()
        if not isfinite(sum(found)) or dimensions > MAX_VECTOR_DIMENSIONS:
            raise DecodeError(f"{self.type_name} of {dimensions} dimensions holds NaN or infinity, or too many of them")
        return found

    def _packed(self, value: object, numbers: list[Any]) -> bytes:
        kinds = set(map(type, numbers)) - _PLAIN_NUMBERS
        for kind in kinds:
            if kind is bool or not issubclass(kind, Real):
                raise wrong_type(self.type_name, value, "a list of float", "convert each with float()")
        limits = f"finite numbers up to {HALF_MAX if self._is_half else SINGLE_MAX}"
        try:
            if kinds:
                # numpy's single numbers, for one, whose sum below would be of their own precision.
                numbers = list(map(float, numbers))
            data = struct.pack(f">{len(numbers)}{self._letter}", *numbers)
        except (OverflowError, struct.error):
            raise out_of_range(self.type_name, value, limits, "scale them") from None
        # No sum of finite numbers is infinite here: there are 16,000 of them at most, each below 2**128.
        if not isfinite(sum(numbers)):
            raise out_of_range(self.type_name, value, limits, "leave NaN and infinities out")
        return data


class SparseVectorCodec(Codec):
    """sparsevec as SparseVector."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append header, indexes and numbers.

        Raises:
            EncodeError: no SparseVector, too many elements, or one that float4 rounds to zero or infinity.
        """
        if not isinstance(value, _SPARSE):
            raise wrong_type(self.type_name, value, "SparseVector", "make one of {index: value} and the dimensions")
        indices, numbers = value.indices, value.values
        count: i64 = len(indices)
        if count > MAX_VECTOR_DIMENSIONS:
            raise out_of_range(self.type_name, value, f"at most {MAX_VECTOR_DIMENSIONS} elements", "use vector")
        for number in numbers:
            if not FLOAT4_UNDERFLOW < abs(number) < FLOAT4_OVERFLOW:
                limits = f"1.4e-45 to {SINGLE_MAX} and their negatives"
                raise out_of_range(self.type_name, number, limits, "scale it, or leave it out")
        write_i32_be(out, i32(SPARSE_HEADER_BYTES + count * SPARSE_ELEMENT_BYTES))
        write_i32_be(out, i32(value.dimensions))
        write_i32_be(out, i32(count))
        write_i32_be(out, 0)
        for index in indices:
            write_i32_be(out, i32(index))
        for number in numbers:
            write_f32_be(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A SparseVector.

        Raises:
            DecodeError: header and bytes disagree, indexes do not ascend, or a number is zero or not finite.
        """
        if length < SPARSE_HEADER_BYTES:
            raise DecodeError(f"{self.type_name} has at least {SPARSE_HEADER_BYTES} bytes, and {length} came")
        dimensions = i64(read_i32_be(buffer, position))
        count = i64(read_i32_be(buffer, position + 4))
        if (
            not 0 < dimensions <= MAX_SPARSE_DIMENSIONS
            or not 0 <= count <= min(dimensions, MAX_VECTOR_DIMENSIONS)
            or length != SPARSE_HEADER_BYTES + count * SPARSE_ELEMENT_BYTES
        ):
            raise DecodeError(f"{self.type_name} claims {count} of {dimensions} elements in {length} bytes")
        position += SPARSE_HEADER_BYTES
        numbers_at = position + 4 * count
        elements: dict[int, float] = {}
        last: i64 = -1
        while count > 0:
            index = i64(read_i32_be(buffer, position))
            number = read_f32_be(buffer, numbers_at)
            if not last < index < dimensions or number == 0 or not isfinite(number):
                raise DecodeError(f"{self.type_name} has an element that is zero, not finite or out of order")
            elements[index] = number
            last = index
            position += 4
            numbers_at += 4
            count -= 1
        return SparseVector(elements, dimensions)


def big_endian_of(value: object) -> bytes | None:
    """The bytes of an array of float4, the other way round; None for anything else, and for NaN and infinities."""
    if isinstance(value, list | tuple):
        return None
    buffer: Any = value
    try:
        with memoryview(buffer) as view:
            if view.format != "f" or view.ndim != 1:
                return None
            numbers = array("f", view.tobytes())
    except TypeError:
        return None
    if len(numbers) > MAX_VECTOR_DIMENSIONS or not isfinite(sum(numbers)):
        return None
    if _IS_LITTLE:
        numbers.byteswap()
    return numbers.tobytes()


def numbers_of(type_name: str, value: object) -> list[Any]:
    """The items of a sequence or an array, at most as many as a vector has.

    Raises:
        EncodeError: `value` is neither, or has more of them.
    """
    found = value
    to_list: Any = getattr(value, "tolist", None)
    if to_list is not None and not isinstance(value, SINGLE_VALUES):
        found = to_list()
    if isinstance(found, SINGLE_VALUES) or not isinstance(found, Sequence):
        raise wrong_type(type_name, value, "a list of float, or an array", "put the numbers into a list")
    numbers = list(cast("Sequence[object]", found))
    if len(numbers) > MAX_VECTOR_DIMENSIONS:
        raise out_of_range(type_name, value, f"at most {MAX_VECTOR_DIMENSIONS} dimensions", "split it")
    return numbers


def half_codec(type_name: str, type_oid: int) -> Codec:
    """The codec of halfvec."""
    return VectorCodec(type_name, type_oid, is_half=True)


EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {
    "halfvec": half_codec,
    "sparsevec": SparseVectorCodec,
    "vector": VectorCodec,
}
