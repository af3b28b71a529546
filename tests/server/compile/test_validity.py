"""What is refused before anything is sent a server refuses as well; and what is taken it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import qail
from qail.errors import PostgresError
from support.finishing import finish
from support.servers import Database, Server
from support.validity_cases import ACCEPTED, REFUSED
from support.validity_tables import SETUP


@pytest.fixture(scope="module")
def members(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(SETUP)
        yield database


@pytest.mark.feature("TY4")
def test_a_server_refuses_what_is_refused_here(members: Database) -> None:
    async def body() -> list[str]:
        taken: list[str] = []
        async with qail.connect(members.dsn) as connection:
            for name, case in REFUSED.items():
                if case.sql:
                    try:
                        # Some of it shows only when the statement is planned.
                        await connection.execute(qail.Qail.sql(qail.Trusted(f"EXPLAIN {case.sql}")))
                    except PostgresError:
                        continue
                    taken.append(name)
        return taken

    assert finish(body) == []


@pytest.mark.feature("TY4")
@pytest.mark.feature("TY3")
def test_a_server_takes_what_is_taken_here(members: Database) -> None:
    async def body() -> list[Any]:
        refused: list[Any] = []
        async with qail.connect(members.dsn) as connection:
            for name, build in ACCEPTED.items():
                try:
                    await connection.prepare(build())
                except PostgresError as error:
                    refused.append((name, error))
        return refused

    assert finish(body) == []
