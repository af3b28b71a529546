"""SQL for arranging tests, without the code under test: one simple query over a server's unix socket, as text.

Rule 1: trust authentication only; this is for the superuser of a server that the tests started.
Rule 2: nothing of qail is imported, so a broken driver cannot break what arranges its tests.

Source: protocol-flow.html, "Simple Query"
"""

from __future__ import annotations

import socket
import struct

TIMEOUT_SECONDS = 60.0


class SqlError(Exception):
    """An ErrorResponse; `fields` has all of its fields."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(f"{fields.get('M')} (SQLSTATE {fields.get('C')})")
        self.fields = fields


def run_sql(
    socket_path: str, sql: str, *, user: str = "postgres", database: str = "postgres"
) -> list[tuple[str | None, ...]]:
    """Run `sql`, any number of statements, and return the rows of all of them as text; None is NULL."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(socket_path)
        words = ("user", user, "database", database, "client_encoding", "UTF8", "")
        startup = struct.pack("!i", 196608) + b"".join(word.encode() + b"\0" for word in words)
        connection.sendall(struct.pack("!i", len(startup) + 4) + startup)
        _answers(connection)
        query = sql.encode() + b"\0"
        connection.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
        rows = _answers(connection)
        connection.sendall(b"X\0\0\0\x04")
    return rows


def _answers(connection: socket.socket) -> list[tuple[str | None, ...]]:
    """Read up to ReadyForQuery. A FATAL error comes without one."""
    rows: list[tuple[str | None, ...]] = []
    failure: SqlError | None = None
    while True:
        kind, length = struct.unpack("!ci", _exactly(connection, 5))
        body = _exactly(connection, length - 4)
        if kind == b"D":
            rows.append(_values(body))
        elif kind == b"R" and body != b"\0\0\0\0":
            raise SqlError({"M": "the server asks for a password", "C": "28000"})
        elif kind == b"E":
            parts = body.rstrip(b"\0").split(b"\0")
            failure = failure or SqlError({part[:1].decode(): part[1:].decode("utf-8", "replace") for part in parts})
            if failure.fields.get("V") in ("FATAL", "PANIC"):
                raise failure
        elif kind == b"Z":
            if failure is not None:
                raise failure
            return rows


def _values(body: bytes) -> tuple[str | None, ...]:
    values: list[str | None] = []
    position = 2
    for _ in range(struct.unpack_from("!H", body)[0]):
        (length,) = struct.unpack_from("!i", body, position)
        position += 4
        values.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return tuple(values)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise ConnectionError("the server closed the connection")
        parts += part
    return bytes(parts)
