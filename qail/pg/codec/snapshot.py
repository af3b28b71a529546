"""pg_lsn, tid, pg_snapshot, txid_snapshot: where the server stands in its log, on its pages and among transactions.

Rule: each has a value of its own, whose text is PostgreSQL's: PgLsn is an int, Tid and Snapshot are named tuples.
asyncpg gives int, tuple and tuple, and psycopg text; ours are those ints and tuples as well.

Source: src/backend/utils/adt/pg_lsn.c, tid.c and xid8funcs.c, the send and recv functions
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self, cast

from librt.strings import BytesWriter, read_i16_be, read_i32_be, read_i64_be, write_i16_be, write_i32_be, write_i64_be
from mypy_extensions import i16, i32, i64, mypyc_attr

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import items_of
from qail.pg.codec.base import Codec
from qail.pg.codec.integer import INT4_MAX, INT8_MAX, UINT4_MAX, UINT8_MAX, refuse_integer
from qail.pg.codec.refusal import out_of_range, short_repr, wrong_length, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES

LSN_BYTES: Final = 8
TID_BYTES: Final = 6
UINT2_MAX: Final = 2**16 - 1
# Int32 count of transactions, Int64 xmin and xmax.
SNAPSHOT_HEAD_BYTES: Final = 20
TRANSACTION_BYTES: Final = 8
MAX_TRANSACTIONS: Final = (MAX_FIELD_BYTES - SNAPSHOT_HEAD_BYTES) // TRANSACTION_BYTES

_LSN: Final = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_INTEGER: Final[Any] = int
_NEW_INTEGER: Final[Any] = _INTEGER.__new__
_TUPLE: Final[Any] = tuple
_NEW_TUPLE: Final[Any] = _TUPLE.__new__


@mypyc_attr(native_class=False)
class PgLsn(int):
    """A position in the write-ahead log, in bytes from its beginning: an int, printed as PostgreSQL prints it.

    What is computed with it is an int: the difference of two is a number of bytes, as in PostgreSQL.

    >>> print(PgLsn("16/B374D848"), PgLsn(0x16B374D848) - PgLsn("16/B374D800"))
    16/B374D848 72
    """

    __slots__ = ()

    def __new__(cls, position: int | str) -> Self:
        """Raises ValueError for text that is not `X/Y`, two numbers in hexadecimal, and beyond 0 to 2**64 - 1."""
        number = lsn_of(position) if isinstance(position, str) else position
        if number is None or not 0 <= number <= UINT8_MAX:
            raise ValueError(f"{short_repr(position)} is no position in the write-ahead log")
        found: Self = _NEW_INTEGER(cls, number)
        return found

    def __str__(self) -> str:
        high, low = divmod(int(self), 2**32)
        return f"{high:X}/{low:X}"

    def __repr__(self) -> str:
        return f"PgLsn('{self!s}')"


@mypyc_attr(native_class=False)
class Tid(NamedTuple):
    """Where a row version stands: the number of its page in the table, and its place on that page, from 1.

    >>> print(Tid(0, 1))
    (0,1)
    """

    block: int
    offset: int

    def __str__(self) -> str:
        return f"({self.block},{self.offset})"


@mypyc_attr(native_class=False)
class SnapshotFields(NamedTuple):
    """The fields of a Snapshot."""

    xmin: int
    xmax: int
    xip: tuple[int, ...]


@mypyc_attr(native_class=False)
class Snapshot(SnapshotFields):
    """Which transactions were in progress: all below `xmin` had ended, none from `xmax` on had begun, `xip` were under
    way, in ascending order.

    >>> print(Snapshot(10, 20, [10, 14, 15]))
    10:20:10,14,15

    Source: functions-info.html#FUNCTIONS-INFO-SNAPSHOT
    """

    __slots__ = ()

    def __new__(cls, xmin: int, xmax: int, xip: Iterable[int] = ()) -> Self:
        """Any iterable of transaction ids, kept as a tuple."""
        found: Self = _NEW_TUPLE(cls, (xmin, xmax, tuple(xip)))
        return found

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join([str(xid) for xid in self.xip])}"


_PG_LSN: Final[Any] = PgLsn
_TID: Final[Any] = Tid
_SNAPSHOT: Final[Any] = Snapshot


class LsnCodec(Codec):
    """pg_lsn as PgLsn; an int and the text of one are taken, too."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append eight bytes.

        Raises:
            EncodeError: `value` is no PgLsn, int or text of one, or outside 0 to 2**64 - 1.
        """
        number = lsn_of(value) if isinstance(value, str) else value
        if number is None and isinstance(value, str):
            raise EncodeError(
                f"{self.type_name} takes a position like 16/B374D848, not str {short_repr(value)}: correct it"
            )
        if not isinstance(number, int) or isinstance(number, bool):
            raise wrong_type(self.type_name, value, "PgLsn, int or str", "convert it with qail.PgLsn()")
        if not 0 <= number <= UINT8_MAX:
            raise refuse_integer(self.type_name, value, 0, UINT8_MAX)
        write_i32_be(out, LSN_BYTES)
        write_unsigned(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A PgLsn.

        Raises:
            DecodeError: not eight bytes.
        """
        if length != LSN_BYTES:
            raise wrong_length(self.type_name, LSN_BYTES, length)
        return _NEW_INTEGER(_PG_LSN, read_unsigned(buffer, position))


class TidCodec(Codec):
    """tid as Tid: Int32 block and Int16 offset, both unsigned."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append six bytes.

        Raises:
            EncodeError: `value` is no Tid of two ints, or they are outside 0 to 2**32 - 1 and 0 to 65535.
        """
        if not isinstance(value, Tid):
            raise wrong_type(self.type_name, value, "Tid", "pass qail.Tid(block, offset)")
        fields = cast("tuple[object, ...]", value)
        block, offset = fields[0], fields[1]
        if not isinstance(block, int) or isinstance(block, bool) or not 0 <= block <= UINT4_MAX:
            raise refuse_integer("the block of a tid", block, 0, UINT4_MAX)
        if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset <= UINT2_MAX:
            raise refuse_integer("the offset of a tid", offset, 0, UINT2_MAX)
        write_i32_be(out, TID_BYTES)
        # The upper halves of the ranges are the negative halves of the signed ones.
        write_i32_be(out, i32(block if block <= INT4_MAX else block - 2**32))
        write_i16_be(out, i16(offset if offset < 2**15 else offset - 2**16))

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Tid.

        Raises:
            DecodeError: not six bytes.
        """
        if length != TID_BYTES:
            raise wrong_length(self.type_name, TID_BYTES, length)
        block = i64(read_i32_be(buffer, position)) & 0xFFFFFFFF
        return _NEW_TUPLE(_TID, (block, i64(read_i16_be(buffer, position + 4)) & 0xFFFF))


class SnapshotCodec(Codec):
    """pg_snapshot and txid_snapshot as Snapshot: Int32 count, Int64 xmin and xmax, then what was in progress.

    Transaction ids are those of xid8. The server takes none for xmin and xmax whose lower half is 0.
    """

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the snapshot.

        Raises:
            EncodeError: `value` is no Snapshot, or not one that a server could have taken.
        """
        if not isinstance(value, Snapshot):
            raise wrong_type(self.type_name, value, "Snapshot", "pass qail.Snapshot(xmin, xmax, xip)")
        fields = cast("tuple[object, ...]", value)
        given = items_of(fields[2])
        xip: list[int] = []
        for xid in [fields[0], fields[1], *(given if given is not None else [fields[2]])]:
            if not isinstance(xid, int) or isinstance(xid, bool) or not 0 <= xid <= UINT8_MAX:
                raise refuse_integer(f"a transaction id of {self.type_name}", xid, 0, UINT8_MAX)
            xip.append(xid)
        fault = fault_of(xip[0], xip[1], xip[2:])
        count: i64 = len(xip) - 2
        if fault or count > MAX_TRANSACTIONS:
            raise out_of_range(self.type_name, value, fault or f"at most {MAX_TRANSACTIONS} in xip", "correct it")
        write_i32_be(out, i32(SNAPSHOT_HEAD_BYTES + count * TRANSACTION_BYTES))
        write_i32_be(out, i32(count))
        for number in xip:
            write_unsigned(out, number)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A Snapshot.

        Raises:
            DecodeError: count and bytes disagree, or no server could have taken it.
        """
        if length < SNAPSHOT_HEAD_BYTES:
            raise DecodeError(f"{self.type_name} has at least {SNAPSHOT_HEAD_BYTES} bytes, and {length} came")
        count = i64(read_i32_be(buffer, position))
        rest: i64 = length - SNAPSHOT_HEAD_BYTES
        if count < 0 or rest % TRANSACTION_BYTES != 0 or rest // TRANSACTION_BYTES != count:
            raise DecodeError(f"{self.type_name} claims {count} transactions in {length} bytes")
        xmin = read_unsigned(buffer, position + 4)
        xmax = read_unsigned(buffer, position + 12)
        position += SNAPSHOT_HEAD_BYTES
        xip: list[int] = []
        while count > 0:
            xip.append(read_unsigned(buffer, position))
            position += TRANSACTION_BYTES
            count -= 1
        fault = fault_of(xmin, xmax, xip)
        if fault:
            raise DecodeError(f"{self.type_name} must have {fault}")
        return _NEW_TUPLE(_SNAPSHOT, (xmin, xmax, tuple(xip)))


def fault_of(xmin: int, xmax: int, xip: list[int]) -> str:
    """What the server asks of a snapshot and these numbers do not keep; empty where they do."""
    if not xmin & UINT4_MAX or not xmax & UINT4_MAX:
        return "transaction ids whose lower half is not 0"
    if xmin > xmax:
        return "an xmin up to xmax"
    last = xmin - 1
    for xid in xip:
        if not last < xid < xmax:
            return "an ascending xip from xmin to below xmax"
        last = xid
    return ""


def lsn_of(text: str) -> int | None:
    """The number of `X/Y`, two numbers of up to eight hexadecimal digits; None for any other text."""
    match = _LSN.fullmatch(text)
    return None if match is None else int(match[1], 16) << 32 | int(match[2], 16)


def write_unsigned(out: BytesWriter, number: int) -> None:
    """Append an Int64 of 0 to 2**64 - 1."""
    write_i64_be(out, i64(number if number <= INT8_MAX else number - 2**64))


def read_unsigned(buffer: bytes, position: i64) -> int:
    """The Int64 at `position`, from 0 to 2**64 - 1."""
    number = read_i64_be(buffer, position)
    wide = int(number)  # an i64 cannot hold the upper half
    return wide if wide >= 0 else wide + 2**64


CODECS: Final[list[Codec]] = [
    TidCodec("tid", 27),
    SnapshotCodec("txid_snapshot", 2970),
    LsnCodec("pg_lsn", 3220),
    SnapshotCodec("pg_snapshot", 5038),
]
