"""What a server is too old for: refused by the name of what is newer, before a byte of it is sent."""

from __future__ import annotations

import pytest

from qail import INT8, BuildError, Qail, col, count
from qail.testing import Script, ScriptedServer
from support.backends import Backend
from support.sql_cases import CASES

pytestmark = pytest.mark.feature("PL5")

OLDEST = 14
NEWER = [case for case in CASES if case.needs > OLDEST]
KNOWN = Qail.get("t").columns(count()).where(col("a").is_null())
COUNTED = Script(columns=[("count", INT8)], rows=[(1,)])


@pytest.mark.feature("DM7")
@pytest.mark.feature("EX7")
def test_what_is_newer_than_the_server_sends_nothing(backend: Backend) -> None:
    """All that arrives behind the refusals is one more run of a statement that the server knows."""

    async def body() -> None:
        with ScriptedServer({str(KNOWN): COUNTED}, parameters={"server_version": f"{OLDEST}.9"}) as server:
            async with backend.connect(server.dsn()) as connection:

                async def run_known() -> list[str]:
                    heard = len(server.received)
                    assert await connection.fetch_value(KNOWN) == 1
                    return [type(message).__name__ for message in server.received[heard:]]

                await run_known()
                once = await run_known()
                heard = len(server.received)
                for case in NEWER:
                    told = f"needs PostgreSQL {case.needs}, and the server is {OLDEST}"
                    with pytest.raises(BuildError, match=told):
                        await connection.execute(case.query)
                    with pytest.raises(BuildError, match=told):
                        await connection.batch([KNOWN, case.query])
                    with pytest.raises(BuildError, match=told):
                        await connection.prepare(case.query)
                assert await connection.fetch_value(KNOWN) == 1
                assert [type(message).__name__ for message in server.received[heard:]] == once

    backend.run(body)


def test_there_are_constructs_of_each_version() -> None:
    assert {case.needs for case in NEWER} == {15, 16, 17, 18}
