"""`copy_in` and `copy_out`, blocking: what the user iterates is iterated outside the engine, a piece at a time.

Rule: an iterable of the user's may be slow, and may itself use the connection's pool; nobody else waits for it.
"""

# The facades share the objects of the driver behind them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self

from qail.errors import UsageError
from qail.pg.driver.copy import CopyOut
from qail.pg.driver.copy_pieces import check_writable, is_bytes, is_file
from qail.pg.sync.running import Errand
from qail.pg.sync.runtime import BlockingRuntime

PIECE_RECORDS: Final = 1000


def records_of(records: Any) -> Any:
    """What `copy_in` of the driver reads. Lists, tuples and bytes as they are: reading them runs no code of the user's;
    and files, which it reads outside the engine itself.
    """
    if type(records) in (list, tuple) or is_bytes(records) or is_file(records):
        return records
    if not hasattr(records, "__iter__") and not hasattr(records, "__aiter__"):
        return records  # refused by the driver
    if hasattr(records, "__aiter__"):
        raise UsageError("the records of a blocking copy_in are an iterable, not an async one")
    return _read_outside(records)


def _piece(source: Iterator[Any]) -> list[Any]:
    return list(islice(source, PIECE_RECORDS))


async def _read_outside(records: Iterable[Any]) -> AsyncIterator[Any]:
    source = iter(records)
    while piece := await Errand(partial(_piece, source)):
        for record in piece:
            yield record


class BlockingCopyOut:
    """A COPY TO STDOUT: `with` it and iterate, iterate to the end, or let it write to a file.

    In binary, rows are tuples in column order; in text and CSV, lines, as bytes.
    """

    def __init__(self, copy: Any, runtime: BlockingRuntime) -> None:
        """`copy`: a CopyOut, or a PoolCopyOut."""
        self._copy: Final[Any] = copy
        self._runtime: Final = runtime
        self._rows: list[Any] = []
        self._position = 0
        self._is_over = False

    def __enter__(self) -> Self:
        self._runtime.run(self._copy.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._rows, self._position = [], 0
        self._runtime.run(self._copy.__aexit__(kind, error, trace))

    def __iter__(self) -> Self:
        return self

    def write_to(self, file: Any) -> int:
        """Write all that is still to come to a binary file, in the format of this COPY; how many rows the server sent.

        Nothing is written in binary once rows were read: their file would have no beginning.

        Raises:
            UsageError: bytes cannot be written to it, or the rows of a binary COPY are being read.
        """
        check_writable(file)
        left, self._rows = self._rows[self._position :], []
        written = self._runtime.run(_write_to(self._copy, file, left))
        self._is_over = True
        return written

    def __next__(self) -> Any:
        if self._position >= len(self._rows):
            if self._is_over:
                raise StopIteration
            self._rows, self._position = self._runtime.run(_next_rows(self._copy)), 0
            if not self._rows:
                self._is_over = True
                raise StopIteration
        row = self._rows[self._position]
        self._position += 1
        return row

    def __del__(self) -> None:
        if not self._is_over:
            # Its own finalizer would not wait for other threads to leave the engine.
            self._runtime.call_soon_threadsafe(partial(_leave, self._copy))


def _leave(copy: Any) -> None:
    inner = copy if isinstance(copy, CopyOut) else copy._rows
    if inner is not None:
        inner._leave()


async def _next_rows(copy: Any) -> list[Any]:
    """The next row, and all that came with it; none at the end."""
    try:
        first = await copy.__anext__()
    except StopAsyncIteration:
        return []
    inner: CopyOut = copy if isinstance(copy, CopyOut) else copy._rows
    rest = inner._rows[inner._position :]
    inner._position = len(inner._rows)
    return [first, *rest]


async def _write_to(copy: Any, file: Any, left: list[Any]) -> int:
    """`left` was handed out to be iterated, and was not."""
    if left:
        inner: CopyOut = copy if isinstance(copy, CopyOut) else copy._rows
        inner._rows, inner._position = left, 0
    written: int = await copy.write_to(file)
    return written
