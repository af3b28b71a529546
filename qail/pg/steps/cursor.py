"""A portal and its pages: what is sent for the next page and for the end, and what the answers mean. No I/O.

Rule 1: a page is a segment of its own, an Execute with a row limit and its Sync: inside a transaction a named portal
outlives Sync, and other callers' segments may stand between two pages.
Rule 2: the next page is asked for when the one before it has come, and not sooner: at most two are ever in memory.
Rule 3: a portal that is left is closed; nothing waits for that.

Source: protocol-flow.html, "Extended Query": the row-count limit of Execute, PortalSuspended, the life of a portal
"""

from __future__ import annotations

from itertools import count
from typing import Final

from librt.strings import BytesWriter

from qail.errors import UsageError
from qail.pg.protocol.request import DISCARD, Item, Request
from qail.pg.protocol.state import CLOSE_PORTAL, EXECUTE_ONLY
from qail.pg.wire.buffer import RowSink
from qail.pg.wire.query import SYNC_FRAME, write_close_portal, write_execute

# Int32, the row limit of Execute; 0 would mean all rows.
MOST_PAGE_ROWS: Final = 2**31 - 1
_NUMBERS: Final = count(1)


class Portal:
    """One named portal. The statement that fills it, and its first page, are sent by the driver."""

    def __init__(self, page_rows: int) -> None:
        """Raises UsageError: a page has no such number of rows."""
        if isinstance(page_rows, bool) or not 1 <= page_rows <= MOST_PAGE_ROWS:
            raise UsageError(f"fetch_size is {page_rows}: a page has from 1 to {MOST_PAGE_ROWS} rows")
        self.page_rows: Final = page_rows
        # Never the same twice in a process: two streams of one transaction must not meet.
        self.name: Final = b"qail_%d" % next(_NUMBERS)
        self.is_exhausted = False
        """Whether the last page has come."""

    def took(self, item: Item) -> None:
        """A page has come, answered by `item`."""
        self.is_exhausted = not item.is_suspended

    def page(self, sink: RowSink, *, is_read_only: bool) -> Request:
        """The next page, for `sink`."""
        out = BytesWriter()
        write_execute(out, self.name, self.page_rows)
        return _request(out, Item(sink, b"", EXECUTE_ONLY), is_read_only=is_read_only)

    def close(self) -> Request:
        """Give the portal up."""
        out = BytesWriter()
        write_close_portal(out, self.name)
        return _request(out, Item(DISCARD, b"", CLOSE_PORTAL), is_read_only=True)


def _request(out: BytesWriter, item: Item, *, is_read_only: bool) -> Request:
    out.write(SYNC_FRAME)
    request = Request(out.getvalue(), [item])
    request.is_read_only = is_read_only
    request.is_in_transaction = True
    return request
