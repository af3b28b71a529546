"""Request and Item: what one caller asked for in one go, how far its answer is read, and what came of it.

Rule 1: a request is one segment and owes exactly one ReadyForQuery.
Rule 2: all decode state lives here, none on the connection, so nothing of one answer can reach the next.
Rule 3: only the Session writes to these objects once they are submitted; `waiter` is the driver's own.
Rule 4: results stand when `state` is SETTLED, not before.

Source: protocol-flow.html, "Extended Query" and "Pipelining"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

from qail.errors import Outcome, QailError
from qail.pg.protocol.state import (
    AWAIT_READY,
    AWAIT_RIDING_CLOSE,
    EXTENDED,
    FINISHED,
    HANDED,
    PREPARED,
    QUEUED,
    SETTLED,
    SIMPLE,
    SIMPLE_FIRST,
    item_start,
)
from qail.pg.wire.buffer import DiscardSink, RowSink

_NO_NAMES: Final[list[bytes]] = []
"""Never changed: most requests carry no Close, and none of them needs a list of its own."""


class Item:
    """One statement of a segment.

    `how` is one of PREPARED, PARSE, REPLACE, DESCRIBE_ONLY, REPLACE_DESCRIBE, EXECUTE_ONLY, CLOSE_PORTAL
    (`protocol.state`): which messages the segment carries for it. `statement_name` b"" is the unnamed statement:
    nothing to prove.
    """

    __slots__ = (
        "copy_formats",
        "error",
        "how",
        "is_parse_owed",
        "is_suspended",
        "parameter_oids",
        "sink",
        "statement_name",
        "tag_bytes",
    )

    def __init__(self, sink: RowSink, statement_name: bytes = b"", how: int = PREPARED) -> None:
        self.sink = sink
        self.statement_name: Final = statement_name
        self.how: Final = how
        self.tag_bytes = b""
        self.parameter_oids: list[int] | None = None
        self.error: QailError | None = None
        self.copy_formats: list[int] | None = None
        """From CopyInResponse or CopyOutResponse: a format code for each column."""
        self.is_suspended = False
        self.is_parse_owed = False

    @property
    def tag(self) -> str:
        """CommandComplete's tag; "" until it came, and for an empty query."""
        return self.tag_bytes.decode("utf-8", "replace")

    @property
    def row_count(self) -> int:
        """The number at the end of the tag; -1 when it has none (`CREATE TABLE`, or no tag yet)."""
        digits = self.tag_bytes[self.tag_bytes.rfind(b" ") + 1 :]
        # 19 digits: a 64-bit count; the server is not trusted to send one.
        return int(digits) if digits.isdigit() and len(digits) <= 19 else -1

    def __repr__(self) -> str:
        return f"Item({self.statement_name!r}, how={self.how}, tag={self.tag!r})"


class Request:
    """One segment: its bytes, its items, how far it is answered, and its outcome.

    Args:
        data: whole frames, ending with Sync; with Flush for COPY_IN; one Query for SIMPLE. Emptied once handed.
        items: one for each statement of the segment, in order. SIMPLE begins with none; each result adds one.
        kind: EXTENDED, SIMPLE, COPY_IN, COPY_OUT.

    `is_in_transaction`: the segment runs inside an explicit transaction (its BEGIN included). `is_control`: it opens or
    ends a transaction or savepoint, and nothing else: it is waited for, never cancelled.
    """

    __slots__ = (
        "close_names",
        "closes_done",
        "current",
        "data",
        "ends_transaction",
        "error",
        "error_index",
        "has_nontransactional",
        "has_executed",
        "index",
        "is_abandoned",
        "is_control",
        "is_idempotent",
        "is_in_transaction",
        "is_ready_seen",
        "is_read_only",
        "is_submitted",
        "is_sync_owed",
        "items",
        "kind",
        "make_sink",
        "state",
        "step",
        "transaction_status",
        "waiter",
    )

    def __init__(self, data: bytes, items: list[Item], kind: int = EXTENDED) -> None:
        self.data = data
        self.items: Final = items
        self.kind: Final = kind
        # What the caller knows of its statements; for `classify`.
        self.is_read_only = False
        self.is_idempotent = False
        self.has_nontransactional = False
        self.is_in_transaction = False
        self.ends_transaction = False
        """The segment holds COMMIT or PREPARE TRANSACTION."""
        self.is_control = False
        self.waiter: object = None
        self.make_sink: Callable[[], RowSink] | None = None
        """SIMPLE: makes the sink of each result; None drops the rows."""
        # What became of it; written by the Session.
        self.state: i64 = QUEUED
        self.is_submitted = False
        self.is_abandoned = False
        self.is_ready_seen = False  # its ReadyForQuery came
        self.error: QailError | None = None
        self.has_executed = False  # an item had begun to execute when the error came
        self.error_index = -1
        """The item that failed; -1: none, or the segment as a whole (at Sync, or with its connection)."""
        self.transaction_status = 0
        """The byte of its ReadyForQuery: I, T or E; 0 while none came."""
        # How far its answer is read.
        self.close_names = _NO_NAMES
        self.closes_done: i64 = 0
        self.index: i64 = 0
        self.is_sync_owed = False
        self.current: Item = items[0] if items else NO_ITEM
        if kind == SIMPLE:
            self.step: i64 = SIMPLE_FIRST
        elif items:
            self.step = item_start(items[0].how)
        else:
            self.step = AWAIT_READY

    @property
    def outcome(self) -> Outcome:
        """What became of the work, once SETTLED: `error.outcome`, or DONE. Before that UNKNOWN or NOT_SENT."""
        if self.state == SETTLED:
            return self.error.outcome if self.error is not None else Outcome.DONE
        return Outcome.UNKNOWN if self.state == HANDED else Outcome.NOT_SENT

    def ride_closes(self, names: list[bytes]) -> None:
        """Book a CloseComplete for each of `names`, whose Close frames stand before the first item."""
        self.close_names = names
        if names:
            self.step = AWAIT_RIDING_CLOSE

    def begin_items(self) -> None:
        """All riding Closes are answered: the first item is next."""
        self.step = item_start(self.items[0].how) if self.items else AWAIT_READY

    def next_item(self) -> None:
        """The current item is answered: on to the next one, or to ReadyForQuery."""
        self.index += 1
        if self.index < len(self.items):
            self.current = self.items[self.index]
            self.step = item_start(self.current.how)
        else:
            self.current = NO_ITEM
            self.step = AWAIT_READY

    def add_item(self) -> Item:
        """SIMPLE: one more result begins."""
        make_sink = self.make_sink
        is_wanted = make_sink is not None and not self.is_abandoned
        item = Item(make_sink() if make_sink is not None and is_wanted else DISCARD)
        self.items.append(item)
        self.current = item
        self.index = len(self.items) - 1
        return item

    def drop_answer(self) -> None:
        """Nobody waits any more: what still comes is read and dropped."""
        self.is_abandoned = True
        for item in self.items:
            item.sink = DISCARD

    def __repr__(self) -> str:
        return f"Request(state={self.state}, items={len(self.items)}, index={self.index}, step={self.step})"


def single_item(data: bytes, item: Item, waiter: object, *, is_read_only: bool) -> Request:
    """The request of a segment that holds one statement, made in one call: most requests are such."""
    request = Request(data, [item])
    request.waiter = waiter
    request.is_read_only = is_read_only
    return request


DISCARD: Final = DiscardSink()
NO_ITEM: Final = Item(DISCARD)
"""Stands for the current item where there is none; never written to."""
NO_REQUEST: Final = Request(b"", [])
"""Stands for the active request where there is none: nothing fits it."""
NO_REQUEST.step = FINISHED
