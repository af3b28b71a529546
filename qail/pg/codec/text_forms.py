"""Types with a binary codec, as text: for a value that goes, or comes, inside of something that travels as text.

Rule 1: a value is refused as in binary, and by the same codec; then it is written as PostgreSQL reads it, in words that
no setting of the session changes.
Rule 2: an empty tsquery, oidvector or int2vector has no other form: the server refuses what it sends itself of them.
Rule 3: what comes is read where that is plain (bool, numbers, text, enums, uuid, documents); any other value arrives as
`Unknown`, its text, which is taken back as it is.

Source: src/backend/utils/adt/tsquery.c, tsqueryrecv and findoprnd; oid.c, oidvectorrecv; int.c, int2vectorrecv; char.c,
charin; contrib/hstore/hstore_io.c, parse_hstore
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, cast
from uuid import UUID

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError
from qail.pg.codec.array import items_of
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.bit_string import BitString
from qail.pg.codec.cube import Cube
from qail.pg.codec.hstore import HstoreCodec
from qail.pg.codec.integer import INT8_MIN
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import JsonCodec
from qail.pg.codec.mac import MacAddress
from qail.pg.codec.postgis import EwkbCodec
from qail.pg.codec.refusal import wrong_type
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from qail.pg.codec.snapshot import Snapshot, Tid
from qail.pg.codec.system import VectorCodec
from qail.pg.codec.text import ByteCharCodec, text_from, text_of, utf8_of
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_search import TsQuery, TsQueryCodec, is_blank
from qail.pg.codec.unknown import Unknown
from qail.pg.codec.user import FunctionCodec
from qail.pg.codec.vector import SparseVector

_UNKNOWN: Final = Unknown
MAX_ASCII: Final = 0x7F
_READ: Final[dict[int, Callable[[str], object]]] = {
    16: lambda text: {"t": True, "f": False}[text],
    20: int,
    21: int,
    23: int,
    26: int,
    700: float,
    701: float,
    1700: Decimal,
    2950: UUID,
}
"""How values of these built-in types are read as text, by OID."""
# Their str is PostgreSQL's literal; dates and times are in ISO's order, which every DateStyle reads alike.
_PRINTED: Final[tuple[type, ...]] = (
    *(int, float, Decimal, UUID, str, date, time, Interval, BitString, Cube, SparseVector, list),
    *(Point, Line, LineSegment, Box, Path, Polygon, Circle, MacAddress, Tid, Snapshot),
    *(IPv4Address, IPv6Address, IPv4Network, IPv6Network),
)


def plain_twin(codec: Codec) -> Codec:
    """What reads and writes as text what a codec of a type that contains no other does."""
    if isinstance(codec, JsonCodec):
        return JsonTextCodec(codec)
    if isinstance(codec, TsQueryCodec):
        return TsQueryTextCodec(codec)
    if isinstance(codec, VectorCodec):
        return VectorTextCodec(codec)
    return PlainCodec(codec)


class PlainCodec(Codec):
    """A type with a binary codec, as text."""

    def __init__(self, binary: Codec) -> None:
        super().__init__(binary.type_name, binary.type_oid, TEXT_FORMAT)
        self._binary: Final = binary
        self._read: Final = _READ.get(binary.type_oid)

    def is_sequence_like(self) -> bool:
        return self._binary.is_sequence_like()

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the text of a value that the binary codec takes, or of an Unknown as it is.

        Raises:
            EncodeError: the binary codec refuses it, or nobody knows its text: a registered codec is a binary one.
        """
        if isinstance(value, _UNKNOWN):
            data = utf8_of(self.type_name, value)
        else:
            # Refused as anywhere else, before its text is taken.
            data = self._text_of(value, text_of_field(self._binary, value))
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """The value, or an Unknown.

        Raises:
            DecodeError: not UTF-8, or no value of the type.
        """
        try:
            text = buffer[position : position + length].decode("utf-8")
            return Unknown(text) if self._read is None else self._read(text)
        except (ValueError, ArithmeticError, KeyError):
            raise DecodeError(f"the text of {self.type_name} is none of its values") from None

    def _text_of(self, value: object, field: bytes) -> bytes:
        if isinstance(self._binary, FunctionCodec):
            what = f"{self.type_name} as text inside of another value"
            raise wrong_type(what, value, "no values of a binary codec", "give the registered codec format='text'")
        if isinstance(self._binary, EwkbCodec):
            return field.hex().encode()
        # One form of the many that are taken: a timedelta is an Interval by now.
        plain = self._binary.decode(field, 0, len(field))
        if isinstance(plain, bool):
            return b"t" if plain else b"f"
        if isinstance(plain, bytes):
            return b"\\x" + plain.hex().encode()
        if isinstance(self._binary, HstoreCodec):
            return hstore_text(cast("dict[str, str | None]", plain))
        if isinstance(self._binary, ByteCharCodec) and field[0] > MAX_ASCII:
            raise wrong_type(f"{self.type_name} as text", value, "ASCII", "send it alone, and not inside of a value")
        if isinstance(plain, Interval):
            return interval_literal(plain).encode()
        if _is_printed(plain):
            return utf8_of(self.type_name, str(plain))
        raise wrong_type(f"{self.type_name} as text", value, "plain values", "send it alone, and not inside of a value")


def _is_printed(value: object) -> bool:
    return isinstance(value, _PRINTED)


def interval_literal(value: Interval) -> str:
    """The text that the server reads as `value`: its own, but for the least number of microseconds.

    What it prints for that one it does not read, as the hours and minutes alone are positive there.
    """
    if value.microseconds != INT8_MIN or value.is_infinite:
        return str(value)
    return f"{value.months} mons {value.days} days -2562047788 hours -54.775808 secs"


def hstore_text(pairs: dict[str, str | None]) -> bytes:
    """`"a"=>"b", "c"=>NULL`."""
    written = [f"{_quoted(key)}=>{'NULL' if item is None else _quoted(item)}".encode() for key, item in pairs.items()]
    return b", ".join(written)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class JsonTextCodec(Codec):
    """json or jsonb as text: what its binary form holds, without the version."""

    def __init__(self, binary: JsonCodec) -> None:
        super().__init__(binary.type_name, binary.type_oid, TEXT_FORMAT)
        self._binary: Final = binary
        self._start: Final = 1 if binary.is_binary else 0

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append what the dumper makes of the value; an Unknown is text of a document already.

        Raises:
            EncodeError: as JsonCodec.
        """
        if isinstance(value, _UNKNOWN):
            data = utf8_of(self.type_name, value)
        else:
            data = text_of_field(self._binary, value)[self._start :]
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """What the loader makes of the text.

        Raises:
            DecodeError: the loader raised.
        """
        data = b"\x01"[: self._start] + buffer[position : position + length]
        return self._binary.decode(data, 0, len(data))


class TsQueryTextCodec(Codec):
    """tsquery as text: an empty one, too."""

    def __init__(self, binary: TsQueryCodec) -> None:
        super().__init__(binary.type_name, binary.type_oid, TEXT_FORMAT)
        self._binary: Final = binary

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the text as it is.

        Raises:
            EncodeError: `value` is no str in the syntax of a tsquery.
        """
        text = text_of(self.type_name, value)
        data = b""
        if not is_blank(text):
            text_of_field(self._binary, text)
            data = utf8_of(self.type_name, text)
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A TsQuery.

        Raises:
            DecodeError: not UTF-8.
        """
        return TsQuery(text_from(self.type_name, buffer, position, position + length))


class VectorTextCodec(Codec):
    """oidvector or int2vector as text: numbers between spaces, or none."""

    def __init__(self, binary: VectorCodec) -> None:
        super().__init__(binary.type_name, binary.type_oid, TEXT_FORMAT)
        self._binary: Final = binary

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the numbers.

        Raises:
            EncodeError: `value` is no sequence of ints in range.
        """
        items = items_of(value)
        if items is None or items:
            text_of_field(self._binary, value)
        data = b"" if items is None else b" ".join([str(item).encode() for item in items])
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A list of int.

        Raises:
            DecodeError: no numbers.
        """
        try:
            return [int(word) for word in buffer[position : position + length].split()]
        except ValueError:
            raise DecodeError(f"the text of {self.type_name} is no list of numbers") from None
