"""Every operation, cancelled at every await, in every way, on every runtime."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

import qail
from chaos.stepping import KINDS
from chaos.sweep import open_files, sweep
from chaos.sweep_verbs import NAMED, OPERATIONS
from qail.pg.driver.copy import CopyOut
from qail.pg.driver.pipeline import Pipeline
from qail.pg.driver.prepare import PreparedStatement
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
@pytest.mark.feature("TS4")
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


VERBS = (
    qail.Pool,
    qail.Connection,
    qail.Transaction,
    Pipeline,
    PreparedStatement,
    qail.RowStream,
    qail.Subscription,
    CopyOut,
)
# What never waits, and what the driver and the pool call of each other.
PLAIN = {"add_notice_handler", "add_notification_handler", "remove_notice_handler", "remove_notification_handler"}
PLAIN |= {"register_type", "resize", "stats"}
# `open` is what entering a pool's block does, and that is swept.
INTERNAL = {"open", "check_plain", "may_be_kept", "leave_pool", "hear", "lose", "wake"}


@pytest.mark.feature("TS4")
@pytest.mark.parametrize("kind", VERBS, ids=lambda kind: kind.__name__)
def test_every_verb_that_waits_is_in_some_operation(kind: type) -> None:
    verbs = {name for name, what in inspect.getmembers(kind, callable) if not name.startswith("_")}

    assert verbs - PLAIN - INTERNAL <= NAMED
    assert not any(inspect.iscoroutinefunction(getattr(kind, name)) for name in verbs & PLAIN)
