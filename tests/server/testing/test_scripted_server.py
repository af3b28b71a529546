"""ScriptedServer as clients see it: start-up, every login, answers by script, faults, cancellation; no PostgreSQL."""

from __future__ import annotations

import re
import ssl
from typing import Any

import pytest
import trustme

import qail
from qail import INT4, INT8, TEXT, AuthError, ConnectionLost, DeadlineExceeded, Outcome, Qail, count
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2
from qail.pg.wire.extended import Parse, Sync
from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import BackendKeyData, NegotiateProtocolVersion
from qail.sqlstate import QueryCanceled, UniqueViolation
from qail.testing import Cleartext, Executed, Login, Md5, Scram, Script, ScriptedServer, Trust, error
from support.backends import Backend
from support.raw_client import RawClient

pytestmark = pytest.mark.feature("TS1")
USERS = Qail.get("users").columns("id", "name")
ADD = Qail.add("users").values({"id": 3, "name": "Cy"})
PEOPLE = Script(columns=[("id", INT8), "name"], rows=[(1, "Ada"), (2, None)])
ADDED = Script("INSERT 0 1", parameters=[INT8, TEXT])


def scripts(**changes: Any) -> dict[str, Any]:
    return {str(USERS): PEOPLE, str(ADD): ADDED, **changes}


def test_rows_and_tags_come_by_the_text_of_the_query(backend: Backend) -> None:
    async def body() -> None:
        with ScriptedServer(scripts()) as server:
            async with backend.connect(server.dsn()) as connection:
                assert [tuple(row) for row in await connection.fetch_all(USERS)] == [(1, "Ada"), (2, None)]
                assert await connection.execute(ADD) == 1
            assert server.executed == [
                Executed(str(USERS)),
                Executed(str(ADD), ((3).to_bytes(8, "big"), b"Cy")),
            ]
            assert server.unknown == []

    backend.run(body)


def test_a_pool_and_transactions_need_no_script_of_their_own(backend: Backend) -> None:
    async def body() -> None:
        with ScriptedServer(scripts()) as server:
            async with backend.pool(server.dsn(), max_size=2) as pool:
                async with pool.transaction() as tx:
                    assert await tx.execute(ADD) == 1
                assert len(await pool.fetch_all(USERS)) == 2
            assert [each.backend.status for each in server.connections] == [ord("I")] * len(server.connections)

    backend.run(body)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    "login", [Trust(), Cleartext("secret"), Md5("secret"), Scram("secret")], ids=lambda x: type(x).__name__
)
def test_every_login_lets_in_who_knows_the_password(backend: Backend, login: Login, tcp: bool) -> None:
    async def body() -> None:
        with ScriptedServer(scripts(), login=login) as server:
            password = "" if isinstance(login, Trust) else "secret"
            settings = {"allow_insecure_auth": True, "sslmode": "disable"}
            async with backend.connect(server.dsn(password=password, tcp=tcp), **settings) as connection:
                assert len(await connection.fetch_all(USERS)) == 2
            if password:
                with pytest.raises(AuthError):
                    async with backend.connect(server.dsn(password="wrong", tcp=tcp), **settings):
                        pytest.fail("a wrong password let us in")

    backend.run(body)


@pytest.mark.backends("asyncio", "trio", "sync")
def test_it_speaks_tls_with_no_postgresql_at_hand(backend: Backend, tmp_path: Any) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def body() -> None:
        with ScriptedServer(scripts(), login=Cleartext("secret"), tls=context) as server:
            settings = {"host": "localhost", "hostaddr": "127.0.0.1", "port": server.tcp_port, "user": "app"}
            verified = {"sslmode": "verify-full", "sslrootcert": str(tmp_path / "ca.pem"), "password": "secret"}
            async with backend.connect(**settings, **verified, allow_insecure_auth=True) as connection:
                assert connection.info.tls_version is not None
                assert len(await connection.fetch_all(USERS)) == 2

    backend.run(body)


@pytest.mark.parametrize("point", ["parse", "describe", "bind", "execute", "row", "complete", "sync"])
def test_it_fails_where_it_is_told_and_serves_on(backend: Backend, point: Any) -> None:
    failing = Script(columns=["id"], rows=[["1"]], fails_at=point, failure=error("23505", constraint="users_pkey"))

    async def body() -> None:
        with ScriptedServer(scripts(**{str(Qail.get("bad")): failing})) as server:
            async with backend.connect(server.dsn()) as connection:
                with pytest.raises(UniqueViolation) as caught:
                    await connection.fetch_all(Qail.get("bad"))
                assert caught.value.constraint == "users_pkey"
                assert caught.value.outcome is Outcome.ABORTED
                assert len(await connection.fetch_all(USERS)) == 2

    backend.run(body)


def test_a_query_without_a_script_is_refused_and_kept(backend: Backend) -> None:
    async def body() -> None:
        with ScriptedServer(scripts()) as server:
            async with backend.connect(server.dsn()) as connection:
                with pytest.raises(qail.PostgresError, match="no script for"):
                    await connection.fetch_all(Qail.get("elsewhere"))
            assert server.unknown == [str(Qail.get("elsewhere"))]

    backend.run(body)


def test_patterns_and_functions_answer_too(backend: Backend) -> None:
    def by_parameters(executed: Executed) -> Script:
        given = executed.parameters[0] if executed.parameters else None
        return Script(columns=[("n", INT4)], rows=[[given]], parameters=[INT4])

    async def body() -> None:
        asked = Qail.get("anything").columns("n").eq("id", 7)
        with ScriptedServer({re.compile(r'SELECT "n" FROM .*'): by_parameters}) as server:
            async with backend.connect(server.dsn()) as connection:
                assert await connection.fetch_value(asked) == 7

    backend.run(body)


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("at", ["parse", "execute", "row", "complete", "sync"])
def test_it_ends_where_it_is_told(backend: Backend, how: Any, at: Any) -> None:
    bad = Qail.get("bad").columns("id")
    ending = Script(columns=["id"], rows=[["1"]], ends=how, at=at)

    async def body() -> None:
        with ScriptedServer(scripts(**{str(bad): ending})) as server:
            async with backend.pool(server.dsn(tcp=True), max_size=1) as pool:
                with pytest.raises(ConnectionLost) as caught:
                    await pool.fetch_all(bad)
                assert caught.value.outcome is Outcome.NO_EFFECT
                assert len(await pool.fetch_all(USERS, timeout=30)) == 2

    backend.run(body)


@pytest.mark.parametrize("at", ["execute", "row", "sync"])
def test_it_says_nothing_more_where_it_is_told(backend: Backend, at: Any) -> None:
    bad = Qail.get("bad").columns("id")
    ending = Script(columns=["id"], rows=[["1"]], ends="freeze", at=at)

    async def body() -> None:
        with ScriptedServer(scripts(**{str(bad): ending})) as server:
            async with backend.connect(server.dsn()) as connection:
                with pytest.raises(DeadlineExceeded) as caught:
                    await connection.fetch_all(bad, timeout=0.2)
                assert caught.value.outcome is Outcome.NO_EFFECT
                assert server.connections[0].is_open

    backend.run(body)


def test_raw_bytes_go_out_as_they_are(backend: Backend) -> None:
    bad = Qail.get("bad").columns("id")

    async def body() -> None:
        with ScriptedServer(scripts(**{str(bad): Script(columns=["id"], send=b"\xff garbage")})) as server:
            async with backend.connect(server.dsn()) as connection:
                with pytest.raises(qail.ProtocolError):
                    await connection.fetch_all(bad)

    backend.run(body)


def test_a_statement_is_held_until_it_is_released_or_delayed(backend: Backend) -> None:
    held = Qail.get("held").columns("id")

    async def body() -> None:
        with ScriptedServer(scripts(**{str(held): Script(columns=["id"], rows=[["1"]], hold=True)})) as server:
            async with backend.connect(server.dsn()) as connection, backend.jobs() as jobs:
                job = jobs.start(lambda: connection.fetch_values(held))
                await backend.blocking(lambda: server.wait_until(lambda: server.held == 1))
                assert job.result is None
                server.release()
                await job.ended()
                assert job.result == ["1"]

    backend.run(body)


def test_a_held_statement_can_be_cancelled(backend: Backend) -> None:
    held = Qail.get("held").columns("id")

    async def body() -> None:
        with ScriptedServer(scripts(**{str(held): Script(columns=["id"], rows=[["1"]], hold=True)})) as server:
            async with backend.connect(server.dsn()) as connection, backend.jobs() as jobs:
                job = jobs.start(lambda: connection.fetch_values(held))
                await backend.blocking(lambda: server.wait_until(lambda: server.held == 1))
                await connection.cancel()
                await job.ended()
                assert isinstance(job.error, QueryCanceled)
                assert len(await connection.fetch_all(USERS)) == 2

    backend.run(body)


@pytest.mark.backends("asyncio", "trio")
def test_notifications_reach_the_client(backend: Backend) -> None:
    async def body() -> None:
        heard: list[Any] = []
        with ScriptedServer(scripts()) as server:
            async with backend.connect(server.dsn()) as connection:
                connection.add_notification_handler(heard.append)
                server.notify("news", "hello")
                # Its answer comes behind the notification.
                await connection.fetch_all(USERS)
        assert [(each.channel, each.payload) for each in heard] == [("news", "hello")]

    backend.run(body)


def raw_client(server: ScriptedServer, **more: Any) -> RawClient:
    """A session that has begun."""
    return RawClient(server.tcp_host, server.tcp_port, user="app", **more)


@pytest.mark.parametrize("key", [b"1234", b"k" * 32, b"k" * 256])
@pytest.mark.parametrize(("spoken", "asked"), [(PROTOCOL_3_0, PROTOCOL_3_2), (PROTOCOL_3_2, PROTOCOL_3_2)])
def test_it_greets_in_either_protocol_with_a_key_of_any_length(key: bytes, spoken: int, asked: int) -> None:
    with ScriptedServer(secret_key=key, protocol=spoken) as server, raw_client(server, version=asked) as client:
        pass

    negotiated = [each for each in client.greeting if isinstance(each, NegotiateProtocolVersion)]
    assert negotiated == ([NegotiateProtocolVersion(spoken, [])] if spoken < asked else [])
    assert [each.secret_key for each in client.greeting if isinstance(each, BackendKeyData)] == [key]


def test_it_keeps_what_it_received() -> None:
    with ScriptedServer({"SELECT 1": Script(columns=["n"])}, parameters={"server_version": "17.1"}) as server:
        with raw_client(server, application_name="me") as client:
            client.send(Parse(b"", b"SELECT 1", []), Sync())
            client.read_until(ReadyForQuery)
        server.wait_until(lambda: not server.connections[0].is_open)

        assert server.received[1:] == [Parse(b"", b"SELECT 1", []), Sync()]
        startup = server.connections[0].backend.startup
        assert startup is not None
        assert startup.parameters["application_name"] == "me"
        assert any("17.1" in repr(each.contents()) for each in client.greeting)


def test_rubbish_ends_only_the_connection_it_came_on() -> None:
    with ScriptedServer() as server:
        with raw_client(server) as bad:
            bad.socket.sendall(b"\x00\x00\x00\x00\x00\x00\x00\x00")
            while bad.socket.recv(1000):
                pass
        with raw_client(server) as good:
            pass

    assert isinstance(good.greeting[-1], ReadyForQuery)


def test_counting_by_the_builder_works_with_a_typed_script(backend: Backend) -> None:
    counted = Qail.get("users").columns(count())

    async def body() -> None:
        with ScriptedServer({str(counted): Script(columns=[("count", INT8)], rows=[[4]])}) as server:
            async with backend.connect(server.dsn()) as connection:
                assert await connection.fetch_value(counted) == 4

    backend.run(body)
