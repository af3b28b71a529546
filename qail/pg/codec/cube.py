"""cube: two corners of a box of up to 100 dimensions, as Cube.

A value is Int32 header, whose lower bits are the dimensions and whose sign says that both corners are one point, then
the float8 of the first corner and, unless it is a point, those of the second.

Source: contrib/cube/cube.c, cube_send and cube_recv; contrib/cube/cubedata.h, POINT_BIT and CUBE_MAX_DIM
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from librt.strings import BytesWriter, read_f64_be, read_i32_be, write_f64_be, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr

from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import wrong_type

MAX_CUBE_DIMENSIONS: Final = 100
POINT_FLAG: Final = -(2**31)
HEADER_BYTES: Final = 4
FLOAT_BYTES: Final = 8


@mypyc_attr(native_class=False)
class Cube:
    """A box between two opposite corners, or a point. Corners stay as they were given, in either order.

    >>> print(Cube([1, 2]), Cube((0.5,), (3,)))
    (1.0, 2.0) (0.5),(3.0)
    """

    __slots__ = ("_corner", "_opposite")

    def __init__(self, corner: Sequence[float], opposite: Sequence[float] | None = None) -> None:
        """Raises ValueError for corners of different sizes, and for more than 100 dimensions."""
        self._corner = tuple(map(float, corner))
        self._opposite = self._corner if opposite is None else tuple(map(float, opposite))
        if len(self._corner) != len(self._opposite) or len(self._corner) > MAX_CUBE_DIMENSIONS:
            sizes = f"{len(self._corner)} and {len(self._opposite)}"
            raise ValueError(f"corners have one number of dimensions, at most {MAX_CUBE_DIMENSIONS}, not {sizes}")

    @property
    def corner(self) -> tuple[float, ...]:
        """The first corner."""
        return self._corner

    @property
    def opposite(self) -> tuple[float, ...]:
        """The other corner; of a point, the same."""
        return self._opposite

    @property
    def is_point(self) -> bool:
        """Whether both corners are one, to the sign of a zero."""
        return self._corner is self._opposite or list(map(repr, self._corner)) == list(map(repr, self._opposite))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cube) and self._corner == other.corner and self._opposite == other.opposite

    def __hash__(self) -> int:
        return hash((self._corner, self._opposite))

    def __repr__(self) -> str:
        return f"Cube({self._corner!r})" if self.is_point else f"Cube({self._corner!r}, {self._opposite!r})"

    def __str__(self) -> str:
        corner = ", ".join(map(repr, self._corner))
        return f"({corner})" if self.is_point else f"({corner}),({', '.join(map(repr, self._opposite))})"

    def __reduce__(self) -> tuple[type[Cube], tuple[tuple[float, ...], tuple[float, ...]]]:
        return Cube, (self._corner, self._opposite)


_CUBE: Final = Cube


class CubeCodec(Codec):
    """cube as Cube."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append header and corners.

        Raises:
            EncodeError: `value` is no Cube.
        """
        if not isinstance(value, _CUBE):
            raise wrong_type(self.type_name, value, "Cube", "make one with Cube(corner, opposite)")
        numbers = value.corner
        dimensions: i64 = len(numbers)
        if value.is_point:
            write_i32_be(out, i32(HEADER_BYTES + dimensions * FLOAT_BYTES))
            write_i32_be(out, i32(POINT_FLAG + dimensions))
        else:
            write_i32_be(out, i32(HEADER_BYTES + 2 * dimensions * FLOAT_BYTES))
            write_i32_be(out, i32(dimensions))
            numbers += value.opposite
        for number in numbers:
            write_f64_be(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Cube.

        Raises:
            DecodeError: header and bytes disagree.
        """
        if length < HEADER_BYTES:
            raise DecodeError(f"{self.type_name} has at least {HEADER_BYTES} bytes, and {length} came")
        header = i64(read_i32_be(buffer, position))
        dimensions = header & 0x7FFFFFFF
        count = dimensions if header < 0 else 2 * dimensions
        if dimensions > MAX_CUBE_DIMENSIONS or length != HEADER_BYTES + count * FLOAT_BYTES:
            raise DecodeError(f"{self.type_name} claims {dimensions} dimensions in {length} bytes")
        position += HEADER_BYTES
        numbers: list[float] = []
        while count > 0:
            numbers.append(read_f64_be(buffer, position))
            position += FLOAT_BYTES
            count -= 1
        return Cube(numbers) if header < 0 else Cube(numbers[:dimensions], numbers[dimensions:])


EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {"cube": CubeCodec}
