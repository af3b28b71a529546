"""The three loops over notifications of a blocking subscription, and TLS beneath blocking calls."""

from __future__ import annotations

import threading

import pytest

import qail.sync
from qail import DeadlineExceeded, TlsError
from support.listening import ListeningServer
from support.servers import Server

SAME = pytest.mark.feature("SY1")


@SAME
@pytest.mark.parametrize("kind", ["connection", "pool"])
@pytest.mark.parametrize("loop", ["block", "poll", "timeout", "iterate"])
def test_notifications_are_read_by_blocking_polling_and_timed_waits(server: Server, kind: str, loop: str) -> None:
    channel = f"loops {kind} {loop}"

    def notify() -> None:
        with qail.sync.connect(server.dsn) as other:
            for number in range(5):
                other.notify(channel, str(number))

    open_it = qail.sync.connect if kind == "connection" else qail.sync.create_pool
    with open_it(server.dsn) as db, db.listen(channel) as messages:
        assert messages.poll() is None
        with pytest.raises(DeadlineExceeded):
            messages.get(timeout=0.01)
        sender = threading.Thread(target=notify)
        sender.start()
        found: list[str] = []
        while len(found) < 5:
            if loop == "block":
                found.append(messages.get().payload)
            elif loop == "iterate":
                found.append(next(messages).payload)
            elif loop == "timeout":
                try:
                    found.append(messages.get(timeout=0.001).payload)
                except DeadlineExceeded:
                    continue
            elif (message := messages.poll()) is not None:
                found.append(message.payload)
        sender.join()
        assert found == ["0", "1", "2", "3", "4"]
        assert messages.poll() is None


@SAME
def test_certificates_are_judged_beneath_blocking_calls(tls_server: ListeningServer) -> None:
    settings = tls_server.settings("scram_user", sslmode="verify-full", sslrootcert=str(tls_server.ca_file))
    with qail.sync.connect(**settings) as connection:
        assert connection.info.transport == "tls"
        assert connection.script("SELECT 1") == [[("1",)]]
    with qail.sync.create_pool(**settings, max_size=2) as pool, pool.acquire() as connection:
        assert connection.script("SELECT repeat('x', 1000000)") == [[("x" * 1_000_000,)]]
    for certificate in ("wrong-name", "unknown-ca", "expired"):
        with tls_server.presenting(certificate), pytest.raises(TlsError) as caught:
            qail.sync.connect(**settings)
        assert caught.value.reason == "certificate"
