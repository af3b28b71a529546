"""The floor: a client of the same event loop that sends prebuilt frames and only looks for the end of each answer.

It logs in by trust over a unix socket, prepares one statement and repeats Bind, Execute, Sync. Nothing is encoded per
call and nothing is decoded, so what a real driver takes above it is the price of being a driver.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from typing import Final, cast

READY: Final = b"Z\x00\x00\x00\x05I"
ERROR: Final = b"SERROR\x00"
SYNC: Final = b"S\x00\x00\x00\x04"


def frame(message_type: bytes, body: bytes) -> bytes:
    return message_type + struct.pack("!i", len(body) + 4) + body


class FloorProtocol(asyncio.Protocol):
    """Counts ReadyForQuery messages and wakes who waits for the last of his, first come first served."""

    def __init__(self) -> None:
        self.waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        """At which ReadyForQuery, counted from the first one of the connection, whose wait is over."""
        self.tail = b""
        self.owed = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        # Not even the headers are walked: no value of ours looks like a ReadyForQuery.
        if ERROR in data:
            raise RuntimeError(f"the server refused a prebuilt frame: {data!r}")
        joined = self.tail + data
        self.received += joined.count(READY)
        self.tail = joined[1 - len(READY) :]
        waiters = self.waiters
        while waiters and waiters[0][0] <= self.received:
            _, waiter = waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def send(self, frames: bytes, segments: int = 1) -> asyncio.Future[None]:
        """Write segments, each with a Sync; the future is done at the last one's ReadyForQuery."""
        waiter = asyncio.get_running_loop().create_future()
        self.owed += segments
        self.waiters.append((self.owed, waiter))
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

    async def run_windows(self, operations: int, window: int, *, syncs: bool) -> None:
        """Windows of statements, two under way at a time, with a Sync behind each statement or behind each window."""
        statement = self.segment[: -len(SYNC)]
        frames = self.segment * window if syncs else statement * window + SYNC
        under_way: deque[asyncio.Future[None]] = deque()
        for _ in range(operations // window):
            under_way.append(self.protocol.send(frames, window if syncs else 1))
            if len(under_way) > 1:
                await under_way.popleft()
        while under_way:
            await under_way.popleft()

    def close(self) -> None:
        self.protocol.transport.abort()
