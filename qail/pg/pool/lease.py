"""What `pool.acquire()` and `pool.copy_out()` return: a lease that ends once, whatever happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Final, Self

from qail.errors import UsageError
from qail.pg.driver.connection import Connection
from qail.pg.driver.copy import CopyOut
from qail.pg.driver.copy_pieces import check_writable
from qail.pg.steps.copy import checked_format


class Lease:
    """A connection for as long as the block; or await it for one to be given to `pool.release`."""

    def __init__(self, acquire: Callable[[], Awaitable[Connection]], release: Callable[[Connection], None]) -> None:
        self._acquire: Final = acquire
        self._release: Final = release
        self._connection: Connection | None = None
        self._is_taken = False

    def __await__(self) -> Generator[Any, Any, Connection]:
        return self._acquire().__await__()

    async def __aenter__(self) -> Connection:
        if self._is_taken:
            raise UsageError("this lease is in use: one for every block, from a call of its own")
        self._is_taken = True
        try:
            self._connection = await self._acquire()
        except BaseException:
            self._is_taken = False
            raise
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        self._is_taken = False
        if connection is not None and connection.is_leased:
            self._release(connection)


class PoolCopyOut:
    """A CopyOut on a connection of its own: `async with` it and iterate, iterate to the end, or `write_to` a file."""

    def __init__(self, lease: Lease, source: Any, columns: Any, timeout: float | None, form: str) -> None:
        self._form: Final = checked_format(form)
        self._timeout: Final = timeout
        self._lease: Final = lease
        self._source: Final = source
        self._columns: Final = columns
        self._rows: CopyOut | None = None

    async def __aenter__(self) -> Self:
        self._rows = self._copy_on(await self._lease.__aenter__())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._rows is not None:
                await self._rows.__aexit__(kind, error, trace)
        finally:
            await self._lease.__aexit__(kind, error, trace)

    def _copy_on(self, connection: Connection) -> CopyOut:
        return connection.copy_out(self._source, columns=self._columns, format=self._form, timeout=self._timeout)

    def __aiter__(self) -> Self:
        return self

    async def write_to(self, file: Any) -> int:
        """As `write_to` of CopyOut."""
        check_writable(file)
        rows = self._rows
        if rows is not None:
            return await rows.write_to(file)
        async with self._lease as connection:
            return await self._copy_on(connection).write_to(file)

    async def __anext__(self) -> Any:
        if self._rows is None:
            await self.__aenter__()
        assert self._rows is not None
        try:
            return await self._rows.__anext__()
        except BaseException:
            # The end, an error or a cancellation: the lease is over either way.
            await self.__aexit__(None, None, None)
            raise
