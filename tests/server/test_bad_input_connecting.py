"""Bad input, part one: what keeps a connection from being made, through `connect` and through a pool.

Each is a typed error that says what is wrong, keeps every secret, and comes in bounded time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest

import qail
from qail import (
    AuthError,
    ConfigError,
    ConnectError,
    Outcome,
    PoolClosed,
    PoolTimeout,
    Qail,
    QailError,
    TlsError,
    UsageError,
)
from support.finishing import finish
from support.listening import ListeningServer
from support.servers import Server

SECRET = "sw0rdfish"
# What may pass by itself, a pool that is open tries again until the caller's patience ends; see the test of that.
ROADS = pytest.mark.parametrize("road", ["connect", "await", "pool"])


async def travel(road: str, *arguments: Any, **settings: Any) -> None:
    """Connect by one of the ways there are."""
    if road == "connect":
        async with qail.connect(*arguments, **settings):
            return
    if road == "await":
        await (await qail.connect(*arguments, **settings)).close()
        return
    async with qail.create_pool(*arguments, **settings):
        return


def refusal(road: str, kind: type[QailError], *arguments: Any, **settings: Any) -> QailError:
    """The error of a connection that cannot be made; it and its traceback hold no secret."""

    async def main() -> QailError:
        with pytest.raises(kind) as caught:
            await travel(road, *arguments, **settings)
        shown = f"{caught.value} {caught.value!r} {getattr(caught.value, 'attempts', '')}"
        assert SECRET not in shown
        assert SECRET not in "".join(traceback.format_exception_only(caught.value))
        assert caught.value.outcome == Outcome.NOT_SENT
        return caught.value

    error: QailError = finish(main)
    return error


@ROADS
@pytest.mark.parametrize(
    ("dsn", "what"),
    [
        ("nonsense", "="),
        (f"http://u:{SECRET}@host/db", "postgresql://"),
        (f"postgresql://u:{SECRET}@host:99999/db", "port"),
        (f"postgresql://u:{SECRET}%2@host/db", "percent"),
        (f"postgresql://u:{SECRET}@host/db?sslmode=maybe", "verify-full"),
        (f"postgresql://u:{SECRET}@host/db?color=blue", "color"),
        (f"host='h password={SECRET}", "quote"),
    ],
)
def test_a_wrong_dsn_says_which_part_is_wrong(road: str, dsn: str, what: str) -> None:
    assert what in str(refusal(road, ConfigError, dsn))


@ROADS
def test_an_unreachable_host_is_told_with_its_address(road: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        error = refusal(road, ConnectError, host="127.0.0.1", port=port, user="u", password=SECRET)

    assert isinstance(error, ConnectError)
    assert error.reason == "refused"
    assert f"127.0.0.1:{port}" in str(error)
    assert "does the server run there?" in str(error)
    assert len(error.attempts) == 1
    assert error.connection_spent


@ROADS
def test_a_name_that_does_not_resolve_and_a_socket_that_is_not_there_are_told(road: str) -> None:
    error = refusal(road, ConnectError, host="no-such-host.invalid", user="u", password=SECRET)
    assert "no-such-host.invalid" in str(error)

    error = refusal(road, ConnectError, host="/nowhere", user="u", password=SECRET)
    assert "/nowhere" in str(error)
    assert "qail.embedded" in str(error)


def test_a_connection_that_was_not_awaited_says_so() -> None:
    connecting: Any = qail.connect(host="/nowhere", user="u")

    with pytest.raises(AttributeError, match="await it, or enter it with `async with`"):
        connecting.fetch_all
    assert not hasattr(connecting, "execute")


@ROADS
def test_a_host_that_never_answers_ends_by_the_time_limit(road: str) -> None:
    async def main() -> None:
        async with mute_server() as port:
            with pytest.raises(ConnectError) as caught:
                await travel(road, host="127.0.0.1", port=port, user="u", password=SECRET, connect_timeout=2)
            assert caught.value.reason == "timeout"
            assert SECRET not in repr(caught.value)

    finish(main)


@contextlib.asynccontextmanager
async def mute_server() -> AsyncIterator[int]:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        left.append(writer)

    left: list[asyncio.StreamWriter] = []
    listening = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        while not left:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("settings", [{"host": "no-such-host.invalid"}, {"host": "/nowhere"}])
def test_a_pool_that_cannot_connect_when_it_is_used_says_why(settings: dict[str, Any]) -> None:
    async def main() -> None:
        async with qail.create_pool(min_size=0, user="u", password=SECRET, **settings) as pool:
            # Looking up a name that is not there may take its time.
            while not pool.stats().connect_failures_total:
                with pytest.raises(PoolTimeout):
                    await pool.acquire(timeout=0.2)
            for attempt in (pool.fetch_all(Qail.get("t"), timeout=0.2), pool.acquire(timeout=0.2)):
                with pytest.raises(PoolTimeout, match=settings["host"]) as caught:
                    await attempt
                assert caught.value.outcome == Outcome.NOT_SENT
                assert SECRET not in f"{caught.value} {caught.value!r} {pool!r}"

    finish(main)


@ROADS
@pytest.mark.parametrize("role", ["scram_user", "odd_user"])
def test_a_wrong_password_names_the_user_and_not_the_password(
    road: str, tcp_server: ListeningServer, role: str
) -> None:
    error = refusal(road, AuthError, **tcp_server.settings(role, sslmode="disable", password=SECRET))

    assert role in str(error)
    assert error.connection_spent


@ROADS
def test_no_password_at_all_says_that_one_is_asked_for(road: str, tcp_server: ListeningServer) -> None:
    error = refusal(road, AuthError, **tcp_server.settings("scram_user", sslmode="disable", password=None))

    assert "password" in str(error)


@ROADS
def test_a_server_without_tls_where_verify_full_is_asked_says_what_to_write(
    road: str, tcp_server: ListeningServer
) -> None:
    error = refusal(road, TlsError, **tcp_server.settings("scram_user", sslmode="verify-full", password=SECRET))

    assert "TLS" in str(error)
    assert "sslmode=disable" in str(error)
    assert error.connection_spent


@ROADS
@pytest.mark.parametrize("certificate", ["wrong-name", "expired", "unknown-ca"])
def test_a_certificate_that_proves_nothing_is_refused_before_the_password_is_sent(
    road: str, tls_server: ListeningServer, certificate: Any
) -> None:
    with tls_server.presenting(certificate):
        settings = tls_server.settings("scram_user", sslmode="verify-full", sslrootcert=str(tls_server.ca_file))
        error = refusal(road, TlsError, **{**settings, "password": SECRET})

    assert "certificate" in str(error).lower()


@ROADS
def test_an_unknown_database_and_an_unknown_user_are_told(road: str, server: Server) -> None:
    where = {"host": server.host, "port": server.port, "password": SECRET}

    assert "no_such" in str(refusal(road, ConnectError, **where, user=server.user, dbname="no_such"))
    assert "no_such_user" in str(refusal(road, ConnectError, **where, user="no_such_user", dbname="postgres"))


def test_closed_given_back_and_ended_are_told_apart(server: Server) -> None:
    query = Qail.get(("pg_catalog", "pg_class"))

    async def main() -> None:
        async with qail.create_pool(server.dsn) as pool:
            async with pool.acquire() as lent:
                async with lent.transaction() as ended:
                    pass
                with pytest.raises(UsageError, match="this transaction is not open: it has ended"):
                    await ended.fetch_all(query)
            with pytest.raises(UsageError, match="this connection was given back: take another one"):
                await lent.fetch_all(query)
        async with qail.connect(server.dsn) as connection:
            pass
        with pytest.raises(UsageError, match="this connection is closed"):
            await connection.fetch_all(query)

    finish(main)


def test_a_closed_connection_and_a_closed_pool_say_so(server: Server) -> None:
    query = Qail.get(("pg_catalog", "pg_class"))

    async def main() -> None:
        connection = await qail.connect(server.dsn)
        await connection.close()
        pool = qail.create_pool(server.dsn)
        with pytest.raises(PoolClosed, match="open"):
            await pool.fetch_all(query)
        await pool.open()
        await pool.close()
        for db, kind in ((connection, UsageError), (pool, PoolClosed)):
            for attempt in (
                db.fetch_all(query),
                db.fetch_one(query),
                db.execute(query),
                db.batch([query]),
                db.execute_many(query, [[]]),
            ):
                with pytest.raises(kind) as caught:
                    await attempt
                assert caught.value.outcome == Outcome.NOT_SENT
            with pytest.raises(kind):
                async with db.transaction():
                    pass
        with pytest.raises(PoolClosed):
            await pool.acquire()

    finish(main)


@pytest.mark.parametrize("words", [("demo",), ("demo", "--dsn", f"postgresql://u:{SECRET}@127.0.0.1:1/x")])
def test_the_demo_without_the_embedded_wheel_or_a_server_says_so_in_a_line(words: tuple[str, ...]) -> None:
    script = (
        "import sys, importlib.util as found\n"
        "known = found.find_spec\n"
        "found.find_spec = lambda name, package=None: None if 'pgserver' in name else known(name, package)\n"
        f"sys.argv[1:] = {list(words)!r}\n"
        "import runpy; runpy.run_module('qail', run_name='__main__')\n"
    )
    environment = {**os.environ, "NO_COLOR": "1"}

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=90, env=environment, check=False
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert SECRET not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert ("qail[embedded]" in done.stderr) if len(words) == 1 else ("127.0.0.1:1" in done.stderr)
