"""`stream` holds a page and no more, however many rows there are."""

from __future__ import annotations

import pytest

from qail import INT4, cast, func, select
from support.backends import Backend
from support.memory import resident_bytes
from support.servers import Server

MILLIONS = 5_000_000


@pytest.mark.feature("SR1")
@pytest.mark.backends("asyncio", "sync")
@pytest.mark.parametrize(
    "rows", [500_000, pytest.param(MILLIONS, marks=pytest.mark.long)], ids=["half a million", "five millions"]
)
def test_memory_is_flat_however_many_rows_there_are(backend: Backend, server: Server, rows: int) -> None:
    query = select(func.generate_series(1, cast(rows, INT4)).as_("id"), func.repeat("x", 20).as_("body"))
    seen = total = 0
    least, most = 0, 0

    async def body() -> None:
        nonlocal seen, total, least, most
        async with (
            backend.connect(server.dsn, max_result_bytes=1_000_000) as connection,
            connection.stream(query, fetch_size=5000) as stream,
        ):
            async for page in stream.pages():
                seen += len(page)
                total += page[-1][0]
                if seen == 100_000:
                    least = resident_bytes()
                elif seen % 100_000 == 0:
                    most = max(most, resident_bytes())

    backend.run(body, patience_seconds=600)

    assert (seen, total) == (rows, sum(range(5000, rows + 1, 5000)))
    # The rest of the rows, kept, would be some 40 MB at the least.
    assert most > 0
    assert most - least < 8_000_000
