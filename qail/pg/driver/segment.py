"""Segments: one caller's statements as the bytes of one request, ended by one Sync.

Rule 1: everything is encoded before anything is submitted; an EncodeError leaves queue, wire and scopes as they were.
Rule 2: the BEGIN and SAVEPOINTs of scopes that just opened ride ahead of the first statement.
Rule 3: control statements use the unnamed statement, so no cache knows of them.

Source: protocol-flow.html, "Extended Query"
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter

from qail.compile.frames import BoundPlan
from qail.pg.codec.rows import RowDecoder
from qail.pg.driver.link import Link
from qail.pg.driver.transport import Waiter
from qail.pg.protocol.request import DISCARD, Item, Request, single_item
from qail.pg.protocol.state import COPY_IN, DESCRIBE_ONLY, EXTENDED, PARSE, PREPARED, REPLACE, SIMPLE
from qail.pg.steps.reset import may_dirty
from qail.pg.steps.transaction import ScopeSteps
from qail.pg.wire.buffer import RowSink
from qail.pg.wire.query import (
    DESCRIBE_UNNAMED_STATEMENT_FRAME,
    EXECUTE_UNNAMED_FRAME,
    FLUSH_FRAME,
    SYNC_FRAME,
    finish_bind,
    write_bind_head,
    write_parse,
    write_query,
)

# Int16 0 format codes, Int16 0 values, Int16 0 result format codes.
_NO_PARAMETERS: Final = b"\x00\x00\x00\x00\x00\x00"


def send_single(link: Link, bound: BoundPlan, values: list[object], sink: RowSink, waiter: Waiter) -> Request:
    """One statement, submitted; `waiter` is told. Raises EncodeError with nothing queued, and what `submit` raises."""
    plan = bound.plan
    name = bound.statement_name
    how = link.session.statements.how(name)
    if how == PREPARED and not bound.described.is_current:
        how = REPLACE
    is_read_only = plan.is_read_only
    item = Item(sink, name, how)
    request = single_item(bound.segment(values, how), item, waiter, is_read_only=is_read_only)
    if link.scopes:
        request.is_in_transaction = True
    if not is_read_only and not link.is_shared and may_dirty(plan):
        link.soil()
    link.append(request)
    return request


class SegmentBuilder:
    """Statements of one segment, on one link. `add` them, then take the `request` and submit it at once."""

    def __init__(self, link: Link) -> None:
        self._link: Final = link
        self._out: Final = BytesWriter()
        self._items: Final[list[Item]] = []
        self._sinks: Final[dict[bytes, RowSink]] = {}
        self._is_read_only = True
        self._is_dirty = False
        for scope in unsent(link):
            self.add_control(scope.opening)
        self.first: Final = len(self._items)
        """Where the caller's own items begin."""

    def add_control(self, sql: bytes) -> None:
        """A statement without parameters or rows, such as COMMIT."""
        write_control(self._out, sql)
        self._items.append(Item(DISCARD, b"", PARSE))
        self._is_read_only = False

    def add(self, bound: BoundPlan, values: list[object], sink: RowSink) -> None:
        """One statement with its values. Raises EncodeError; then the builder is of no more use."""
        name = bound.statement_name
        leader = self._sinks.get(name)
        if leader is None:
            how = self._link.session.statements.how(name)
            if how == PREPARED and not bound.described.is_current:
                how = REPLACE
            self._sinks[name] = sink
        else:
            # A name that this segment parses itself is there for the items behind it, and so is what is said of it.
            how = PREPARED
            if isinstance(sink, RowDecoder) and isinstance(leader, RowDecoder):
                sink.follow(leader)
        bound.write_item(self._out, values, how)
        self._items.append(Item(sink, name, how))
        self._is_read_only = self._is_read_only and bound.plan.is_read_only
        self._is_dirty = self._is_dirty or may_dirty(bound.plan)

    @property
    def byte_count(self) -> int:
        return len(self._out)

    @property
    def item_count(self) -> int:
        return len(self._items) - self.first

    def request(self) -> Request:
        """The segment with its Sync. The scopes whose opening it carries count as sent."""
        link = self._link
        self._out.write(SYNC_FRAME)
        request = Request(self._out.getvalue(), self._items, EXTENDED)
        request.is_read_only = self._is_read_only
        request.is_in_transaction = bool(link.scopes)
        if self._is_dirty:
            link.soil()
        if link.unsent_scopes:
            link.opened_by(request)
        return request


def unsent(link: Link) -> list[ScopeSteps]:
    """The scopes whose opening has not been sent, outermost first."""
    return link.scopes[len(link.scopes) - link.unsent_scopes :]


def write_control(out: BytesWriter, sql: bytes) -> None:
    """Parse, Describe, Bind, Execute of a statement that takes nothing and returns nothing."""
    write_parse(out, b"", sql, [])
    out.write(DESCRIBE_UNNAMED_STATEMENT_FRAME)
    start = write_bind_head(out, b"")
    out.write(_NO_PARAMETERS)
    finish_bind(out, start)
    out.write(EXECUTE_UNNAMED_FRAME)


def control(link: Link, statements: list[bytes], *, is_end: bool) -> Request:
    """Control statements alone, in one segment. `is_end`: COMMIT is among them."""
    builder = SegmentBuilder(link)
    for sql in statements:
        builder.add_control(sql)
    request = builder.request()
    request.is_in_transaction = True
    request.ends_transaction = is_end
    return request


def simple(text: str) -> Request:
    """A simple Query: raw text, perhaps of several statements. Raises EncodeError."""
    out = BytesWriter()
    write_query(out, text.encode())
    request = Request(out.getvalue(), [], SIMPLE)
    request.has_nontransactional = True
    return request


def describe_only(data: bytes, sink: RowSink, statement_name: bytes) -> Request:
    """Parse, Describe, Sync: nothing runs."""
    request = Request(data, [Item(sink, statement_name, DESCRIBE_ONLY)])
    request.is_read_only = True
    return request


def copy_segment(sql: bytes, kind: int, sink: RowSink) -> Request:
    """A COPY. COPY IN ends with Flush: its Sync follows the data."""
    out = BytesWriter()
    write_control(out, sql)
    out.write(FLUSH_FRAME if kind == COPY_IN else SYNC_FRAME)
    return Request(out.getvalue(), [Item(sink, b"", PARSE)], kind)
