"""A blocking call leaves nothing behind that only the garbage collector would find."""

from __future__ import annotations

import gc

import qail.sync
from qail import INT4, cast, func, select
from support.servers import Server


def test_rows_go_with_the_last_who_holds_them(server: Server) -> None:
    query = select(func.generate_series(1, cast(50, INT4)))
    with qail.sync.connect(server.dsn) as connection:
        connection.fetch_all(query)
        gc.collect()
        gc.disable()
        try:
            gc.freeze()
            for _ in range(100):
                assert len(connection.fetch_all(query)) == 50
            with connection.stream(query, fetch_size=10) as rows:
                assert sum(1 for _ in rows) == 50
            left = gc.collect()
        finally:
            gc.unfreeze()
            gc.enable()

    # A call's objects, left in a cycle, were some ten.
    assert left < 50
