"""A run of DataRow frames -> tuples: who takes them, and what becomes of those that cannot be read. The loop: row_loop.

Rule 1: the codecs are bound before the first row; a description that differs from what was expected rebinds them.
Rule 2: a value without a Python form is kept as `error`; the rest of the statement's rows are counted and skipped, so
the stream stays in step. Only lengths and counts that disagree are a ProtocolError.
Rule 3: a value of a type that nobody knows, or that was altered, is no error yet: its row and those behind it are kept
as they came until the driver has looked the type up, and are then decoded.

Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.errors import DecodeError, ProtocolError, QailError
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT, Codec
from qail.pg.codec.chain import CodecLink, chained
from qail.pg.codec.described import Described
from qail.pg.codec.parameters import is_all_binary
from qail.pg.codec.refusal import TypesNeeded
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.row_loop import ColumnError, decode_run, frame_end
from qail.pg.codec.unknown import UnknownCodec, UnreadableCodec
from qail.pg.wire.buffer import DiscardSink, RowSink
from qail.pg.wire.description import ColumnDescription, RowDescription


class RowDecoder(RowSink):
    """Takes the rows of one run of one statement.

    `rows` are tuples in column order. `error` is the first DecodeError; `skipped_rows` counts the rows behind it.
    `is_changed` says that the described types were not the expected ones and the rows were decoded by the new ones.
    """

    def __init__(
        self,
        codecs: list[Codec],
        registry: CodecRegistry,
        expected_oids: list[int] | None,
        description: Described | bytes | None = None,
        first: CodecLink | None = None,
    ) -> None:
        """Decode by `codecs`, which Bind asked the formats of.

        Args:
            expected_oids: the type OIDs that `codecs` stand for; None where nothing is known before the description.
            description: of the columns, for their names; a Described learns what this run is told.
            first: `chained(codecs)`, where it is at hand; made here otherwise.
        """
        self.rows: list[tuple[object, ...]] = []
        self.error: QailError | None = None
        self.skipped_rows: int = 0
        self.is_changed: bool = False
        self.needed: list[int] | None = None
        """Types to be looked up before the rows that are kept can be decoded: see `decode_kept`."""
        self.waits_since: i64 = 0
        """How many look-ups the registry had made when the rows began to wait."""
        self._asked: list[int] | None = None
        self._kept: list[bytes] | None = None
        self._codecs: list[Codec] = codecs
        self._first: CodecLink = chained(codecs) if first is None else first
        self._leader: RowDecoder | None = None
        self.registry: Final = registry
        self._expected_oids: list[int] | None = expected_oids
        self._described: Described = description if isinstance(description, Described) else Described(description)

    @property
    def columns(self) -> list[ColumnDescription]:
        """What is known of the columns: empty before any description."""
        return self._described.columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names: empty before any description."""
        return self._described.names

    @property
    def description(self) -> bytes | None:
        """The body of the latest RowDescription; None before any."""
        return self._described.body

    @property
    def type_oids(self) -> list[int]:
        """The columns' type OIDs, as described or else as expected."""
        expected = self._expected_oids
        return [] if expected is None else expected

    def describe(self, body: bytes) -> None:
        """Compare what came with what was expected; on a difference bind the codecs anew.

        Raises:
            ProtocolError: `body` is no RowDescription.
        """
        if body == self._described.body:
            self._described.confirm()
            return
        columns = RowDescription.decode(body, 0, len(body)).columns
        described: list[int] = [column.type_oid for column in columns]
        expected = self._expected_oids
        if described == expected:
            # Of the same types, but of another connection or after a column was renamed: names for later runs.
            self._described.keep(body, columns)
            return
        self._described.expire()
        self._described = Described(body)
        self._expected_oids = described
        self.is_changed = expected is not None
        if expected is None and not self._codecs:
            formats: list[int] = [column.format_code for column in columns]
        else:
            formats = asked_formats(self._codecs, len(described))
        self._bind(rebound(self.registry, described, formats))
        if BINARY_FORMAT in formats:
            needed = self.registry.missing(described)
            if needed:
                name = columns[described.index(needed[0])].name
                what = f"is of the type with OID {needed[0]}, which was not known when the query was sent"
                self._wait(TypesNeeded(f'column "{name}" {what}: run it again', needed))

    def confirms(self) -> bool:
        """Whether the described types were the expected ones."""
        return not self.is_changed

    def no_data(self) -> None:
        """The statement returns no rows; a change when rows were expected."""
        if self._expected_oids:
            self.is_changed = True
            self._described.expire()
            self._described = Described(None)
        self._expected_oids = []
        self._bind([])

    def follow(self, leader: RowDecoder) -> None:
        """Take what `leader` is told: it runs the same statement, earlier in the segment, and is described."""
        self._leader = leader

    def take_rows(self, buffer: bytes, position: i64, end: i64) -> i64:
        """Take the whole DataRows at `buffer[position:end]`; the position behind the last one.

        Raises:
            ProtocolError: a frame's lengths and counts disagree.
        """
        if self._leader is not None:
            self._adopt(self._leader)
        if self.error is not None:
            return self._skip_rows(buffer, position, end)
        decoded = len(self.rows)
        try:
            return decode_run(buffer, position, end, self._first, self.rows)
        except DecodeError as error:
            self.error = self._named(error)
            if isinstance(error, ColumnError) and error.type_oids:
                self._wait(TypesNeeded(str(self.error), error.type_oids))
        # The rows before the bad one are in `rows`; the rest of the run is walked, not decoded.
        for _ in range(len(self.rows) - decoded):
            position = frame_end(buffer, position, end)
        return self._skip_rows(buffer, position, end)

    def decode_kept(self) -> None:
        """Decode what was kept, by what the registry knows now. `needed` may be set again: for other types."""
        kept, needed = self._kept, self.needed
        assert kept is not None
        assert needed is not None
        self._asked = needed if self._asked is None else self._asked + needed
        self._kept = self.needed = self.error = None
        self.is_changed = True
        oids = self.type_oids
        self._bind(rebound(self.registry, oids, asked_formats(self._codecs, len(oids))))
        try:
            for run in kept:
                self.take_rows(run, 0, len(run))
        except ProtocolError as error:
            # The stream has gone on in step: only these rows are lost.
            self.needed = self._kept = None
            self.error = DecodeError(f"rows that waited for their types cannot be read: {error}")

    def give_up(self, cause: QailError | None) -> None:
        """The types could not be looked up: what was kept is lost, `error` says so."""
        error = self.error
        assert error is not None
        error.__cause__ = cause
        for run in self._kept or []:
            self.skipped_rows += _count_rows(run)
        self._kept = self.needed = None

    def _wait(self, error: TypesNeeded) -> None:
        """Keep what comes, unless all that is needed was looked up before, in vain."""
        self.error = error
        asked = self._asked
        needed = [oid for oid in error.type_oids if asked is None or oid not in asked]
        if needed:
            self.needed = needed
            self.waits_since = self.registry.look_ups
            self._kept = []

    def _adopt(self, leader: RowDecoder) -> None:
        self._leader = None
        if leader.is_changed:
            self.is_changed = True
            self._expected_oids = leader.type_oids
            self._described = leader._described
            self._bind(leader._codecs)
        if leader.needed is not None:
            self._wait(TypesNeeded(str(leader.error), leader.needed))

    def _bind(self, codecs: list[Codec]) -> None:
        self._codecs = codecs
        self._first = chained(codecs)

    def _skip_rows(self, buffer: bytes, position: i64, end: i64) -> i64:
        start = position
        while True:
            behind = frame_end(buffer, position, end)
            if behind == position:
                break
            if self.needed is None:
                self.skipped_rows += 1
            position = behind
        kept = self._kept
        if kept is not None and position > start:
            kept.append(buffer[start:position])
        return position

    def _named(self, error: DecodeError) -> DecodeError:
        """`error` with the row and the column it happened in, which `ColumnError` carries."""
        if not isinstance(error, ColumnError):
            return error
        columns = self.columns
        index = error.column_index
        name = f'"{columns[index].name}"' if index < len(columns) else str(index + 1)
        named = DecodeError(f"column {name} of row {len(self.rows) + 1}: {error}")
        named.__cause__ = error.__cause__
        return named


class ComparingSink(DiscardSink):
    """Drops the rows, and looks whether they are of the columns that were expected."""

    def __init__(self, expected_oids: list[int]) -> None:
        self._expected_oids: Final = expected_oids
        self._is_changed: bool = False

    def describe(self, body: bytes) -> None:
        """Compare the types of the columns. Raises ProtocolError: `body` is no RowDescription."""
        described: list[int] = [column.type_oid for column in RowDescription.decode(body, 0, len(body)).columns]
        self._is_changed = described != self._expected_oids

    def confirms(self) -> bool:
        """Whether the described types were the expected ones."""
        return not self._is_changed


def is_waiting(sink: RowSink) -> bool:
    """Whether `sink` keeps rows until types were looked up."""
    return isinstance(sink, RowDecoder) and sink.needed is not None


def is_changed(sink: RowSink) -> bool:
    """Whether `sink` was told of other types than were expected."""
    return isinstance(sink, RowDecoder) and sink.is_changed


def _count_rows(run: bytes) -> int:
    count = 0
    position: i64 = 0
    end: i64 = len(run)
    while position < end:
        position = frame_end(run, position, end)
        count += 1
    return count


def rebound(registry: CodecRegistry, type_oids: list[int], formats: list[int]) -> list[Codec]:
    """The codecs that read columns of `type_oids` in the formats that were asked for, whatever the types want."""
    codecs: list[Codec] = []
    for type_oid, asked in zip(type_oids, formats, strict=True):
        codec = registry.for_column(type_oid)
        if codec.format_code != asked:
            if asked == TEXT_FORMAT:
                codec = UnknownCodec(codec.type_name, type_oid)
            else:
                codec = UnreadableCodec(codec.type_name, type_oid)
        codecs.append(codec)
    return codecs


def asked_formats(codecs: list[Codec], column_count: int) -> list[int]:
    """The format Bind asked of each column: see `write_result_formats`. Another number of columns is only possible
    with one code for all, which is what all binary and none at all are.
    """
    if not codecs:
        return [TEXT_FORMAT] * column_count
    if is_all_binary(codecs):
        return [BINARY_FORMAT] * column_count
    formats = [codec.format_code for codec in codecs]
    if len(formats) != column_count:
        raise ProtocolError(f"RowDescription has {column_count} columns, and Bind asked the formats of {len(formats)}")
    return formats
