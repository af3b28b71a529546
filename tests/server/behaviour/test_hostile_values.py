"""A value that raises what no codec would expect: its caller hears of it, and nothing of the call runs later."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from qail import Qail
from support.backends import Backend
from support.servers import Database

IDS = Qail.get("log").columns("id")


class Nowhere(tzinfo):
    """A zone of the user's with a mistake in it."""

    def utcoffset(self, when: datetime | None, /) -> timedelta | None:
        raise ZeroDivisionError

    def dst(self, when: datetime | None, /) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None, /) -> str | None:
        return None


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int, at timestamptz)")
    return fresh_database


def entry(number: int, at: datetime) -> Any:
    return Qail.add("log").values({"id": number, "at": at})


@pytest.mark.feature("PI1")
@pytest.mark.parametrize("place", ["connection", "transaction", "pool"])
def test_what_is_queued_ahead_of_it_is_taken_back(backend: Backend, log: Database, place: str) -> None:
    good, bad = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=Nowhere())
    entries = [entry(1, good), entry(2, good), entry(3, bad), entry(4, good)]

    async def fails(db: Any) -> None:
        for is_atomic in (True, False):
            with pytest.raises(ZeroDivisionError):
                await db.batch(entries, atomic=is_atomic)
        with pytest.raises(ZeroDivisionError):
            async with db.pipeline() as pipeline:
                for each in entries:
                    pipeline.execute(each)
        with pytest.raises(ZeroDivisionError):
            await db.execute_many(entry(0, good), [(1, good), (3, bad)])
        assert await db.fetch_all(IDS) == []
        assert await db.execute(entry(7, good)) == 1

    async def body() -> None:
        async with backend.pool(log.dsn, max_size=1) as pool:
            if place == "pool":
                await fails(pool)
                return
            async with pool.acquire() as connection:
                if place == "connection":
                    await fails(connection)
                    return
                async with connection.transaction() as transaction:
                    await fails(transaction)

    backend.run(body)
    assert log.sql("SELECT id FROM log") == [("7",)]
