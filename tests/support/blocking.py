"""The backend `sync`: the blocking classes behind awaitable adapters, so that one test body serves all backends.

Rule 1: a verb that is awaited in the async API blocks when it is awaited here; what is called there is called here.
Rule 2: a test's own async functions (bodies of `run_transaction`, hooks, records) are driven by hand: all they can
await is of this backend.
"""

from __future__ import annotations

import inspect
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import pytest

import qail
import qail.sync
from qail.pg.driver.copy import CopyOut
from qail.pg.driver.pipeline import Pipeline
from qail.pg.driver.prepare import PreparedStatement
from qail.pg.sync.scope import Scope
from support.backends import PATIENCE_SECONDS, Backend, Job, Jobs, Work

COUNTERPARTS: Final[dict[type, type]] = {
    qail.sync.Connection: qail.Connection,
    qail.sync.Pool: qail.Pool,
    qail.sync.Transaction: qail.Transaction,
    qail.sync.Pipeline: Pipeline,
    qail.sync.Subscription: qail.Subscription,
    qail.sync.RowStream: qail.RowStream,
    qail.sync.CopyOut: CopyOut,
    qail.sync.PreparedStatement: PreparedStatement,
}
ADAPTED: Final = (*COUNTERPARTS, qail.sync.PipelineAnswer, Scope)
HOOKS: Final = ("on_connect", "on_acquire", "on_release", "reset")


def finish(work: Awaitable[Any]) -> Any:
    """Run a coroutine that awaits nothing but this backend's verbs, which block."""
    steps = work.__await__()
    try:
        strange = next(steps)
    except StopIteration as stop:
        return stop.value
    raise AssertionError(f"on sync a test can await its backend only, not {strange!r}")


def adapt(value: Any) -> Any:
    """A blocking object with an awaitable face; anything else as it is."""
    return Adapter(value) if isinstance(value, ADAPTED) or inspect.isgenerator(value) else value


class Deferred:
    """A call that is made when it is awaited or entered."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._value: Any = None

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return adapt(self._call())

    async def __aenter__(self) -> Any:
        self._value = self._call()
        return adapt(self._value.__enter__())

    async def __aexit__(self, *reason: object) -> None:
        self._value.__exit__(*reason)


class Adapter:
    """One blocking object as the async API has it."""

    def __init__(self, blocking: Any) -> None:
        self.blocking = blocking

    def __getattr__(self, name: str) -> Any:
        blocking = self.blocking
        if name.startswith("_"):
            # What a test looks at behind the scenes is the engine's own.
            return getattr(blocking._inner, name)
        found = getattr(blocking, name)
        if not inspect.ismethod(found):
            return found
        counterpart = getattr(COUNTERPARTS.get(type(blocking), object), name, None)
        is_awaited = inspect.iscoroutinefunction(counterpart) or name == "acquire"

        def call(*arguments: Any, **settings: Any) -> Any:
            given = [plain(each, name) for each in arguments]
            if is_awaited:
                return Deferred(lambda: found(*given, **settings))
            return adapt(found(*given, **settings))

        return call

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self.blocking.result()

    async def __aenter__(self) -> Any:
        return adapt(self.blocking.__enter__())

    async def __aexit__(self, *reason: object) -> None:
        self.blocking.__exit__(*reason)

    def __aiter__(self) -> Adapter:
        iter(self.blocking)
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self.blocking)
        except StopIteration:
            raise StopAsyncIteration from None

    def __repr__(self) -> str:
        return repr(self.blocking)


def plain(value: Any, verb: str = "") -> Any:
    """What a test gives to an async verb, as the blocking one takes it."""
    if isinstance(value, Adapter):
        return value.blocking
    if hasattr(value, "__aiter__"):
        return iterate(value)
    if verb == "run_transaction" and callable(value):
        return plain_function(value)
    return value


def plain_function(function: Any) -> Any:
    """A function of a test's that takes a connection or transaction, async or not."""
    if not callable(function):
        return function

    def call(target: Any) -> Any:
        result = function(adapt(target))
        return finish(result) if inspect.isawaitable(result) else result

    return call


def iterate(source: Any) -> Iterator[Any]:
    """An async iterable's items."""
    iterator = aiter(source)
    while True:
        try:
            yield finish(anext(iterator))
        except StopAsyncIteration:
            return


class _ThreadJob:
    def __init__(self, work: Work) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._work = work
        self.thread = threading.Thread(target=self._run, name="job", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.result = finish(self._work())
        except BaseException as error:  # noqa: BLE001  # it is given to whoever asks for it
            self.error = error

    def cancel(self) -> None:
        raise qail.UsageError("a thread cannot be cancelled: ask backend.can_cancel")

    async def ended(self) -> None:
        self.thread.join(PATIENCE_SECONDS)
        if self.thread.is_alive():
            dump(self.thread)
            pytest.fail(f"a thread did not end within {PATIENCE_SECONDS} seconds")


class _ThreadJobs:
    def __init__(self) -> None:
        self.started: list[_ThreadJob] = []

    def start(self, work: Work) -> Job:
        job = _ThreadJob(work)
        self.started.append(job)
        return job


class SyncBackend(Backend):
    """Blocking, in threads."""

    name = "sync"
    can_cancel = False

    def run(self, body: Work, patience_seconds: float = PATIENCE_SECONDS) -> Any:
        before = set(threading.enumerate())
        job = _ThreadJob(body)
        job.thread.join(patience_seconds)
        if job.thread.is_alive():
            dump(job.thread)
            pytest.fail(f"it did not end within {patience_seconds} seconds on sync")
        if job.error is not None:
            raise job.error
        # The helpers of what was closed a moment ago may be on their way out.
        left = [thread for thread in threading.enumerate() if thread not in before]
        until = time.monotonic() + 10
        for thread in left:
            thread.join(max(0.0, until - time.monotonic()))
        left = [thread for thread in left if thread.is_alive()]
        assert not left, f"threads left behind: {left}"
        return job.result

    def connect(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        return Deferred(lambda: qail.sync.connect(dsn, **with_plain_hooks(settings)))

    def pool(self, dsn: str | None = None, /, **settings: Any) -> AbstractAsyncContextManager[Any]:
        return Adapter(qail.sync.create_pool(dsn, **with_plain_hooks(settings)))

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[Jobs]:
        jobs = _ThreadJobs()
        try:
            yield jobs
        finally:
            for job in jobs.started:
                await job.ended()
        for job in jobs.started:
            if job.error is not None and not isinstance(job.error, Exception):
                raise job.error

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def with_plain_hooks(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: plain_function(value) if name in HOOKS else value for name, value in settings.items()}


def dump(thread: threading.Thread) -> None:
    """Where it hangs, and where all others are."""
    for ident, frame in sys._current_frames().items():
        print(f"thread {ident}{' (this one)' if ident == thread.ident else ''}:")
        traceback.print_stack(frame)
