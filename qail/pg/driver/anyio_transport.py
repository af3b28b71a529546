"""The anyio kind, for trio and whatever else anyio runs on: a reader and a writer task, tasks waiting on events.

Rule 1: both tasks belong to the task group of the connection's or pool's `async with`, and end with it.
Rule 2: a send that did not end may have sent a part: its connection is spent.
Rule 3: the writer takes what is queued in one piece; while it sends, segments stay queued.

anyio's own TLS stream cannot read while it writes, so TLS is driven here, over memory: the reader leaves what TLS
itself has to say to the writer.

Source: anyio, "Streams" and "Cancellation and timeouts"; ssl-memory-bio in the `ssl` module's page
"""

from __future__ import annotations

import math
import socket as sockets
import ssl
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar, cast

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup

from qail.errors import UsageError
from qail.pg.driver.fork import PROCESS
from qail.pg.driver.transport import DeadlinePassed, Receiver, Transport

T = TypeVar("T")

READ_BYTES = 256 * 1024


class AnyioWaiter:
    """A future of the little kind the engine needs."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = anyio.Event()

    def done(self) -> bool:
        return self._event.is_set()

    def set_result(self, result: None, /) -> None:
        self._event.set()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._event.wait().__await__()


class AnyioTransport:
    """One stream of anyio, pumped by two tasks. Made by `AnyioRuntime`."""

    def __init__(self, stream: ByteStream, kind: str) -> None:
        self._stream = stream
        self._receiver: Receiver | None = None
        self._wake = anyio.Event()
        self._may_read = anyio.Event()
        self._may_read.set()
        self._tls: _MemoryTls | None = None
        self._scope = anyio.CancelScope()
        self.is_lost = False
        self.is_paused = False
        self.kind = kind

    @property
    def socket(self) -> Any:
        return self._stream.extra(SocketAttribute.raw_socket, None)

    @property
    def tls(self) -> Any:
        return self._tls.connection if self._tls is not None else None

    def attach(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def run(self) -> None:
        """Pump both ways until the stream ends or `abort` is called."""
        cause: Exception | None = None
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write)
                    await self._read()
                    tasks.cancel_scope.cancel()
        except* (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError) as group:
            cause = cast("Exception", group.exceptions[0])
        finally:
            self._lost(cause)
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self._stream)

    def _lost(self, cause: Exception | None) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        if self._tls is not None:
            self._tls.changed.set()
        if self._receiver is not None:
            self._receiver.connection_lost(cause)

    async def _read(self) -> None:
        while True:
            await self._may_read.wait()
            try:
                data = await self._stream.receive(READ_BYTES)
            except anyio.EndOfStream:
                return
            if self._tls is not None:
                data = self._tls.received(data)
                self._wake.set()
            if data and self._receiver is not None:
                self._receiver.data_received(data)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            data = self._outgoing()
            if not data:
                continue
            self.is_paused = True
            await self._stream.send(data)
            self.is_paused = False
            self._wake.set()
            if self._receiver is not None:
                self._receiver.writing_resumed()

    def _outgoing(self) -> bytes:
        if self._receiver is None:
            return b""
        if self._tls is None:
            return self._receiver.take_output()
        return self._tls.outgoing(self._receiver.take_output() if self._tls.is_ready else b"")

    def flush_soon(self) -> None:
        self._wake.set()

    flush = flush_soon

    def pause_reading(self) -> None:
        if self._may_read.is_set():
            self._may_read = anyio.Event()

    def resume_reading(self) -> None:
        self._may_read.set()

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str | None) -> None:
        tls = self._tls = _MemoryTls(context, server_hostname)
        tls.handshake()
        self._wake.set()
        while not tls.is_ready:
            await tls.changed.wait()
            tls.changed = anyio.Event()
            if tls.error is not None:
                raise tls.error
            if self.is_lost:
                raise ConnectionResetError("the stream ended during the TLS handshake")
        self.kind = "tls"

    def abort(self) -> None:
        self._scope.cancel()


class _MemoryTls:
    """TLS between two buffers: no method does I/O."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.connection = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self.is_ready = False
        self.error: ssl.SSLError | None = None
        self.changed = anyio.Event()

    def handshake(self) -> None:
        try:
            self.connection.do_handshake()
            self.is_ready = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self.error = error
        self.changed.set()

    def received(self, data: bytes) -> bytes:
        """What `data` says once decrypted; the handshake's own bytes say nothing."""
        self._incoming.write(data)
        if not self.is_ready:
            self.handshake()
        parts: list[bytes] = []
        while self.is_ready:
            try:
                part = self.connection.read(READ_BYTES)
            except ssl.SSLWantReadError:
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def outgoing(self, data: bytes) -> bytes:
        """`data` encrypted, behind whatever TLS itself has to send."""
        if data:
            self.connection.write(data)
        return self._outgoing.read()


class AnyioRuntime:
    """What the engine needs of trio, or of another loop that anyio knows, within one task group."""

    name = "anyio"

    def __init__(self, tasks: TaskGroup) -> None:
        self._tasks = tasks
        self._generation = PROCESS.generation
        self._token = anyio.lowlevel.current_token()

    def waiter(self) -> AnyioWaiter:
        return AnyioWaiter()

    def now(self) -> float:
        return anyio.current_time()

    def check_here(self, what: str) -> None:
        if self._generation != PROCESS.generation:
            raise UsageError(
                f"this {what} was opened before the process forked: open one in the child", connection_spent=True
            )
        if anyio.lowlevel.current_token() != self._token:
            raise UsageError(f"this {what} belongs to another event loop: open one in the loop that uses it")

    def task_name(self) -> str:
        return anyio.get_current_task().name or "a task"

    async def within(self, deadline: float | None, work: Callable[[], Awaitable[T]]) -> T:
        with anyio.CancelScope(deadline=math.inf if deadline is None else deadline) as scope:
            return await work()
        assert scope.cancelled_caught
        raise DeadlinePassed

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await work()

        self._tasks.start_soon(run)

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        try:
            anyio.from_thread.run_sync(callback, token=self._token)
        except (RuntimeError, anyio.RunFinishedError):
            callback()

    async def open_tcp(self, host: str, port: int) -> Transport:
        return self._pumped(await anyio.connect_tcp(host, port), "tcp")

    async def open_unix(self, path: str) -> Transport:
        return self._pumped(await anyio.connect_unix(path), "unix")

    def _pumped(self, stream: ByteStream, kind: str) -> Transport:
        transport = AnyioTransport(stream, kind)
        self._tasks.start_soon(transport.run)
        return cast("Transport", transport)

    async def resolve(self, host: str, port: int) -> list[str]:
        found = await anyio.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
