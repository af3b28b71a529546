"""ChaosProxy: a proxy in front of a PostgreSQL server that knows the protocol and does what a bad network does.

    with ChaosProxy(server_dsn) as proxy:
        connection = qail.sync.connect(proxy.dsn())
        held = proxy.add(Rule("hold", to="client", message="C"))
        ...                                     # a statement, in another thread or task
        held.wait()                             # its CommandComplete has come and is kept
        held.release()
        proxy.audit.check()

Rule 1: it runs in a thread of its own and is told what to do by plain calls, from any thread; a call has taken effect
when it returns. In a coroutine only `wait` and `wait_until` are to be kept off the loop (`asyncio.to_thread`).
Rule 2: it listens on a unix socket and on a loopback port; nobody from elsewhere reaches it.
Rule 3: what it does by chance comes from `seed`, for each connection and direction by itself; `events` is what it did.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, NamedTuple, Self

from qail.testing.audit import Audit, ConnectionRecord
from qail.testing.lane import QUEUE_BYTES, Lane
from qail.testing.relay import Connection, Relay
from qail.testing.rule import PATIENCE_SECONDS, ArmedRule, Rule, Verb
from qail.testing.sockets import (
    LOOPBACK,
    UNIX_PORT,
    begin_listening,
    bind_to_loopback,
    dial,
    dsn_at,
    first_address,
    listen_on_path,
    narrow,
    reset,
    send_at_once,
)


class Event(NamedTuple):
    """A rule acted: on the n-th connection, behind this many bytes of a direction."""

    connection: int
    to: str
    position: int
    verb: str


class ChaosProxy:
    """A proxy in front of the server that `target`, a DSN, names first; unless given, of the PG* variables.

    `host` and `port` are its unix socket, `tcp_host` and `tcp_port` its loopback port. `buffer_bytes` makes the buffers
    of its sockets, and what it keeps itself, that small. With `record` the audit keeps the place of every message.
    `tls`, a context of the server's side, lets it take clients by TLS, in front of a server that is spoken to in plain.
    """

    def __init__(
        self,
        target: str = "",
        *,
        seed: int | None = None,
        buffer_bytes: int | None = None,
        record: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.target: Final = target
        self.seed: Final = secrets.randbelow(2**32) if seed is None else seed
        self.audit: Final = Audit()
        self.tls: Final = tls
        self.events: Final[list[Event]] = []
        self.armed: list[ArmedRule] = []
        self.tcp_host: Final = LOOPBACK
        self.port: Final = UNIX_PORT
        self._address: Final = first_address(target)
        self._buffer_bytes: Final = buffer_bytes
        self._record: Final = record
        self._condition: Final = threading.Condition()
        self._relay: Final = Relay(self._accept, self._condition)
        self.host: Final = tempfile.mkdtemp(prefix="qail-proxy-")
        self._reserved: socket.socket | None = bind_to_loopback()
        self.tcp_port: Final = int(self._reserved.getsockname()[1])
        self.accept()
        self._relay.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"ChaosProxy(seed={self.seed}, connections={len(self.audit.connections)}, rules={self.armed!r})"

    def stop(self) -> None:
        """Close all connections and the listening sockets, and end the thread."""
        self._relay.stop()
        if self._reserved is not None:
            self._reserved.close()
        shutil.rmtree(self.host, ignore_errors=True)

    def dsn(self, base: str | None = None, *, tcp: bool = False) -> str:
        """`base` (the target, unless given) with the proxy as its host: by the unix socket, or by TCP."""
        where = (self.tcp_host, self.tcp_port) if tcp else (self.host, self.port)
        return dsn_at(self.target if base is None else base, *where)

    # ------------------------------------------------------------------------------------------ rules

    def add(self, rule: Rule) -> ArmedRule:
        """Put a rule to work. One without a trigger has been applied to the open connections when this returns."""

        def arm() -> ArmedRule:
            armed = ArmedRule(rule, self._condition, self._forget)
            self.armed.append(armed)
            self._apply(armed)
            return armed

        return self._relay.call(arm)

    def _forget(self, armed: ArmedRule) -> None:
        def forget() -> None:
            armed.is_released = True
            if armed in self.armed:
                self.armed.remove(armed)

        self._relay.call(forget)

    def release_all(self) -> None:
        """Release every rule."""
        for armed in list(self.armed):
            armed.release()

    def wait_for(self, armed: ArmedRule, count: int = 1, *, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until a rule has acted `count` times; see `ArmedRule.wait`.

        Raises:
            TimeoutError: it did not.
        """
        armed.wait(count, timeout=timeout)

    def wait_until(self, is_true: Callable[[], bool], *, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until a condition about what the proxy has seen is true; it is asked again whenever bytes have moved.

        Raises:
            TimeoutError: it did not become true.
        """
        with self._condition:
            if not self._condition.wait_for(is_true, timeout):
                raise TimeoutError(f"it did not become true within {timeout:g} s: {self!r}")

    # ------------------------------------------------------------------------------------------ connections

    @property
    def open_connections(self) -> int:
        """How many connections are open on either side."""
        return self._relay.call(lambda: len([each for each in self._relay.connections if not each.is_closed]))

    def reset_all(self) -> None:
        """Reset every connection now; new ones are taken."""
        self._end_all("rst")

    def close_all(self) -> None:
        """End every connection now, in order; new ones are taken."""
        self._end_all("fin")

    def _end_all(self, verb: Verb) -> None:
        rule = Rule(verb, on="any")
        self._relay.call(lambda: self._apply(ArmedRule(rule, self._condition, self._forget)))

    def _apply(self, armed: ArmedRule) -> None:
        now = time.monotonic()
        for connection in self._relay.connections:
            connection.apply([armed])
            connection.service(now)

    def refuse(self) -> None:
        """Take no more connections: who dials is refused."""

        def close() -> None:
            if not self._relay.listening:
                return
            for each in self._relay.listening:
                each.close()
            self._relay.listening = []
            # Bound without listening, it refuses who dials, and nobody else is given the port meanwhile.
            self._reserved = bind_to_loopback(self.tcp_port)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

        self._relay.call(close)

    def accept(self) -> None:
        """Take connections, as from the start, on the same path and port."""

        def listen() -> None:
            over_tcp, self._reserved = self._reserved, None
            if over_tcp is None:
                return
            begin_listening(over_tcp)
            self._relay.listening = [listen_on_path(self._path), over_tcp]

        self._relay.call(listen)

    @property
    def _path(self) -> str:
        return f"{self.host}/.s.PGSQL.{self.port}"

    def _accept(self, client: socket.socket) -> None:
        record = ConnectionRecord(len(self.audit.connections) + 1)
        self.audit.connections.append(record)
        try:
            server = dial(self._address)
        except OSError:
            reset(client)
            self.audit.end(record)
            return
        client.setblocking(False)
        send_at_once(client)
        for each in (client, server):
            narrow(each, self._buffer_bytes)
        connection = Connection(
            self,
            record,
            (client, server),
            seed=f"{self.seed}:{record.number}",
            size=self._buffer_bytes or QUEUE_BYTES,
        )
        connection.keeps_frames = self._record
        self._relay.connections.append(connection)
        connection.apply(each for each in list(self.armed) if each.rule.on == "any")

    # ------------------------------------------------------------------------------------------ what connections ask

    def log(self, record: ConnectionRecord, lane: Lane, armed: ArmedRule) -> None:
        """Keep an event; see relay.World."""
        self.events.append(Event(record.number, lane.to, lane.position, armed.rule.verb))

    def find(self, record: ConnectionRecord) -> Connection | None:
        """The open connection of a record; see relay.World."""
        return next((each for each in self._relay.connections if each.record is record), None)
