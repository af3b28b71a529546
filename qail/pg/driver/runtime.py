"""Which event loop runs us, and the runtime that goes with it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import cast

from qail.errors import UsageError
from qail.pg.driver.asyncio_transport import AsyncioRuntime
from qail.pg.driver.transport import Runtime


def is_asyncio() -> bool:
    """Whether an asyncio loop, uvloop included, runs this code."""
    return asyncio._get_running_loop() is not None


def asyncio_runtime(what: str) -> Runtime:
    """The runtime of the running asyncio loop.

    Raises:
        UsageError: another kind of loop runs; there the tasks of a connection need an `async with` to live in.
    """
    loop = asyncio._get_running_loop()
    if loop is None:
        raise UsageError(f"{what} works on asyncio only: elsewhere use `async with`, whose task group owns the tasks")
    return cast("Runtime", AsyncioRuntime(loop))


async def enter_runtime(stack: AsyncExitStack) -> Runtime:
    """The runtime of whatever loop runs; outside asyncio its task group is entered on `stack`."""
    if is_asyncio():
        runtime = asyncio_runtime("")
        stack.callback(runtime.end)
        return runtime
    import anyio

    from qail.pg.driver.anyio_transport import AnyioRuntime

    tasks = await stack.enter_async_context(anyio.create_task_group())
    runtime = cast("Runtime", AnyioRuntime(tasks))
    # Ahead of the group's own end, which waits for its tasks.
    stack.callback(runtime.end)
    return runtime
