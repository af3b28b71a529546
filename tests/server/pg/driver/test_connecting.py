"""Connecting: settings, sockets, logins, certificates; and what is told when it cannot be."""

from __future__ import annotations

import socket
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest

import qail
from qail.ast.build.qail import Qail
from qail.errors import AuthError, ConfigError, ConnectError, ConnectionLost, Outcome, TlsError, UsageError
from qail.testing import Expect, HostileServer, Stall
from support.backends import Backend
from support.listening import ListeningServer
from support.servers import Database, Server
from support.waiting import until


async def enter(opening: AbstractAsyncContextManager[Any]) -> None:
    """Open and close it, as one does outside asyncio."""
    async with opening:
        pass


@pytest.mark.feature("CN1")
@pytest.mark.parametrize("by", ["dsn", "keywords"])
@pytest.mark.backends("asyncio", "uvloop")  # outside asyncio only the block opens, and its two tasks are meant
def test_one_call_gives_a_ready_connection_with_no_task_of_its_own(backend: Backend, server: Server, by: str) -> None:
    import asyncio

    async def main() -> None:
        where: dict[str, Any] = {"host": server.host, "port": server.port, "user": server.user}
        where["dbname"] = server.database
        connecting = qail.connect(server.dsn) if by == "dsn" else qail.connect(**where)

        connection = await connecting

        assert len(asyncio.all_tasks()) == 1
        assert await connection.script("SELECT 1") == [[("1",)]]
        assert len(asyncio.all_tasks()) == 1
        assert connection.info.server_version_number // 10_000 == server.version
        assert connection.info.protocol_version == ("3.2" if server.version >= 18 else "3.0")
        assert connection.info.process_id > 0
        assert connection.info.parameters["client_encoding"] == "UTF8"
        await connection.close()
        assert connection.is_closed

    backend.run(main)


@pytest.mark.feature("CN1")
def test_settings_are_keyword_only_and_leaving_the_block_closes(backend: Backend, server: Server) -> None:
    with pytest.raises(TypeError):
        qail.connect(server.dsn, "localhost")  # type: ignore[call-arg]  # what must be refused

    async def main() -> None:
        async with backend.connect(server.dsn, application_name="qail tests") as connection:
            assert await connection.script("SHOW application_name") == [[("qail tests",)]]
        assert connection.is_closed
        with pytest.raises(UsageError):
            await connection.script("SELECT 1")

    backend.run(main)


@pytest.mark.feature("CN5", partial="keepalive values and the user timeout")
def test_a_unix_socket_by_url_by_keyword_and_in_a_pool(backend: Backend, server: Server) -> None:
    async def main() -> None:
        async with backend.connect(server.dsn) as connection:
            assert connection.info.transport == "unix"
        async with backend.connect(
            host=server.host, user=server.user, dbname=server.database, port=server.port
        ) as connection:
            assert connection.info.transport == "unix"
        async with backend.pool(server.dsn) as pool, pool.acquire() as connection:
            assert connection.info.transport == "unix"

    backend.run(main)


@pytest.mark.feature("CN5", partial="connect_timeout of each address")
def test_keepalive_values_are_read_back_from_the_socket(backend: Backend, tcp_server: ListeningServer) -> None:
    options = {"keepalives_idle": 41, "keepalives_interval": 7, "keepalives_count": 3, "tcp_user_timeout": 12_000}

    async def main() -> None:
        async with backend.connect(**tcp_server.settings("scram_user", sslmode="disable", **options)) as connection:
            assert connection._link is not None
            read = connection._link.transport.socket.getsockopt
            assert connection.info.transport == "tcp"
            assert read(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert read(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 41
            assert read(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 7
            assert read(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
            assert read(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 12_000

    backend.run(main)


def test_what_cannot_be_reached_is_told_with_every_attempt(backend: Backend, server: Server) -> None:
    async def main() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
            with pytest.raises(ConnectError, match="refused") as caught:
                await enter(backend.connect(host="127.0.0.1", port=port, user="nobody"))
            assert caught.value.reason == "refused"
            assert caught.value.outcome == Outcome.NOT_SENT
            with pytest.raises(ConnectError) as caught:
                await enter(backend.connect(host=f"127.0.0.1,{server.host}/nowhere", port=port, user="nobody"))
            assert len(caught.value.attempts) == 2
            assert str(port) in caught.value.attempts[0]
            # The second of two is fine.
            where = {"user": server.user, "dbname": server.database}
            async with backend.connect(
                host=f"127.0.0.1,{server.host}", port=f"{port},{server.port}", **where
            ) as connection:
                assert connection.info.transport == "unix"
        with pytest.raises(ConnectError) as caught:
            await enter(backend.connect(host="no-such-host.invalid", user="nobody"))
        assert caught.value.reason == "dns"
        with pytest.raises(ConnectError, match="does not exist"):
            await enter(
                backend.connect(host=server.host, port=server.port, user=server.user, dbname="no_such_database")
            )
        with pytest.raises(ConfigError):
            await enter(backend.connect("postgresql://host:port/"))
        with pytest.raises(ConfigError, match="colour"):
            await enter(backend.connect(colour="blue"))

    backend.run(main)


def test_a_peer_that_never_answers_ends_by_the_deadline(backend: Backend) -> None:
    async def main() -> None:
        with HostileServer([Expect("startup"), Stall()]) as mute, pytest.raises(ConnectError) as caught:
            await enter(backend.connect(mute.dsn(tcp=True), connect_timeout=2))
        assert caught.value.reason == "timeout"

    backend.run(main)


@pytest.mark.feature("AU1")
@pytest.mark.parametrize("role", ["scram_user", "odd_user"])
def test_scram_logs_in_and_a_wrong_password_is_an_auth_error(
    backend: Backend, tcp_server: ListeningServer, role: str
) -> None:
    async def main() -> None:
        async with backend.connect(**tcp_server.settings(role, sslmode="disable")) as connection:
            assert await connection.script("SELECT current_user") == [[(role,)]]
            assert connection.info.authentication == "scram-sha-256"
        with pytest.raises(AuthError) as caught:
            await enter(backend.connect(**tcp_server.settings(role, sslmode="disable", password="a wrong one")))
        assert "a wrong one" not in f"{caught.value!r} {caught.value}"
        with pytest.raises(AuthError):
            await enter(backend.connect(**tcp_server.settings(role, sslmode="disable", password=None)))

    backend.run(main)


def test_a_server_that_trusts_in_spite_of_a_password_is_refused_with_what_to_do(
    backend: Backend, tcp_server: ListeningServer
) -> None:
    async def main() -> None:
        settings = tcp_server.settings("trust_user", sslmode="disable")
        with pytest.raises(AuthError) as caught:
            await enter(backend.connect(**settings))
        assert "asks for no proof" in str(caught.value)
        assert "drop the password, or set allow_insecure_auth=true" in str(caught.value)
        assert "the right one" not in str(caught.value)
        dsn = f"postgresql://trust_user:any@127.0.0.1:{tcp_server.port}/postgres?sslmode=disable"
        with pytest.raises(AuthError, match="drop the password"):
            await enter(backend.connect(dsn))
        for fine in (dsn.replace(":any", ""), f"{dsn}&allow_insecure_auth=true"):
            async with backend.connect(fine) as connection:
                assert await connection.script("SELECT 1") == [[("1",)]]

    backend.run(main)


def test_a_wrong_password_is_told_once_when_a_pool_opens(backend: Backend, tcp_server: ListeningServer) -> None:
    async def main() -> None:
        settings: dict[str, Any] = tcp_server.settings("scram_user", sslmode="disable", password="a wrong one")
        pool = backend.pool(**settings, min_size=3)
        with pytest.raises(AuthError):
            await enter(pool)

    backend.run(main)


@pytest.mark.feature("TL1", partial="a TLS-only server by its configuration; allow falling back")
@pytest.mark.parametrize(
    ("sslmode", "over_plain", "over_tls"),
    [
        ("disable", "tcp", "refused"),
        ("allow", "tcp", "tls"),
        ("prefer", "tcp", "tls"),
        ("require", "refused", "tls"),
        ("verify-ca", "refused", "tls"),
        ("verify-full", "refused", "tls"),
    ],
)
def test_each_mode_against_a_plain_and_a_tls_only_login(
    backend: Backend,
    tcp_server: ListeningServer,
    tls_server: ListeningServer,
    sslmode: str,
    over_plain: str,
    over_tls: str,
) -> None:
    async def outcome(settings: dict[str, Any]) -> str:
        try:
            async with backend.connect(**settings) as connection:
                return str(connection.info.transport)
        except (TlsError, AuthError):
            return "refused"

    async def main() -> None:
        roots = {"sslrootcert": str(tls_server.ca_file)} if sslmode.startswith("verify") else {}
        assert await outcome(tcp_server.settings("scram_user", sslmode=sslmode, **roots)) == over_plain
        assert await outcome(tls_server.settings("tls_only_user", sslmode=sslmode, **roots)) == over_tls

    backend.run(main)


@pytest.mark.feature("TL1", partial="a TLS-only server by its configuration")
def test_a_server_without_tls_is_told_what_to_write(backend: Backend, tcp_server: ListeningServer) -> None:
    if tcp_server.can("openssl"):
        pytest.skip("the default server has TLS here")

    async def main() -> None:
        with pytest.raises(TlsError, match="sslmode=disable"):
            await enter(backend.connect(**tcp_server.settings("scram_user", sslmode="verify-full")))

    backend.run(main)


@pytest.mark.feature("TL3", partial="authorities of the system")
@pytest.mark.parametrize("given_as", ["file", "text"])
def test_certificates_are_judged(backend: Backend, tls_server: ListeningServer, given_as: str) -> None:
    roots = str(tls_server.ca_file) if given_as == "file" else tls_server.ca_pem

    async def attempt(sslmode: str) -> str:
        try:
            async with backend.connect(
                **tls_server.settings("scram_user", sslmode=sslmode, sslrootcert=roots)
            ) as connection:
                assert connection.info.tls_version in ("TLSv1.2", "TLSv1.3")
                assert await connection.script("SELECT 1") == [[("1",)]]
            return "taken"
        except TlsError as error:
            return error.reason

    async def main() -> None:
        assert await attempt("verify-full") == "taken"
        expected = {"wrong-name": "taken", "expired": "certificate", "unknown-ca": "certificate"}
        for certificate, with_verify_ca in expected.items():
            with tls_server.presenting(certificate):  # type: ignore[arg-type]  # the keys are its names
                assert await attempt("verify-full") == "certificate"
                assert await attempt("verify-ca") == with_verify_ca

    backend.run(main)


def test_many_statements_run_over_tls(backend: Backend, tls_server: ListeningServer) -> None:
    async def main() -> None:
        settings: dict[str, Any] = tls_server.settings("scram_user", sslmode="require")
        async with backend.pool(**settings) as pool:
            query = Qail.get(("pg_catalog", "pg_type")).columns("typname").eq("oid", 23)
            assert await backend.together(*[partial(pool.fetch_value, query)] * 100) == ["int4"] * 100

    backend.run(main)


def test_a_server_that_ends_is_told_and_the_connection_stays_spent(backend: Backend, fresh_database: Database) -> None:
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%' "
        "AND datname = current_database()"
    )

    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            async with backend.jobs() as jobs:
                victim = jobs.start(lambda: connection.script("SELECT pg_sleep(60)"))
                await until(backend, lambda: fresh_database.sql(sleeping) == [("1",)])
                fresh_database.sql(f"SELECT pg_terminate_backend({connection.info.process_id})")
                await victim.ended()
            assert isinstance(victim.error, ConnectionLost)
            with pytest.raises(ConnectionLost) as caught:
                await connection.script("SELECT 1")
            assert caught.value.outcome == Outcome.NOT_SENT

    backend.run(main)
