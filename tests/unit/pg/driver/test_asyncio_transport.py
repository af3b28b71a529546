from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from qail.pg.driver.asyncio_transport import AsyncioTransport


class FakeStream:
    """What the loop would give: remembers what was written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def get_extra_info(self, name: str) -> None:
        """There is no socket."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def abort(self) -> None:
        self.is_aborted = True


class FakeReceiver:
    def __init__(self) -> None:
        self.queued: list[bytes] = []
        self.received: list[bytes] = []
        self.lost: list[Exception | None] = []
        self.resumed = 0

    def take_output(self) -> bytes:
        taken, self.queued = b"".join(self.queued), []
        return taken

    def data_received(self, data: bytes) -> None:
        self.received.append(data)

    def connection_lost(self, cause: Exception | None) -> None:
        self.lost.append(cause)

    def writing_resumed(self) -> None:
        self.resumed += 1


def on_loop(test: Callable[[AsyncioTransport, FakeStream, FakeReceiver], Any]) -> None:
    async def main() -> None:
        transport, stream, receiver = AsyncioTransport(asyncio.get_running_loop(), "tcp"), FakeStream(), FakeReceiver()
        transport.connection_made(cast(asyncio.Transport, stream))
        transport.attach(receiver)
        await test(transport, stream, receiver)

    asyncio.run(main())


def test_everything_submitted_in_one_iteration_leaves_in_one_write() -> None:
    async def test(transport: AsyncioTransport, stream: FakeStream, receiver: FakeReceiver) -> None:
        for number in range(100):
            receiver.queued.append(b"%d;" % number)
            transport.flush_soon()
        assert stream.writes == []

        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert stream.writes == [b"".join(b"%d;" % number for number in range(100))]

    on_loop(test)


def test_while_paused_everything_stays_queued() -> None:
    async def test(transport: AsyncioTransport, stream: FakeStream, receiver: FakeReceiver) -> None:
        transport.pause_writing()
        receiver.queued.append(b"later")
        transport.flush_soon()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (stream.writes, receiver.queued) == ([], [b"later"])

        transport.data_received(b"reading goes on")
        transport.resume_writing()

        assert receiver.received == [b"reading goes on"]
        assert stream.writes == [b"later"]
        assert receiver.resumed == 1

    on_loop(test)


def test_nothing_is_written_to_a_lost_transport_and_the_loss_is_told_once() -> None:
    async def test(transport: AsyncioTransport, stream: FakeStream, receiver: FakeReceiver) -> None:
        cause = ConnectionResetError()
        transport.connection_lost(cause)
        transport.connection_lost(None)
        receiver.queued.append(b"too late")
        transport.flush()
        transport.pause_reading()
        transport.resume_reading()

        assert stream.writes == []
        assert receiver.lost == [cause]

    on_loop(test)
