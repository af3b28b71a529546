"""A COPY and a script go where their connection is now, not where it was when they were prepared."""

from __future__ import annotations

from typing import Any

import pytest

from qail import ConnectionLost, Qail, UsageError, func, select
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

ONE = select(func.abs(-1))


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int)")
    return fresh_database


async def copy_in(connection: Any) -> None:
    assert await connection.copy_in("log", [(1,), (2,)]) == 2


async def copy_out(connection: Any) -> None:
    async with connection.copy_out("log") as rows:
        assert [row async for row in rows] == []


@pytest.mark.feature("RT4")
@pytest.mark.parametrize("copy", [copy_in, copy_out])
def test_a_copy_whose_connection_is_lost_behind_its_description_ends(
    backend: Backend, log: Database, copy: Any
) -> None:
    """It begins on the connection that was made anew, or is told of the loss: it does not wait on the old one."""

    async def body() -> None:
        with ChaosProxy(log.dsn) as proxy:
            async with backend.connect(proxy.dsn(), reconnect=True) as connection:
                assert await connection.fetch_value(ONE) == 1
                proxy.add(Rule("fin", message="Z", after=True))
                try:
                    await copy(connection)
                except ConnectionLost:
                    await copy(connection)
                assert await connection.fetch_value(ONE) == 1
                assert connection.info.reconnects == 1

    backend.run(body)


@pytest.mark.feature("PO3")
@pytest.mark.parametrize("what", ["script", "copy_in", "copy_out"])
def test_what_was_begun_in_a_lease_is_not_sent_once_that_was_given_back(
    backend: Backend, log: Database, what: str
) -> None:
    """Given back in the moment in which BEGIN, which these cannot carry, has been answered."""

    async def run(tx: Any) -> None:
        if what == "script":
            await tx.script("INSERT INTO log VALUES (1)")
        elif what == "copy_in":
            await tx.copy_in("log", ["1\n"], format="text")
        else:
            async with tx.copy_out("log", format="text") as lines:
                assert [line async for line in lines] == []

    async def body() -> None:
        async with backend.pool(log.dsn, max_size=1) as pool:
            connection = await pool.acquire()
            link = connection._link
            changed = link.owner_changed

            def give_back() -> None:
                changed()
                if connection._link is link:
                    link.owner_changed = changed
                    driver = connection.blocking._inner if hasattr(connection, "blocking") else connection
                    owner = pool.blocking._inner if hasattr(pool, "blocking") else pool
                    owner._release(driver)

            transaction = connection.transaction()
            await transaction.begin()
            link.owner_changed = give_back
            with pytest.raises(UsageError, match="given back"):
                await run(transaction)
            assert connection._link is None
            assert await pool.fetch_all(Qail.get("log")) == []

    backend.run(body)
