"""A session on a bare socket, one message at a time: for tests of what stands between a client and a server."""

from __future__ import annotations

import socket
from typing import Self

from qail.pg.wire.constants import PROTOCOL_3_0
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import BackendReader
from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import StartupMessage

PATIENCE_SECONDS = 30


class RawClient:
    """Connects to a unix socket's folder, or to a TCP port, and waits for the first ReadyForQuery: its `greeting`."""

    def __init__(self, host: str, port: int, *, version: int = PROTOCOL_3_0, **parameters: str) -> None:
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(f"{host}/.s.PGSQL.{port}")
            except OSError:
                self.socket.close()
                raise
        else:
            self.socket = socket.create_connection((host, port))
        self.socket.settimeout(PATIENCE_SECONDS)
        self._reader = BackendReader()
        self._messages: list[Message] = []
        self.send(StartupMessage(version, parameters))
        self.greeting = self.read_until(ReadyForQuery)

    def send(self, *messages: Message) -> None:
        self.socket.sendall(b"".join(map(encode_message, messages)))

    def read_until(self, kind: type[Message]) -> list[Message]:
        """The messages up to the first of a kind. Raises EOFError at the end."""
        found: list[Message] = []
        while True:
            while self._messages:
                found.append(self._messages.pop(0))
                if isinstance(found[-1], kind):
                    return found
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._messages = list(self._reader.feed(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
