"""`connect(stream=...)`: the driver over a byte stream that somebody else has connected."""

from __future__ import annotations

import socket
from typing import Any

import anyio
import anyio.abc
import pytest

from qail import ConfigError, ConnectError, Qail, connect, count, func, select
from qail.sqlstate import QueryCanceled
from support.backends import Backend
from support.servers import Server
from support.waiting import until

OWN = pytest.mark.feature("CN8")


def socket_to(server: Server) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(server.socket_path)
    return connected


class Counting(anyio.abc.ByteStream):
    """A stream around another one, which only anyio knows."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self.sent = self.received = 0

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await self._stream.receive(max_bytes)
        self.received += len(data)
        return data

    async def send(self, item: bytes) -> None:
        self.sent += len(item)
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


@OWN
def test_queries_run_over_a_socket_that_is_connected(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, stream=socket_to(server)) as connection:
            assert connection.info.transport == "stream"
            assert connection.info.protocol_version == ("3.2" if server.version >= 18 else "3.0")
            rows = await connection.fetch_all(Qail.get("pg_class").columns("relname"))
            assert await connection.fetch_value(Qail.get("pg_class").columns(count())) == len(rows)
            async with connection.transaction():
                assert await connection.fetch_value(select(func.repeat("x", 300_000))) == "x" * 300_000

    backend.run(body)


@OWN
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_queries_run_over_any_stream_of_anyio(backend: Backend, server: Server) -> None:
    async def body() -> None:
        stream = Counting(await anyio.connect_unix(server.socket_path))
        async with backend.connect(server.dsn, stream=stream) as connection:
            assert connection.info.transport == "stream"
            found = await backend.together(*[lambda: connection.fetch_value(select(func.repeat("x", 9_000)))] * 20)
            assert found == ["x" * 9_000] * 20
        assert stream.received > 20 * 9_000
        assert stream.sent > 0

    backend.run(body)


@OWN
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_call_that_is_given_up_ends_such_a_connection_for_nobody_can_be_asked_to_cancel(
    backend: Backend, server: Server
) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, stream=socket_to(server)) as connection:
            where = f"pid = {connection.info.process_id} AND wait_event = 'PgSleep'"
            asleep = f"SELECT count(*) FROM pg_stat_activity WHERE {where}"

            async def sleep() -> None:
                await connection.fetch_value(select(func.pg_sleep(60)))

            async with backend.jobs() as jobs:
                job = jobs.start(sleep)
                # It sleeps: what is asked first, to describe it, is through.
                await until(backend, lambda: server.sql(asleep) == [("1",)])
                await connection.cancel()
                await job.ended()
            assert job.error is not None
            assert not isinstance(job.error, QueryCanceled)
            assert connection.is_closed

    backend.run(body)


@OWN
def test_what_is_no_stream_and_what_is_not_a_server_is_told(backend: Backend, server: Server) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"connected socket\.socket"):
            async with backend.connect(server.dsn, stream=object()):
                pytest.fail("it was entered")
        ours, theirs = socket.socketpair()
        theirs.close()
        with pytest.raises(ConnectError):
            async with backend.connect(server.dsn, stream=ours):
                pytest.fail("it was entered")

    backend.run(body)


@OWN
def test_the_kind_of_transport_is_known(backend: Backend, server: Server, tcp_server: Any) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            assert connection.info.transport == "unix"
        settings = tcp_server.settings("scram_user", sslmode="disable")
        async with backend.connect(**settings) as connection:
            assert connection.info.transport == "tcp"

    backend.run(body)


@OWN
def test_tls_runs_over_such_a_stream_for_the_host_that_is_named(backend: Backend, tls_server: Any) -> None:
    settings = tls_server.settings("scram_user", sslmode="verify-full", sslrootcert=str(tls_server.ca_file))

    async def body() -> None:
        plain = socket.create_connection((settings["hostaddr"], settings["port"]))
        async with backend.connect(stream=plain, **settings) as connection:
            assert connection.info.transport == "tls"
            assert await connection.fetch_value(select(func.abs(-1))) == 1

    backend.run(body)


@OWN
def test_io_uring_is_refused_by_name() -> None:
    for given in ("io_uring", "IO_URING"):
        with pytest.raises(ConfigError, match=r"io_uring is refused: no Python event loop"):
            connect("", transport=given)
    with pytest.raises(ConfigError, match="only be auto"):
        connect("transport=epoll")
    connect("transport=auto")
