"""Listener: a unix socket and a loopback port, and a thread for each client that comes.

Rule 1: a client's thread blocks on its socket; `stop` shuts every socket down, which ends the threads.
Rule 2: nothing here knows the protocol.
"""

from __future__ import annotations

import contextlib
import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from qail.testing.rule import PATIENCE_SECONDS
from qail.testing.sockets import LOOPBACK, UNIX_PORT, dsn_at, listen_on_loopback, listen_on_path, send_at_once

STOP_SECONDS: Final = 30.0


class Listener:
    """The base of servers that tests talk to, at a unix socket (`host`, `port`) and by TCP (`tcp_host`, `tcp_port`)."""

    def __init__(self, name: str) -> None:
        self.host: Final = tempfile.mkdtemp(prefix=f"qail-{name}-")
        self.port: Final = UNIX_PORT
        self.tcp_host: Final = LOOPBACK
        self.condition: Final = threading.Condition()
        self.is_stopping = False
        self._listening: Final = [listen_on_path(f"{self.host}/.s.PGSQL.{self.port}"), listen_on_loopback()]
        self.tcp_port: Final = int(self._listening[1].getsockname()[1])
        self._name: Final = name
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._wake_in, self._wake_out = socket.socketpair()
        self._accepting: Final = threading.Thread(target=self._accept, name=f"qail-{name}", daemon=True)
        self._accepting.start()

    def serve(self, client: socket.socket) -> None:
        """Talk to one client, in a thread of its own; the socket is closed afterwards."""
        raise AssertionError("a server defines serve")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def dsn(
        self, *, user: str = "app", database: str = "app", password: str = "", tcp: bool = False, **settings: str
    ) -> str:
        """Where it is, for a client: by the unix socket, or by TCP. `settings` are further keywords."""
        where = (self.tcp_host, self.tcp_port) if tcp else (self.host, self.port)
        words = {"user": user, "dbname": database, "password": password, **settings}
        return dsn_at(" ".join(f"{name}={_quoted(value)}" for name, value in words.items() if value), *where)

    def wait_until(self, is_true: Callable[[], bool], *, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until a condition about what the server has seen is true; it is asked again at every message.

        Raises:
            TimeoutError: it did not become true.
        """
        with self.condition:
            if not self.condition.wait_for(is_true, timeout):
                raise TimeoutError(f"it did not become true within {timeout:g} s: {self!r}")

    def changed(self) -> None:
        """Wake those who wait."""
        with self.condition:
            self.condition.notify_all()

    def stop(self) -> None:
        """Close every connection and end the threads."""
        self.is_stopping = True
        self._wake_out.close()
        self._accepting.join(STOP_SECONDS)
        self.end_clients()
        self.changed()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        for each in (*self._listening, self._wake_in):
            each.close()
        shutil.rmtree(self.host, ignore_errors=True)

    def end_clients(self) -> None:
        """Shut every connection down."""
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (*self._listening, self._wake_in):
                selector.register(each, selectors.EVENT_READ)
            while not self.is_stopping:
                for key, _ in selector.select():
                    self._start(key.fileobj)

    def _start(self, listening: object) -> None:
        if listening is self._wake_in or not isinstance(listening, socket.socket):
            return
        try:
            client = listening.accept()[0]
        except OSError:
            return
        client.setblocking(True)
        send_at_once(client)
        self._sockets.add(client)
        thread = threading.Thread(target=self._run, args=(client,), name=f"qail-{self._name}-client", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, client: socket.socket) -> None:
        try:
            # Whatever a client or a test does to the socket ends this connection only.
            with contextlib.suppress(OSError):
                self.serve(client)
        finally:
            self._sockets.discard(client)
            client.close()
            self.changed()


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
