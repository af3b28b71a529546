"""Rows that have all come and that nobody reads to the end: the connection goes on reading what is asked of it next."""

from __future__ import annotations

from typing import Any

import pytest

from qail import INT8, cast, select
from qail.pg.driver.copy import MOST_WAITING_ROWS
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database
from support.waiting import until

ONE = select(cast(1, INT8))
# One is taken, and the last of the others is one more than may wait.
LINES = MOST_WAITING_ROWS + 2


@pytest.fixture
def many(fresh_database: Database) -> Database:
    fresh_database.sql(f"CREATE TABLE many AS SELECT id FROM generate_series(1, {LINES}) id")
    return fresh_database


async def leave_when_all_has_come(backend: Backend, proxy: ChaosProxy, db: Any, how: str) -> None:
    held = proxy.add(Rule("hold", message="d", nth=2))
    async with db.copy_out("many", format=how) as rows:
        assert await rows.__anext__() in {(1,), b"1\n"}
        held.release()
        await until(backend, lambda: rows._link.session.depth == 0)


@pytest.mark.feature("PO3")
@pytest.mark.parametrize("how", ["binary", "text"])
@pytest.mark.parametrize("kind", ["connection", "lease"])
@pytest.mark.backends("asyncio", "uvloop", "trio")  # a blocking connection reads only what somebody waits for
def test_a_copy_whose_rows_have_all_come_holds_nothing_up(
    backend: Backend, many: Database, kind: str, how: str
) -> None:
    async def leave_and_go_on(proxy: ChaosProxy, db: Any) -> None:
        for _ in range(2):
            await leave_when_all_has_come(backend, proxy, db, how)
            assert await db.fetch_value(ONE, timeout=60) == 1

    async def body() -> None:
        with ChaosProxy(many.dsn) as proxy:
            if kind == "connection":
                async with backend.connect(proxy.dsn()) as connection:
                    await leave_and_go_on(proxy, connection)
                return
            async with backend.pool(proxy.dsn(), max_size=1) as pool:
                async with pool.acquire() as lease:
                    await leave_and_go_on(proxy, lease)
                assert await pool.fetch_value(ONE, timeout=60) == 1

    backend.run(body)
