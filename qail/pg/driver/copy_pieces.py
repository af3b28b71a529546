"""What a COPY is fed with and written to: records to be encoded, files, and iterables of bytes, a piece at a time.

Rule 1: a piece is about PIECE_BYTES, whatever the source gives at once.
Rule 2: a file may block, so its `read` and `write` run in a thread; one whose calls return awaitables is awaited.
"""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from itertools import islice
from typing import Any

from librt.strings import BytesWriter

from qail.errors import UsageError
from qail.pg.codec.copy_rows import COPY_HEADER, COPY_TRAILER, CopyRowWriter
from qail.pg.driver.transport import Runtime
from qail.pg.steps.copy import PIECE_BYTES, PieceSize


def is_bytes(source: object) -> bool:
    """Whether it is the bytes themselves, or text."""
    return isinstance(source, (bytes, bytearray, memoryview, str))


def is_file(source: object) -> bool:
    """Whether it is read as a file; whatever the format, it gives bytes and no records."""
    return callable(getattr(source, "read", None))


def check_readable(source: object) -> None:
    """Raises UsageError: bytes cannot be read from it."""
    if not is_file(source) and not hasattr(source, "__aiter__") and not hasattr(source, "__iter__"):
        raise UsageError(f"copy_in reads a file, bytes, or an iterable of bytes or str, not {type(source).__name__}")


async def encoded(records: Any, writer: CopyRowWriter) -> AsyncGenerator[bytes, None]:
    """A binary COPY of records: header, rows, trailer."""
    size = PieceSize()
    head = COPY_HEADER
    # Closed here: trio warns of a generator that is left to the garbage collector.
    async with aclosing(_gathered(records, size)) as pieces:
        async for piece in pieces:
            out = BytesWriter()
            out.write(head)
            head = b""
            writer.write_records(out, piece)
            data = out.getvalue()
            size.learn(len(piece), len(data))
            yield data
    yield head + COPY_TRAILER


async def _gathered(records: Any, size: PieceSize) -> AsyncGenerator[list[Any], None]:
    if hasattr(records, "__aiter__"):
        piece: list[Any] = []
        async for record in records:
            piece.append(record)
            if len(piece) >= size.records:
                yield piece
                piece = []
        if piece:
            yield piece
        return
    source: Iterator[Any] = iter(records)
    while piece := list(islice(source, size.records)):
        yield piece


async def raw(source: Any, runtime: Runtime) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, of an iterable of bytes or str, or the source itself, in pieces.

    Raises:
        UsageError: something that is neither came out of it.
    """
    waiting: list[bytes] = []
    waiting_bytes = 0
    async with aclosing(_chunks(source, runtime)) as chunks:
        async for chunk in chunks:
            data = _as_bytes(chunk)
            waiting.append(data)
            waiting_bytes += len(data)
            if waiting_bytes < PIECE_BYTES:
                continue
            whole = b"".join(waiting)
            waiting, waiting_bytes = [], 0
            for start in range(0, len(whole), PIECE_BYTES):
                yield whole[start : start + PIECE_BYTES]
    if waiting_bytes:
        yield b"".join(waiting)


async def _chunks(source: Any, runtime: Runtime) -> AsyncGenerator[Any, None]:
    if is_file(source):
        while chunk := await _called(runtime, source.read, PIECE_BYTES):
            yield chunk
    elif is_bytes(source):
        yield source
    elif hasattr(source, "__aiter__"):
        async for chunk in source:
            yield chunk
    else:
        for chunk in source:
            yield chunk


def _as_bytes(chunk: Any) -> bytes:
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, str):
        return chunk.encode()
    if is_bytes(chunk):
        return bytes(chunk)
    raise UsageError(f"the source of a COPY in this format gave {type(chunk).__name__}: it takes bytes or str")


async def write_all(file: Any, data: bytes, runtime: Runtime) -> None:
    """Write all of `data`, with as many calls as the file needs."""
    while data:
        written = await _called(runtime, file.write, data)
        if not isinstance(written, int) or written >= len(data):
            return
        data = data[written:]


def check_writable(file: Any) -> None:
    """Raises UsageError: bytes cannot be written to it."""
    if not callable(getattr(file, "write", None)):
        raise UsageError(f"write_to takes a file to write bytes to, not {type(file).__name__}")
    if isinstance(file, io.TextIOBase):
        raise UsageError("COPY writes bytes: open the file in binary mode")


async def _called(runtime: Runtime, function: Any, argument: Any) -> Any:
    if iscoroutinefunction(function):
        return await function(argument)
    result = await runtime.in_thread(partial(function, argument))
    return await result if isawaitable(result) else result
