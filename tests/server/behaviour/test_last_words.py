"""What the server said last is the cause of the end, even where writing failed before it was read."""

from __future__ import annotations

import pytest

from qail import INT8, ConnectionLost, cast, select
from qail.sqlstate import AdminShutdown
from support.backends import Backend
from support.servers import Database

ONE = select(cast(1, INT8))
TERMINATE = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.feature("ER3")
@pytest.mark.parametrize("verb", ["fetch_value", "script"])
def test_a_write_that_fails_first_does_not_hide_the_servers_reason(
    backend: Backend, fresh_database: Database, verb: str
) -> None:
    async def body() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            assert await connection.fetch_value(ONE) == 1
            # Blocks the loop: the end has come, and nobody has looked, when the next request is written.
            fresh_database.sql(TERMINATE)
            with pytest.raises(ConnectionLost) as caught:
                await (connection.fetch_value(ONE) if verb == "fetch_value" else connection.script("SELECT 1"))
            assert "57P01" in str(caught.value)
            assert isinstance(caught.value.__cause__, AdminShutdown)

    backend.run(body)


@pytest.mark.feature("LN3")
def test_a_pools_subscription_ends_with_the_loss_of_its_connection(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with backend.pool(fresh_database.dsn, max_size=2) as pool:
            async with pool.listen("news") as messages:
                await pool.notify("news", "before")
                assert (await messages.get(timeout=20)).payload == "before"
                await backend.blocking(lambda: fresh_database.sql(TERMINATE))
                for _ in range(2):
                    with pytest.raises(ConnectionLost, match="57P01"):
                        await messages.get(timeout=20)
            async with pool.listen("news") as messages:
                await pool.notify("news", "after")
                assert (await messages.get(timeout=20)).payload == "after"

    backend.run(body)
