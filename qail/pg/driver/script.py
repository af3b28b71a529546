"""`script`: raw text of several statements over the simple query protocol.

Source: protocol-flow.html, "Simple Query"
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import Any, Final

from qail.errors import PostgresError, UsageError
from qail.pg.codec.bounded import row_decoder
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.driver.executor import Attempt, Places
from qail.pg.driver.results import affected, raw_rows_of
from qail.pg.driver.segment import control, simple
from qail.pg.protocol.request import Item
from qail.pg.wire.buffer import RowSink

ALTERING: Final = frozenset(("ALTER TYPE", "ALTER TABLE", "ALTER DOMAIN", "ALTER EXTENSION"))
"""Tags of statements after which a composite type may be another one under its old OID."""


async def run_script(places: Places, text: str, deadline: float | None, attempt: Attempt) -> list[Any]:
    """One result per statement: rows as tuples where there are some, else the count."""
    registry: CodecRegistry = places._catalog.registry

    def make_sink() -> RowSink:
        return row_decoder([], registry, None)

    link = await places._place(False, deadline)
    if link.local_settings and not link.scopes:
        raise UsageError(
            "this connection was acquired with settings, and a script outside a transaction cannot have them: "
            "run it in one, `async with connection.transaction() as tx: await tx.script(...)`"
        )
    if link.unsent_scopes:
        # A simple query carries no openings; should BEGIN fail, the text must not run on its own.
        await link.run(control(link, [], is_end=False))
        link = await places._place(False, deadline)
    request = simple(text)
    request.make_sink = make_sink
    attempt.request = request
    link.soil(text.encode())
    await link.settle(request)
    error = request.error
    if isinstance(error, PostgresError):
        error.query = text
    if error is not None:
        raise error
    if any(item.tag in ALTERING for item in request.items):
        places._catalog.types_altered()
    # Without a statement in it a text is answered, too, by an EmptyQueryResponse.
    return [_result(item) for item in request.items if item.tag]


def _result(item: Item) -> Any:
    sink = item.sink
    if isinstance(sink, RowDecoder) and sink.columns:
        return raw_rows_of(item)
    return affected(item)
