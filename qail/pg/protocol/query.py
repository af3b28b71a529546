"""The answers of a query, simple or extended: each backend message to the item that it answers.

Rule 1: a message is first looked up in `state.ANSWERS`; what is out of order is a ProtocolError.
Rule 2: everything a message says is booked to the current item of the oldest request, or to the statement cache.
The messages that make up most of a stream (DataRow, BindComplete, CommandComplete, ReadyForQuery) are handled in the
Session's own loop where they are well-formed; this file has all the others.

Source: protocol-flow.html, "Simple Query" and "Extended Query"
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i16_be, read_i64_be
from mypy_extensions import i64

from qail.errors import Outcome, PipelineAborted, PostgresError, ProtocolError, UsageError
from qail.pg.protocol.request import DISCARD, NO_ITEM, Item, Request
from qail.pg.protocol.state import (
    ANSWERS,
    AWAIT_PARSE,
    AWAIT_PARSE_ONLY,
    COPY_OUT,
    EXTENDED,
    ILLEGAL,
    ITEM_DONE,
    SIMPLE,
    follow,
    is_executing,
)
from qail.pg.protocol.statement_cache import StatementCache, is_lost_type, is_outdated_plan
from qail.pg.wire.constants import (
    CLOSE_COMPLETE,
    COMMAND_COMPLETE,
    COPY_DATA,
    COPY_IN_RESPONSE,
    COPY_OUT_RESPONSE,
    EMPTY_QUERY_RESPONSE,
    ERROR_RESPONSE,
    NO_DATA,
    PARAMETER_DESCRIPTION,
    PARSE_COMPLETE,
    PORTAL_SUSPENDED,
    ROW_DESCRIPTION,
)
from qail.pg.wire.copy import decode_copy_response
from qail.pg.wire.description import ParameterDescription

_SELECT_ONE: Final = b"SELECT 1"
_SELECT_ONE_WORD: Final = 0x53454C4543542031  # "SELECT 1"
_SELECT_ONE_BYTES: Final = 9
_INSERT_ONE: Final = b"INSERT 0 1"
_INSERT_WORD: Final = 0x494E534552542030  # "INSERT 0"
_ONE_WORD: Final = 0x2031  # " 1"
_INSERT_ONE_BYTES: Final = 11


def take_answer(request: Request, statements: StatementCache, code: i64, buffer: bytes, start: i64, end: i64) -> None:
    """Book one message, body `buffer[start:end]`, that is no DataRow, ErrorResponse, ReadyForQuery or asynchronous one.

    Raises:
        ProtocolError: it is out of order or malformed.
    """
    before = request.step
    step = follow(ANSWERS, before, code)
    if step == ILLEGAL:
        raise out_of_order(request, code)
    request.step = step
    if code == COMMAND_COMPLETE or code == EMPTY_QUERY_RESPONSE or code == PORTAL_SUSPENDED:
        _end_result(request, statements, code, buffer, start, end)
    elif code == ROW_DESCRIPTION:
        _take_description(_result_item(request), statements, buffer[start:end])
        _end_if_done(request)
    elif code == COPY_IN_RESPONSE or code == COPY_OUT_RESPONSE:
        _begin_copy(request, code, decode_copy_response(buffer, start, end)[1])
    elif code == COPY_DATA:
        request.current.sink.take_copy_data(buffer, start, end)
    elif code == PARAMETER_DESCRIPTION:
        request.current.parameter_oids = ParameterDescription.decode(buffer, start, end).type_oids
    else:
        _check_empty(code, start, end)
        _take_completion(request, statements, code)


def _take_description(item: Item, statements: StatementCache, body: bytes) -> None:
    """Book a RowDescription. A name whose statement returns other columns than it stands for is not counted on."""
    item.sink.describe(body)
    if item.statement_name and not item.sink.confirms():
        statements.invalidate(item.statement_name)


def _take_completion(request: Request, statements: StatementCache, code: i64) -> None:
    """Book a message that has no body."""
    item = request.current
    if code == PARSE_COMPLETE:
        if item.is_parse_owed:
            item.is_parse_owed = False
            statements.proved(item.statement_name)
    elif code == NO_DATA:
        item.sink.no_data()
        _end_if_done(request)
    elif code == CLOSE_COMPLETE:
        _take_close(request, statements)


def _take_close(request: Request, statements: StatementCache) -> None:
    if request.closes_done < len(request.close_names):
        statements.closed(request.close_names[request.closes_done])
        request.closes_done += 1
        if request.closes_done == len(request.close_names):
            request.begin_items()
    elif request.current.statement_name:
        statements.closing(request.current.statement_name)
    else:
        _end_if_done(request)


def _end_if_done(request: Request) -> None:
    """A description, or the Close of a portal, may be all that its item asked for."""
    if request.step == ITEM_DONE:
        request.next_item()


def _result_item(request: Request) -> Item:
    """The item a result belongs to: the current one, or under simple Query a new one."""
    return request.add_item() if request.kind == SIMPLE else request.current


def _begin_copy(request: Request, code: i64, formats: list[int]) -> None:
    item = _result_item(request)
    item.copy_formats = formats
    if code == COPY_OUT_RESPONSE and request.kind != COPY_OUT:
        item.sink = DISCARD
        refuse(request, "COPY TO STDOUT needs copy_out; its data was dropped")


def refuse(request: Request, reason: str) -> None:
    """The statement is none of the kind the caller asked for; it runs, and its caller is told."""
    if request.error is None:
        request.error = UsageError(reason, outcome=Outcome.DONE)
        request.error_index = int(request.index)


def _end_result(request: Request, statements: StatementCache, code: i64, buffer: bytes, start: i64, end: i64) -> None:
    """Book the end of a result: CommandComplete, EmptyQueryResponse or PortalSuspended."""
    # Under simple Query a command without a result has no RowDescription before its tag.
    item = request.add_item() if request.current is NO_ITEM else request.current
    if code == COMMAND_COMPLETE:
        item.tag_bytes = read_tag(buffer, start, end)
        note_tag(item.tag_bytes, statements)
    else:
        _check_empty(code, start, end)
        item.is_suspended = code == PORTAL_SUSPENDED
    if request.kind == SIMPLE:
        request.current = NO_ITEM
    else:
        # What stands ahead of a COPY in its segment are the settings it runs under.
        is_last = request.index == len(request.items) - 1
        if request.kind != EXTENDED and is_last and item.copy_formats is None:
            refuse(request, "this statement opens no COPY: use execute")
        request.next_item()


def read_tag(buffer: bytes, start: i64, end: i64) -> bytes:
    """The tag of a CommandComplete body, `buffer[start:end]`: one string that fills it.

    Raises:
        ProtocolError: the string does not end where the body does.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COMMANDCOMPLETE
    """
    # The tags of most answers are known by their first eight bytes, and their bytes are made once.
    size = end - start
    if size == _SELECT_ONE_BYTES and read_i64_be(buffer, start) == _SELECT_ONE_WORD and buffer[end - 1] == 0:
        return _SELECT_ONE
    is_insert = size == _INSERT_ONE_BYTES and read_i64_be(buffer, start) == _INSERT_WORD
    if is_insert and read_i16_be(buffer, start + 8) == _ONE_WORD and buffer[end - 1] == 0:
        return _INSERT_ONE
    # Byte by byte: a tag is short, and `find` would take longer than all else that one answer needs.
    position = start
    while position < end and buffer[position] != 0:
        position += 1
    if position != end - 1:
        raise ProtocolError(f"CommandComplete's tag does not end with its {end - start} bytes")
    return buffer[start:position]


def note_tag(tag: bytes, statements: StatementCache) -> None:
    """DEALLOCATE and DISCARD ALL drop prepared statements behind our back."""
    if tag.startswith(b"DEALLOCATE") or tag == b"DISCARD ALL":
        statements.forget_all()


def fail_request(request: Request, error: PostgresError, statements: StatementCache) -> None:
    """Book an ErrorResponse that does not end the connection: this item failed, later ones were skipped.

    Raises:
        ProtocolError: no error may come here (a second one before ReadyForQuery).
    """
    before = request.step
    step = follow(ANSWERS, before, ERROR_RESPONSE)
    if step == ILLEGAL:
        raise out_of_order(request, ERROR_RESPONSE)
    request.step = step
    request.error = error
    request.has_executed = is_executing(before) or request.index > 0
    index = int(request.index)
    if request.kind == SIMPLE or index >= len(request.items):
        return
    item = request.current
    item.error = error
    request.error_index = index
    if len(request.items) > 1:
        error.index = index
    _note_statement(item, before, error, statements)
    for follower in request.items[index + 1 :]:
        follower.error = PipelineAborted(
            f"skipped by the server: item {index} of the same batch failed: {error}", index=index, cause=error
        )


def _note_statement(item: Item, step: i64, error: PostgresError, statements: StatementCache) -> None:
    name = item.statement_name
    if not name:
        return
    if error.sqlstate == "26000":
        statements.forget(name)
    elif is_outdated_plan(error) or is_lost_type(error):
        statements.invalidate(name)
    elif error.sqlstate == "42P05" and (step == AWAIT_PARSE or step == AWAIT_PARSE_ONLY):
        statements.found(name)


def out_of_order(request: Request, code: i64) -> ProtocolError:
    """The error for a message that fits no request, or not what the oldest one waits for."""
    return ProtocolError(
        f"message {chr(code)!r} is out of order: "
        f"request at step {request.step}, item {request.index} of {len(request.items)}"
    )


def _check_empty(code: i64, start: i64, end: i64) -> None:
    if start != end:
        raise ProtocolError(f"message {chr(code)!r} has a body of {end - start} bytes instead of none")
