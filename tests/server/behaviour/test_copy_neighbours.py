"""What others do on a connection while one of them loads it by COPY: they wait for it or are refused, whole."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from qail import Qail, UsageError
from support.backends import Backend, Job, Jobs
from support.servers import Database
from support.waiting import until

# On `sync` a thread that loads is no neighbour that can be cancelled, and a source is no task's.
pytestmark = pytest.mark.backends("asyncio", "uvloop", "trio")
IDS = Qail.get("log").columns("id")
ADVISORY_LOCKS = (
    "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE locktype = 'advisory' AND d.datname = current_database()"
)


@pytest.fixture
def log(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE log (id int); CREATE TABLE other (id int)")
    return fresh_database


def ids(database: Database) -> list[int]:
    return [int(row[0] or 0) for row in database.sql("SELECT id FROM log ORDER BY id")]


class Loading:
    """A COPY into `log` by a task of its own, which has begun and goes on when it is told to."""

    def __init__(self) -> None:
        self.may_end = anyio.Event()
        self._has_begun = anyio.Event()

    async def begin(self, jobs: Jobs, db: Any) -> Job:
        job = jobs.start(lambda: db.copy_in("log", self._records(), columns=["id"]))
        await self._has_begun.wait()
        return job

    async def _records(self) -> AsyncIterator[tuple[int]]:
        yield (1,)
        self._has_begun.set()
        await self.may_end.wait()
        yield (2,)


@pytest.mark.feature("TX1")
def test_a_refused_statement_takes_no_begin_along(backend: Backend, log: Database) -> None:
    entry = Qail.add("other").values({"id": 3})

    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.jobs() as jobs:
            await connection.execute(entry)
            loading = Loading()
            job = await loading.begin(jobs, connection)
            with pytest.raises(ZeroDivisionError):
                async with connection.transaction() as transaction:
                    with pytest.raises(UsageError, match="COPY IN is under way"):
                        await transaction.execute(entry)
                    with pytest.raises(UsageError, match="COPY IN is under way"):
                        await transaction.batch([entry, entry])
                    loading.may_end.set()
                    await job.ended()
                    await transaction.execute(entry)
                    raise ZeroDivisionError
            assert job.result == 2

    backend.run(body)
    assert log.sql("SELECT id FROM other") == [("3",)]
    assert ids(log) == [1, 2]


@pytest.mark.feature("TX1")
def test_commit_waits_for_the_copy_of_another_task(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.jobs() as jobs:
            loading = Loading()

            async def commit() -> None:
                async with connection.transaction() as transaction:
                    loaded.append(await loading.begin(jobs, transaction))

            loaded: list[Job] = []
            committing = jobs.start(commit)
            await until(backend, lambda: bool(connection._link._watchers))
            loading.may_end.set()
            await committing.ended()
            assert committing.error is None
            assert loaded[0].result == 2
            assert ids(log) == [1, 2]

    backend.run(body)


@pytest.mark.feature("TX1")
@pytest.mark.parametrize("is_cancelled", [True, False])
def test_a_rollback_follows_the_copy_of_another_task(backend: Backend, log: Database, is_cancelled: bool) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.jobs() as jobs:
            loading = Loading()
            opened: list[Any] = []

            async def hold() -> None:
                async with connection.transaction() as transaction:
                    opened.append(transaction)
                    await anyio.sleep_forever()

            holding = jobs.start(hold)
            await until(backend, lambda: bool(opened))
            job = await loading.begin(jobs, opened[0])
            holding.cancel()
            await holding.ended()
            assert not isinstance(holding.error, Exception)
            if is_cancelled:
                job.cancel()
            loading.may_end.set()
            await job.ended()
            assert await connection.fetch_all(IDS) == []
            await connection.execute(Qail.add("log").values({"id": 7}))

    backend.run(body)
    assert ids(log) == [7]


@pytest.mark.feature("TX1")
def test_an_error_beside_a_copy_does_not_end_it(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.jobs() as jobs:
            await connection.fetch_all(IDS)
            loading = Loading()
            job = await loading.begin(jobs, connection)
            with pytest.raises(UsageError, match="COPY IN is under way"):
                async with connection.stream(IDS):
                    pass
            assert (connection._link.session.depth, connection._link.session.queued_bytes) == (1, 0)
            loading.may_end.set()
            await job.ended()
            assert job.result == 2
            assert len(await connection.fetch_all(IDS)) == 2

    backend.run(body)


@pytest.mark.feature("TX6")
def test_locks_and_channels_are_left_behind_the_copy_of_another_task(backend: Backend, log: Database) -> None:
    async def body() -> None:
        async with backend.connect(log.dsn) as connection, backend.jobs() as jobs:
            loading = Loading()
            async with connection.listen("news"):
                job = await loading.begin(jobs, connection)
                with pytest.raises(UsageError, match="COPY IN is under way"):
                    async with connection.advisory_lock(8):
                        pass
                assert connection._link.pins == []
            loading.may_end.set()
            await job.ended()
            assert await connection.script("SELECT pg_listening_channels()") == [[]]

            loading = Loading()

            async def lock() -> None:
                async with connection.advisory_lock(7):
                    await loading.begin(jobs, connection)

            locking = jobs.start(lock)
            await until(backend, lambda: bool(connection._link._watchers))
            loading.may_end.set()
            await locking.ended()
            assert locking.error is None
            assert log.sql(ADVISORY_LOCKS) == []

    backend.run(body)


@pytest.mark.feature("CP4")
def test_a_copy_out_dropped_by_another_thread_is_ended(backend: Backend, log: Database) -> None:
    log.sql("CREATE TABLE large AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 20000)")

    async def body() -> None:
        async with backend.connect(log.dsn) as connection:
            copies = [connection.copy_out("large")]
            assert len(await copies[0].__anext__()) == 1
            await backend.blocking(copies.clear)
            assert await connection.fetch_all(IDS) == []

    backend.run(body)
