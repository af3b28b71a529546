"""The blocking runtime: what the driver and the pool need of an event loop, without one.

Rule 1: it never runs where an event loop does: blocking there would stop everything else, and hang who waits.
Rule 2: what may block outside our control (a name's lookup) runs in a thread of its own, so that deadlines hold.
"""

from __future__ import annotations

import errno
import os
import socket as sockets
import sys
import threading
from asyncio import _get_running_loop  # pyright: ignore[reportPrivateUsage] - None where the public one raises
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar, cast

from qail.errors import ConfigError, UsageError
from qail.pg.driver.fork import PROCESS
from qail.pg.driver.transport import DeadlinePassed, Runtime, Transport
from qail.pg.sync.engine import BlockingEngine
from qail.pg.sync.poller import WRITE
from qail.pg.sync.running import TURN, BlockingWaiter, Errand, Guard
from qail.pg.sync.socket_transport import Dialling, SocketTransport

T = TypeVar("T")

# connect(2) to a unix socket whose queue is full fails at once, and nothing tells when there is room.
FULL_QUEUE_SECONDS: Final = 0.005


class BlockingRuntime(BlockingEngine):
    """One connection's, or one pool's. Threads share it."""

    name = "sync"

    def __init__(self) -> None:
        super().__init__()
        self._generation = PROCESS.generation
        self.waiter: Callable[[], BlockingWaiter] = BlockingWaiter
        self.now: Callable[[], float] = monotonic

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive `work` to its end, in this thread. Raises what it raises, and UsageError where that cannot be."""
        if _get_running_loop() is not None or self._owner or "trio" in sys.modules:
            try:
                self.check_thread()
            except BaseException:
                work.close()
                raise
        if self._generation != PROCESS.generation:
            work.close()
            self.check_here("connection or pool")
        return cast("T", self.drive(work))

    def at_once(self, function: Callable[[], T]) -> T:
        """Call `function`, which does not wait, where no other thread is in the middle of anything."""

        async def called() -> T:
            return function()

        return self.run(called())

    def check_thread(self) -> None:
        """Raises UsageError where a call may not block."""
        if self.is_inside:
            raise UsageError("a handler, a codec or an iterable cannot use the connection that is calling it")
        trio = sys.modules.get("trio")
        if _get_running_loop() is not None or (trio is not None and trio.lowlevel.in_trio_run()):
            raise UsageError(
                "qail.sync blocks, and would stop the event loop that runs here: await qail.connect() or "
                "qail.create_pool() instead, or call this in a thread"
            )

    # What the engine of the driver and the pool calls

    @property
    def presence(self) -> tuple[Callable[[], object], object]:
        # Threads may come from anywhere: only a fork makes it another place.
        return PROCESS.mark, PROCESS.mark()

    def check_here(self, what: str) -> None:
        if self._generation != PROCESS.generation:
            raise UsageError(
                f"this {what} was opened before the process forked: open one in the child", connection_spent=True
            )

    def task_name(self) -> str:
        return threading.current_thread().name

    async def within(self, deadline: float | None, work: Callable[[], Awaitable[T]]) -> T:
        if deadline is None:
            return await work()
        runner = self.current
        assert runner is not None
        guard = Guard(deadline)
        runner.guards.append(guard)
        try:
            return await work()
        except Guard as passed:
            if passed is guard:
                raise DeadlinePassed from None
            raise
        finally:
            runner.guards.remove(guard)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await TURN
            return
        try:
            await self.within(monotonic() + seconds, BlockingWaiter)
        except DeadlinePassed:
            return

    async def in_thread(self, work: Callable[[], T]) -> T:
        # In the calling thread itself: nobody else has to wait for it.
        return cast("T", await Errand(work))

    def spawn(self, work: Callable[[], Awaitable[None]], *, is_idle: bool = False) -> None:
        async def run() -> None:
            await work()

        self.start(run(), is_idle=is_idle)

    def finish(self, work: Callable[[Runtime], Awaitable[None]], seconds: float) -> BlockingWaiter:
        async def run() -> None:
            try:
                await self.within(monotonic() + seconds, lambda: work(cast("Runtime", self)))
            except DeadlinePassed:
                return

        over = BlockingWaiter()
        self.start(run(), is_idle=False, over=over)
        return over

    def end(self) -> None:
        self.stop_tasks()

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        if self._generation == PROCESS.generation:
            self.post(callback)

    async def open_tcp(self, host: str, port: int) -> Transport:
        family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
        socket = sockets.socket(family, sockets.SOCK_STREAM)
        try:
            socket.setblocking(False)
            socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            await self._dial(socket, (host, port))
            return cast("Transport", SocketTransport(self, socket, "tcp"))
        except BaseException:
            socket.close()
            raise

    async def open_unix(self, path: str) -> Transport:
        socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            socket.setblocking(False)
            await self._dial(socket, path)
            return cast("Transport", SocketTransport(self, socket, "unix"))
        except BaseException:
            socket.close()
            raise

    async def _dial(self, socket: sockets.socket, where: Any) -> None:
        code = socket.connect_ex(where)
        while code == errno.EAGAIN:
            await self.sleep(FULL_QUEUE_SECONDS)
            code = socket.connect_ex(where)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            dialling = Dialling()
            self.watch(socket.fileno(), WRITE, dialling)
            try:
                await dialling.waiter
            finally:
                self.watch(socket.fileno(), 0, None)
            code = socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    async def adopt(self, stream: Any) -> Transport:
        if not isinstance(stream, sockets.socket):
            raise ConfigError(f"stream is a connected socket.socket here, not {type(stream).__name__}")
        stream.setblocking(False)
        return cast("Transport", SocketTransport(self, stream, "stream"))

    async def resolve(self, host: str, port: int) -> list[str]:
        look_up = partial(sockets.getaddrinfo, host, port, type=sockets.SOCK_STREAM)
        found = await self._in_own_thread(look_up)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def _in_own_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread that nobody has to wait for."""
        errand = Errand(work)
        over = BlockingWaiter()

        def run() -> None:
            errand.run()
            self.post(lambda: over.set_result(None))

        threading.Thread(target=run, name="qail lookup", daemon=True).start()
        await over
        return errand.outcome()
