"""Arrays of any type that has a binary codec, of up to six dimensions, as nested lists.

A value is Int32 dimensions (0 for the empty array), Int32 flag "has NULL", Int32 element type OID, per dimension Int32
size and Int32 lower bound, then the elements as fields in row-major order.

Rule 1: what is decoded is bounded by the bytes that came: each element has at least its four bytes of length.
Rule 2: a lower bound other than 1 makes a PgArray; a plain list has lower bounds of 1.
Rule 3: a ragged list is refused. An empty list inside a list is ragged: PostgreSQL has no array of size 2 by 0.
Rule 4: where a list can be one element, as for json, a plain list has one dimension, and more make a PgArray.

Source: src/backend/utils/adt/arrayfuncs.c, array_send and array_recv; MAXDIM in src/include/utils/array.h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.integer import INT4_MAX, INT4_MIN
from qail.pg.codec.refusal import SINGLE_VALUES, decode_inside, encode_inside, out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES
from qail.pg.wire.constants import LENGTH_BYTES, NULL_LENGTH

MAX_DIMENSIONS: Final = 6
HEADER_BYTES: Final = 12
DIMENSION_BYTES: Final = 8
# Behind the field's length and the number of dimensions.
FLAG_OFFSET: Final = 8


@mypyc_attr(native_class=False)
class PgArray(list[object]):
    """A list whose first indexes in PostgreSQL are `lower_bounds`, one a dimension; it compares as a list.

    Source: arrays.html#ARRAYS-IO
    """

    lower_bounds: tuple[int, ...]

    def __init__(self, items: Sequence[object] = (), lower_bounds: Sequence[int] = (1,)) -> None:
        super().__init__(items)
        self.lower_bounds = tuple(lower_bounds)

    def __repr__(self) -> str:
        return f"PgArray({super().__repr__()}, lower_bounds={self.lower_bounds})"

    def __reduce__(self) -> tuple[type[PgArray], tuple[list[object], tuple[int, ...]]]:
        return PgArray, (list(self), self.lower_bounds)


_PG_ARRAY: Final = PgArray
# Of what has no dimension inside it.
NO_SIZES: Final[list[int]] = []


class ArrayCodec(Codec):
    """An array over `element`, whose codec must be a binary one. Any Sequence but text and buffers is taken.

    `delimiter` stands between the elements where such an array has to travel as text.
    """

    def __init__(self, type_name: str, type_oid: int, element: Codec, delimiter: str = ",") -> None:
        super().__init__(type_name, type_oid)
        self.element: Final = element
        self.delimiter: Final = delimiter
        self._is_of_sequences: Final = element.is_sequence_like()

    def is_sequence_like(self) -> bool:
        # An array is an element where a domain is over it.
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the array.

        Raises:
            EncodeError: no sequence, ragged, deeper than 6, or an element that does not fit; `out` is unchanged.
        """
        start = len(out)
        items = items_of(value)
        if items is None:
            raise wrong_type(self.type_name, value, "a list or another sequence", "put it into a list")
        if items and not isinstance(value, _PG_ARRAY) and (self._is_of_sequences or nested_items_of(items[0]) is None):
            # As nearly every array: no lists of sizes and bounds.
            self.encode_plain(out, items, 1)
            return
        most = MAX_DIMENSIONS
        if self._is_of_sequences:
            most = len(value.lower_bounds) if isinstance(value, _PG_ARRAY) else 1
        sizes = sizes_of(self.type_name, items, most)
        bounds = bounds_of(self.type_name, value, sizes)
        try:
            self._write_header(out, len(sizes))
            for index in range(len(sizes)):
                write_i32_be(out, i32(sizes[index]))
                write_i32_be(out, i32(bounds[index]))
            has_null = self._write_items(out, items, sizes, 0)
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, self.type_name) from error.__cause__
        self._finish(out, start, value, has_null)

    def encode_plain(self, out: BytesWriter, items: list[object], bound: i64) -> None:
        """Append an array of one dimension, which is not empty.

        Raises:
            EncodeError: an element that does not fit; `out` is unchanged.
        """
        start = len(out)
        try:
            self._write_header(out, 1)
            write_i32_be(out, i32(len(items)))
            write_i32_be(out, i32(bound))
            has_null = self._write_items(out, items, NO_SIZES, 0)
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, self.type_name) from error.__cause__
        self._finish(out, start, items, has_null)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A list, nested by dimension; [] for the empty array; a PgArray when a lower bound is not 1.

        Raises:
            DecodeError: header, sizes and bytes disagree, or an element is no value of its type.
        """
        if length < HEADER_BYTES:
            raise DecodeError(f"{self.type_name} has at least {HEADER_BYTES} bytes, and {length} came")
        end = position + length
        dimensions = i64(read_i32_be(buffer, position))
        element_oid = i64(read_i32_be(buffer, position + 8)) & 0xFFFFFFFF
        position += HEADER_BYTES
        if dimensions < 0 or dimensions > MAX_DIMENSIONS or dimensions * DIMENSION_BYTES > end - position:
            raise DecodeError(f"{self.type_name} claims {dimensions} dimensions in {length} bytes")
        if element_oid != self.element.type_oid:
            raise DecodeError(f"{self.type_name} came with elements of the type with OID {element_oid}")
        if dimensions == 0:
            if position != end:
                raise DecodeError(f"{end - position} bytes follow an empty {self.type_name}")
            return []
        size = i64(read_i32_be(buffer, position))
        most: i64 = (end - position - DIMENSION_BYTES) // LENGTH_BYTES
        if dimensions == 1 and read_i32_be(buffer, position + 4) == 1 and size >= 0 and size <= most:
            # As nearly every array: no lists of sizes and bounds.
            return self._read_items(buffer, position + DIMENSION_BYTES, end, size)
        return self._decode_shaped(buffer, position, end, dimensions)

    def _decode_shaped(self, buffer: bytes, position: i64, end: i64, dimensions: i64) -> list[object]:
        """What stands behind the header: sizes, lower bounds and elements.

        Raises:
            DecodeError: sizes and bytes disagree, or an element is no value of its type.
        """
        sizes: list[int] = []
        bounds: list[int] = []
        total = self._read_dimensions(buffer, position, end, dimensions, sizes, bounds)
        flat = self._read_items(buffer, position + dimensions * DIMENSION_BYTES, end, total)
        if dimensions > 1:
            flat = folded(flat, sizes)
            if self._is_of_sequences:
                return PgArray(flat, bounds)
        for bound in bounds:
            if bound != 1:
                return PgArray(flat, bounds)
        return flat

    def _write_header(self, out: BytesWriter, dimensions: i64) -> None:
        """Append what stands before the sizes and lower bounds."""
        element_oid = self.element.type_oid
        write_i32_be(out, 0)  # the length, known at the end
        write_i32_be(out, i32(dimensions))
        write_i32_be(out, 0)  # whether there is a NULL, likewise
        write_i32_be(out, i32(element_oid if element_oid < 2**31 else element_oid - 2**32))

    def _finish(self, out: BytesWriter, start: i64, value: object, has_null: bool) -> None:
        """Write what is known at the end of the array at `start`. Raises EncodeError; `out` is as before it then."""
        length = len(out) - start - LENGTH_BYTES
        if length > MAX_FIELD_BYTES:
            out.truncate(start)
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES} bytes", "split it")
        patch_i32(out, start, length)
        if has_null:
            patch_i32(out, start + FLAG_OFFSET, 1)

    def _write_items(self, out: BytesWriter, items: list[object], sizes: list[int], depth: i64) -> bool:
        """Append the elements below one dimension; whether there was a NULL."""
        has_null = False
        if depth + 1 < len(sizes):
            for item in items:
                inner = nested_items_of(item)
                if inner is None or len(inner) != sizes[depth + 1]:
                    raise wrong_type("a dimension", item, f"lists of {sizes[depth + 1]} items", "make them one size")
                has_null = self._write_items(out, inner, sizes, depth + 1) or has_null
            return has_null
        element = self.element
        for item in items:
            if item is None:
                write_i32_be(out, NULL_LENGTH)
                has_null = True
            else:
                element.encode(out, item)
        return has_null

    def _read_dimensions(
        self, buffer: bytes, position: i64, end: i64, dimensions: i64, sizes: list[int], bounds: list[int]
    ) -> i64:
        """Fill `sizes` and `bounds`; how many elements they make, which is as many as the bytes can hold at most."""
        least_bytes = dimensions * DIMENSION_BYTES
        most: i64 = (end - position - least_bytes) // LENGTH_BYTES
        total: i64 = 1
        while dimensions > 0:
            size = i64(read_i32_be(buffer, position))
            # Dividing, because the product of six sizes would overflow.
            if size < 0 or (size > 0 and total > most // size):
                raise DecodeError(f"{self.type_name} claims {size} elements in a dimension, of {most} that can be")
            total *= size
            sizes.append(size)
            bounds.append(i64(read_i32_be(buffer, position + 4)))
            position += DIMENSION_BYTES
            dimensions -= 1
        return total

    def _read_items(self, buffer: bytes, position: i64, end: i64, total: i64) -> list[object]:
        """The elements in the order they came.

        Raises:
            DecodeError: lengths and bytes disagree, or an element is no value of its type.
        """
        items: list[object] = []
        element = self.element
        try:
            while total > 0:
                if end - position < LENGTH_BYTES:
                    raise DecodeError(f"{self.type_name} ends before its last element")
                length = i64(read_i32_be(buffer, position))
                position += LENGTH_BYTES
                if length == NULL_LENGTH:
                    items.append(None)
                elif length < 0 or length > end - position:
                    raise DecodeError(f"an element of {self.type_name} claims {length} of {end - position} bytes")
                else:
                    items.append(element.decode(buffer, position, length))
                    position += length
                total -= 1
            if position != end:
                raise DecodeError(f"{end - position} bytes follow the last element of {self.type_name}")
        except DecodeError as error:
            raise decode_inside(error, self.type_name) from error.__cause__
        return items


def items_of(value: object) -> list[object] | None:
    """The items of a sequence; None for anything else, and for text and buffers, which are single values."""
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, SINGLE_VALUES) or not isinstance(value, Sequence):
        return None
    return list(cast("Sequence[object]", value))


def nested_items_of(value: object) -> list[object] | None:
    """The items of a dimension inside another: a list or a plain tuple. A named tuple is an element: a Point, a Tid."""
    if isinstance(value, list):
        return cast("list[object]", value)
    return list(cast("tuple[object, ...]", value)) if type(value) is tuple else None


def sizes_of(type_name: str, items: list[object], most: int = MAX_DIMENSIONS) -> list[int]:
    """The size of each dimension, from the first item of each; [] for the empty array.

    Args:
        most: below so many dimensions, which are at most six where it is less, a list is an element.

    Raises:
        EncodeError: more than six dimensions, or an empty list inside.
    """
    sizes: list[int] = []
    if not items:
        return sizes
    inner: list[object] | None = items
    while inner is not None:
        if len(sizes) == most < MAX_DIMENSIONS:
            break
        if len(sizes) == MAX_DIMENSIONS:
            raise wrong_type(type_name, items, f"at most {MAX_DIMENSIONS} dimensions", "flatten it")
        if not inner:
            raise wrong_type(type_name, items, "no empty list inside a list", "pass [] for an empty array")
        sizes.append(len(inner))
        inner = nested_items_of(inner[0])
    return sizes


def bounds_of(type_name: str, value: object, sizes: list[int]) -> list[int]:
    """The lower bound of each dimension: a PgArray's own, 1 for anything else.

    Raises:
        EncodeError: a PgArray with another number of bounds than dimensions, or bounds outside int4.
    """
    if not isinstance(value, _PG_ARRAY) or not sizes:
        return [1] * len(sizes)
    bounds = list(value.lower_bounds)
    if len(bounds) != len(sizes):
        raise wrong_type(type_name, value, f"a PgArray with {len(sizes)} lower bounds", "give one a dimension")
    for size, bound in zip(sizes, bounds, strict=True):
        if not INT4_MIN <= bound <= INT4_MAX - size:
            raise out_of_range(type_name, bound, "lower bounds that keep every index in int4", "use smaller bounds")
    return bounds


def folded(flat: list[object], sizes: list[int]) -> list[object]:
    """Elements in row-major order, nested by the sizes of all dimensions but the first."""
    for size in reversed(sizes[1:]):
        if size > 0:
            rows: list[object] = [flat[start : start + size] for start in range(0, len(flat), size)]
            flat = rows
    return flat


def patch_i32(out: BytesWriter, position: i64, number: i64) -> None:
    """Overwrite the Int32 at `position` with a number that is not negative."""
    out[position] = u8(number >> 24)
    out[position + 1] = u8((number >> 16) & 0xFF)
    out[position + 2] = u8((number >> 8) & 0xFF)
    out[position + 3] = u8(number & 0xFF)
