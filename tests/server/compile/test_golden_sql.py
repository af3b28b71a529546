"""The golden corpus on every server at hand: each text is prepared and run as one statement."""

from __future__ import annotations

from typing import Final

import pytest

import qail
from qail import BuildError, Command, PgType
from qail.compile.cache import lookup
from qail.compile.quote import type_name
from support.finishing import finish
from support.servers import Server
from support.sql_case import Case
from support.sql_cases import CASES
from support.sql_tables import SETUP

UNKNOWN: Final[PgType[str]] = PgType("unknown", 705, 0, "unknown")


class TakenBackError(Exception):
    """Ends the transaction of a case, so that nothing stays."""


def _tables_for(case: Case) -> tuple[Command, ...]:
    """What must be there before: all tables, but not the one that the case creates."""
    if not case.sql.startswith("CREATE T"):
        return SETUP
    return SETUP[:1] if "REFERENCES" in case.sql else ()


def _is_too_new(case: Case, server: Server) -> bool:
    return case.needs > server.version


@pytest.mark.feature("PL1", partial="the golden set has fewer than 300 trees, and frames are compared for few of them")
@pytest.mark.feature("ST1", partial="sql does not exist yet")
@pytest.mark.feature("ST3", partial="more clauses come with more statements")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_query_of_the_corpus_is_prepared_and_runs(any_server: Server, case: Case) -> None:
    async def main() -> None:
        async with qail.connect(any_server.dsn) as connection:
            if _is_too_new(case, any_server):
                with pytest.raises(BuildError, match=f"[A-Z]+.* needs PostgreSQL {case.needs}, and the server is"):
                    await connection.execute(case.query)
                return
            with pytest.raises(TakenBackError):  # noqa: PT012 - what is tested is the block; the error only ends it
                async with connection.transaction() as transaction:
                    for command in _tables_for(case):
                        await transaction.execute(command)
                    if case.setup:
                        await transaction.script(case.setup)
                    await transaction.execute(case.query)
                    # The same text once more, from the statement that is prepared by now; a CREATE cannot run twice.
                    if not case.sql.startswith(("CREATE", "DROP")) and "INSERT" not in case.sql:
                        await transaction.execute(case.query)
                    raise TakenBackError

    finish(main)


@pytest.mark.feature("PL1", partial="the golden set has fewer than 300 trees, and frames are compared for few of them")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_text_parses_as_exactly_one_statement(server: Server, case: Case) -> None:
    """PREPARE takes one statement; what cannot be prepared is a utility statement, which must hold no separator."""
    if case.sql.startswith(("CREATE", "DROP", "TRUNCATE")):
        assert ";" not in case.sql
        return

    if _is_too_new(case, server):
        pytest.skip(f"{case.name} needs PostgreSQL {case.needs}")

    async def main() -> None:
        async with qail.connect(server.dsn) as connection, connection.transaction() as transaction:
            for command in SETUP:
                await transaction.execute(command)
            if case.setup:
                await transaction.script(case.setup)
            types = [type_name(pg or UNKNOWN) for pg in lookup(case.query).plan.parameter_types]
            declared = f"({', '.join(types)})" if types else ""
            await connection.script(f"PREPARE one {declared} AS {case.sql}")
            found = await connection.script("SELECT count(*) FROM pg_prepared_statements WHERE name = 'one'")
            assert found == [[("1",)]]

    finish(main)
