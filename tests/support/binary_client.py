"""A blocking client for the conformance tests of codecs: extended queries with given parameter types, binary values.

It uses qail's wire and codec layers and the question for unknown types, so a codec is judged by the server alone.

Source: protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import Self

from librt.strings import BytesWriter

from qail.pg._generated.sqlstates import error_class
from qail.pg.codec.parameters import write_parameters, write_result_formats
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.steps.types import TypeQuestion
from qail.pg.wire.fields import patch_length
from qail.pg.wire.query import (
    DESCRIBE_UNNAMED_STATEMENT_FRAME,
    EXECUTE_UNNAMED_FRAME,
    SYNC_FRAME,
    write_bind_head,
    write_parse,
)
from support.servers import Server

TIMEOUT_SECONDS = 60.0


class BinaryClient:
    """One connection of the superuser over the unix socket; `registry` is its own."""

    def __init__(self, server: Server, database: str | None = None) -> None:
        self.registry = CodecRegistry()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._socket.connect(server.socket_path)
        self._received = self._socket.makefile("rb", buffering=2**16)
        words = ("user", server.user, "database", database or server.database, "client_encoding", "UTF8", "")
        startup = struct.pack("!i", 196608) + b"".join(word.encode() + b"\0" for word in words)
        self._socket.sendall(struct.pack("!i", len(startup) + 4) + startup)
        self._messages()

    def fetch(self, sql: str, values: list[object], type_oids: list[int]) -> list[tuple[object, ...]]:
        """The rows of one query. `type_oids` are the parameters' types; values are encoded before anything is sent."""
        described = self._send_and_receive(self._parse(sql, type_oids) + DESCRIBE_UNNAMED_STATEMENT_FRAME)
        column_oids: list[int] = []
        body = b""
        for kind, body in described:
            if kind == b"T":
                sink = RowDecoder([], self.registry, None)
                sink.describe(body)
                column_oids = sink.type_oids
        has_asked = self._look_up(self.registry.missing([*type_oids, *column_oids]))
        codecs = [self.registry.for_column(oid) for oid in column_oids]
        out = BytesWriter()
        start = write_bind_head(out, b"")
        write_parameters(
            out, [self.registry.for_parameter(oid) for oid in type_oids], values, list(range(len(values))), []
        )
        write_result_formats(out, codecs)
        patch_length(out, start)
        decoder = RowDecoder(codecs, self.registry, column_oids)
        # A look-up takes the unnamed statement's place.
        parse = self._parse(sql, type_oids) if has_asked else b""
        self._take_rows(decoder, self._send_and_receive(parse + out.getvalue() + EXECUTE_UNNAMED_FRAME))
        if decoder.error is not None:
            raise decoder.error
        return decoder.rows

    def value(self, sql: str, value: object = None, type_oid: int = 0) -> object:
        """The one value of a query with one parameter, or with none when no type is given."""
        ((found,),) = self.fetch(sql, [value], [type_oid]) if type_oid else self.fetch(sql, [], [])
        return found

    def _look_up(self, type_oids: list[int]) -> bool:
        """Learn the types that nothing is known of, as the driver does; False when there are none."""
        if not type_oids:
            return False
        question = TypeQuestion(self.registry, type_oids, is_in_transaction=False)
        self._socket.sendall(question.request.data)
        sink = question.request.items[0].sink
        assert isinstance(sink, RowDecoder)
        self._take_rows(sink, self._messages())
        self.registry.learn_types(question.facts(), type_oids)
        return True

    def _take_rows(self, decoder: RowDecoder, messages: list[tuple[bytes, bytes]]) -> None:
        for kind, body in messages:
            if kind == b"T":
                decoder.describe(body)
            elif kind == b"D":
                frame = b"D" + struct.pack("!i", len(body) + 4) + body
                decoder.take_rows(frame, 0, len(frame))

    def _parse(self, sql: str, type_oids: list[int]) -> bytes:
        out = BytesWriter()
        write_parse(out, b"", sql.encode(), type_oids)
        return out.getvalue()

    def _send_and_receive(self, data: bytes) -> list[tuple[bytes, bytes]]:
        self._socket.sendall(data + SYNC_FRAME)
        return self._messages()

    def _messages(self) -> list[tuple[bytes, bytes]]:
        """What comes up to ReadyForQuery; an ErrorResponse is raised then."""
        found: list[tuple[bytes, bytes]] = []
        while not found or found[-1][0] != b"Z":
            kind, length = struct.unpack("!ci", self._exactly(5))
            found.append((kind, self._exactly(length - 4)))
        for kind, body in found:
            if kind == b"E":
                fields = {part[:1].decode(): part[1:].decode() for part in body.rstrip(b"\0").split(b"\0")}
                raise error_class(fields["C"])("", fields=fields)
        return found

    def _exactly(self, count: int) -> bytes:
        found: bytes = self._received.read(count)
        if len(found) < count:
            raise ConnectionError("the server closed the connection")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._received.close()
        self._socket.close()
