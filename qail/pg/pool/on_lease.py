"""A block of a connection's on a connection of its own: what `pool.stream()` and `pool.listen()` return.

Rule: the block ends before its lease does, whatever happens in either.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from qail.pg.driver.connection import Connection
from qail.pg.pool.lease import Lease

T = TypeVar("T")


class OnLease(Generic[T]):
    """`async with` it: a connection is taken from the pool for as long as the block."""

    def __init__(self, lease: Lease, open_block: Callable[[Connection], AbstractAsyncContextManager[T, Any]]) -> None:
        self._lease: Final = lease
        self._open_block: Final = open_block
        self._block: AbstractAsyncContextManager[T, Any] | None = None

    async def __aenter__(self) -> T:
        connection = await self._lease.__aenter__()
        try:
            self._block = self._open_block(connection)
            return await self._block.__aenter__()
        except BaseException as error:
            await self._lease.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._block is not None:
                await self._block.__aexit__(kind, error, trace)
        finally:
            await self._lease.__aexit__(kind, error, trace)
