"""Protocol versions: 3.2 is asked for first; what servers and poolers make of it; the long keys that come with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from qail import INT8, AuthError, ConnectError, Qail, cast, count, select
from qail.pg.config.load import load_config
from qail.pg.driver.connect import open_link
from qail.pg.driver.elders import ELDER_SECONDS, Elders
from qail.pg.driver.runtime import asyncio_runtime
from qail.pg.protocol.version import version_text
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2
from qail.pg.wire.startup import CancelRequest, NegotiateProtocolVersion
from qail.sqlstate import QueryCanceled
from qail.testing import (
    GREETING,
    ChaosProxy,
    Close,
    Expect,
    HostileServer,
    Reset,
    Rule,
    Script,
    ScriptedServer,
    Send,
    Stall,
    error,
)
from qail.testing.hostile import Step
from support.backends import Backend
from support.pgbouncer import PROGRAM, pgbouncer
from support.servers import Database, Server
from support.waiting import until

VERSION = pytest.mark.feature("PR1")
KEYS = pytest.mark.feature("PR2")
REJECTION = error("0A000", "FATAL", "unsupported frontend protocol 3.2: server supports 1.0 to 3.0")
REJECTING: Sequence[Step] = [Expect("startup"), Send(REJECTION), Close()]
GREETED: Sequence[Step] = [Expect("startup"), Send(*GREETING), Expect("X"), Close()]


def asked(server: HostileServer) -> list[int]:
    """The version in the StartupMessage of each connection."""
    return [int.from_bytes(heard.data[4:8], "big") for heard in server.connections]


def key_bytes(server: Server) -> int:
    """PostgreSQL 18 speaks 3.2 and makes keys of 32 bytes."""
    return 32 if server.version >= 18 else 4


@VERSION
@KEYS
@pytest.mark.feature("CA1")
def test_real_servers_speak_what_they_can_and_their_keys_cancel(backend: Backend, any_server: Server) -> None:
    async def body() -> None:
        with ChaosProxy(any_server.dsn) as proxy:
            asking = proxy.add(Rule("pass", "server", message="startup", containing=b"\0\3\0\2", every=True))
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                spoken = "3.2" if any_server.version >= 18 else "3.0"
                assert connection.info.protocol_version == spoken
                assert len(connection._link.session.secret_key) == key_bytes(any_server)
                sleeping = jobs.start(lambda: connection.script("SELECT pg_sleep(100), 'a long key'"))
                await until(backend, lambda: runs(any_server, "a long key"))
                await connection.cancel()
                await sleeping.ended()
                assert isinstance(sleeping.error, QueryCanceled)
                assert await connection.fetch_value(select(cast(7, INT8))) == 7
            # An older server offers an older version: no second connection is needed.
            assert asking.fired == 1

    backend.run(body)


def runs(server: Server, text: str) -> bool:
    return server.sql(
        f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{text}%' AND state = 'active' "
        "AND pid <> pg_backend_pid()"
    ) != [("0",)]


@VERSION
@pytest.mark.parametrize("greatest", ["3.0", "3.2", "latest"])
def test_the_newest_version_to_ask_for_is_a_setting(backend: Backend, server: Server, greatest: str) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, max_protocol_version=greatest) as connection:
            spoken = "3.2" if greatest != "3.0" and server.version >= 18 else "3.0"
            assert connection.info.protocol_version == spoken
            if spoken == "3.0":
                assert len(connection._link.session.secret_key) == 4

    backend.run(body)


@VERSION
def test_a_server_below_the_least_version_is_not_taken(backend: Backend, any_server: Server) -> None:
    async def body() -> None:
        if any_server.version >= 18:
            async with backend.connect(any_server.dsn, min_protocol_version="3.2") as connection:
                assert connection.info.protocol_version == "3.2"
            return
        with pytest.raises(ConnectError, match=r"3\.0 only, and min_protocol_version is 3\.2") as caught:
            async with backend.connect(any_server.dsn, min_protocol_version="3.2"):
                pass
        assert caught.value.reason == "version"

    backend.run(body)


@VERSION
def test_a_rejection_is_met_with_one_connection_more_that_asks_for_3_0(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING, GREETED) as server:
            async with backend.connect(server.dsn()) as connection:
                assert connection.info.protocol_version == "3.0"
            assert asked(server) == [PROTOCOL_3_2, PROTOCOL_3_0]

    backend.run(body)


@VERSION
def test_a_second_rejection_is_the_end(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING) as server:
            with pytest.raises(ConnectError, match="unsupported frontend protocol") as caught:
                async with backend.connect(server.dsn()):
                    pass
            assert asked(server) == [PROTOCOL_3_2, PROTOCOL_3_0]
            assert caught.value.reason == "rejected"

    backend.run(body)


@VERSION
def test_a_rejection_is_final_where_the_least_version_says_so(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING) as server:
            with pytest.raises(ConnectError) as caught:
                async with backend.connect(server.dsn(), min_protocol_version="3.2"):
                    pass
            assert asked(server) == [PROTOCOL_3_2]
            assert caught.value.reason == "version"

    backend.run(body)


OTHER_ENDS: dict[str, Sequence[Step]] = {
    "the end of the stream": [Expect("startup"), Close()],
    "a reset": [Expect("startup"), Reset()],
    "a refused login": [Expect("startup"), Send(error("28000", "FATAL", "no pg_hba.conf entry")), Close()],
    "a wrong password": [Expect("startup"), Send(error("28P01", "FATAL", "unsupported frontend protocol")), Close()],
    "no such database": [Expect("startup"), Send(error("3D000", "FATAL", "no such database")), Close()],
    "a pooler's dislike": [Expect("startup"), Send(error("08P01", "FATAL", "no such user")), Close()],
    "not ready": [Expect("startup"), Send(error("57P03", "FATAL", "starting up")), Close()],
    "too many": [Expect("startup"), Send(error("53300", "FATAL", "too many clients")), Close()],
    "garbage": [Expect("startup"), Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Close()],
    "an offer of 3.1": [Expect("startup"), Send(NegotiateProtocolVersion(PROTOCOL_3_0 + 1, [])), Close()],
    "an end behind an offer": [Expect("startup"), Send(NegotiateProtocolVersion(PROTOCOL_3_0, [])), Close()],
    "a rejection behind an offer": [
        Expect("startup"),
        Send(NegotiateProtocolVersion(PROTOCOL_3_0, []), REJECTION),
        Close(),
    ],
    "a rejection behind the login": [Expect("startup"), Send(GREETING[0], REJECTION), Close()],
    "half a rejection": [Expect("startup"), Send(b"E\0\0\0\x50SFATAL\0C0A000\0Munsupported frontend"), Close()],
}


@VERSION
@pytest.mark.parametrize("end", OTHER_ENDS)
def test_nothing_else_is_met_with_another_version(backend: Backend, end: str) -> None:
    async def body() -> None:
        with HostileServer(OTHER_ENDS[end], GREETED) as server:
            with pytest.raises(ConnectError):
                async with backend.connect(server.dsn()):
                    pass
            assert asked(server) == [PROTOCOL_3_2]

    backend.run(body)


@VERSION
def test_silence_is_met_with_no_other_version(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer([Expect("startup"), Stall()], GREETED) as server:
            with pytest.raises(ConnectError) as caught:
                async with backend.connect(server.dsn(), connect_timeout=0.5):
                    pass
            assert caught.value.reason == "timeout"
            # The server may read what came later than its sender gave up.
            await until(backend, lambda: bool(asked(server)) and asked(server)[0] != 0)
            assert asked(server) == [PROTOCOL_3_2]

    backend.run(body)


@VERSION
def test_both_connections_share_the_deadline(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING, [Expect("startup"), Stall()]) as server:
            with pytest.raises(ConnectError) as caught:
                async with backend.connect(server.dsn(), connect_timeout=1.0):
                    pass
            assert caught.value.reason == "timeout"
            await until(backend, lambda: asked(server) == [PROTOCOL_3_2, PROTOCOL_3_0])

    backend.run(body)


@VERSION
def test_a_refused_login_behind_a_rejection_is_what_is_told(backend: Backend) -> None:
    refusing: Sequence[Step] = [Expect("startup"), Send(error("28P01", "FATAL", "no")), Close()]

    async def body() -> None:
        with HostileServer(REJECTING, refusing, GREETED) as server:
            with pytest.raises(AuthError):
                async with backend.connect(server.dsn()):
                    pass
            assert asked(server) == [PROTOCOL_3_2, PROTOCOL_3_0]

    backend.run(body)


@VERSION
def test_a_list_of_hosts_goes_on_behind_one_that_is_too_old(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING) as old, HostileServer(GREETED) as new:
            hosts = {"host": [old.host, new.host], "port": new.port, "user": "app"}
            async with backend.connect(**hosts, min_protocol_version="3.2") as connection:
                assert connection.info.protocol_version == "3.2"
            assert (asked(old), asked(new)) == ([PROTOCOL_3_2], [PROTOCOL_3_2])

    backend.run(body)


@VERSION
def test_a_pool_remembers_which_address_rejects_3_2(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING, GREETED) as server:
            async with (
                backend.pool(server.dsn(), min_size=0, max_size=3) as pool,
                pool.acquire() as one,
                pool.acquire() as two,
                pool.acquire() as three,
            ):
                assert {each.info.protocol_version for each in (one, two, three)} == {"3.0"}
            assert asked(server) == [PROTOCOL_3_2, PROTOCOL_3_0, PROTOCOL_3_0, PROTOCOL_3_0]

    backend.run(body)


def later_runtime(seconds: float) -> Any:
    """One whose clock is ahead by so much; what is waited for is real."""
    runtime: Any = asyncio_runtime("the test")
    now = runtime.now
    runtime.now = lambda: now() + seconds
    return runtime


@VERSION
@pytest.mark.backends("asyncio")
def test_an_address_that_was_upgraded_is_asked_for_3_2_again(backend: Backend) -> None:
    """What is believed of it ends: a pool that is never made anew finds the newer server."""

    async def body() -> None:
        with HostileServer(REJECTING, GREETED, GREETED, REJECTING, GREETED, GREETED, GREETED) as server:
            config, elders = load_config(server.dsn(), {}), Elders()
            spoken: list[str] = []
            for lives in (0.0, 0.5, 1.0, 1.5, 2.0):
                link = await open_link(config, later_runtime(lives * ELDER_SECONDS), elders)
                spoken.append(version_text(link.session.protocol_version))
                link.abort()
            assert spoken == ["3.0", "3.0", "3.0", "3.0", "3.2"]
            assert asked(server) == [
                *(PROTOCOL_3_2, PROTOCOL_3_0, PROTOCOL_3_0),
                *(PROTOCOL_3_2, PROTOCOL_3_0, PROTOCOL_3_0),
                PROTOCOL_3_2,
            ]

    backend.run(body)


@VERSION
@pytest.mark.backends("asyncio", "trio")
def test_a_stream_of_the_callers_is_not_dialled_again(backend: Backend) -> None:
    async def body() -> None:
        with HostileServer(REJECTING, GREETED) as server:
            stream = await anyio.connect_unix(f"{server.host}/.s.PGSQL.{server.port}")
            with pytest.raises(ConnectError, match=r"max_protocol_version=3\.0") as caught:
                async with backend.connect(server.dsn(), stream=stream):
                    pass
            assert caught.value.reason == "version"
            assert asked(server) == [PROTOCOL_3_2]

    backend.run(body)


@VERSION
def test_pgbouncer_takes_us(backend: Backend, fresh_database: Database) -> None:
    """Its 1.18 rejects 3.2 by a packet header it calls bad; later ones offer 3.0."""
    if not PROGRAM.exists():
        pytest.skip(f"there is no {PROGRAM}: apt-get install pgbouncer")

    async def body() -> None:
        with pgbouncer(fresh_database) as pooler:
            async with backend.pool(pooler.dsn, pooler_mode=True, min_size=0, max_size=2) as pool:
                async with pool.acquire() as connection:
                    assert connection.info.protocol_version == "3.0"
                assert await pool.fetch_value(Qail.get("pg_class").columns(count())) > 0
            with pytest.raises(ConnectError) as caught:
                async with backend.connect(pooler.dsn, pooler_mode=True, min_protocol_version="3.2"):
                    pass
            assert caught.value.reason == "version"
            # What it says of a database that is not there has the same SQLSTATE, and is told as it is.
            with pytest.raises(ConnectError, match="no_such_db") as caught:
                async with backend.connect(pooler.dsn, dbname="no_such_db", pooler_mode=True):
                    pass
            assert caught.value.reason == "rejected"

    backend.run(body)


@KEYS
@pytest.mark.feature("CA1")
@pytest.mark.parametrize(("spoken", "length"), [(PROTOCOL_3_0, 4), (PROTOCOL_3_2, 4), (PROTOCOL_3_2, 256)])
def test_the_key_of_either_version_cancels(backend: Backend, spoken: int, length: int) -> None:
    query: Any = select(cast(1, INT8))
    scripts = {"SELECT CAST($1 AS int8)": Script(columns=[("n", INT8)], rows=[[1]], hold=True)}
    key = bytes(reversed(range(length)))

    async def body() -> None:
        with ScriptedServer(scripts, secret_key=key, protocol=spoken) as server:
            async with backend.connect(server.dsn()) as connection, backend.jobs() as jobs:
                assert connection.info.protocol_version == ("3.2" if spoken == PROTOCOL_3_2 else "3.0")
                victim = jobs.start(lambda: connection.fetch_value(query))
                await until(backend, lambda: server.held == 1)
                await connection.cancel()
                await victim.ended()
            assert isinstance(victim.error, QueryCanceled)
            (request,) = [each for each in server.received if isinstance(each, CancelRequest)]
            assert request.secret_key == key

    backend.run(body)


@KEYS
@pytest.mark.feature("PR5")
@pytest.mark.parametrize(("spoken", "length"), [(PROTOCOL_3_0, 32), (PROTOCOL_3_2, 3), (PROTOCOL_3_2, 257)])
def test_a_key_of_a_wrong_size_ends_the_connection(backend: Backend, spoken: int, length: int) -> None:
    offer = [NegotiateProtocolVersion(spoken, [])] if spoken == PROTOCOL_3_0 else []
    key = b"K" + (8 + length).to_bytes(4, "big") + bytes(4 + length)

    async def body() -> None:
        with HostileServer([Expect("startup"), Send(*offer, GREETING[0], key, GREETING[-1])]) as server:
            with pytest.raises(ConnectError, match=f"the secret key has {length} bytes"):
                async with backend.connect(server.dsn()):
                    pass
            await until(backend, lambda: server.connections[0].hung_up)
            assert server.connections[0].silence == b""

    backend.run(body)
