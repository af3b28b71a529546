"""HostileServer: plays a list of steps on a bare socket, and keeps what the client said. It obeys no protocol.

    HostileServer([Expect("startup"), Send(*GREETING), Expect("S"), Send(b"Z\\0\\0\\0\\5I" * 2)])

Rule 1: steps are data: one list for each connection, and the last one for all that come after.
Rule 2: behind its last step a server reads until the client hangs up; `Heard.silence` is what it hears.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qail.pg.wire.message import Message
from qail.testing.framing import Conversation
from qail.testing.listener import Listener
from qail.testing.script import frames
from qail.testing.sockets import reset

READ_BYTES: Final = 65_536


@dataclass(frozen=True)
class Expect:
    """Read until `count` messages of a kind have come: a letter, or startup, ssl, gss, cancel."""

    kind: str
    count: int = 1


@dataclass(frozen=True)
class Hear:
    """Read until so many bytes have come, whatever they are."""

    byte_count: int = 1


class Send:
    """Send messages, and bytes as they are, in one piece."""

    def __init__(self, *parts: Message | bytes) -> None:
        self.data: Final = b"".join(part if isinstance(part, bytes) else frames(part) for part in parts)

    def __repr__(self) -> str:
        return f"Send({len(self.data)} bytes)"


@dataclass(frozen=True)
class Pause:
    """Wait a while."""

    seconds: float


@dataclass(frozen=True)
class Wait:
    """Wait for `HostileServer.release`."""


@dataclass(frozen=True)
class Close:
    """Close: an end in order, unless something is unread."""


@dataclass(frozen=True)
class Reset:
    """Close by a reset."""


@dataclass(frozen=True)
class Stall:
    """Read nothing more, until the server stops."""


Step = Expect | Hear | Send | Pause | Wait | Close | Reset | Stall


class Heard:
    """What one client said: `kinds` of messages as far as they could be read, all `data`, and whether it `hung_up`."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.data = b""
        self.hung_up = False
        self.step = 0
        """How many steps were done."""
        self.silence = b""
        """What came behind the last step."""


class HostileServer(Listener):
    """Plays `conversations`, each a list of steps: the n-th for the n-th connection, the last for all further ones."""

    def __init__(self, *conversations: Sequence[Step]) -> None:
        self.conversations: Final = conversations
        self.connections: Final[list[Heard]] = []
        self.released: Final = threading.Event()
        """Set by `release`."""
        super().__init__("hostile")

    def __repr__(self) -> str:
        return f"HostileServer(connections={len(self.connections)})"

    def release(self) -> None:
        """Let every `Wait` go on."""
        self.released.set()

    def stop(self) -> None:
        """See Listener."""
        self.released.set()
        super().stop()

    def serve(self, client: socket.socket) -> None:
        """See Listener."""
        heard = Heard()
        with self.condition:
            steps = self.conversations[min(len(self.connections), len(self.conversations) - 1)]
            self.connections.append(heard)
        player = _Player(self, client, heard)
        try:
            for step in steps:
                if not player.play(step):
                    return
                heard.step += 1
                self.changed()
            player.listen()
        except OSError:
            heard.hung_up = True


class _Player:
    def __init__(self, server: HostileServer, client: socket.socket, heard: Heard) -> None:
        self._server: Final = server
        self._client: Final = client
        self._heard: Final = heard
        self._conversation: Final = Conversation()
        self._unread = b""

    def play(self, step: Step) -> bool:
        """One step; whether to go on."""
        if isinstance(step, Expect):
            return all(self._expect(step.kind) for _ in range(step.count))
        if isinstance(step, Hear):
            return self._hear(step.byte_count)
        if isinstance(step, Send):
            self._client.sendall(step.data)
        elif isinstance(step, Pause):
            time.sleep(step.seconds)
        elif isinstance(step, Wait):
            self._server.released.wait()
        elif isinstance(step, Stall):
            with self._server.condition:
                self._server.condition.wait_for(lambda: self._server.is_stopping)
        elif isinstance(step, Reset):
            reset(self._client)
        return not isinstance(step, Close | Reset | Stall)

    def listen(self) -> None:
        """Hear the client out."""
        while data := self._read():
            self._heard.silence += data
        self._heard.hung_up = True

    def _read(self) -> bytes:
        data = self._client.recv(READ_BYTES)
        self._heard.data += data
        self._server.changed()
        return data

    def _hear(self, byte_count: int) -> bool:
        until = len(self._heard.data) - len(self._unread) + byte_count
        while len(self._heard.data) < until:
            if not self._read():
                self._heard.hung_up = True
                return False
        self._unread = b""
        return True

    def _expect(self, kind: str) -> bool:
        while True:
            found = self._next()
            if found == kind:
                return True
            if not found:
                data = self._read()
                if not data:
                    self._heard.hung_up = True
                    return False
                self._unread += data

    def _next(self) -> str:
        """The kind of the next whole message; empty when there is none."""
        size, kind = self._conversation.measure("server", self._unread, 0) if self._unread else (0, "")
        if size <= 0 or len(self._unread) < size:
            return ""
        self._conversation.note(kind, self._unread[:size])
        self._unread = self._unread[size:]
        self._heard.kinds.append(kind)
        return kind
