"""A portal's pages and its end, through a session."""

from __future__ import annotations

import pytest

from qail.errors import PostgresError, UsageError
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.state import SETTLED
from qail.pg.steps.cursor import MOST_PAGE_ROWS, Portal
from qail.pg.wire.constants import IN_TRANSACTION, PORTAL
from qail.pg.wire.extended import Close, Execute, Sync
from qail.pg.wire.message import Message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.result import CloseComplete, CommandComplete, DataRow, PortalSuspended, ReadyForQuery
from support.scripted_client import RecordingSink, started
from support.scripted_server import frames

STREAM = pytest.mark.feature("SR2")


def answered(request: Request, *answer: Message) -> tuple[bytes, Request]:
    """What leaves for `request`, and the request once it was answered so."""
    session, _ = started()
    session.submit(request)
    sent = session.take_output()
    assert session.data_received(frames(*answer, ReadyForQuery(IN_TRANSACTION))) == [request]
    assert request.state == SETTLED
    assert not session.is_spent
    return sent, request


@STREAM
def test_a_page_is_an_execute_with_its_limit_and_a_sync() -> None:
    portal = Portal(10)
    sink = RecordingSink()

    sent, request = answered(portal.page(sink, is_read_only=True), DataRow([b"1"]), DataRow([b"2"]), PortalSuspended())

    assert sent == frames(Execute(portal.name, 10), Sync())
    assert [kind for kind, _ in sink.events] == ["row", "row"]
    assert request.is_read_only
    assert request.is_in_transaction
    portal.took(request.items[0])
    assert not portal.is_exhausted


@STREAM
def test_the_last_page_ends_with_a_tag() -> None:
    portal = Portal(10)
    _, request = answered(
        portal.page(RecordingSink(), is_read_only=False), DataRow([b"1"]), CommandComplete("SELECT 1")
    )

    portal.took(request.items[0])

    assert portal.is_exhausted
    assert request.items[0].row_count == 1


@STREAM
def test_closing_is_answered_by_close_complete_alone() -> None:
    portal = Portal(10)

    sent, request = answered(portal.close(), CloseComplete())

    assert sent == frames(Close(PORTAL, portal.name), Sync())
    assert request.error is None


@STREAM
def test_what_the_server_says_instead_is_the_requests_error() -> None:
    failed = ErrorResponse({"S": "ERROR", "C": "34000", "M": "portal does not exist"})

    for make in (lambda portal: portal.page(RecordingSink(), is_read_only=True), Portal.close):
        _, request = answered(make(Portal(1)), failed)
        assert isinstance(request.error, PostgresError)
        assert request.error.sqlstate == "34000"


@STREAM
@pytest.mark.parametrize("answer", [CommandComplete("SELECT 1"), DataRow([b"1"]), PortalSuspended()])
def test_rows_where_a_portal_is_closed_spend_the_connection(answer: Message) -> None:
    session, _ = started()
    session.submit(Portal(1).close())
    session.take_output()

    session.data_received(frames(answer))

    assert session.is_spent


def test_portals_never_share_a_name() -> None:
    assert len({Portal(1).name for _ in range(100)}) == 100


@pytest.mark.parametrize("wrong", [0, -1, MOST_PAGE_ROWS + 1, True])
def test_a_page_has_at_least_a_row_and_fits_an_int32(wrong: int) -> None:
    with pytest.raises(UsageError, match="fetch_size"):
        Portal(wrong)
    assert isinstance(Portal(MOST_PAGE_ROWS).page(RecordingSink(), is_read_only=True).items[0], Item)
