"""Every case once more by asyncpg and psycopg (binary), from the same server: the same value, or a known difference.

A difference is a line of support/type_differences.py, which is also the table of docs/reference/type-differences.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from support.conformance import Conformance
from support.source import ROOT
from support.type_differences import ASYNCPG, DIFFERENCES, PSYCOPG, Came, found_for, table
from support.value_cases import CASES, Case, same

PAGE: Final = ROOT / "docs" / "reference" / "type-differences.md"
Fetch = Callable[[Conformance, str], Any]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def by_asyncpg(runner: asyncio.Runner) -> Iterator[Fetch]:
    """Fetches one value with asyncpg; a connection for each server."""
    asyncpg: Any = pytest.importorskip("asyncpg")
    connections: dict[str, Any] = {}

    def fetch(conformance: Conformance, sql: str) -> Any:
        server = conformance.server
        if server.name not in connections:
            connections[server.name] = runner.run(
                asyncpg.connect(
                    host=server.host, port=server.port, user=server.user, database=conformance.database.name
                )
            )
        return runner.run(connections[server.name].fetchval(sql))

    yield fetch
    for connection in connections.values():
        runner.run(connection.close())


@pytest.fixture(scope="module")
def by_psycopg() -> Iterator[Fetch]:
    """Fetches one value with psycopg, in binary."""
    psycopg: Any = pytest.importorskip("psycopg")
    connections: dict[str, Any] = {}

    def fetch(conformance: Conformance, sql: str) -> Any:
        server = conformance.server
        if server.name not in connections:
            where = {"host": server.host, "port": server.port, "user": server.user}
            connections[server.name] = psycopg.connect(**where, dbname=conformance.database.name, autocommit=True)
        with connections[server.name].cursor(binary=True) as cursor:
            return cursor.execute(sql).fetchone()[0]

    yield fetch
    for connection in connections.values():
        connection.close()


def plain(name: str) -> str:
    """A type's name as the table has it: "bit" needs its quotes in SQL alone."""
    return name if name == '"char"' else name.strip('"')


def compare(driver: str, fetch: Fetch, conformance: Conformance, case: Case) -> str:
    """What is not as documented; empty if nothing."""
    facts = conformance.types[case.name]
    sql = f"SELECT {case.literal}::{facts.sql}"
    try:
        theirs = fetch(conformance, sql)
    except Exception as error:  # noqa: BLE001  # whatever a driver raises for a value is what it makes of it
        theirs = error
    if same(theirs, case.value):
        return ""
    ((_, text),) = conformance.client.fetch(
        f"SELECT {case.literal}::{facts.sql}, ({case.literal}::{facts.sql})::text", [], []
    )
    codec = conformance.client.registry.for_column(facts.oid)
    met = found_for(driver, plain(case.name), Came(theirs, case.value, str(text), codec))
    if met is None:
        return f"{case}: {driver} gives {theirs!r:.200}, we give {case.value!r:.200}"
    return ""


def compare_all(driver: str, fetch: Fetch, conformance: Conformance, name: str) -> None:
    failures = [
        failure
        for case in CASES
        if case.name == name and not conformance.lack(case.needs)
        if (failure := compare(driver, fetch, conformance, case))
    ]
    assert not failures, "\n".join(failures)


each_type = pytest.mark.parametrize("name", sorted({case.name for case in CASES}))


@pytest.mark.feature("TS3")
@each_type
def test_asyncpg_reads_the_same_or_differs_as_documented(
    conformance_with: Callable[[str], Conformance], by_asyncpg: Fetch, name: str
) -> None:
    compare_all(ASYNCPG, by_asyncpg, conformance_with(name), name)


@pytest.mark.feature("TS3")
@each_type
def test_psycopg_reads_the_same_or_differs_as_documented(
    conformance_with: Callable[[str], Conformance], by_psycopg: Fetch, name: str
) -> None:
    compare_all(PSYCOPG, by_psycopg, conformance_with(name), name)


def test_the_documented_table_is_the_one_that_is_tested() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), f"{PAGE} should hold:\n{table()}"


def test_every_documented_difference_names_a_type_with_cases() -> None:
    names = {plain(case.name) for case in CASES}

    assert {name for difference in DIFFERENCES for name in difference.types} <= names
