"""Multiranges: `Multirange`, and the codec of any multirange type.

A value is Int32 number of ranges, then each range as a field (Int32 length, and the range's bytes).

Rule: the server keeps ranges in order, joins those that touch and drops empty ones; a Multirange is as it was made.

Source: src/backend/utils/adt/multirangetypes.c, multirange_send, multirange_recv, multirange_out
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeGuard, TypeVar, cast

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import items_of, patch_i32
from qail.pg.codec.base import Codec
from qail.pg.codec.range import Range, is_range
from qail.pg.codec.refusal import decode_inside, encode_inside, out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES
from qail.pg.wire.constants import LENGTH_BYTES

COUNT_BYTES: Final = 4
T = TypeVar("T")
_TUPLE: Final[Any] = tuple
_NEW: Final[Any] = _TUPLE.__new__  # mypyc compiles no super().__new__() of a class that is not native


@mypyc_attr(native_class=False)
class Multirange(tuple[Range[T], ...]):
    """Ranges of one type, as a tuple: `Multirange([Range(1, 3), Range(7, 9)])`.

    `value in multirange` and `range_ in multirange` ask what it holds; `str()` is PostgreSQL's literal.

    >>> print(Multirange([Range(1, 3), Range(7, 9)]), 8 in Multirange([Range(7, 9)]))
    {[1,3),[7,9)} True
    """

    __slots__ = ()

    def __new__(cls, ranges: Iterable[Range[T]] = ()) -> Multirange[T]:
        """Raises TypeError when one of `ranges` is no Range."""
        made: Multirange[T] = _NEW(cls, ranges)
        members: tuple[object, ...] = made
        for each in members:
            if not is_range(each):
                raise TypeError(f"a Multirange is of Range objects, and {type(each).__name__} is none")
        return made

    def __contains__(self, item: object) -> bool:
        """Whether one of its ranges holds a value, or the whole of a range."""
        if isinstance(item, Range) and item.is_empty:
            return True
        return any(item in each for each in self)

    def __repr__(self) -> str:
        return f"Multirange([{', '.join([repr(each) for each in self])}])"

    def __str__(self) -> str:
        return "{" + ",".join([str(each) for each in self]) + "}"

    def __reduce__(self) -> tuple[Any, ...]:
        return Multirange, (list(self),)


def is_multirange(value: object) -> TypeGuard[Multirange[Any]]:
    """Whether it is a Multirange, of whatever."""
    return isinstance(value, Multirange)


class MultirangeCodec(Codec):
    """A multirange type. Takes a Multirange, or any sequence of Range objects."""

    def __init__(self, type_name: str, type_oid: int, member: Codec) -> None:
        super().__init__(type_name, type_oid)
        self.member: Final = member

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the ranges.

        Raises:
            EncodeError: no sequence of ranges, or one that does not fit; `out` is unchanged.
        """
        items: list[object] | None = list(value) if is_multirange(value) else items_of(value)
        if items is None:
            fix = "pass qail.Multirange([Range(lower, upper), ...])"
            raise wrong_type(self.type_name, value, "a Multirange or a list of Range objects", fix)
        start = len(out)
        write_i32_be(out, 0)  # the length, known at the end
        write_i32_be(out, i32(len(items)))
        try:
            for item in items:
                self.member.encode(out, item)
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, self.type_name) from error.__cause__
        length = len(out) - start - LENGTH_BYTES
        if length > MAX_FIELD_BYTES:
            out.truncate(start)
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES} bytes", "split it")
        patch_i32(out, start, length)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Multirange.

        Raises:
            DecodeError: counts and bytes disagree, or a range is none.
        """
        if length < COUNT_BYTES:
            raise DecodeError(f"{self.type_name} has at least {COUNT_BYTES} bytes, and {length} came")
        end = position + length
        count = i64(read_i32_be(buffer, position))
        position += COUNT_BYTES
        # Each range has its length and a byte of flags.
        if count < 0 or count > (end - position) // (LENGTH_BYTES + 1):
            raise DecodeError(f"{self.type_name} claims {count} ranges in {length} bytes")
        ranges: list[object] = []
        try:
            while count > 0:
                if end - position < LENGTH_BYTES:
                    raise DecodeError("it ends before its last range")
                size = i64(read_i32_be(buffer, position))
                position += LENGTH_BYTES
                if size < 0 or size > end - position:
                    raise DecodeError(f"a range claims {size} of {end - position} bytes")
                ranges.append(self.member.decode(buffer, position, size))
                position += size
                count -= 1
        except DecodeError as error:
            raise decode_inside(error, self.type_name) from error.__cause__
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last range of {self.type_name}")
        return Multirange(cast("list[Range[Any]]", ranges))


BUILTIN_MULTIRANGES: Final = (
    ("int4multirange", 4451, 3904),
    ("nummultirange", 4532, 3906),
    ("tsmultirange", 4533, 3908),
    ("tstzmultirange", 4534, 3910),
    ("datemultirange", 4535, 3912),
    ("int8multirange", 4536, 3926),
)
"""Name, OID, and the OID of the range type."""
