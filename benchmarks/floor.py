"""The floor: a client of the same event loop that sends prebuilt frames and looks only at frame headers.

It logs in by trust over a unix socket, prepares one statement and repeats Bind, Execute, Sync. Nothing is encoded per
call and nothing is decoded, so what a real driver takes above it is the price of being a driver.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Final, cast

HEADER_BYTES: Final = 5
READY: Final = ord("Z")
ERROR: Final = ord("E")
SYNC: Final = b"S\x00\x00\x00\x04"


def frame(message_type: bytes, body: bytes) -> bytes:
    return message_type + struct.pack("!i", len(body) + 4) + body


class FloorProtocol(asyncio.Protocol):
    """Counts ReadyForQuery messages and wakes the one waiter of each, first come first served."""

    def __init__(self) -> None:
        self.waiters: list[asyncio.Future[None]] = []
        self.buffer = b""
        self.received_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        buffer = self.buffer + data if self.buffer else data
        position, end = 0, len(buffer)
        while end - position >= HEADER_BYTES:
            frame_end = position + 1 + int.from_bytes(buffer[position + 1 : position + HEADER_BYTES])
            if frame_end > end:
                break
            if buffer[position] == ERROR:
                raise RuntimeError(f"the server refused a prebuilt frame: {buffer[position:frame_end]!r}")
            if buffer[position] == READY:
                waiter = self.waiters.pop(0)
                if not waiter.done():
                    waiter.set_result(None)
            position = frame_end
        self.buffer = buffer[position:]

    def send(self, frames: bytes) -> asyncio.Future[None]:
        """Write one segment; the future is done at its ReadyForQuery."""
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        self.transport.write(frames)
        return waiter


class Floor:
    """One connection with one prepared statement."""

    def __init__(self, protocol: FloorProtocol, segment: bytes) -> None:
        self.protocol = protocol
        self.segment = segment

    @classmethod
    async def open(cls, socket_path: str, user: str, database: str, sql: str, parameters: list[bytes]) -> Floor:
        """Connect, prepare `sql`, and prebuild its Bind with these binary `parameters` and binary results."""
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_unix_connection(FloorProtocol, socket_path)
        settings = f"user\0{user}\0database\0{database}\0\0".encode()
        await protocol.send(struct.pack("!ii", len(settings) + 8, 196_608) + settings)
        await protocol.send(frame(b"P", b"s\0" + sql.encode() + b"\0\0\0") + SYNC)
        fields = b"".join(struct.pack("!i", len(value)) + value for value in parameters)
        bind = b"\0s\0" + struct.pack("!hhh", 1, 1, len(parameters)) + fields + struct.pack("!hh", 1, 1)
        return cls(protocol, frame(b"B", bind) + frame(b"E", b"\0\0\0\0\0") + SYNC)

    async def run(self, operations: int) -> None:
        """One after another, as one task would."""
        for _ in range(operations):
            await self.protocol.send(self.segment)

    def close(self) -> None:
        self.protocol.transport.abort()
