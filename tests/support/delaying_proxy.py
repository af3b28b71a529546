"""A proxy between a client and a PostgreSQL server that delays, and counts what crosses it.

It reads frames in both directions (never TLS) and counts by message type. A round trip is counted, not timed: it is a
change from bytes going to the server to bytes coming back.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

STARTUP_BYTES = 8


class Direction:
    """What went one way: how many messages of each type, and every chunk as it came."""

    def __init__(self, *, has_startup: bool) -> None:
        self.messages: Counter[str] = Counter()
        self.byte_count = 0
        self._pending = b""
        self._is_starting = has_startup

    def take(self, data: bytes) -> None:
        self.byte_count += len(data)
        self._pending += data
        while (end := self._frame_end()) and end <= len(self._pending):
            if not self._is_starting:
                self.messages[chr(self._pending[0])] += 1
            self._is_starting = False
            self._pending = self._pending[end:]

    def _frame_end(self) -> int:
        offset = 0 if self._is_starting else 1
        if len(self._pending) < offset + 4:
            return 0
        return offset + int.from_bytes(self._pending[offset : offset + 4], "big")


class DelayingProxy:
    """A unix socket that leads to another one. Counting starts with the connection; `forget` starts anew."""

    def __init__(self, target: str, folder: Path, delay_seconds: float, buffer_bytes: int | None) -> None:
        self.host = str(folder)
        self.connections = 0
        self._target = target
        self._delay_seconds = delay_seconds
        self._buffer_bytes = buffer_bytes
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.sent = Direction(has_startup=True)
        self.received = Direction(has_startup=False)
        self.round_trips = 0
        self._is_asking = False
        self.undelayed_connections = 0
        """How many connections, from the first, are not delayed."""

    def forget(self) -> None:
        """Begin counting anew."""
        self.sent.messages.clear()
        self.received.messages.clear()
        self.round_trips = 0

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        upstream, downstream = await asyncio.open_unix_connection(self._target)
        for each in (writer, downstream):
            self._narrow(each)
        self._writers += [writer, downstream]
        delay = self._delay_seconds if self.connections > self.undelayed_connections else 0.0
        for pump in (
            self._pump(reader, downstream, delay, asking=True),
            self._pump(upstream, writer, delay, asking=False),
        ):
            task = asyncio.ensure_future(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _narrow(self, writer: asyncio.StreamWriter) -> None:
        if self._buffer_bytes is None:
            return
        writer.transport.set_write_buffer_limits(high=self._buffer_bytes)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._buffer_bytes)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_seconds: float, *, asking: bool
    ) -> None:
        direction = self.sent if asking else self.received
        try:
            while data := await reader.read(self._buffer_bytes or 65_536):
                if asking and not self._is_asking:
                    self.round_trips += 1
                self._is_asking = asking
                direction.take(data)
                if delay_seconds:
                    await asyncio.sleep(delay_seconds)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def stop(self) -> None:
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def delaying_proxy(
    target: str, *, delay_seconds: float = 0.0, buffer_bytes: int | None = None
) -> AsyncIterator[DelayingProxy]:
    """A proxy in front of the server at the socket path `target`; connect with its `host` and port 5432."""
    with tempfile.TemporaryDirectory(prefix="qail-proxy-", dir="/tmp") as folder:
        proxy = DelayingProxy(target, Path(folder), delay_seconds, buffer_bytes)
        listening = await asyncio.start_unix_server(proxy.accept, f"{folder}/.s.PGSQL.5432")
        try:
            yield proxy
        finally:
            listening.close()
            await proxy.stop()


class HoldingProxy(DelayingProxy):
    """Holds back one kind of backend message, and all that follows it, until it is released."""

    def __init__(self, target: str, folder: Path) -> None:
        super().__init__(target, folder, 0.0, None)
        self.held = asyncio.Event()
        self._released = asyncio.Event()
        self._type: int | None = None

    def hold(self, message_type: str) -> None:
        """From now on keep the first message of this type, and what comes behind it."""
        self._type = ord(message_type)
        self.held.clear()
        self._released.clear()

    def hold_no_more(self) -> None:
        """What is held stays held, and with it its connection; others pass."""
        self._type = None

    def release(self) -> None:
        self._type = None
        self._released.set()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_seconds: float, *, asking: bool
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if not asking and self._type is not None:
                    position = _frame_at(data, self._type)
                    writer.write(data[:position])
                    data = data[position:]
                    if data:
                        self.held.set()
                        await self._released.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


def _frame_at(data: bytes, message_type: int) -> int:
    """Where the first frame of this type begins in whole frames; their end when there is none."""
    position = 0
    while position + 5 <= len(data) and data[position] != message_type:
        position += 1 + int.from_bytes(data[position + 1 : position + 5], "big")
    return position


@asynccontextmanager
async def holding_proxy(target: str) -> AsyncIterator[HoldingProxy]:
    """A HoldingProxy in front of the server at the socket path `target`."""
    with tempfile.TemporaryDirectory(prefix="qail-proxy-", dir="/tmp") as folder:
        proxy = HoldingProxy(target, Path(folder))
        listening = await asyncio.start_unix_server(proxy.accept, f"{folder}/.s.PGSQL.5432")
        try:
            yield proxy
        finally:
            proxy.release()
            listening.close()
            await proxy.stop()
