"""A block of the async API, entered with `with`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Generic, TypeVar, cast

from qail.pg.sync.runtime import BlockingRuntime

A = TypeVar("A")
B = TypeVar("B")


class Scope(Generic[B]):
    """`with` it: what the async block gives, as its blocking counterpart."""

    def __init__(
        self, runtime: BlockingRuntime, block: AbstractAsyncContextManager[A, Any], wrap: Callable[[A], B]
    ) -> None:
        self._runtime: Final = runtime
        self._block: Final[AbstractAsyncContextManager[Any, Any]] = block
        self._wrap: Final = cast("Callable[[Any], B]", wrap)

    def __enter__(self) -> B:
        return self._wrap(self._runtime.run(entered(self._block)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runtime.run(left(self._block, kind, error, trace))


async def entered(block: AbstractAsyncContextManager[A, Any]) -> A:
    """Enter it."""
    return await block.__aenter__()


async def left(
    block: AbstractAsyncContextManager[Any, Any],
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    """Leave it."""
    await block.__aexit__(kind, error, trace)
