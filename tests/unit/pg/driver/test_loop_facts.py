"""What event loops do, where rules of the engine rest on it: observed on asyncio's own loop and on uvloop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

LOOPS = pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
PATIENCE_SECONDS = 60.0


class Ended(asyncio.Protocol):
    """Tells when its connection has ended, and of what."""

    def __init__(self) -> None:
        self.over: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(exc)


class Raising(Ended):
    """A receiver that fails."""

    def data_received(self, data: bytes) -> None:
        raise LookupError("a receiver's own fault")


def run(kind: str, main: Callable[[], Awaitable[Any]]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await main()

    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(bounded())


async def connected(protocol: Ended) -> tuple[asyncio.Transport, socket.socket]:
    """A transport on one end of a pair, and the other end."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, ours)
    return transport, theirs


@LOOPS
def test_an_exception_of_the_receiver_ends_its_connection(kind: str) -> None:
    reports: list[dict[str, Any]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reports.append(context))
        protocol = Raising()
        transport, theirs = await connected(protocol)

        with theirs:
            await loop.sock_sendall(theirs, b"x")
            error = await protocol.over

        assert isinstance(error, LookupError)
        assert transport.is_closing()

    run(kind, main)
    assert len(reports) == 1


@LOOPS
def test_writing_on_a_lost_connection_says_nothing_or_raises(kind: str) -> None:
    """Neither can be relied on, so the engine looks at a flag of its own."""

    async def main() -> None:
        protocol = Ended()
        transport, theirs = await connected(protocol)
        theirs.close()
        await protocol.over

        if kind == "uvloop":
            with pytest.raises(RuntimeError):
                transport.write(b"into the void")
        else:
            transport.write(b"into the void")

    run(kind, main)


def test_uvloop_sends_a_buffer_as_it_is_when_it_leaves() -> None:
    """What is handed to a transport must never be touched again."""
    size = 8 * 1024 * 1024

    async def main() -> bytes:
        transport, theirs = await connected(Ended())
        buffer = bytearray(b"a" * size)
        transport.write(memoryview(buffer))
        buffer[:] = b"b" * size

        received = bytearray()
        with theirs:
            while len(received) < size:
                received += await asyncio.get_running_loop().sock_recv(theirs, 1 << 20)
        transport.abort()
        return bytes(received)

    assert b"b" in run("uvloop", main)
