"""`library`: the database of support/library.py, shared by the tests that only read; `fresh_library`: one's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.library import SETUP
from support.servers import Database, Server


@pytest.fixture(scope="session")
def library(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(SETUP)
        yield database


@pytest.fixture
def fresh_library(fresh_database: Database) -> Database:
    fresh_database.sql(SETUP)
    return fresh_database
