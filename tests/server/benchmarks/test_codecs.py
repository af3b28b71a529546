"""The cases of the codec benchmark run, and its contenders decode the same values; nothing is timed for its time."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

import pytest

from support.servers import Server
from support.source import ROOT

WAYS = ("decode", "encode")


@pytest.fixture
def codecs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark, which lies beside the package and is no part of it."""
    for peer in ("asyncpg", "psycopg", "psycopg_pool"):
        pytest.importorskip(peer)
    # Behind everything else: the qail under test stays the one that is imported.
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])
    # It makes timing fair, and takes longer than all the rest in a process of this size.
    monkeypatch.setattr(gc, "collect", lambda: 0)
    return pytest.importorskip("benchmarks.codecs")


def test_every_case_runs_and_the_contenders_of_one_class_agree(codecs: Any, server: Server) -> None:
    size = codecs.Size(rows=2, fetches=1, copies=1, copyings=1, rounds=1)

    with server.fresh_database() as database:
        lines = asyncio.run(codecs.run_cases(At(server, database.name, database.dsn), codecs.CASES, size))

    ran = [line.case for line in lines[::2]]
    assert [(line.case, line.direction) for line in lines] == [(case, way) for case in ran for way in WAYS]
    assert [case for case in codecs.CASES if case in ran or not case.is_optional] == ran
    assert all(line.nanoseconds["qail"] > 0 for line in lines)


class At:
    """A server as the benchmarks' peers ask for it."""

    def __init__(self, server: Server, database: str, dsn: str) -> None:
        self.host, self.port, self.user = server.host, server.port, server.user
        self.database, self.dsn = database, dsn
