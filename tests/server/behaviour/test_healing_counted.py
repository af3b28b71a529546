"""A statement that the server has lost, or that no longer fits: one more try, as counted on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from qail import Qail, StatementInvalidated
from qail.testing import ChaosProxy
from support.backends import Backend
from support.servers import Database

HEALED = pytest.mark.feature("PS3")
ROWS = Qail.get("things").columns("id", "what")
FORGET = Qail.add("forgetting").values({"id": 1})
# How each is done by somebody else, or by the session itself where nobody here can see it.
CHANGES = {
    "ALTER TABLE": "ALTER TABLE things ALTER what TYPE varchar(9)",
    "a type made anew": (
        "ALTER TABLE things ALTER what TYPE text; DROP TYPE kind; CREATE TYPE kind AS ENUM ('7', '8');"
        " ALTER TABLE things ALTER what TYPE kind USING what::kind"
    ),
}
SEEN = ("DISCARD ALL", "DEALLOCATE ALL", "DISCARD PLANS")


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql(
        "CREATE TYPE kind AS ENUM ('7'); CREATE TABLE things (id int, what kind); INSERT INTO things VALUES (1, '7');"
        "CREATE TABLE forgetting (id int);"
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NEW; END $$;"
        "CREATE TRIGGER forget BEFORE INSERT ON forgetting FOR EACH ROW EXECUTE FUNCTION forget()"
    )
    return fresh_database


async def change(connection: Any, things: Database, what: str) -> None:
    if what in CHANGES:
        things.sql(CHANGES[what])
    elif what == "DEALLOCATE unseen":
        # What a trigger does inside, no answer tells.
        assert await connection.execute(FORGET) == 1
    else:
        await connection.script(what)


@HEALED
@pytest.mark.parametrize("what", [*CHANGES, *SEEN, "DEALLOCATE unseen"])
def test_the_next_run_outside_a_transaction_takes_one_more_try(backend: Backend, things: Database, what: str) -> None:
    async def body() -> None:
        with ChaosProxy(things.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                for _ in range(2):
                    assert await connection.fetch_all(ROWS) == [(1, "7")]
                await change(connection, things, what)
                proxy.audit.forget()
                assert await connection.fetch_all(ROWS) == [(1, "7")]
                # What the session was seen to drop is parsed at once; the rest is refused, and tried once more.
                assert proxy.audit.received["E"] == (0 if what in SEEN else 1)
                # A type that nobody knows is looked up in between.
                assert proxy.audit.sent["E"] <= (3 if what == "a type made anew" else 2)
                proxy.audit.forget()
                assert await connection.fetch_all(ROWS) == [(1, "7")]
                assert dict(proxy.audit.sent) == {"B": 1, "E": 1, "S": 1}
            proxy.audit.check()

    backend.run(body)


@HEALED
@pytest.mark.parametrize("what", [*CHANGES, "DEALLOCATE unseen"])
def test_inside_a_transaction_it_is_told_and_the_next_one_works(backend: Backend, things: Database, what: str) -> None:
    async def body() -> None:
        async with backend.connect(things.dsn) as connection:
            for _ in range(2):
                assert await connection.fetch_all(ROWS) == [(1, "7")]
            await change(connection, things, what)
            with pytest.raises(StatementInvalidated) as caught:
                async with connection.transaction() as tx:
                    await tx.fetch_all(ROWS)
            assert caught.value.outcome == "aborted"
            assert not caught.value.connection_spent
            async with connection.transaction() as tx:
                assert await tx.fetch_all(ROWS) == [(1, "7")]

    backend.run(body)
