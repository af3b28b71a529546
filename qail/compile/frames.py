"""BoundPlan: a Plan and what a database says of it, laid out as frames.

Rule 1: what does not depend on values is bytes made once: Parse and Describe, the head of Bind with its format codes,
the result formats, Execute. A run writes values between them.
Rule 2: a statement's name is made of its SQL and the OIDs of its parameters and columns, so equal statements share it
and others never do: a name that a connection has proven returns what the name says, whoever uses it, or fails.
Rule 3: every Parse travels with Describe; what comes back is compared with the BoundPlan before a row is decoded.
Rule 4: after an EncodeError the buffer is as it was: nothing of the item is sent.

Source: protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

import hashlib
from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from qail.compile.plan import Plan
from qail.errors import EncodeError
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.bounded import BoundedRowDecoder
from qail.pg.codec.chain import CodecLink, chained
from qail.pg.codec.described import Described
from qail.pg.codec.parameters import (
    check_count,
    write_formats,
    write_parameters,
    write_result_formats,
    write_values,
    write_with_texts,
)
from qail.pg.codec.refusal import TextNeeded
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.wire.description import RowDescription
from qail.pg.wire.query import (
    EXECUTE_UNNAMED_FRAME,
    SYNC_FRAME,
    finish_bind,
    write_bind_head,
    write_close_statement,
    write_describe_statement,
    write_execute,
    write_parse,
)

PREPARED: Final = 0
"""The statement's name is proven on this connection: Bind alone."""
PARSE: Final = 1
"""Parse and Describe go before Bind."""
REPLACE: Final = 2
"""As PARSE, behind a Close of the name: a Parse of it is under way and may fail."""

READS: Final = 1
"""`BoundPlan.use`: it is proven to read only. 0: it is not."""
SLOW: Final = 2
"""Added to `use` while the statement is known to be slow here."""
SESSION: Final = 4
"""Added to `use` where the statement changes the session it runs in: it needs a connection of its own."""

NAME_BYTES: Final = 16  # of the digest: two different statements of one name would take 2**64 tries


def asked_oids(plan: Plan) -> list[int]:
    """The parameter OIDs to ask with in the first Parse: those that the tree knows, 0 where the server shall say."""
    return [0 if pg is None else pg.oid for pg in plan.parameter_types]


def statement_name(sql: bytes, parameter_oids: list[int], type_oids: list[int]) -> bytes:
    """The name of the prepared statement of this SQL with these types of parameters and columns, 37 bytes of ASCII."""
    digest = hashlib.blake2b(sql, digest_size=NAME_BYTES)
    for oids in (parameter_oids, type_oids):
        digest.update(b"\0" + ",".join([str(oid) for oid in oids]).encode())
    return b"qail_" + digest.hexdigest().encode()


def describe_segment(plan: Plan, name: bytes, parameter_oids: list[int]) -> bytes:
    """Parse, Describe, Sync: asks what the server makes of the statement, under the name `name`.

    Raises:
        EncodeError: the SQL or a name has no form as a string of the protocol.
    """
    out = BytesWriter()
    write_parse(out, name, plan.sql, parameter_oids)
    write_describe_statement(out, name)
    out.write(SYNC_FRAME)
    return out.getvalue()


class BoundPlan:
    """A Plan for one database and namespace.

    `type_oids` are those of the result's columns, `row_description` the body of the RowDescription they came from: None
    when the types were known before the server was asked. A statement without rows has no columns. Not `is_named`: it
    runs as the unnamed statement, parsed for each run, for a pooler that gives each transaction another session.
    """

    def __init__(
        self,
        plan: Plan,
        registry: CodecRegistry,
        parameter_oids: list[int],
        type_oids: list[int],
        row_description: bytes | None,
        *,
        is_named: bool = True,
    ) -> None:
        self.plan: Final = plan
        self.registry: Final = registry
        self.parameter_oids: Final = parameter_oids
        self.type_oids: Final = type_oids
        is_current = row_description is not None or not plan.returns_rows
        self.described: Final = Described(row_description, is_current=is_current)
        self.is_named: Final = is_named
        self.statement_name: Final = statement_name(plan.sql, parameter_oids, type_oids) if is_named else b""
        self.parameter_codecs: Final[list[Codec]] = [registry.for_parameter(oid) for oid in parameter_oids]
        self.column_codecs: Final[list[Codec]] = [registry.for_column(oid) for oid in type_oids]
        self.use = (READS if plan.is_read_only else 0) + (SESSION if plan.is_session_bound else 0)
        """What a pool has to know to route it; kept by the pool."""
        self._first_column: Final[CodecLink] = chained(self.column_codecs)
        self._parse: Final = _parse_frames(plan, self.statement_name, parameter_oids)
        self._close: Final = _close_frame(self.statement_name)
        self._bind_head: Final = _bind_head(self.statement_name, self.parameter_codecs)
        self._result_formats: Final = _result_formats(self.column_codecs)
        self._in_order: Final = list(range(len(plan.slots)))
        check_count(len(plan.slots))

    @property
    def row_description(self) -> bytes | None:
        """The body of the latest RowDescription of these types."""
        return self.described.body

    def write_item(self, out: BytesWriter, values: list[object], how: int) -> None:
        """Append the frames of one run, without Sync: [Close] [Parse Describe] Bind Execute.

        Args:
            values: those of the walk, as `Call.values` has them.
            how: PREPARED, PARSE or REPLACE.

        Raises:
            EncodeError: a value does not fit its parameter; `out` is unchanged.
        """
        self._write(out, values, self.plan.slots, how)

    def write_set(self, out: BytesWriter, values: list[object], how: int) -> None:
        """As `write_item`, with `values[i]` for `$i+1`, as many as there are.

        Raises:
            EncodeError: a value does not fit its parameter; `out` is unchanged.
        """
        self._write(out, values, self._in_order, how)

    def _write(self, out: BytesWriter, values: list[object], slots: list[int], how: int) -> None:
        before: i64 = len(out)
        if how == REPLACE:
            out.write(self._close)
        if how != PREPARED:
            out.write(self._parse)
        start: i64 = len(out)
        out.write(self._bind_head)
        try:
            write_values(out, self.parameter_codecs, values, slots, self.plan.parameter_names)
            out.write(self._result_formats)
            finish_bind(out, start)
        except EncodeError as error:
            if not isinstance(error, TextNeeded):
                out.truncate(before)
                raise
            self._write_with_texts(out, before, start, values, slots)
        out.write(EXECUTE_UNNAMED_FRAME)

    def _write_with_texts(
        self, out: BytesWriter, before: i64, start: i64, values: list[object], slots: list[int]
    ) -> None:
        """Bind anew, with the format of text for the values that a server reads as nothing else."""
        out.truncate(start)
        write_bind_head(out, self.statement_name)
        try:
            write_with_texts(out, self.parameter_codecs, values, slots, self.plan.parameter_names)
            out.write(self._result_formats)
            finish_bind(out, start)
        except EncodeError:
            out.truncate(before)
            raise

    def write_portal(self, out: BytesWriter, values: list[object], how: int, portal_name: bytes, max_rows: int) -> None:
        """As `write_item`, into a portal of its own of which at most `max_rows` rows are asked for.

        Raises:
            EncodeError: a value does not fit its parameter; `out` is unchanged.
        """
        before: i64 = len(out)
        if how == REPLACE:
            out.write(self._close)
        if how != PREPARED:
            out.write(self._parse)
        start: i64 = write_bind_head(out, self.statement_name, portal_name)
        try:
            write_parameters(out, self.parameter_codecs, values, self.plan.slots, self.plan.parameter_names)
            out.write(self._result_formats)
            finish_bind(out, start)
            write_execute(out, portal_name, max_rows)
        except EncodeError:
            out.truncate(before)
            raise

    def segment(self, values: list[object], how: int) -> bytes:
        """One run as a segment of its own: the frames of `write_item`, then Sync.

        Raises:
            EncodeError: a value does not fit its parameter.
        """
        out = BytesWriter()
        self.write_item(out, values, how)
        out.write(SYNC_FRAME)
        return out.getvalue()

    def describe_segment(self, how: int) -> bytes:
        """[Close] Parse, Describe, Sync of the statement under its name: it is prepared, and nothing runs."""
        return (self._close if how == REPLACE else b"") + self._parse + SYNC_FRAME

    def sink(self) -> RowDecoder:
        """Who decodes the rows of one run, and keeps them."""
        if self.registry.max_result_bytes != 0:
            return BoundedRowDecoder(
                self.column_codecs, self.registry, self.type_oids, self.described, self._first_column
            )
        return self.page_sink()

    def page_sink(self) -> RowDecoder:
        """Who decodes a page of rows, which is as large as its caller asked for."""
        return RowDecoder(self.column_codecs, self.registry, self.type_oids, self.described, self._first_column)


def bind_plan(
    plan: Plan,
    registry: CodecRegistry,
    parameter_oids: list[int],
    row_description_body: bytes | None,
    *,
    is_named: bool = True,
) -> BoundPlan:
    """The BoundPlan of what the server has described.

    Args:
        parameter_oids: from ParameterDescription, one for each parameter.
        row_description_body: the body of RowDescription; None after NoData.

    Raises:
        ProtocolError: the body is no RowDescription.
    """
    type_oids: list[int] = []
    if row_description_body is not None:
        columns = RowDescription.decode(row_description_body, 0, len(row_description_body)).columns
        type_oids = [column.type_oid for column in columns]
    bound = BoundPlan(plan, registry, parameter_oids, type_oids, row_description_body, is_named=is_named)
    if row_description_body is None:
        # The server was asked, and the statement returns nothing: a run of it needs no description.
        bound.described.is_current = True
    return bound


def bind_known(plan: Plan, registry: CodecRegistry, *, is_named: bool = True) -> BoundPlan | None:
    """The BoundPlan of a plan whose types the tree knows, all with a binary codec; None: the server must be asked."""
    parameter_oids: list[int] = []
    for pg in plan.parameter_types:
        if pg is None or not _is_binary(registry, pg.oid):
            return None
        parameter_oids.append(pg.oid)
    type_oids: list[int] = []
    columns = plan.columns
    if columns is None:
        if plan.returns_rows:
            return None
        return BoundPlan(plan, registry, parameter_oids, type_oids, None, is_named=is_named)
    for pg in columns:
        if pg is None or not _is_binary(registry, pg.oid):
            return None
        type_oids.append(pg.oid)
    return BoundPlan(plan, registry, parameter_oids, type_oids, None, is_named=is_named)


def _is_binary(registry: CodecRegistry, type_oid: int) -> bool:
    codec = registry.find(type_oid)
    return codec is not None and codec.format_code == BINARY_FORMAT


def _parse_frames(plan: Plan, name: bytes, parameter_oids: list[int]) -> bytes:
    out = BytesWriter()
    write_parse(out, name, plan.sql, parameter_oids)
    write_describe_statement(out, name)
    return out.getvalue()


def _close_frame(name: bytes) -> bytes:
    out = BytesWriter()
    write_close_statement(out, name)
    return out.getvalue()


def _bind_head(name: bytes, codecs: list[Codec]) -> bytes:
    out = BytesWriter()
    write_bind_head(out, name)
    write_formats(out, codecs)
    return out.getvalue()


def _result_formats(codecs: list[Codec]) -> bytes:
    out = BytesWriter()
    write_result_formats(out, codecs)
    return out.getvalue()
