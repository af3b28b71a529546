"""The contract between the engine and the two kinds of I/O beneath it: what a transport does, and how a task waits.

Rule 1: tasks never touch a socket. They append whole segments to a session and wait; the transport takes what is
queued when it can be written, in one write.
Rule 2: reading never waits for writing. Only `pause_reading`, called for a lease, stops it.
Rule 3: bytes handed to a transport are never touched again, and none are handed to one that is lost.
Rule 4: a receiver's methods never raise into the transport.

Source: design rule "buffers, pauses and deadlocks"; the two kinds are asyncio_transport.py and anyio_transport.py
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from ssl import SSLContext
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Waiter(Protocol):
    """One task's wait for one event; asyncio's futures are this already."""

    def done(self) -> bool: ...

    def set_result(self, result: None, /) -> None: ...

    def __await__(self) -> Generator[Any, Any, None]: ...


class Receiver(Protocol):
    """Who is driven by a transport: the link of one connection, or the other end of a cancel request."""

    def take_output(self) -> bytes:
        """Everything that may leave now; empty when there is nothing."""
        ...

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        ...

    def connection_lost(self, cause: Exception | None) -> None:
        """The stream ended; called once. `cause` is None for a clean end."""
        ...

    def writing_resumed(self) -> None:
        """What had been handed over has left, after a pause."""
        ...


class Transport(Protocol):
    """A byte stream that pushes what it reads and pulls what it writes."""

    @property
    def is_lost(self) -> bool:
        """Nothing can be written any more."""
        ...

    @property
    def is_paused(self) -> bool:
        """The peer does not read fast enough: what is submitted stays queued."""
        ...

    @property
    def kind(self) -> str:
        """`tcp`, `unix` or `tls`."""
        ...

    @property
    def socket(self) -> Any:
        """The socket beneath, for its options; None where there is none."""
        ...

    @property
    def tls(self) -> Any:
        """The `ssl` object, for its version and cipher; None on a plain stream."""
        ...

    def attach(self, receiver: Receiver) -> None:
        """Drive `receiver` from now on."""
        ...

    def flush_soon(self) -> None:
        """Take and write the receiver's output at the end of this loop iteration; any number of calls is one write."""
        ...

    def flush(self) -> None:
        """Take and write the receiver's output now, unless paused."""
        ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    async def start_tls(self, context: SSLContext, server_hostname: str | None) -> None:
        """Go on in TLS. Raises what `ssl` and the socket raise."""
        ...

    def abort(self) -> None:
        """Close at once, without a TLS goodbye; `connection_lost` follows. May be called often."""
        ...


class Runtime(Protocol):
    """One event loop: the little the engine needs of it."""

    def waiter(self) -> Waiter:
        """A new one, not done."""
        ...

    def now(self) -> float:
        """Seconds of the loop's monotonic clock."""
        ...

    def task_name(self) -> str:
        """The name of the running task, for diagnostics."""
        ...

    @property
    def presence(self) -> tuple[Callable[[], object], object] | None:
        """A call and what it gives where `check_here` is content; None where only that can tell."""
        ...

    def check_here(self, what: str) -> None:
        """Raises UsageError in another loop, or in a process forked since."""
        ...

    async def within(self, deadline: float | None, work: Callable[[], Awaitable[T]]) -> T:
        """`await work()`, at most until `deadline` on `now()`'s clock.

        Raises:
            DeadlinePassed: the deadline passed; `work` has been cancelled and has ended.
        """
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in a worker thread. A cancelled caller does not wait for it."""
        ...

    def spawn(self, work: Callable[[], Awaitable[None]], *, is_idle: bool = False) -> None:
        """Run `work` in a task of its own. It ends by itself, or is cancelled by `end`; what it raises is reported.

        `is_idle`: it waits for time and for being woken, so that nobody has to look at the sockets for its sake.
        """
        ...

    def finish(self, work: Callable[[Runtime], Awaitable[None]], seconds: float) -> Waiter:
        """Run `work` in a task of its own that neither `end` nor anybody's cancellation stops, for at most `seconds`.

        It gets the runtime to open streams with. The waiter is done when it is over; nobody need wait.
        """
        ...

    def end(self) -> None:
        """The connection or pool it was made for is closed: stop what `spawn` left, and abort its streams."""
        ...

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        """Run `callback` in the loop, from any thread; nothing happens when the loop is closed."""
        ...

    async def open_tcp(self, host: str, port: int) -> Transport:
        """Raises OSError."""
        ...

    async def open_unix(self, path: str) -> Transport:
        """Raises OSError."""
        ...

    async def adopt(self, stream: Any) -> Transport:
        """A transport over a stream that somebody else has connected. Raises ConfigError: of no kind we can use."""
        ...

    async def resolve(self, host: str, port: int) -> list[str]:
        """The numeric addresses of `host`, in the resolver's order. Raises OSError."""
        ...


class DeadlinePassed(Exception):
    """A deadline of our own passed. Internal: callers see PoolTimeout, ConnectError or DeadlineExceeded."""
