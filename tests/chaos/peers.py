"""The same storm for other drivers: asyncpg's pool, psycopg's async pool and its blocking one.

Each is used as its manual says, with as many connections as qail and nothing tuned. They do not say what became of work
whose connection was lost, so such errors are read as unknown; a driver is only held to what it promises: `dirt` is what
its pool cleans by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import asyncpg
import psycopg
import psycopg_pool

from chaos.clients import (
    ACKNOWLEDGED,
    DIRT,
    FAILED,
    SESSION_COLUMNS,
    UNKNOWN,
    Address,
    Client,
    PoolCounts,
)
from chaos.oracles import Entry, Verdict
from chaos.shapes import Shape

SESSION_SQL = f"SELECT {', '.join(SESSION_COLUMNS)} FROM session_state"
TOTAL_SQL = "SELECT total FROM totals"
MOVE_SQL = "UPDATE accounts SET balance = balance + $1 WHERE id = $2"
# These speak of the connection, and may have come after the work was done. asyncpg makes those of class 08 itself.
LOST = "57P"
OWN = "08"


class _Undone(Exception):
    """Leaves a transaction, so that it is rolled back."""


class AsyncpgClient(Client):
    """asyncpg's pool, on asyncio and uvloop."""

    name = "asyncpg"
    writes = ("execute", "returning", "lease", "transaction", "savepoint", "undone", "execute many", "copy")
    reads = ("shared", "lease", "transaction")
    dirt = ("setting", "lock", "listen")

    def __init__(self) -> None:
        self._pool: Any = None

    @asynccontextmanager
    async def open(self, address: Address, size: int) -> AsyncIterator[Self]:
        self._pool = await asyncpg.create_pool(
            host=address.host,
            port=address.port,
            user=address.user,
            database=address.database,
            server_settings={"application_name": address.application_name},
            min_size=1,
            max_size=size,
            ssl=False,
        )
        try:
            yield self
        finally:
            async with asyncio.timeout(10):
                await self._pool.close()

    async def echo(self, shape: Shape, token: int, way: str, timeout: float | None) -> tuple[list[Any], int | None]:
        sql, values = shape.sql(token)
        if way == "shared":
            return _tuples(await self._pool.fetch(sql, *values, timeout=timeout)), None
        async with self._pool.acquire(timeout=timeout) as connection:
            process_id = connection.get_server_pid()
            if way == "lease":
                return _tuples(await connection.fetch(sql, *values, timeout=timeout)), process_id
            async with connection.transaction():
                return _tuples(await connection.fetch(sql, *values, timeout=timeout)), process_id

    async def write(self, entries: Sequence[Entry], way: str, timeout: float | None) -> list[Verdict]:
        sql, first = _insert(entries[0]), entries[0].key
        if way == "execute":
            await self._pool.execute(sql, first, timeout=timeout)
        elif way == "returning":
            await self._pool.fetchval(sql + " RETURNING key", first, timeout=timeout)
        else:
            async with self._pool.acquire(timeout=timeout) as connection:
                return await self._write_on(connection, entries, way, timeout)
        return [ACKNOWLEDGED]

    async def _write_on(
        self, connection: Any, entries: Sequence[Entry], way: str, timeout: float | None
    ) -> list[Verdict]:
        if way == "lease":
            await connection.execute(_insert(entries[0]), entries[0].key, timeout=timeout)
        elif way == "execute many":
            await connection.executemany(_insert(entries[0]), [(entry.key,) for entry in entries], timeout=timeout)
        elif way == "copy":
            records = [(entry.key,) for entry in entries]
            await connection.copy_records_to_table(entries[0].table, records=records, columns=["key"], timeout=timeout)
        else:
            with suppress(_Undone):
                async with connection.transaction():
                    for entry in entries[: 1 if way == "savepoint" else None]:
                        await connection.execute(_insert(entry), entry.key, timeout=timeout)
                    if way == "savepoint":
                        with suppress(_Undone):
                            async with connection.transaction():
                                await connection.execute(_insert(entries[1]), entries[1].key, timeout=timeout)
                                raise _Undone
                    if way == "undone":
                        raise _Undone
        return _in_the_end(way, len(entries))

    async def transfer(self, source: int, target: int, amount: int, timeout: float | None) -> None:
        async with self._pool.acquire(timeout=timeout) as connection, connection.transaction():
            for account, change in sorted([(source, -amount), (target, amount)]):
                await connection.execute(MOVE_SQL, change, account, timeout=timeout)

    async def total(self, timeout: float | None) -> int:
        return int(await self._pool.fetchval(TOTAL_SQL, timeout=timeout))

    async def borrow(self, dirt: str | None, timeout: float | None) -> dict[str, Any]:
        async with self._pool.acquire(timeout=timeout) as connection:
            row = await connection.fetchrow(SESSION_SQL, timeout=timeout)
            if dirt is not None:
                await connection.execute(DIRT[dirt], timeout=timeout)
        return dict(row)

    async def overstay(self, seconds: float, timeout: float) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_sleep($1)", seconds, timeout=timeout)

    def verdict(self, error: BaseException) -> Verdict:
        return FAILED if self.sqlstate(error) and not self.sqlstate(error).startswith(LOST) else UNKNOWN

    def sqlstate(self, error: BaseException) -> str:
        code = str(error.sqlstate or "") if isinstance(error, asyncpg.PostgresError) else ""
        return "" if code.startswith(OWN) else code

    def is_fault(self, error: BaseException) -> bool:
        known = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, EOFError)
        return not isinstance(error, known) or isinstance(error, asyncpg.InternalClientError)

    def is_refusal(self, error: BaseException) -> bool:
        return isinstance(error, (ConnectionRefusedError, asyncpg.CannotConnectNowError))

    def counts(self) -> PoolCounts:
        size, idle = self._pool.get_size(), self._pool.get_idle_size()
        return PoolCounts(size, size - idle)


class PsycopgClient(Client):
    """psycopg's AsyncConnectionPool, on asyncio."""

    name = "psycopg"
    writes = ("execute", "returning", "transaction", "savepoint", "undone", "execute many", "copy")
    reads = ("shared", "lease", "transaction")
    dirt = ("open", "failed")
    has_deadlines = False

    def __init__(self) -> None:
        self._pool: Any = None

    @asynccontextmanager
    async def open(self, address: Address, size: int) -> AsyncIterator[Self]:
        dsn = psycopg.conninfo.make_conninfo(
            host=address.host,
            port=address.port,
            user=address.user,
            dbname=address.database,
            application_name=address.application_name,
            sslmode="disable",
        )
        pool = psycopg_pool.AsyncConnectionPool(
            dsn, min_size=1, max_size=size, open=False, kwargs={"autocommit": True}, timeout=30
        )
        async with pool:
            self._pool = pool
            yield self

    async def echo(self, shape: Shape, token: int, way: str, timeout: float | None) -> tuple[list[Any], int | None]:
        sql, values = shape.sql(token)
        async with self._pool.connection() as connection:
            process_id = connection.info.backend_pid
            if way != "transaction":
                return await _fetched(connection, sql, values), process_id if way == "lease" else None
            async with connection.transaction():
                return await _fetched(connection, sql, values), process_id

    async def write(self, entries: Sequence[Entry], way: str, timeout: float | None) -> list[Verdict]:
        sql, keys = _percent(_insert(entries[0])), [(entry.key,) for entry in entries]
        async with self._pool.connection() as connection:
            if way == "execute":
                await connection.execute(sql, keys[0])
            elif way == "returning":
                await (await connection.execute(sql + " RETURNING key", keys[0])).fetchall()
            elif way == "execute many":
                async with connection.transaction(), connection.cursor() as cursor:
                    await cursor.executemany(sql, keys)
            elif way == "copy":
                async with connection.cursor() as cursor, cursor.copy(f"COPY {entries[0].table} FROM STDIN") as copy:
                    for key in keys:
                        await copy.write_row(key)
            else:
                await self._transaction(connection, entries, way)
        return _in_the_end(way, len(entries))

    async def _transaction(self, connection: Any, entries: Sequence[Entry], way: str) -> None:
        async with connection.transaction():
            for entry in entries[: 1 if way == "savepoint" else None]:
                await connection.execute(_percent(_insert(entry)), (entry.key,))
            if way == "savepoint":
                async with connection.transaction():
                    await connection.execute(_percent(_insert(entries[1])), (entries[1].key,))
                    raise psycopg.Rollback
            if way == "undone":
                raise psycopg.Rollback

    async def transfer(self, source: int, target: int, amount: int, timeout: float | None) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            for account, change in sorted([(source, -amount), (target, amount)]):
                await connection.execute(_percent(MOVE_SQL), (change, account))

    async def total(self, timeout: float | None) -> int:
        async with self._pool.connection() as connection:
            return int((await _fetched(connection, TOTAL_SQL, []))[0][0])

    async def borrow(self, dirt: str | None, timeout: float | None) -> dict[str, Any]:
        async with self._pool.connection() as connection:
            rows = await _fetched(connection, SESSION_SQL, [])
            if dirt is not None:
                with suppress(psycopg.errors.DivisionByZero):
                    await connection.execute(DIRT[dirt])
        return dict(zip(SESSION_COLUMNS, rows[0], strict=True))

    async def overstay(self, seconds: float, timeout: float) -> None:
        async with asyncio.timeout(timeout), self._pool.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_sleep(%s)", (seconds,))

    def verdict(self, error: BaseException) -> Verdict:
        return FAILED if self.sqlstate(error) and not self.sqlstate(error).startswith(LOST) else UNKNOWN

    def sqlstate(self, error: BaseException) -> str:
        return str(error.sqlstate or "") if isinstance(error, psycopg.Error) else ""

    def is_fault(self, error: BaseException) -> bool:
        # A Rollback that met a lost connection goes on its way.
        return not isinstance(error, (psycopg.Error, psycopg.Rollback, OSError, TimeoutError))

    def is_refusal(self, error: BaseException) -> bool:
        return isinstance(error, psycopg_pool.PoolTimeout)

    def counts(self) -> PoolCounts:
        stats = self._pool.get_stats()
        size = stats["pool_size"]
        return PoolCounts(size, size - stats["pool_available"] + stats["requests_waiting"])


def _insert(entry: Entry) -> str:
    return f"INSERT INTO {entry.table} (key) VALUES ($1)"


def _percent(sql: str) -> str:
    """`$n`, each once and in order, as psycopg writes them."""
    return re.sub(r"\$\d+", "%s", sql)


def _tuples(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows]


async def _fetched(connection: Any, sql: str, values: Sequence[Any]) -> list[Any]:
    cursor = await connection.execute(_percent(sql), values)
    rows: list[Any] = await cursor.fetchall()
    return rows


def _in_the_end(way: str, count: int) -> list[Verdict]:
    if way == "undone":
        return [FAILED] * count
    return [ACKNOWLEDGED, FAILED] if way == "savepoint" else [ACKNOWLEDGED] * count


PEERS: dict[str, tuple[type[AsyncpgClient | PsycopgClient], tuple[str, ...]]] = {
    "asyncpg": (AsyncpgClient, ("asyncio", "uvloop")),
    "psycopg": (PsycopgClient, ("asyncio",)),
}
"""The drivers by name, and the backends they run on."""
