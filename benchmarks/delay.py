"""A proxy that adds a round-trip time, in a process of its own: its work is not the client's CPU time."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

CHUNK_BYTES = 65_536


@contextmanager
def delayed(target: str, round_trip_seconds: float) -> Iterator[str]:
    """A folder whose socket leads to the server's socket at `target`, half the round trip away each way."""
    with tempfile.TemporaryDirectory(prefix="qail-delay-", dir="/tmp") as folder:
        spawn = multiprocessing.get_context("spawn")
        ready, told = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_run, args=(target, folder, round_trip_seconds / 2, told), daemon=True)
        process.start()
        try:
            ready.recv()
            yield folder
        finally:
            process.kill()
            process.join()


def _run(target: str, folder: str, delay_seconds: float, told: Pipe) -> None:
    asyncio.run(_serve(target, folder, delay_seconds, told))


async def _serve(target: str, folder: str, delay_seconds: float, told: Pipe) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_unix_connection(target)
        await asyncio.gather(_pump(reader, downstream, delay_seconds), _pump(upstream, writer, delay_seconds))

    listening = await asyncio.start_unix_server(accept, str(Path(folder) / ".s.PGSQL.5432"))
    told.send(True)
    async with listening:
        await listening.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            # Chunks keep their distance: a pipeline is late as a whole, not once for each chunk.
            loop.call_later(delay_seconds, partial(writer.write, data))
    loop.call_later(delay_seconds, writer.close)
