"""The anyio kind, for trio and whatever else anyio runs on: a reader and a writer task, tasks waiting on events.

Rule 1: both tasks belong to the task group of the connection's or pool's `async with`. A cancellation of that group
does not reach them: the owner decides how its connections end, and `AnyioRuntime.end` aborts what is left.
Rule 2: a send that did not end may have sent a part: its connection is spent.
Rule 3: the writer takes what is queued in one piece; while it sends, segments stay queued.
Rule 4: no error of ours ends the task group: a transport that fails ends with that cause, a task is logged.

anyio's own TLS stream cannot read while it writes, so TLS is driven here, over memory: the reader leaves what TLS
itself has to say to the writer.

Source: anyio, "Streams" and "Cancellation and timeouts"; ssl-memory-bio in the `ssl` module's page
"""

from __future__ import annotations

import errno
import logging
import math
import os
import socket as sockets
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any, TypeVar, cast

import anyio
from anyio.abc import ByteStream, SocketAttribute, SocketStream, TaskGroup, UNIXSocketStream

from qail.errors import ConfigError, UsageError
from qail.pg.driver.fork import PROCESS
from qail.pg.driver.memory_tls import READ_BYTES, MemoryTls
from qail.pg.driver.transport import DeadlinePassed, Receiver, Runtime, Transport, Waiter

T = TypeVar("T")
logger = logging.getLogger("qail")

LAST_WORDS_SECONDS = 1.0
"""How long the reader may go on after a write has failed: until the stream's end, which is near."""
STREAM_ENDS = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError)


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
        self._tls: MemoryTls | None = None
        self._tls_changed = anyio.Event()
        self._scope = anyio.CancelScope(shield=True)
        self._write_error: Exception | None = None
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
        except* Exception as group:  # noqa: BLE001  # it is given to the receiver as the cause of the end
            cause = _first_of(group)
        finally:
            self._lost(cause or self._write_error)
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self._stream)

    def _lost(self, cause: Exception | None) -> None:
        self.is_lost = True
        if self._tls is not None:
            self._tls_changed.set()
        if self._receiver is None:
            return
        try:
            self._receiver.connection_lost(cause)
        except Exception:
            logger.exception("telling that a connection has ended failed")

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
            if self._tls is not None and self._tls.is_ended:
                return

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            data = self._outgoing()
            if not data:
                continue
            self.is_paused = True
            try:
                await self._stream.send(data)
            except STREAM_ENDS as error:
                # What the server said before it went may still be there to be read.
                self._write_error = _of_the_system(error)
                await anyio.sleep(LAST_WORDS_SECONDS)
                raise
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
        tls = self._tls = MemoryTls(context, server_hostname, self._change_tls)
        tls.handshake()
        self._wake.set()
        while not tls.is_ready:
            if self.is_lost:
                raise tls.error or ConnectionResetError("the stream ended during the TLS handshake")
            await self._tls_changed.wait()
            self._tls_changed = anyio.Event()
            if tls.error is not None:
                raise tls.error
        self.kind = "tls"

    def _change_tls(self) -> None:
        self._tls_changed.set()

    def abort(self) -> None:
        self._scope.cancel()


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    """Why the stream ended. What is none of the stream's own errors is a mistake of ours, and reported."""
    cause: Exception | BaseExceptionGroup[Exception] = group
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if not isinstance(cause, STREAM_ENDS):
        logger.error("reading or writing a connection failed", exc_info=cause)
    return _of_the_system(cause)


def _of_the_system(error: Exception) -> Exception:
    """anyio's own errors say nothing; the system's behind them do."""
    behind = error.__cause__
    return behind if isinstance(behind, OSError) else error


def checked_stream(stream: Any) -> ByteStream:
    """Raises ConfigError: it is no stream of bytes."""
    if not isinstance(stream, ByteStream):
        raise ConfigError(f"stream is a connected socket.socket or an anyio ByteStream, not {type(stream).__name__}")
    return stream


class AnyioRuntime:
    """What the engine needs of trio, or of another loop that anyio knows, within one task group."""

    name = "anyio"

    def __init__(self, tasks: TaskGroup) -> None:
        self._tasks = tasks
        self._transports: set[AnyioTransport] = set()
        self._generation = PROCESS.generation
        self._token = anyio.lowlevel.current_token()

    def waiter(self) -> AnyioWaiter:
        return AnyioWaiter()

    def now(self) -> float:
        return anyio.current_time()

    @property
    def presence(self) -> None:
        return None

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

    def spawn(self, work: Callable[[], Awaitable[None]], *, is_idle: bool = False) -> None:
        async def run() -> None:
            try:
                await work()
            except Exception:
                logger.exception("a task in the background failed")

        self._tasks.start_soon(run)

    def finish(self, work: Callable[[Runtime], Awaitable[None]], seconds: float) -> Waiter:
        over = AnyioWaiter()

        async def in_a_group_of_its_own() -> None:
            # Its streams are pumped in there, where the end of the outer group does not reach them.
            async with anyio.create_task_group() as tasks:
                runtime = AnyioRuntime(tasks)
                try:
                    await work(cast("Runtime", runtime))
                finally:
                    runtime.end()

        async def run() -> None:
            try:
                with anyio.CancelScope(shield=True, deadline=self.now() + seconds):
                    await in_a_group_of_its_own()
            except Exception:
                logger.exception("a task in the background failed")
            finally:
                over.set_result(None)

        self._tasks.start_soon(run)
        return over

    def end(self) -> None:
        self._tasks.cancel_scope.cancel()
        for transport in self._transports:
            transport.abort()

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        if self._generation != PROCESS.generation:
            return
        native: Any = self._token.native_token
        soon = getattr(native, "run_sync_soon", None) or native.call_soon_threadsafe
        # The loop may be closed already; then so are its streams.
        with suppress(RuntimeError):
            soon(callback)

    async def open_tcp(self, host: str, port: int) -> Transport:
        # anyio's own connect_tcp drops a socket that connects in the moment of a cancellation.
        family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
        socket = sockets.socket(family, sockets.SOCK_STREAM)
        try:
            socket.setblocking(False)
            socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            code = socket.connect_ex((host, port))
            if code == errno.EINPROGRESS:
                await anyio.wait_writable(socket)
                code = socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            return self._pumped(await SocketStream.from_socket(socket), "tcp")
        except BaseException:
            socket.close()
            raise

    async def open_unix(self, path: str) -> Transport:
        return self._pumped(await anyio.connect_unix(path), "unix")

    def _pumped(self, stream: ByteStream, kind: str) -> Transport:
        transport = AnyioTransport(stream, kind)
        self._transports.add(transport)

        async def run() -> None:
            try:
                await transport.run()
            finally:
                self._transports.discard(transport)

        self._tasks.start_soon(run)
        return cast("Transport", transport)

    async def adopt(self, stream: Any) -> Transport:
        if isinstance(stream, sockets.socket):
            kind = UNIXSocketStream if stream.family == getattr(sockets, "AF_UNIX", None) else SocketStream
            return self._pumped(await kind.from_socket(stream), "stream")
        return self._pumped(checked_stream(stream), "stream")

    async def resolve(self, host: str, port: int) -> list[str]:
        found = await anyio.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
