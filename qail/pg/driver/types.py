"""Looking types up, on a connection, for descriptions and results that name ones nobody knows.

Rule 1: asked once for each OID in the life of a pool: what is found is kept by its registry. Two that meet a type at
once both ask, harmlessly; nobody waits for another's question, so none can wait for itself.
Rule 2: a type that the catalog does not have (it was dropped a moment ago) is text for now, and asked for again when a
description names it again.
"""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from qail.errors import QailError
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.driver.link import Link
from qail.pg.steps.types import TypeQuestion
from qail.pg.wire.buffer import RowSink

Place: TypeAlias = Callable[[], Awaitable[Link]]
"""Says where a question may be asked now."""


async def look_up(link: Link, registry: CodecRegistry, type_oids: list[int]) -> None:
    """Have `registry` learn `type_oids` and all that they are made of.

    Raises:
        PostgresError, ConnectionLost: nothing could be asked.
        UsageError: a class that was registered for a type does not fit it.
    """
    question = TypeQuestion(registry, type_oids, is_in_transaction=bool(link.scopes))
    await link.run(question.request)
    registry.learn_types(question.facts(), type_oids)


async def settle_types(sink: RowSink, place: Place) -> None:
    """Look up what `sink` needs, and have it decode the rows that it has kept. What cannot be is its `error`."""
    while isinstance(sink, RowDecoder) and sink.needed is not None:
        registry = sink.registry
        needed = sink.needed
        if not registry.asked_since(needed, sink.waits_since):
            registry.forget(needed)
        missing = registry.missing(sink.type_oids + needed)
        try:
            if missing:
                await look_up(await place(), registry, missing)
        except QailError as error:
            sink.give_up(error)
            return
        sink.decode_kept()
