"""Faults of a pipeline: what one caller does to those behind it."""

from __future__ import annotations

from typing import Any

from chaos.registry import FaultRun, fault
from qail import Outcome, Qail, col, count, func
from qail.sqlstate import DivisionByZero, InvalidTextRepresentation, UndefinedTable, UniqueViolation


@fault("F40")
async def only_the_caller_whose_statement_fails_is_told(run: FaultRun) -> None:
    with run.server.fresh_database() as database:
        database.sql("CREATE TABLE tokens (id int PRIMARY KEY)")
        async with run.backend.pool(database.dsn, max_size=1) as pool:
            numbers = [1, 2, 2, *range(3, 50)]
            results = await run.backend.together(
                *(lambda n=n: pool.execute(Qail.add("tokens").values({"id": n})) for n in numbers)
            )
            failed = [each for each in results if each != 1]
            assert [type(each) for each in failed] == [UniqueViolation]
            assert failed[0].outcome is Outcome.ABORTED
            assert await pool.fetch_value(Qail.get("tokens").columns(count())) == 49


TABLES = """
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE tokens (id int PRIMARY KEY);
    CREATE TABLE moods (id int, feeling mood);
    CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE zeroes (n int); INSERT INTO zeroes VALUES (1), (2), (0), (4);
    CREATE TABLE log (id int);
    CREATE FUNCTION noted(n int) RETURNS int LANGUAGE sql AS $$ INSERT INTO log VALUES (n) RETURNING 12 / n $$;
    INSERT INTO late VALUES (7)
"""
CULPRITS: dict[str, tuple[Any, type[Exception]]] = {
    "parse": (Qail.get("nowhere"), UndefinedTable),
    "bind": (Qail.add("moods").values({"id": 1, "feeling": "hungry"}), InvalidTextRepresentation),
    "row 3": (Qail.get("zeroes").columns(func.noted(col("n")).as_("n")), DivisionByZero),
    "deferred": (Qail.add("late").values({"id": 7}), UniqueViolation),
}


@fault("F40")
async def an_error_wherever_it_strikes_is_that_of_its_own_caller(run: FaultRun) -> None:
    """At Parse, at Bind, in the third row and at Sync, with others ahead and behind on the same connection."""
    for where, (culprit, kind) in CULPRITS.items():
        with run.server.fresh_database() as database:
            database.sql(TABLES)
            async with run.backend.pool(database.dsn, max_size=1) as pool:
                add = [Qail.add("tokens").values({"id": n}) for n in range(40)]
                await pool.fetch_all(Qail.get("tokens"))
                for form in ("tasks", "batch", "pipeline"):
                    results = await _together(run, pool, form, [*add[:20], culprit, *add[20:]])
                    assert [type(each) for each in results if isinstance(each, Exception)] == [kind], (where, form)
                    assert results[20].outcome is Outcome.ABORTED
                    assert [each for each in results if not isinstance(each, Exception)] == [1] * 40
                    assert await pool.execute(Qail.delete("tokens").all_rows()) == 40
            # What the failed one did before it failed is gone.
            assert database.sql("SELECT count(*) FROM log UNION ALL SELECT count(*) FROM late") == [("0",), ("1",)]


async def _together(run: FaultRun, pool: Any, form: str, statements: list[Any]) -> list[Any]:
    if form == "tasks":
        return await run.backend.together(*(lambda each=each: pool.execute(each) for each in statements))
    if form == "batch":
        return list(await pool.batch(statements, atomic=False, return_errors=True))
    results: list[Any] = []
    answers: list[Any] = []
    try:
        async with pool.pipeline() as pipeline:
            answers += [pipeline.execute(each) for each in statements]
    except Exception:  # noqa: BLE001  what nobody has looked at yet
        pass
    for answer in answers:
        try:
            results.append(answer.result())
        except Exception as error:  # noqa: BLE001  it is the result
            results.append(error)
    return results
