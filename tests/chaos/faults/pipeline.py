"""Faults of a pipeline: what one caller does to those behind it."""

from __future__ import annotations

from chaos.registry import FaultRun, fault
from qail import Outcome, Qail, count
from qail.sqlstate import UniqueViolation


@fault("F40")
async def only_the_caller_whose_statement_fails_is_told(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql("CREATE TABLE tokens (id int PRIMARY KEY)")
        async with run.backend.pool(database.dsn, max_size=1) as pool:
            numbers = [1, 2, 2, *range(3, 50)]
            results = await run.backend.together(
                *(lambda n=n: pool.execute(Qail.add("tokens").values({"id": n})) for n in numbers)  # type: ignore[misc]
            )
            failed = [each for each in results if each != 1]
            assert [type(each) for each in failed] == [UniqueViolation]
            assert failed[0].outcome is Outcome.ABORTED
            assert await pool.fetch_value(Qail.get("tokens").columns(count())) == 49
