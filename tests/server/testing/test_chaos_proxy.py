"""ChaosProxy in front of a real server: each verb does what it says, triggers hit, and the audit counts and judges."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import qail
from qail import ConnectionLost, DeadlineExceeded, Outcome, Qail
from qail.pg.wire.extended import Query, Sync, Terminate
from qail.pg.wire.message import encode_message
from qail.pg.wire.result import CommandComplete, DataRow, ReadyForQuery
from qail.pg.wire.startup import CancelRequest
from qail.testing import ChaosProxy, Rule, lane
from qail.testing.sockets import send
from support.backends import Backend
from support.raw_client import PATIENCE_SECONDS, RawClient
from support.servers import Database, Server

pytestmark = [pytest.mark.feature("TS4"), pytest.mark.backends("asyncio", "trio")]
NUMBERS = Qail.get("numbers").columns("id").order_by("id")


@pytest.fixture(scope="module")
def numbers(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(
            "CREATE TABLE numbers AS SELECT id FROM generate_series(1, 50) AS id; CREATE TABLE wide (word text)"
        )
        yield database


def raw_client(proxy: ChaosProxy, database: Database, *, tcp: bool = False) -> RawClient:
    """A session that has begun."""
    place = (proxy.tcp_host, proxy.tcp_port) if tcp else (proxy.host, proxy.port)
    return RawClient(*place, user=database.server.user, database=database.name)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    "rule",
    [
        {"verb": "pass"},
        {"verb": "delay", "seconds": (0.001, 0.003)},
        {"verb": "trickle"},
        {"verb": "split", "size": 9},
        {"verb": "coalesce"},
    ],
    ids=lambda rule: str(rule["verb"]),
)
@pytest.mark.parametrize("to", ["client", "server"])
def test_what_only_moves_bytes_changes_nothing(
    backend: Backend, numbers: Database, rule: dict[str, Any], to: str, tcp: bool
) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn, seed=3) as proxy:
            armed = proxy.add(Rule(to=to, **rule))  # type: ignore[arg-type]
            async with backend.connect(proxy.dsn(tcp=tcp)) as connection:
                assert await connection.fetch_values(NUMBERS) == list(range(1, 51))
            assert armed.done == 1
            proxy.audit.check()

    backend.run(body)


def pieces(proxy: ChaosProxy, client: RawClient, sql: bytes, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes in which the answer to a query leaves the proxy.

    What leaves is judged, not what is read: the kernel gives a reader who is just reading two pieces at once.
    """
    sent: list[int] = []
    query = encode_message(Query(sql))

    def watched(sock: Any, data: bytes) -> int:
        count = send(sock, data)
        if data != query:
            sent.append(count)
        return count

    with monkeypatch.context() as patch:
        patch.setattr(lane, "send", watched)
        client.send(Query(sql))
        seen = 0
        last = b""
        while not last.endswith(b"Z\0\0\0\5I"):
            data = client.socket.recv(65_536)
            seen += len(data)
            last = (last + data)[-10:]
        # The proxy's thread notes the last piece when it has sent it.
        proxy.wait_until(lambda: sum(sent) == seen)
    return sent


@pytest.mark.backends("asyncio")
def test_one_byte_at_a_time_leaves_one_byte_at_a_time(
    backend: Backend, numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers) as client:
        proxy.add(Rule("trickle"))
        sent = pieces(proxy, client, b"SELECT 1", monkeypatch)

    assert set(sent) == {1}
    assert len(sent) > 30


@pytest.mark.parametrize("to", ["client", "server"])
@pytest.mark.backends("asyncio", "trio", "sync")
def test_it_ends_tls_and_reads_what_is_inside(backend: Backend, numbers: Database, tmp_path: Path, to: Any) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def body() -> None:
        with ChaosProxy(numbers.dsn, tls=context) as proxy:
            place = {"host": "localhost", "hostaddr": proxy.tcp_host, "port": proxy.tcp_port}
            login = {"user": numbers.server.user, "dbname": numbers.name}
            verified = {"sslmode": "verify-full", "sslrootcert": str(tmp_path / "ca.pem")}
            async with backend.connect(**place, **login, **verified) as connection:
                assert connection.info.tls_version is not None
                split = proxy.add(Rule("split", to, size=50))
                wide = Qail.add("wide").values({"word": "x" * 300_000}).returning("word")
                assert len(await connection.fetch_value(wide)) == 300_000
                assert split.done == 1
                assert await connection.fetch_values(NUMBERS) == list(range(1, 51))
                split.release()
                proxy.add(Rule("fin", message="D", nth=3))
                with pytest.raises(ConnectionLost):
                    await connection.fetch_values(NUMBERS)
            assert proxy.audit.sent["B"] == 3
            proxy.audit.check()

    backend.run(body)


def test_a_hold_keeps_what_comes_until_it_is_released(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection, backend.jobs() as jobs:
                held = proxy.add(Rule("hold", message="C"))
                job = jobs.start(lambda: connection.fetch_values(NUMBERS))
                await backend.blocking(held.wait)
                await backend.blocking(lambda: proxy.wait_until(lambda: proxy.audit.sessions[0].owed == 0))
                assert job.result is None
                held.release()
                await job.ended()
                assert job.result == list(range(1, 51))

    backend.run(body)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("verb", ["fin", "rst"])
def test_an_end_is_the_end(backend: Backend, numbers: Database, verb: Any, tcp: bool) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.pool(proxy.dsn(tcp=tcp), max_size=1) as pool:
                assert len(await pool.fetch_values(NUMBERS)) == 50
                armed = proxy.add(Rule(verb, message="D", nth=7))
                with pytest.raises(ConnectionLost) as caught:
                    await pool.fetch_values(NUMBERS)
                await backend.blocking(armed.wait)
                assert caught.value.outcome is Outcome.NO_EFFECT
                assert len(await pool.fetch_values(NUMBERS, timeout=30)) == 50

    backend.run(body)


def test_a_connection_that_is_cut_is_half_open(backend: Backend, numbers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(numbers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                armed = proxy.add(Rule("cut"))
                await backend.blocking(armed.wait)
                assert not proxy.audit.sessions[0].is_open
                assert proxy.open_connections == 1
                with pytest.raises(DeadlineExceeded):
                    await connection.fetch_values(NUMBERS, timeout=0.2)

    backend.run(body)


@pytest.mark.backends("asyncio")
@pytest.mark.parametrize(("verb", "expected"), [("fin", EOFError), ("rst", ConnectionResetError)])
def test_what_the_client_sees_of_an_end(
    backend: Backend, numbers: Database, verb: Any, expected: type[Exception]
) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers, tcp=True) as client:
        proxy.add(Rule(verb, offset=10))
        client.send(Query(b"SELECT 1"))

        with pytest.raises(expected):
            client.read_until(ReadyForQuery)


@pytest.mark.backends("asyncio")
def test_an_end_behind_a_byte_lets_the_bytes_ahead_through(backend: Backend, numbers: Database) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers, tcp=True) as client:
        proxy.add(Rule("fin", offset=11))
        client.send(Query(b"SELECT 1"))
        seen = b""
        while data := client.socket.recv(100):
            seen += data

    assert len(seen) == 11
    assert seen[:1] == b"T"


@pytest.mark.backends("asyncio")
def test_messages_are_dropped_doubled_added_and_changed(backend: Backend, numbers: Database) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers) as client:
        proxy.add(Rule("drop", message="D", nth=1))
        proxy.add(Rule("dup", message="D", nth=2))
        proxy.add(Rule("inject", message="C", data=encode_message(DataRow([b"new"]))))
        proxy.add(Rule("mutate", message="C", change=lambda frame: frame.replace(b"3", b"9")))
        client.send(Query(b"SELECT * FROM generate_series(1, 3)"))
        found = client.read_until(ReadyForQuery)

    assert [each.values for each in found if isinstance(each, DataRow)] == [[b"2"], [b"2"], [b"3"], [b"new"]]
    assert [each.tag for each in found if isinstance(each, CommandComplete)] == ["SELECT 9"]


@pytest.mark.backends("asyncio")
@pytest.mark.parametrize("verb", ["freeze", "stall"])
def test_a_frozen_peer_takes_everything_and_a_stalled_one_nothing(
    backend: Backend, numbers: Database, verb: Any
) -> None:
    with ChaosProxy(numbers.dsn, buffer_bytes=65_536) as proxy, raw_client(proxy, numbers) as client:
        armed = proxy.add(Rule(verb, "server", message="Q", offset=9))
        client.send(Query(b"SELECT 1"))
        armed.wait()
        client.socket.setblocking(False)
        sent = 0
        with pytest.raises(BlockingIOError) if verb == "stall" else pytest.raises(StopIteration):
            while True:
                sent += send_when_taken(client.socket, 1.0 if verb == "stall" else PATIENCE_SECONDS)
                if sent >= 20_000_000:
                    raise StopIteration

        assert proxy.audit.received["Z"] == 1
        assert (sent < 5_000_000) == (verb == "stall")


def send_when_taken(sock: socket.socket, seconds: float) -> int:
    """Send a little as soon as there is room for it; BlockingIOError if nobody makes room within `seconds`."""
    _, with_room, _ = select.select([], [sock], [], seconds)
    if not with_room:
        raise BlockingIOError
    return sock.send(b"\0" * 65_536)


@pytest.mark.backends("asyncio")
def test_the_same_seed_does_the_same(backend: Backend, numbers: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(seed: int) -> list[int]:
        with ChaosProxy(numbers.dsn, seed=seed) as proxy, raw_client(proxy, numbers) as client:
            proxy.add(Rule("split", size=30))
            return pieces(proxy, client, b"SELECT * FROM generate_series(1, 30)", monkeypatch)

    assert run(5) == run(5)
    assert run(5) != run(6)


@pytest.mark.backends("asyncio")
def test_refused_while_nobody_is_taken(backend: Backend, numbers: Database) -> None:
    with ChaosProxy(numbers.dsn) as proxy:
        port = proxy.tcp_port
        proxy.refuse()
        with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
            raw_client(proxy, numbers)
        with pytest.raises(ConnectionRefusedError):
            raw_client(proxy, numbers, tcp=True)
        # Nobody else is given the port meanwhile.
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((proxy.tcp_host, port))
        proxy.refuse()
        proxy.accept()
        proxy.accept()

        assert proxy.tcp_port == port
        with raw_client(proxy, numbers), raw_client(proxy, numbers, tcp=True):
            assert proxy.open_connections == 2
            proxy.close_all()
            proxy.wait_until(lambda: not any(each.is_open for each in proxy.audit.connections))


@pytest.mark.backends("asyncio")
def test_messages_and_round_trips_are_counted(backend: Backend, numbers: Database) -> None:
    with ChaosProxy(numbers.dsn, record=True) as proxy, raw_client(proxy, numbers) as client:
        proxy.audit.forget()
        for _ in range(3):
            client.send(Query(b"SELECT 1"))
            client.read_until(ReadyForQuery)

        assert proxy.audit.sent == {"Q": 3}
        assert proxy.audit.received == {"T": 3, "D": 3, "C": 3, "Z": 3}
        assert proxy.audit.round_trips == 3
        record = proxy.audit.sessions[0]
        assert record.frames_sent[0].kind == "startup"
        assert [each.kind for each in record.frames_received[-4:]] == ["T", "D", "C", "Z"]
        assert record.owed == 0
        assert record.transaction_status == "I"


def cancel_for(victim: RawClient, proxy: ChaosProxy, key: bytes | None = None) -> socket.socket:
    record = proxy.audit.sessions[0]
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(f"{proxy.host}/.s.PGSQL.{proxy.port}")
    assert record.process_id is not None
    sock.sendall(encode_message(CancelRequest(record.process_id, key or record.secret_key)))
    return sock


@pytest.mark.backends("asyncio")
def test_a_cancel_is_recognised_and_a_fair_one_is_no_finding(backend: Backend, numbers: Database) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers) as client:
        gone = proxy.add(Rule("pass", "server", message="cancel", on="cancel"))
        client.send(Query(b"SELECT pg_sleep(60)"))
        process_id = proxy.audit.sessions[0].process_id
        is_asleep = f"SELECT 1 FROM pg_stat_activity WHERE pid = {process_id} AND wait_event = 'PgSleep'"
        while not numbers.sql(is_asleep):
            continue  # a cancel that comes before the statement has begun is lost
        with cancel_for(client, proxy) as cancelling:
            assert cancelling.recv(1) == b""
        gone.wait()
        client.read_until(ReadyForQuery)
        client.send(Query(b"SELECT 1"))
        client.read_until(ReadyForQuery)

        assert [each.kind for each in proxy.audit.connections] == ["session", "cancel"]
        proxy.audit.check()


@pytest.mark.backends("asyncio")
@pytest.mark.parametrize("case", ["stranger", "neighbour", "new work"])
def test_an_unfair_cancel_is_a_finding(backend: Backend, numbers: Database, case: str) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers) as client:
        held = proxy.add(Rule("hold", "server", message="cancel", on="cancel"))
        client.send(*[Query(b"SELECT 1")] * (2 if case == "neighbour" else 1))
        if case != "neighbour":
            client.read_until(ReadyForQuery)
        else:
            proxy.add(Rule("hold", "client"))
            client.send(*[Query(b"SELECT pg_sleep(60)")] * 2)
        with cancel_for(client, proxy, b"1234" if case == "stranger" else None):
            held.wait()
            if case == "new work":
                client.send(Query(b"SELECT 2"))
                client.read_until(ReadyForQuery)
        expected = {"stranger": "no session", "neighbour": "others wait", "new work": "new work"}[case]

        with pytest.raises(AssertionError, match=expected):
            proxy.audit.check()


@pytest.mark.backends("asyncio")
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda client: client.send(Query(b"SELECT pg_sleep(60)"), Terminate()), "Terminate while 1"),
        (lambda client: client.send(Terminate(), Sync()), "bytes behind"),
    ],
)
def test_a_bad_goodbye_is_a_finding(
    backend: Backend, numbers: Database, act: Callable[[RawClient], None], expected: str
) -> None:
    with ChaosProxy(numbers.dsn) as proxy, raw_client(proxy, numbers) as client:
        act(client)
        proxy.wait_until(lambda: bool(proxy.audit.findings))

        with pytest.raises(AssertionError, match=expected):
            proxy.audit.check()


def test_a_rule_that_cannot_work_is_refused() -> None:
    for wrong in ({"verb": "drop"}, {"verb": "inject"}, {"verb": "fin", "nth": 2}, {"verb": "trickle", "size": 0}):
        with pytest.raises(qail.ConfigError, match="the rule"):
            Rule(**wrong)
