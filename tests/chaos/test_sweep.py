"""Every operation, cancelled at every await, in every way, on every runtime."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.stepping import KINDS
from chaos.sweep import open_files, sweep
from chaos.sweep_operations import OPERATIONS
from support.backends import BACKENDS
from support.servers import Database, Server

SHORT = {"asyncio": "native", "uvloop": "native", "trio": "trio"}
"""The one way that is tried in the short form."""


@pytest.fixture(scope="module")
def pairs(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(
            "CREATE TABLE pairs (run int8, part int8); "
            "CREATE TABLE thousands AS SELECT id FROM generate_series(1, 30000) id"
        )
        yield database


async def _nothing() -> None:
    return


def _runs() -> Iterator[object]:
    for name, kinds in KINDS.items():
        for kind in kinds:
            marks = () if SHORT[name] == kind else (pytest.mark.long,)
            yield pytest.param(name, kind, marks=marks, id=f"{name}-{kind}")


@pytest.mark.feature("PO7")
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("backend_name", "kind"), list(_runs()))
def test_a_cancellation_at_any_await_leaves_the_pool_whole(
    pairs: Database, backend_name: str, kind: str, operation: str
) -> None:
    backend = BACKENDS[backend_name]()
    backend.run(_nothing)  # a loop's first run in a process opens files for good
    before = open_files()

    steps = backend.run(lambda: sweep(backend, pairs, kind, OPERATIONS[operation]))

    assert steps > 0
    assert open_files() <= before
