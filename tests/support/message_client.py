"""A client that sends whatever messages a test wants, and tells what came back as a line of text.

    client.exchange(*run(b"SELECT 1"), Sync())  ->  "1 2 D C:SELECT 1 Z:I"

`1` ParseComplete, `2` BindComplete, `D` a row, `C:` a command's tag, `E:` an error's SQLSTATE, `Z:` the status, `G` and
`H` the beginnings of COPY; other messages are their type. What comes at any time (N, S, A) is left out.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from librt.strings import BytesWriter

from qail.pg.wire.extended import Bind, Execute, Parse
from qail.pg.wire.message import Message
from qail.pg.wire.startup import CancelRequest
from support.servers import Database, Server

TIMEOUT_SECONDS = 60.0
GONE = "EOF"


def run(sql: bytes, *values: bytes, portal_name: bytes = b"", name: bytes = b"", max_rows: int = 0) -> list[Message]:
    """Parse, Bind, Execute of one statement, with values as text."""
    return [Parse(name, sql, []), *again(name, *values, portal_name=portal_name, max_rows=max_rows)]


def frame(kind: bytes, body: bytes) -> bytes:
    """A message, whatever is in it."""
    return kind + struct.pack("!i", len(body) + 4) + body


def again(name: bytes, *values: bytes, portal_name: bytes = b"", max_rows: int = 0) -> list[Message]:
    """Bind, Execute of a statement that was parsed."""
    return [Bind(portal_name, name, [], list(values), []), Execute(portal_name, max_rows)]


class MessageClient:
    """One connection of the superuser over the unix socket."""

    def __init__(self, place: Server | Database, parameters: Mapping[str, bytes] | None = None) -> None:
        server = place.server if isinstance(place, Database) else place
        self.server = server
        self.process_id = 0
        self.rows: list[list[bytes | None]] = []
        """Of all rows since the last `exchange` began, their values."""
        self._secret_key = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._socket.connect(server.socket_path)
        database = place.name if isinstance(place, Database) else server.database
        words = {"user": server.user.encode(), "database": database.encode(), **(parameters or {})}
        body = b"".join(name.encode() + b"\0" + value + b"\0" for name, value in words.items()) + b"\0"
        self._socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self.greeting = self.answer()

    def send(self, *messages: Message | bytes) -> None:
        """Whole messages, in one piece; as bytes those that our own encoders refuse."""
        out = BytesWriter()
        for message in messages:
            if isinstance(message, bytes):
                out.write(message)
            else:
                message.encode(out)
        self._socket.sendall(out.getvalue())

    def exchange(self, *messages: Message | bytes) -> str:
        """Send, and read up to the next ReadyForQuery or the end."""
        self.rows = []
        self.send(*messages)
        return self.answer()

    def answer(self, until: str = "Z") -> str:
        """What comes, up to a message of this type, or the end of the stream."""
        told: list[str] = []
        while not told or told[-1][:1] != until:
            try:
                kind, length = struct.unpack("!ci", self._exactly(5))
                body = self._exactly(length - 4)
            except (ConnectionError, EOFError):
                told.append(GONE)
                break
            told += self._told(kind.decode(), body)
        return " ".join(told)

    def _told(self, kind: str, body: bytes) -> list[str]:
        if kind in "NSAR":
            return []
        if kind == "K":
            self.process_id, self._secret_key = struct.unpack("!i", body[:4])[0], body[4:]
            return []
        if kind == "D":
            self.rows.append(_values(body))
        if kind == "C":
            return [f"C:{body[:-1].decode()}"]
        if kind == "E":
            fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
            return [f"E:{fields[b'C']}"]
        return [f"Z:{body.decode()}" if kind == "Z" else kind]

    def cancel(self) -> None:
        """Send a CancelRequest, and wait until the server has closed its connection."""
        out = BytesWriter()
        CancelRequest(self.process_id, self._secret_key).encode(out)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as errand:
            errand.settimeout(TIMEOUT_SECONDS)
            errand.connect(self.server.socket_path)
            errand.sendall(out.getvalue())
            while errand.recv(64):
                pass

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._socket.recv(min(count - len(parts), 1 << 20))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """Close the socket, without a word."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _values(body: bytes) -> list[bytes | None]:
    values: list[bytes | None] = []
    position = 2
    for _ in range(struct.unpack_from("!H", body)[0]):
        (length,) = struct.unpack_from("!i", body, position)
        position += 4
        values.append(None if length < 0 else body[position : position + length])
        position += max(length, 0)
    return values
