"""The asyncio kind: an `asyncio.Protocol`, bytes written with `transport.write`, tasks waiting on loop futures.

Rule 1: while something is under way, all that is submitted in one loop iteration leaves in one write: the first
submission schedules the flush, the others find it scheduled. A request that finds nothing under way leaves at once. No
task, lock or timer is made for a query.
Rule 2: while the loop has paused writing, segments stay queued in the session, where they can still be taken back.
Rule 3: our own flag says whether the transport is lost: asyncio's `write` on a lost transport succeeds silently, and
uvloop's raises.

Runs on asyncio's own loops and on uvloop.
Source: asyncio-protocol.html, "Transports" and "Protocols"
"""

from __future__ import annotations

import asyncio
import os
import socket as sockets
from asyncio import _get_running_loop  # pyright: ignore[reportPrivateUsage] - None where the public one raises
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ssl import SSLContext
from typing import Any, TypeVar, cast

from qail.errors import UsageError
from qail.pg.driver.fork import PROCESS
from qail.pg.driver.transport import DeadlinePassed, Receiver, Runtime, Transport, Waiter

T = TypeVar("T")

# asyncio's default, 64 KiB, pauses a pipeline of large values at every other segment; uvloop's is the same.
WRITE_HIGH_WATER_BYTES = 256 * 1024
LAST_READS = 16
LAST_READ_BYTES = 64 * 1024


class AsyncioTransport(asyncio.Protocol):
    """One stream on asyncio. Made by `AsyncioRuntime.open_tcp` and `open_unix`."""

    __slots__ = (
        "_is_flush_scheduled",
        "_loop",
        "_receiver",
        "_transport",
        "is_lost",
        "is_paused",
        "kind",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, kind: str) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._receiver: Receiver | None = None
        self._is_flush_scheduled = False
        self.is_lost = False
        self.is_paused = False
        self.kind = kind

    @property
    def socket(self) -> Any:
        return self._transport.get_extra_info("socket") if self._transport is not None else None

    @property
    def tls(self) -> Any:
        return self._transport.get_extra_info("ssl_object") if self._transport is not None else None

    def attach(self, receiver: Receiver) -> None:
        self._receiver = receiver

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.data_received(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_lost:
            return
        if isinstance(exc, OSError) and self.kind != "tls":
            self._read_last_words()
        self.is_lost = True
        if self._receiver is not None:
            self._receiver.connection_lost(exc)

    def _read_last_words(self) -> None:
        """Take what came before a write failed: the loop reads no more, and the server has said why it went."""
        descriptor = self.socket.fileno() if self.socket is not None else -1
        if descriptor < 0 or self._receiver is None:
            return
        # The loop has made it one that does not block; where a socket is no descriptor, nothing is read.
        with suppress(OSError):
            for _ in range(LAST_READS):
                data = os.read(descriptor, LAST_READ_BYTES)
                if not data:
                    break
                self._receiver.data_received(data)

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        self.flush()
        if self._receiver is not None:
            self._receiver.writing_resumed()

    # What the link calls.

    def flush_soon(self) -> None:
        if not self._is_flush_scheduled:
            self._is_flush_scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        self._is_flush_scheduled = False
        if self.is_paused or self.is_lost or self._transport is None or self._receiver is None:
            return
        data = self._receiver.take_output()
        if data:
            self._transport.write(data)

    def pause_reading(self) -> None:
        if self._transport is not None and not self.is_lost and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self.is_lost and not self._transport.is_reading():
            self._transport.resume_reading()

    async def start_tls(self, context: SSLContext, server_hostname: str | None) -> None:
        assert self._transport is not None
        upgraded = await self._loop.start_tls(self._transport, self, context, server_hostname=server_hostname or "")
        if upgraded is None:
            raise ConnectionResetError("the stream ended during the TLS handshake")
        self._transport = upgraded
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        self.kind = "tls"

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class AsyncioRuntime:
    """What the engine needs of one asyncio loop."""

    name = "asyncio"

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiter: Callable[[], Waiter] = cast("Callable[[], Waiter]", loop.create_future)
        self.now: Callable[[], float] = loop.time
        self._generation = PROCESS.generation
        # The loop keeps only a weak reference to a task.
        self._tasks: set[asyncio.Task[None]] = set()
        self._finishing: set[asyncio.Task[None]] = set()

    @property
    def presence(self) -> tuple[Callable[[], object], object] | None:
        # The running loop is none in a forked child, too.
        return _get_running_loop, self.loop

    def check_here(self, what: str) -> None:
        if _get_running_loop() is self.loop and self._generation == PROCESS.generation:
            return
        if self._generation != PROCESS.generation:
            raise UsageError(
                f"this {what} was opened before the process forked: open one in the child", connection_spent=True
            )
        raise UsageError(f"this {what} belongs to another event loop: open one in the loop that uses it")

    def task_name(self) -> str:
        task = asyncio.current_task()
        return task.get_name() if task is not None else "no task"

    async def within(self, deadline: float | None, work: Callable[[], Awaitable[T]]) -> T:
        if deadline is None:
            return await work()
        # A timer of another loop's, or of none: asyncio's own error would say nothing of it.
        self.check_here("connection or pool")
        timer = asyncio.timeout_at(deadline)
        try:
            async with timer:
                return await work()
        except TimeoutError:
            # A TimeoutError from inside is the operating system's; ours is known by the timer.
            if timer.expired():
                raise DeadlinePassed from None
            raise

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await self.loop.run_in_executor(None, work)

    def spawn(self, work: Callable[[], Awaitable[None]], *, is_idle: bool = False) -> None:
        async def run() -> None:
            await work()

        task = self.loop.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def finish(self, work: Callable[[Runtime], Awaitable[None]], seconds: float) -> Waiter:
        over = self.loop.create_future()

        async def run() -> None:
            try:
                await self.within(self.now() + seconds, lambda: work(cast("Runtime", self)))
            except DeadlinePassed:
                return
            finally:
                if not over.done():
                    over.set_result(None)

        task = self.loop.create_task(run())
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        return cast("Waiter", over)

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        # A forked child shares the pipe that wakes the parent's loop.
        if not self.loop.is_closed() and self._generation == PROCESS.generation:
            self.loop.call_soon_threadsafe(callback)

    async def open_tcp(self, host: str, port: int) -> Transport:
        _, transport = await self.loop.create_connection(lambda: AsyncioTransport(self.loop, "tcp"), host, port)
        return cast("Transport", transport)

    async def open_unix(self, path: str) -> Transport:
        _, transport = await self.loop.create_unix_connection(lambda: AsyncioTransport(self.loop, "unix"), path)
        return cast("Transport", transport)

    async def adopt(self, stream: Any) -> Transport:
        if isinstance(stream, sockets.socket):
            stream.setblocking(False)
            is_unix = stream.family == getattr(sockets, "AF_UNIX", None)
            connect: Any = self.loop.create_unix_connection if is_unix else self.loop.create_connection
            _, transport = await connect(lambda: AsyncioTransport(self.loop, "stream"), sock=stream)
            return cast("Transport", transport)
        # anyio: not needed by `import qail` on asyncio.
        from qail.pg.driver.anyio_transport import AnyioTransport, checked_stream

        adopted = AnyioTransport(checked_stream(stream), "stream")
        self.spawn(adopted.run)
        return cast("Transport", adopted)

    async def resolve(self, host: str, port: int) -> list[str]:
        found = await self.loop.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
