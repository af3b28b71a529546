"""Relay: the thread of a proxy, its selector loop, and the connections it carries.

Rule 1: everything that moves bytes runs on the relay's thread. Others hand it a call and wait for its result.
Rule 2: a connection is closed on both sides together, except that `cut` leaves the client's side open and silent.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Final, NamedTuple, Protocol, TypeVar

from qail.pg.wire.startup import SSL_REQUEST_FRAME, CancelRequest
from qail.testing.audit import Audit, ConnectionRecord
from qail.testing.framing import Conversation, Frame
from qail.testing.lane import POLL_SECONDS, Lane
from qail.testing.rule import ArmedRule
from qail.testing.sockets import receive, reset

T = TypeVar("T")

READ_BYTES: Final = 65_536
CALL_SECONDS: Final = 30.0


class World(Protocol):
    """What a connection knows of its proxy."""

    @property
    def audit(self) -> Audit:
        """What was seen."""
        ...

    @property
    def tls(self) -> ssl.SSLContext | None:
        """With what TLS is ended, if it is."""
        ...

    @property
    def armed(self) -> list[ArmedRule]:
        """The rules at work."""
        ...

    def log(self, record: ConnectionRecord, lane: Lane, armed: ArmedRule) -> None:
        """A rule acts."""

    def find(self, record: ConnectionRecord) -> Connection | None:
        """The open connection of a record."""


class Connection:
    """A client, the server behind it, and the two lanes between them."""

    def __init__(
        self,
        world: World,
        record: ConnectionRecord,
        sides: tuple[socket.socket, socket.socket],
        *,
        seed: str,
        size: int,
    ) -> None:
        self.record: Final = record
        self.number: Final = record.number
        self.client: socket.socket | None = sides[0]
        self.server: socket.socket | None = sides[1]
        self.conversation: Final = Conversation()
        self.keeps_frames = False
        self.to_client: Final = Lane("client", self, self.conversation, f"{seed}:client", size)
        self.to_server: Final = Lane("server", self, self.conversation, f"{seed}:server", size)
        self._world: Final = world
        self._is_deaf = False
        self._has_told_end = False

    # ------------------------------------------------------------------------------------------ the lanes' questions

    def rules(self, lane: Lane) -> list[ArmedRule]:
        """See lane.Owner."""
        return [each for each in self._world.armed if each.is_armed and each.rule.to == lane.to and self.is_for(each)]

    def is_for(self, armed: ArmedRule) -> bool:
        """Whether a rule is about this connection, as far as is known by now."""
        rule = armed.rule
        return rule.connection in (0, self.number) and rule.on in ("any", self.record.kind)

    def begins(self, lane: Lane, frame: Frame, data: bytes) -> None:
        """See lane.Owner."""
        record, audit = self.record, self._world.audit
        if lane is self.to_client:
            audit.find(record, record.take_answer(frame.kind, data))
            if self.keeps_frames:
                record.frames_received.append(frame)
            return
        if frame.kind == "cancel":
            self._judge_cancel(data)
        audit.find(record, record.take_request(frame.kind, data))
        if self.keeps_frames:
            record.frames_sent.append(frame)
        if frame.kind in ("cancel", "startup"):
            record.kind = "cancel" if frame.kind == "cancel" else "session"
            self.apply(each for each in self._world.armed if each.rule.on == record.kind)

    def _judge_cancel(self, data: bytes) -> None:
        audit = self._world.audit
        victim = audit.victim_of(CancelRequest.decode(data, 4, len(data)))
        carrier = self._world.find(victim) if victim is not None else None
        if carrier is not None:
            # What the client sent on that connection it sent before it dialled this one: look at it first.
            carrier.read("client", time.monotonic())
        audit.take_cancel(self.record, victim)

    def apply(self, rules: Iterable[ArmedRule]) -> None:
        """Take rules that no message triggers: at once, or at a byte."""
        now = time.monotonic()
        for armed in rules:
            rule = armed.rule
            if rule.is_about_messages or not armed.is_armed or not self.is_for(armed):
                continue
            lane = self.to_client if rule.to == "client" else self.to_server
            # At a byte it is the first connection that gets there which triggers it: see `begin`.
            if rule.is_about_a_byte or armed.trigger():
                lane.act_at(lane.position + (rule.offset or 0), armed)
                lane.catch_up(now)

    def begin(self, lane: Lane, armed: ArmedRule, now: float) -> None:
        """See lane.Owner."""
        if armed.rule.is_about_a_byte and not armed.trigger():
            return
        self._world.log(self.record, lane, armed)
        lane.begin(armed, now)
        if armed.rule.verb == "freeze":
            other = self.to_server if lane is self.to_client else self.to_client
            other.begin(armed, now, is_counted=False)

    def act(self, lane: Lane, armed: ArmedRule) -> None:
        """See lane.Owner."""
        verb = armed.rule.verb
        self.to_server.drop_all()
        self._close_server()
        if verb == "fin":
            # What was on its way to the client when the end came from the other lane still goes out.
            self.to_client.end(at_once=lane is self.to_client)
            return
        self.to_client.drop_all()
        if verb == "cut":
            self._is_deaf = True
        elif self.client is not None:
            reset(self._taken_client())

    # ------------------------------------------------------------------------------------------ bytes

    @property
    def is_closed(self) -> bool:
        """Whether both sides are."""
        return self.client is None and self.server is None

    def read(self, side: str, now: float) -> None:
        """Take what one side has sent."""
        source = self.client if side == "client" else self.server
        lane = self.to_server if side == "client" else self.to_client
        is_unheard = self._is_deaf and side == "client"
        if source is None or not (lane.wants_input or is_unheard):
            return
        try:
            data = receive(source, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if side == "client" and data == SSL_REQUEST_FRAME and self._begin_tls(source):
            return
        if is_unheard:
            if not data:
                self.close()
            return
        if not data:
            if side == "server":
                self._world.audit.end(self.record)
            lane.end()
            return
        is_wrong = self.record.took_bytes(len(data), from_client=side == "client")
        self._world.audit.find(self.record, "bytes behind Terminate" if is_wrong else "")
        lane.take(data, now)

    def _begin_tls(self, client: socket.socket) -> bool:
        """Answer SSLRequest ourselves and go on in TLS with the client, if we can; the server is spoken to in plain."""
        if self._world.tls is None or self.record.bytes_sent:
            return False
        client.sendall(b"S")
        self.client = self._world.tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        return True

    def service(self, now: float) -> float | None:
        """Send what may go; returns when to come back."""
        times = [self.to_server.send(self.server, now), self.to_client.send(self.client, now)]
        if self.to_client.is_ended and not self.is_closed:
            self._hang_up()
        elif self.to_server.is_ended and not self._has_told_end and self.server is not None:
            self._has_told_end = True
            with contextlib.suppress(OSError):
                self.server.shutdown(socket.SHUT_WR)
        return min((each for each in times if each is not None), default=None)

    def _hang_up(self) -> None:
        """The server's end has reached the client: an end in order, so nothing may be left unread here."""
        if self.client is not None:
            with contextlib.suppress(OSError):
                while receive(self.client, READ_BYTES):
                    pass
        self.close()

    def masks(self) -> list[tuple[socket.socket, str, int]]:
        """Each open side, and what to watch it for."""
        found: list[tuple[socket.socket, str, int]] = []
        for sock, side, source, target in (
            (self.client, "client", self.to_server, self.to_client),
            (self.server, "server", self.to_client, self.to_server),
        ):
            if sock is not None:
                reads = source.wants_input or (side == "client" and self._is_deaf)
                mask = (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if target.wants_write else 0)
                found.append((sock, side, mask))
        return found

    def _taken_client(self) -> socket.socket:
        assert self.client is not None
        client, self.client = self.client, None
        return client

    def _close_server(self) -> None:
        self._world.audit.end(self.record)
        if self.server is not None:
            self.server.close()
            self.server = None

    def close(self) -> None:
        """Close both sides."""
        self.to_server.drop_all()
        self.to_client.drop_all()
        self._close_server()
        if self.client is not None:
            self._taken_client().close()


class _Watched(NamedTuple):
    """What a socket is watched for: a side of a connection, or, without one, clients that dial."""

    connection: Connection | None
    side: str
    mask: int


class Relay:
    """The loop. `accept` is called with each new client."""

    def __init__(self, accept: Callable[[socket.socket], None], condition: threading.Condition) -> None:
        self.connections: list[Connection] = []
        self.listening: list[socket.socket] = []
        self.failure: BaseException | None = None
        self._accept: Final = accept
        self._condition: Final = condition
        self._selector: Final = selectors.DefaultSelector()
        self._calls: deque[Callable[[], None]] = deque()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._is_stopping = False
        self._watched: dict[socket.socket, _Watched] = {}
        self._thread: Final = threading.Thread(target=self._loop, name="qail-chaos-proxy", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the relay's thread and return what it returns."""
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return function()
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(function())
            except BaseException as error:  # noqa: BLE001  raised again where it was called
                result.set_exception(error)

        self._calls.append(run)
        self._wake_out.send(b"\0")
        return result.result(CALL_SECONDS)

    def stop(self) -> None:
        """Close everything and end the thread."""

        def end() -> None:
            self._is_stopping = True

        self.call(end)
        self._thread.join(CALL_SECONDS)
        for connection in self.connections:
            connection.close()
        for each in (*self.listening, self._wake_in, self._wake_out):
            each.close()
        self._selector.close()

    def _loop(self) -> None:
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        try:
            self._turn()
        except BaseException as error:
            self.failure = error
            raise

    def _turn(self) -> None:
        while not self._is_stopping:
            due = self._service()
            timeout = None if due is None else max(0.0, due - time.monotonic())
            if timeout is not None and timeout < 10 * POLL_SECONDS:
                # The selector's clock counts in milliseconds; a wait shorter than that is slept.
                time.sleep(timeout)
                timeout = 0.0
            for key, _ in self._selector.select(timeout):
                self._handle(key)
            while self._calls:
                self._calls.popleft()()

    def _handle(self, key: selectors.SelectorKey) -> None:
        watched: _Watched | None = key.data
        if watched is None:
            with contextlib.suppress(BlockingIOError):
                self._wake_in.recv(READ_BYTES)
        elif watched.connection is not None:
            watched.connection.read(watched.side, time.monotonic())
        elif isinstance(key.fileobj, socket.socket):
            with contextlib.suppress(OSError):
                self._accept(key.fileobj.accept()[0])

    def _service(self) -> float | None:
        """Let every connection send; watch what is to be watched; returns when something is due."""
        now = time.monotonic()
        due: float | None = None
        wanted: dict[socket.socket, _Watched] = {}
        for each in self.listening:
            wanted[each] = _Watched(None, "", selectors.EVENT_READ)
        for connection in self.connections:
            later = connection.service(now)
            due = later if due is None else due if later is None else min(due, later)
            for sock, side, mask in connection.masks():
                if mask:
                    wanted[sock] = _Watched(connection, side, mask)
        self.connections = [each for each in self.connections if not each.is_closed]
        self._watch(wanted)
        with self._condition:
            self._condition.notify_all()
        return due

    def _watch(self, wanted: dict[socket.socket, _Watched]) -> None:
        for sock in [each for each in self._watched if each not in wanted]:
            del self._watched[sock]
            # A closed socket has no number any more; the kernel has forgotten it, and so must the selector.
            self._selector.unregister(sock)
        for sock, watched in wanted.items():
            before = self._watched.get(sock)
            if before is None:
                self._selector.register(sock, watched.mask, watched)
            elif before != watched:
                self._selector.modify(sock, watched.mask, watched)
            self._watched[sock] = watched
