"""The blocking kind's transport: a socket that whichever thread pumps reads and writes, never waiting in either.

Rule 1: everything submitted before its thread waits leaves in one write.
Rule 2: what the socket does not take stays here, and the session keeps what is queued behind it: reading goes on.
Rule 3: an exception out of a call to the socket that is not the socket's own (an interrupt) leaves unknown what was
sent or read: the connection is spent, and nothing else is.
Rule 4: `connection_lost` is called from the engine's own turn, never inside what a caller does.

Source: send(2), recv(2); qail.pg.driver.transport has the contract
"""

from __future__ import annotations

import logging
import socket as sockets
import ssl
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from qail.pg.driver.memory_tls import MemoryTls
from qail.pg.driver.transport import Receiver
from qail.pg.sync.poller import READ, WRITE
from qail.pg.sync.running import BlockingWaiter

logger = logging.getLogger("qail")

# Below the size from which malloc maps memory anew for each read; a full read makes the next one larger.
READ_BYTES: Final = 64 * 1024
LARGE_READ_BYTES: Final = 256 * 1024


class Pumped(Protocol):
    """What a descriptor that is ready is told to."""

    def ready(self, events: int) -> None:
        """Readable, writable, or both. Raises what interrupted it, and nothing else."""
        ...

    def give_up(self) -> None:
        """End it, whatever state it is in."""
        ...


class Engine(Protocol):
    """What a transport needs of the engine that pumps it."""

    dirty: list[Any]
    """Transports with output to be taken before anybody waits."""
    soon: deque[Callable[[], None]]
    """What is to be called in the engine's turn."""

    def watch(self, descriptor: int, interest: int, pumped: Pumped | None) -> None:
        """Tell `pumped` when the descriptor is ready. None: forget it."""
        ...

    def contain(self, error: BaseException) -> None:
        """`error` came out of a socket call: what it may have spoiled is spent already."""
        ...


class SocketTransport:
    """One stream over a connected socket. Made by `BlockingRuntime`."""

    __slots__ = (
        "_descriptor",
        "_engine",
        "_interest",
        "_is_closed",
        "_is_dirty",
        "_read_bytes",
        "_receiver",
        "_rest",
        "_socket",
        "_tls",
        "_tls_waiter",
        "is_lost",
        "is_paused",
        "kind",
    )

    def __init__(self, engine: Engine, socket: sockets.socket, kind: str) -> None:
        self._engine: Final = engine
        self._socket: Final = socket
        self._descriptor: Final = socket.fileno()
        self._receiver: Receiver | None = None
        self._rest: memoryview | None = None
        self._interest = READ
        self._is_closed = False
        self._is_dirty = False
        self._read_bytes = READ_BYTES
        self._tls: MemoryTls | None = None
        self._tls_waiter: BlockingWaiter | None = None
        self.is_lost = False
        self.is_paused = False
        self.kind = kind
        engine.watch(self._descriptor, READ, self)

    @property
    def socket(self) -> Any:
        return self._socket

    @property
    def tls(self) -> Any:
        return self._tls.connection if self._tls is not None else None

    def attach(self, receiver: Receiver) -> None:
        self._receiver = receiver

    # What the engine calls.

    def ready(self, events: int) -> None:
        # Whatever else it is ready for: a broken socket tells when it is written, and when it is read.
        if self._rest is not None and events != READ:
            self._send_rest()
        if events != WRITE and self._interest & READ and not self._is_closed:
            self._read()

    def give_up(self) -> None:
        self.abort()

    def _read(self) -> bool:
        """Read once. Whether something came, and more may be there."""
        try:
            data = self._socket.recv(self._read_bytes)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self._end_by(error)
            return False
        except BaseException as error:
            self._spoil(error)
            raise
        if not data:
            self._end_by(None)
            return False
        is_full = len(data) == self._read_bytes
        if is_full != (self._read_bytes == LARGE_READ_BYTES):
            self._read_bytes = LARGE_READ_BYTES if is_full else READ_BYTES
        tls = self._tls
        if tls is not None:
            data = tls.received(data)
            self.flush_soon()
        if data and self._receiver is not None:
            self._receiver.data_received(data)
        if tls is not None and tls.is_ended:
            self._end_by(None)
            return False
        return True

    # What the link calls.

    def flush_soon(self) -> None:
        if not self._is_dirty:
            self._is_dirty = True
            self._engine.dirty.append(self)

    def flush(self) -> None:
        self._is_dirty = False
        if self.is_paused or self._is_closed or self._receiver is None:
            return
        tls = self._tls
        if tls is None:
            data = self._receiver.take_output()
        else:
            data = tls.outgoing(self._receiver.take_output() if tls.is_ready else b"")
        if data:
            sent = self._send(data)
            if sent < len(data) and not self._is_closed:
                self._rest = memoryview(data)[sent:]
                self.is_paused = True
                self._watch(self._interest | WRITE)

    def _send(self, data: bytes | memoryview) -> int:
        """How much of it was taken."""
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            # What the server said last may be there to be read.
            self._engine.soon.append(partial(self._end_of_writing, error))
            return len(data)
        except BaseException as error:
            self._spoil(error)
            raise

    def _send_rest(self) -> None:
        assert self._rest is not None
        # Not inside the brackets: mypyc 2.4 evaluates the bounds of a slice of such an object twice.
        sent = self._send(self._rest)
        self._rest = self._rest[sent:]
        if self._rest:
            return
        self._rest = None
        self.is_paused = False
        self._watch(self._interest & ~WRITE)
        self.flush()
        if not self.is_paused and self._receiver is not None:
            self._receiver.writing_resumed()

    def pause_reading(self) -> None:
        self._watch(self._interest & ~READ)

    def resume_reading(self) -> None:
        self._watch(self._interest | READ)

    def _watch(self, interest: int) -> None:
        if interest != self._interest and not self._is_closed:
            self._interest = interest
            self._engine.watch(self._descriptor, interest, self)

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str | None) -> None:
        tls = self._tls = MemoryTls(context, server_hostname, self._change_tls)
        tls.handshake()
        self.flush_soon()
        while not tls.is_ready:
            if tls.error is not None:
                # What TLS has to say of it leaves first.
                self.flush()
                raise tls.error
            if self.is_lost:
                raise ConnectionResetError("the stream ended during the TLS handshake")
            self._tls_waiter = BlockingWaiter()
            await self._tls_waiter
        self.kind = "tls"

    def _change_tls(self) -> None:
        if self._tls_waiter is not None and not self._tls_waiter.done():
            self._tls_waiter.set_result(None)

    def abort(self) -> None:
        if not self._is_closed:
            self._close()
            self._engine.soon.append(partial(self._tell_lost, None))

    # The end

    def _spoil(self, error: BaseException) -> None:
        self._engine.contain(error)
        self.abort()

    def _end_of_writing(self, error: OSError) -> None:
        while not self._is_closed and self._read():
            continue
        self._end_by(error)

    def _end_by(self, cause: Exception | None) -> None:
        if not self._is_closed:
            self._close()
            self._tell_lost(cause)

    def _close(self) -> None:
        self._is_closed = True
        self._rest = None
        self._engine.watch(self._descriptor, 0, None)
        self._socket.close()

    def _tell_lost(self, cause: Exception | None) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        self._change_tls()
        if self._receiver is None:
            return
        try:
            self._receiver.connection_lost(cause)
        except Exception:
            logger.exception("telling that a connection has ended failed")


class Dialling:
    """A socket whose connect is under way."""

    __slots__ = ("waiter",)

    def __init__(self) -> None:
        self.waiter: Final = BlockingWaiter()

    def ready(self, events: int) -> None:
        if not self.waiter.done():
            self.waiter.set_result(None)

    def give_up(self) -> None:
        self.ready(0)
