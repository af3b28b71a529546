"""The four ways qail runs: asyncio, uvloop, trio, and blocking in threads. One test body serves all of them.

    def test_rows_come_back(backend: Backend, server: Server) -> None:
        async def body() -> None:
            async with backend.pool(server.dsn) as pool:
                assert await pool.fetch_value(ONE) == 1

        backend.run(body)

On `sync` the body is driven by hand: what it awaits are verbs that block, so no loop runs beneath; `together` and
`jobs` use threads there. The fixture `backend` runs a test on each; `@pytest.mark.backends("asyncio", "trio")` chooses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Protocol

import anyio
import anyio.abc
import anyio.to_thread
import pytest

import qail
from support.running import run_on

PATIENCE_SECONDS = 180.0

Work = Callable[[], Awaitable[Any]]


class Job(Protocol):
    """Work that was started and runs beside its starter."""

    result: Any
    """What it returned, once `ended`."""
    error: BaseException | None
    """What it raised, a cancellation included, once `ended`."""

    def cancel(self) -> None:
        """Cancel it as its runtime does; on `sync` there is no such thing: a UsageError of the test."""
        ...

    async def ended(self) -> None:
        """Wait for its end; raises nothing."""
        ...


class Jobs(Protocol):
    """Starts work inside an `async with backend.jobs()` block, which waits for all of it at its end."""

    def start(self, work: Work) -> Job: ...


class Backend(ABC):
    """One way to run a test's body."""

    name: str
    can_cancel = True
    """Whether work can be cancelled from outside."""

    @abstractmethod
    def run(self, body: Work, patience_seconds: float = PATIENCE_SECONDS) -> Any:
        """Run `body` to its end. Hanging, and leaving something running, are failures."""

    @abstractmethod
    def connect(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        """`qail.connect`, as this backend has it."""

    @abstractmethod
    def pool(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        """`qail.create_pool`, entered."""

    @abstractmethod
    def jobs(self) -> AbstractAsyncContextManager[Jobs]:
        """Work beside the body: tasks, or threads."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None: ...

    async def blocking(self, call: Callable[[], Any]) -> Any:
        """Wait for something that blocks (a proxy's `wait`), while other work goes on."""
        return call()

    async def together(self, *work: Work) -> list[Any]:
        """Run all at once; the result of each, or the exception it raised, in order."""
        async with self.jobs() as jobs:
            started = [jobs.start(each) for each in work]
            for job in started:
                await job.ended()
        return [job.result if job.error is None else job.error for job in started]


class _TaskJob:
    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()

    async def run(self, work: Work) -> None:
        try:
            with self._scope:
                try:
                    self.result = await work()
                except BaseException as error:
                    self.error = error
                    if not isinstance(error, Exception):
                        raise
        finally:
            self._done.set()

    def cancel(self) -> None:
        self._scope.cancel()

    async def ended(self) -> None:
        await self._done.wait()


class _TaskJobs:
    def __init__(self, tasks: anyio.abc.TaskGroup) -> None:
        self._tasks = tasks

    def start(self, work: Work) -> Job:
        job = _TaskJob()
        self._tasks.start_soon(job.run, work)
        return job


class AsyncBackend(Backend):
    """asyncio, uvloop or trio."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, body: Work, patience_seconds: float = PATIENCE_SECONDS) -> Any:
        async def bounded() -> Any:
            with anyio.move_on_after(patience_seconds) as scope:
                return await body()
            assert scope.cancelled_caught
            pytest.fail(f"it did not end within {patience_seconds} seconds on {self.name}")

        if self.name == "trio":
            return anyio.run(bounded, backend="trio")
        return run_on(self.name, bounded)

    def connect(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        return qail.connect(dsn, **settings)

    def pool(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        return qail.create_pool(dsn, **settings)

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[Jobs]:
        async with anyio.create_task_group() as tasks:
            yield _TaskJobs(tasks)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def blocking(self, call: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(call)


def _sync() -> Backend:
    # The other way round it could not subclass what is defined here.
    from support.blocking import SyncBackend

    return SyncBackend()


BACKENDS: dict[str, Callable[[], Backend]] = {
    "asyncio": partial(AsyncBackend, "asyncio"),
    "uvloop": partial(AsyncBackend, "uvloop"),
    "trio": partial(AsyncBackend, "trio"),
    "sync": _sync,
}
