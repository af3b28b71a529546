"""Ranges: `Range`, and the codec of any range type.

A value is one byte of flags, then the bounds that there are, lower first, as fields (Int32 length, bytes).

Rule 1: what PostgreSQL makes of any range is made here, too: a bound that is not there is not inclusive, and a range
of equal bounds that are not both inclusive is empty. Discrete types have a canonical form that only the server makes:
`[1,5]` of int4 comes back as `[1,6)`.
Rule 2: a bound is a value of the subtype; NULL is no bound.

Source: src/backend/utils/adt/rangetypes.c, range_send, range_recv, range_out; rangetypes.html#RANGETYPES-IO
"""

# What belongs to the class stands beside it.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from types import GenericAlias
from typing import Any, Final, Generic, Literal, TypeAlias, TypeGuard, TypeVar

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i64, mypyc_attr, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import patch_i32
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import decode_inside, encode_inside, out_of_range, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES
from qail.pg.wire.constants import LENGTH_BYTES

T_co = TypeVar("T_co", covariant=True)
Bounds: TypeAlias = Literal["[)", "[]", "(]", "()"]

EMPTY: Final = 0x01
LOWER_INCLUSIVE: Final = 0x02
UPPER_INCLUSIVE: Final = 0x04
LOWER_INFINITE: Final = 0x08
UPPER_INFINITE: Final = 0x10
# What range_recv takes no notice of, and never sends: a bound that is NULL, and a mark of GiST.
KNOWN_FLAGS: Final = 0x1F
_NEEDS_QUOTES: Final = re.compile(r'[\s"\\()\[\],]')


@mypyc_attr(native_class=False)
class Range(Generic[T_co]):
    """A range of values: `Range(1, 5)` holds 1 and not 5; `Range(1, 5, "[]")` holds both. None is no bound.

    Immutable, hashable and ordered as PostgreSQL orders ranges. `value in range_` and `other_range in range_` ask what
    it holds; `str()` is PostgreSQL's literal.

    >>> print(Range(1, 5), Range(None, 5, "[]"), Range.empty())
    [1,5) (,5] empty
    """

    __slots__ = ("_lower", "_lower_inc", "_upper", "_upper_inc", "_is_empty")

    _lower: Any
    _upper: Any
    _lower_inc: bool
    _upper_inc: bool
    _is_empty: bool

    def __init__(self, lower: T_co | None = None, upper: T_co | None = None, bounds: Bounds = "[)") -> None:
        """Raises ValueError when `bounds` is none of `[)`, `[]`, `(]`, `()`, or `lower` is greater than `upper`."""
        if bounds not in ("[)", "[]", "(]", "()"):
            raise ValueError(f"the bounds of a range are '[)', '[]', '(]' or '()', not {bounds!r:.60}")
        _fill(self, lower, upper, lower is not None and bounds[0] == "[", upper is not None and bounds[1] == "]")

    @classmethod
    def __class_getitem__(cls, item: Any) -> Any:
        # Generic's own is lost where the class is compiled.
        return GenericAlias(cls, item)

    @staticmethod
    def empty() -> Range[Any]:
        """The range that holds nothing."""
        return made_range(None, None, EMPTY)

    @property
    def lower(self) -> T_co | None:
        """The lower bound; None where there is none, and for the empty range."""
        found: T_co | None = self._lower
        return found

    @property
    def upper(self) -> T_co | None:
        """The upper bound; None where there is none, and for the empty range."""
        found: T_co | None = self._upper
        return found

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound is in the range."""
        return self._lower_inc

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound is in the range."""
        return self._upper_inc

    @property
    def lower_inf(self) -> bool:
        """Whether it has no lower bound, and is not empty."""
        return self._lower is None and not self._is_empty

    @property
    def upper_inf(self) -> bool:
        """Whether it has no upper bound, and is not empty."""
        return self._upper is None and not self._is_empty

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing."""
        return self._is_empty

    @property
    def bounds(self) -> Bounds:
        """`[)`, `[]`, `(]` or `()`; `()` for the empty range."""
        if self._lower_inc:
            return "[]" if self._upper_inc else "[)"
        return "(]" if self._upper_inc else "()"

    def __contains__(self, item: Any) -> bool:
        """Whether it holds a value, or the whole of another range."""
        other: Any = item
        if self._is_empty:
            return isinstance(item, Range) and bool(other._is_empty)
        if isinstance(item, Range):
            return bool(other._is_empty) or (_lower_order(self, other) <= 0 and _upper_order(self, other) >= 0)
        if item is None:
            return False
        lower, upper = self._lower, self._upper
        if lower is not None and (item < lower or (item == lower and not self._lower_inc)):
            return False
        return not (upper is not None and (item > upper or (item == upper and not self._upper_inc)))

    def __bool__(self) -> bool:
        """Whether it holds anything."""
        return not self._is_empty

    def __eq__(self, other: object) -> bool:
        if not is_range(other):
            return NotImplemented
        return _parts(self) == _parts(other)

    def __hash__(self) -> int:
        return hash(_parts(self))

    def __lt__(self, other: Any) -> bool:
        return _order(self, other) < 0 if is_range(other) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return _order(self, other) <= 0 if is_range(other) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return _order(self, other) > 0 if is_range(other) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return _order(self, other) >= 0 if is_range(other) else NotImplemented

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Range does not change, and {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Range does not change, and {name!r} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_empty, ()) if self._is_empty else (Range, (self._lower, self._upper, self.bounds))

    def __repr__(self) -> str:
        if self._is_empty:
            return "Range.empty()"
        bounds = self.bounds
        # The bounds as they were written, so that an unbounded side does not look exclusive.
        return f"Range({self._lower!r}, {self._upper!r}" + ("" if bounds == "[)" else f", {bounds!r}") + ")"

    def __str__(self) -> str:
        if self._is_empty:
            return "empty"
        bounds = self.bounds
        return f"{bounds[0]}{_bound_text(self._lower)},{_bound_text(self._upper)}{bounds[1]}"


_NEW: Final[Any] = object.__new__


def _set(made: Range[Any], lower: object, upper: object, *, lower_inc: bool, upper_inc: bool, is_empty: bool) -> None:
    # Past __setattr__, which refuses.
    object.__setattr__(made, "_lower", lower)
    object.__setattr__(made, "_upper", upper)
    object.__setattr__(made, "_lower_inc", lower_inc)
    object.__setattr__(made, "_upper_inc", upper_inc)
    object.__setattr__(made, "_is_empty", is_empty)


def _fill(made: Range[Any], lower: Any, upper: Any, lower_inc: bool, upper_inc: bool) -> None:
    """Give `made` its bounds. Raises ValueError when they are the wrong way round."""
    is_empty = False
    if lower is not None and upper is not None:
        if _is_reversed(lower, upper):
            raise ValueError(f"a range's lower bound is at most its upper bound, not {lower!r:.40} to {upper!r:.40}")
        is_empty = bool(lower == upper) and not (lower_inc and upper_inc)
    if is_empty:
        _set(made, None, None, lower_inc=False, upper_inc=False, is_empty=True)
    else:
        _set(made, lower, upper, lower_inc=lower_inc, upper_inc=upper_inc, is_empty=False)


def _is_reversed(lower: Any, upper: Any) -> bool:
    # Text is ordered by the collation, which only the server knows; and enums, which are text here, by their labels.
    if isinstance(lower, str):
        return False
    try:
        return bool(upper < lower)
    except ArithmeticError:  # Decimal: NaN has no order; PostgreSQL has it above all numbers
        return False


def is_range(value: object) -> TypeGuard[Range[Any]]:
    """Whether it is a Range, of whatever."""
    return isinstance(value, Range)


def _empty() -> Range[Any]:
    return Range.empty()


def _parts(value: Range[Any]) -> tuple[Any, ...]:
    return value._is_empty, value._lower, value._upper, value._lower_inc, value._upper_inc


def _lower_order(left: Range[Any], right: Range[Any]) -> int:
    """Below 0 where the lower bound of `left` comes first, 0 where they are one. Neither range is empty."""
    low, other = left._lower, right._lower
    if low is None or other is None:
        return (low is not None) - (other is not None)
    if low == other:
        return int(right._lower_inc) - int(left._lower_inc)
    return -1 if low < other else 1


def _upper_order(left: Range[Any], right: Range[Any]) -> int:
    """As `_lower_order`, of the upper bounds."""
    high, other = left._upper, right._upper
    if high is None or other is None:
        return (other is not None) - (high is not None)
    if high == other:
        return int(left._upper_inc) - int(right._upper_inc)
    return -1 if high < other else 1


def _order(left: Range[Any], right: Range[Any]) -> int:
    """As range_cmp: the empty range first, then by the lower bound, then by the upper one."""
    if left._is_empty or right._is_empty:
        return int(right._is_empty) - int(left._is_empty)
    return _lower_order(left, right) or _upper_order(left, right)


def _bound_text(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


class RangeCodec(Codec):
    """A range type over a subtype with a binary codec."""

    def __init__(self, type_name: str, type_oid: int, subtype: Codec) -> None:
        super().__init__(type_name, type_oid)
        self.subtype: Final = subtype

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the range.

        Raises:
            EncodeError: no Range, or a bound that does not fit the subtype; `out` is unchanged.
        """
        if not is_range(value):
            raise wrong_type(self.type_name, value, "a Range", "pass qail.Range(lower, upper)")
        lower: object = value._lower
        upper: object = value._upper
        start = len(out)
        write_i32_be(out, 0)  # the length, known at the end
        out.append(u8(_flags_of(value)))
        try:
            if lower is not None:
                self.subtype.encode(out, lower)
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, f"the lower bound of {self.type_name}") from error.__cause__
        try:
            if upper is not None:
                self.subtype.encode(out, upper)
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, f"the upper bound of {self.type_name}") from error.__cause__
        length = len(out) - start - LENGTH_BYTES
        if length > MAX_FIELD_BYTES:
            out.truncate(start)
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES} bytes", "use smaller bounds")
        patch_i32(out, start, length)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Range.

        Raises:
            DecodeError: flags, lengths and bytes disagree, or a bound is no value of the subtype.
        """
        if length < 1:
            raise DecodeError(f"{self.type_name} has at least a byte of flags")
        flags = i64(buffer[position])
        end = position + length
        position += 1
        if flags & ~KNOWN_FLAGS or (flags & EMPTY and flags != EMPTY):
            raise DecodeError(f"{self.type_name} has the flags {flags:#x}")
        lower: object = None
        upper: object = None
        if not flags & (EMPTY | LOWER_INFINITE):
            size = self._bound_bytes(buffer, position, end, "lower")
            position += LENGTH_BYTES
            lower = self._decode_bound(buffer, position, size, "lower")
            position += size
        if not flags & (EMPTY | UPPER_INFINITE):
            size = self._bound_bytes(buffer, position, end, "upper")
            position += LENGTH_BYTES
            upper = self._decode_bound(buffer, position, size, "upper")
            position += size
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the bounds of {self.type_name}")
        return made_range(lower, upper, flags)

    def _bound_bytes(self, buffer: bytes, position: i64, end: i64, which: str) -> i64:
        if end - position < LENGTH_BYTES:
            raise DecodeError(f"{self.type_name} ends before its {which} bound")
        size = i64(read_i32_be(buffer, position))
        left = end - position - LENGTH_BYTES
        if size < 0 or size > left:
            raise DecodeError(f"the {which} bound of {self.type_name} claims {size} of {left} bytes")
        return size

    def _decode_bound(self, buffer: bytes, position: i64, size: i64, which: str) -> object:
        try:
            return self.subtype.decode(buffer, position, size)
        except DecodeError as error:
            raise decode_inside(error, f"the {which} bound of {self.type_name}") from error.__cause__


def _flags_of(value: Range[Any]) -> int:
    if value._is_empty:
        return EMPTY
    flags = LOWER_INCLUSIVE if value._lower_inc else 0
    flags += UPPER_INCLUSIVE if value._upper_inc else 0
    flags += LOWER_INFINITE if value._lower is None else 0
    return flags + (UPPER_INFINITE if value._upper is None else 0)


def made_range(lower: object, upper: object, flags: i64) -> Range[Any]:
    """The Range that the server says there is; its bounds are taken as they came."""
    made: Range[Any] = _NEW(Range)
    _set(
        made,
        lower,
        upper,
        lower_inc=bool(flags & LOWER_INCLUSIVE) and lower is not None,
        upper_inc=bool(flags & UPPER_INCLUSIVE) and upper is not None,
        is_empty=bool(flags & EMPTY),
    )
    return made


BUILTIN_RANGES: Final = (
    ("int4range", 3904, 23),
    ("numrange", 3906, 1700),
    ("tsrange", 3908, 1114),
    ("tstzrange", 3910, 1184),
    ("daterange", 3912, 1082),
    ("int8range", 3926, 20),
)
"""Name, OID, and the OID of the subtype."""
