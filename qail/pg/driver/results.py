"""From a settled item to what its caller asked for: rows in the query's form, or a count.

Rule 1: an answer that cannot be used (DecodeError) is an error of that one call; the server has finished, and the
connection is in step.
Rule 2: what a call promises is checked here: one row, at most one row, one column.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from qail.ast.build.result import gives_tuples
from qail.ast.build.sql import Sql
from qail.compile.cache import Call, lookup
from qail.errors import NoRowsError, PipelineAborted, QailError, ResultError, TooManyRowsError, UsageError
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.user import FunctionCodec
from qail.pg.protocol.request import Item, Request
from qail.rows.target import column_in_form, rows_in_form


def fetching(query: Any) -> Call:
    """The Call of a statement whose rows are asked for. Raises UsageError when it returns none."""
    call = lookup(query)
    if not call.plan.returns_rows:
        raise UsageError("this command returns no rows to fetch: add .returning(...), or run it with execute()")
    return call


def rows_of(query: Any, item: Item) -> list[Any]:
    """The rows of a settled item, in the form the query promises. Raises DecodeError."""
    sink = decoded(item)
    # Asked first and in one call: most queries are such.
    if gives_tuples(query):
        return sink.rows
    return rows_in_form(query, sink.rows, partial(_names, sink), partial(_oids, sink))


def column_of(query: Any, item: Item) -> list[Any]:
    """The values of a settled item's one column, in the form the query promises. Raises DecodeError."""
    sink = decoded(item)
    return column_in_form(query, sink.rows, partial(_names, sink), partial(_oids, sink))


def _names(sink: RowDecoder) -> tuple[str, ...]:
    return sink.names


def _oids(sink: RowDecoder) -> tuple[int, ...]:
    """The OIDs of the columns' types; 0 for one that functions of the user read."""
    oids = sink.type_oids
    registry = sink.registry
    if not registry.has_functions:
        return tuple(oids)
    return tuple([0 if isinstance(registry.find(oid), FunctionCodec) else oid for oid in oids])


def raw_rows_of(item: Item) -> list[tuple[Any, ...]]:
    """The rows of a settled item as plain tuples. Raises DecodeError."""
    return decoded(item).rows


def decoded(item: Item) -> RowDecoder:
    """Who took the rows of a settled item. Raises DecodeError when one had no Python form."""
    sink = item.sink
    assert isinstance(sink, RowDecoder)
    if sink.error is not None:
        raise sink.error
    return sink


def affected(item: Item) -> int:
    """Rows affected, by the statement's tag; 0 for a statement that counts none."""
    return max(item.row_count, 0)


def affected_by_each(items: list[Item]) -> list[int]:
    """`affected` of many items; those of one statement mostly say the same, which is read once."""
    counts: list[int] = []
    latest, count = b"", 0
    for item in items:
        tag = item.tag_bytes
        if tag != latest:
            latest, count = tag, affected(item)
        counts.append(count)
    return counts


def answer_of(query: Any, call: Call, item: Item) -> Any:
    """What a batch returns for one statement: rows where it returns rows, else the count."""
    if not call.plan.returns_rows or (type(query) is Sql and not decoded(item).type_oids):
        return affected(item)
    return rows_of(query, item)


def outcome_of(query: Any, call: Call, request: Request, index: int) -> Any:
    """The answer of one item of a settled request, or its error as a value."""
    item = request.items[index]
    # Without a culprit the error is the segment's as a whole: a failed Sync, a lost connection.
    error = item.error or (request.error if request.error_index < 0 else None)
    if error is not None:
        return error
    try:
        return answer_of(query, call, item)
    except ResultError as refused:
        return refused


def at_most_one(rows: list[Any]) -> Any:
    """The only row, or None. Raises TooManyRowsError."""
    if len(rows) > 1:
        raise TooManyRowsError(f"the query returned {len(rows)} rows and at most one was asked for")
    return rows[0] if rows else None


def exactly_one(rows: list[Any]) -> Any:
    """The only row. Raises NoRowsError, TooManyRowsError."""
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise NoRowsError("the query returned no row and one was asked for: use fetch_optional where none is fine")
    return at_most_one(rows)


def raise_first(results: list[Any]) -> None:
    """Raise the first error among `results`, with `.index` and `.results`: what came before it.

    One that concerns all of them (at Sync, at COMMIT, with the connection) has no index.
    """
    for index, result in enumerate(results):
        if isinstance(result, QailError) and not isinstance(result, PipelineAborted):
            is_of_all = len(results) > 1 and results[0] is results[-1]
            mark_index(result, None if is_of_all else index)
            vars(result)["results"] = results[:index]
            raise result


def mark_index(error: QailError, index: int | None) -> None:
    """Say which item of a batch `error` is about."""
    vars(error)["index"] = index
