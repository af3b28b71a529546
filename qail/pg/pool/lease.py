"""What `pool.acquire()` and `pool.copy_out()` return: a lease that ends once, whatever happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Final, Self

from qail.pg.driver.connection import Connection
from qail.pg.driver.copy import CopyOut


class Lease:
    """A connection for as long as the block; or await it for one to be given to `pool.release`."""

    def __init__(self, acquire: Callable[[], Awaitable[Connection]], release: Callable[[Connection], None]) -> None:
        self._acquire: Final = acquire
        self._release: Final = release
        self._connection: Connection | None = None

    def __await__(self) -> Generator[Any, Any, Connection]:
        return self._acquire().__await__()

    async def __aenter__(self) -> Connection:
        self._connection = await self._acquire()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.is_leased:
            self._release(connection)


class PoolCopyOut:
    """Rows of a COPY TO STDOUT on a connection of its own: `async with` it and iterate, or iterate to the end."""

    def __init__(self, lease: Lease, source: Any, columns: Any, timeout: float | None) -> None:
        self._timeout: Final = timeout
        self._lease: Final = lease
        self._source: Final = source
        self._columns: Final = columns
        self._rows: CopyOut | None = None

    async def __aenter__(self) -> Self:
        connection = await self._lease.__aenter__()
        self._rows = connection.copy_out(self._source, columns=self._columns, timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._rows is not None:
                await self._rows.__aexit__(kind, error, trace)
        finally:
            await self._lease.__aexit__(kind, error, trace)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Any, ...]:
        if self._rows is None:
            await self.__aenter__()
        assert self._rows is not None
        try:
            return await self._rows.__anext__()
        except BaseException:
            # The end, an error or a cancellation: the lease is over either way.
            await self.__aexit__(None, None, None)
            raise
