"""A pool that closes while it is still opening a connection waits for nobody."""

from __future__ import annotations

import logging

import pytest

import qail
from qail import literal, select
from support.finishing import finish
from support.servers import Server


def test_a_connection_that_was_still_opening_does_not_hold_up_the_close(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The lease takes the one connection, so the shared statement has another opened, and perhaps a third."""

    async def main() -> None:
        for _ in range(5):
            async with qail.create_pool(server.dsn, min_size=1, max_size=8) as pool, pool.acquire():
                assert await pool.fetch_value(select(literal(1))) == 1

    with caplog.at_level(logging.WARNING):
        finish(main)

    # It is logged when the patience of close() has ended.
    assert caplog.records == []
