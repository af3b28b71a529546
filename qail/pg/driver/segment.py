"""Segments: one caller's statements as the bytes of one request, ended by one Sync.

Rule 1: everything is encoded before anything is submitted; an EncodeError leaves queue, wire and scopes as they were.
Rule 2: the BEGIN and SAVEPOINTs of scopes that just opened ride ahead of the first statement; settings of a
transaction behind its BEGIN, those of a lease also ahead of every statement outside one.
Rule 3: control statements use the unnamed statement, so no cache knows of them.

Source: protocol-flow.html, "Extended Query"
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter

from qail.compile.frames import BoundPlan
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.text import utf8_of
from qail.pg.driver.link import Link
from qail.pg.driver.transport import Waiter
from qail.pg.protocol.request import DISCARD, Item, Request, single_item
from qail.pg.protocol.state import COPY_IN, DESCRIBE_ONLY, EXTENDED, PARSE, PREPARED, REPLACE, REPLACE_DESCRIBE, SIMPLE
from qail.pg.steps.command import TextCommand, write_command
from qail.pg.steps.cursor import Portal
from qail.pg.steps.plan_mode import RESTORE_PLAN_MODE, plan_mode_command
from qail.pg.steps.reset import may_dirty
from qail.pg.steps.settings import Settings, settings_command
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
    request = make_single(link, bound, values, sink, waiter)
    link.append(request)
    return request


def make_single(link: Link, bound: BoundPlan, values: list[object], sink: RowSink, waiter: Waiter | None) -> Request:
    """One statement, to be appended to `link` at once: where no opening and no setting has to go ahead of it."""
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
        link.soil(plan.sql)
    return request


class SegmentBuilder:
    """Statements of one segment, on one link. `add` them, then take the `request` and submit it at once."""

    def __init__(self, link: Link, *, is_control: bool = False, plan_mode: str = "", is_fresh: bool = False) -> None:
        """What is opened and not sent, and settings, go ahead.

        Args:
            is_control: what is added opens or ends scopes, and needs no settings of an implicit transaction.
            plan_mode: the plan_cache_mode that holds for this segment alone; "" leaves it.
            is_fresh: parse every statement, although the connection has it: it was stale, and may be so here as well.
        """
        self._link: Final = link
        self._out: Final = BytesWriter()
        self._items: Final[list[Item]] = []
        self._sinks: Final[dict[bytes, RowSink]] = {}
        self._parsed: BoundPlan | None = None
        """Whose text the unnamed statement has here."""
        self._proven: BoundPlan | None = None
        """What was added last, where the connection had it: one more run of it has nothing to be told."""
        self._plan_mode: Final = plan_mode
        self._is_fresh: Final = is_fresh
        self._is_read_only = True
        self._dirt: Final[list[bytes]] = []
        for scope in unsent(link):
            self.add_control(scope.opening)
            if not scope.depth:
                self._add_settings(link.local_settings + scope.settings)
        if not link.scopes and not is_control:
            self._add_settings(link.local_settings)
        if plan_mode:
            self.add_command(plan_mode_command(plan_mode, is_kept=bool(link.scopes)))
        self.first: Final = len(self._items)
        """Where the caller's own items begin."""

    def add_control(self, sql: bytes) -> None:
        """A statement without parameters or rows, such as COMMIT."""
        self._parsed = None
        write_control(self._out, sql)
        self._items.append(Item(DISCARD, b"", PARSE))
        self._is_read_only = False

    def add_command(self, command: TextCommand, sink: RowSink = DISCARD) -> None:
        """A statement of our own, which stores nothing."""
        self._parsed = None
        write_command(self._out, command)
        self._items.append(Item(sink, b"", PARSE))

    def _add_settings(self, settings: Settings) -> None:
        if settings:
            self.add_command(settings_command(settings))

    def add(self, bound: BoundPlan, values: list[object], sink: RowSink) -> None:
        """One statement with its values. Raises EncodeError; then the builder is of no more use."""
        how = self._how(bound, sink)
        bound.write_item(self._out, values, how)
        self._book(bound, sink, how)

    def add_set(self, bound: BoundPlan, values: list[object], sink: RowSink) -> None:
        """The same with `values[i]` for `$i+1`. Raises EncodeError."""
        how = self._how(bound, sink)
        bound.write_set(self._out, values, how)
        self._book(bound, sink, how)

    def repeat_set(self, bound: BoundPlan, values: list[object]) -> None:
        """The statement added last once more, with `values[i]` for `$i+1`; its rows are dropped. Raises EncodeError."""
        bound.write_set(self._out, values, PREPARED)
        self._items.append(Item(DISCARD, bound.statement_name, PREPARED))

    def _how(self, bound: BoundPlan, sink: RowSink) -> int:
        if bound is self._proven:
            return PREPARED
        name = bound.statement_name
        leader = self._sinks.get(name) if name or self._parsed is bound else None
        if leader is None:
            self._sinks[name] = sink
            how = self._link.session.statements.how(name)
            if how != PREPARED:
                return how
            if self._is_fresh or not bound.described.is_current:
                return REPLACE
            self._proven = bound
            return PREPARED
        # A name that this segment parses itself is there for the items behind it, and so is what is said of it.
        if isinstance(sink, RowDecoder) and isinstance(leader, RowDecoder):
            sink.follow(leader)
        return PREPARED

    def _book(self, bound: BoundPlan, sink: RowSink, how: int) -> None:
        if not bound.is_named:
            self._parsed = bound
        self._items.append(Item(sink, bound.statement_name, how))
        self._is_read_only = self._is_read_only and bound.plan.is_read_only
        if not bound.plan.is_read_only and may_dirty(bound.plan):
            self._dirt.append(bound.plan.sql)

    def add_portal(self, bound: BoundPlan, values: list[object], sink: RowSink, portal: Portal) -> None:
        """The statement that fills a portal, and its first page; the only one of its name. Raises EncodeError."""
        how = self._how(bound, sink)
        bound.write_portal(self._out, values, how, portal.name, portal.page_rows)
        self._book(bound, sink, how)

    @property
    def byte_count(self) -> int:
        return len(self._out)

    @property
    def item_count(self) -> int:
        return len(self._items) - self.first

    def request(self) -> Request:
        """The segment with its Sync. The scopes whose opening it carries count as sent."""
        link = self._link
        if self._plan_mode and link.scopes:
            self.add_command(RESTORE_PLAN_MODE)
        self._out.write(SYNC_FRAME)
        request = Request(self._out.getvalue(), self._items, EXTENDED)
        request.is_read_only = self._is_read_only
        request.is_in_transaction = bool(link.scopes)
        if self._dirt:
            link.soil(b";".join(self._dirt))
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
    builder = SegmentBuilder(link, is_control=True)
    for sql in statements:
        builder.add_control(sql)
    request = builder.request()
    request.is_in_transaction = True
    request.is_control = True
    request.ends_transaction = is_end
    return request


def simple(text: str, *, is_control: bool = False) -> Request:
    """A simple Query: raw text, perhaps of several statements. `is_control`: it is never cancelled.

    Raises:
        EncodeError: the text holds NUL or a lone surrogate.
    """
    out = BytesWriter()
    write_query(out, utf8_of("a script", text))
    request = Request(out.getvalue(), [], SIMPLE)
    request.has_nontransactional = True
    request.is_control = is_control
    return request


def describe_only(link: Link, data: bytes, sink: RowSink, statement_name: bytes, how: int = PARSE) -> Request:
    """[Close] Parse, Describe, Sync: nothing runs but the settings of a lease. `how`: PARSE or REPLACE."""
    out = BytesWriter()
    items = _settings_ahead(link, out)
    out.write(data)
    way = REPLACE_DESCRIBE if how == REPLACE else DESCRIBE_ONLY
    request = Request(out.getvalue(), [*items, Item(sink, statement_name, way)])
    request.is_read_only = True
    request.is_in_transaction = bool(link.scopes)
    return request


def copy_segment(link: Link, sql: bytes, kind: int, sink: RowSink) -> Request:
    """A COPY. COPY IN ends with Flush: its Sync follows the data."""
    out = BytesWriter()
    items = _settings_ahead(link, out)
    write_control(out, sql)
    out.write(FLUSH_FRAME if kind == COPY_IN else SYNC_FRAME)
    return Request(out.getvalue(), [*items, Item(sink, b"", PARSE)], kind)


def _settings_ahead(link: Link, out: BytesWriter) -> list[Item]:
    """Write the settings of a lease, unless a transaction is open, which has them."""
    if link.scopes or not link.local_settings:
        return []
    write_command(out, settings_command(link.local_settings))
    return [Item(DISCARD, b"", PARSE)]
