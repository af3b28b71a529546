"""Rows that are kept for one answer, as many as `max_result_bytes` allows.

Rule 1: bytes are counted once a run, as they came. Where no limit is set, a plain RowDecoder takes the rows.
Rule 2: behind the limit everything of this statement is dropped, what was decoded too; the answer is read to its end,
so the stream stays in step, and `error` says at last how large it was.
Rule 3: a single row above the limit is not even gathered: see `RowSink.passes_over`.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.errors import ResultTooLarge
from qail.pg.codec.base import Codec
from qail.pg.codec.chain import CodecLink
from qail.pg.codec.described import Described
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder


class BoundedRowDecoder(RowDecoder):
    """A RowDecoder that keeps at most `registry.max_result_bytes`."""

    def __init__(
        self,
        codecs: list[Codec],
        registry: CodecRegistry,
        expected_oids: list[int] | None,
        description: Described | bytes | None = None,
        first: CodecLink | None = None,
    ) -> None:
        """As those of RowDecoder."""
        super().__init__(codecs, registry, expected_oids, description, first)
        self._limit: Final[i64] = registry.max_result_bytes
        self._taken_bytes: i64 = 0

    def take_rows(self, buffer: bytes, position: i64, end: i64) -> i64:
        """As that of RowDecoder, counted."""
        behind = super().take_rows(buffer, position, end)
        self._count(behind - position)
        return behind

    def passes_over(self, frame_bytes: i64) -> bool:
        """A row that alone is above the limit."""
        self.skipped_rows += 1
        self._count(frame_bytes)
        return True

    def decode_kept(self) -> None:
        """As that of RowDecoder: what was kept was counted when it came."""
        counted = self._taken_bytes
        self._taken_bytes = 0
        super().decode_kept()
        self._taken_bytes = counted

    def _count(self, size: i64) -> None:
        self._taken_bytes += size
        if self._taken_bytes <= self._limit:
            return
        self.skipped_rows += len(self.rows)
        self.rows = []
        self._kept = self.needed = None
        self.error = too_large(int(self._taken_bytes), self.skipped_rows, int(self._limit))


def too_large(result_bytes: int, row_count: int, max_result_bytes: int) -> ResultTooLarge:
    """What is told of a result of this size."""
    error = ResultTooLarge(
        f"the result has {result_bytes} bytes in {row_count} rows, and max_result_bytes is {max_result_bytes}: "
        "read it with stream(), ask for less of it, or raise the limit"
    )
    error.result_bytes = result_bytes
    error.row_count = row_count
    error.max_result_bytes = max_result_bytes
    return error


def row_decoder(
    codecs: list[Codec],
    registry: CodecRegistry,
    expected_oids: list[int] | None,
    description: Described | bytes | None = None,
    first: CodecLink | None = None,
) -> RowDecoder:
    """Who takes rows that are kept until their statement has ended."""
    if registry.max_result_bytes != 0:
        return BoundedRowDecoder(codecs, registry, expected_oids, description, first)
    return RowDecoder(codecs, registry, expected_oids, description, first)
