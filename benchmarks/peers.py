"""The peers at their best: asyncpg with its statement cache, psycopg with its C implementation and binary cursors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import psycopg
import psycopg_pool

import qail

POOL_SIZE = 10


async def no_reset(connection: Any) -> None:
    """asyncpg's pool asks the server to reset each connection it takes back; point selects leave nothing to reset."""


def asyncpg_settings(server: Any) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": server.user, "database": server.database}


async def asyncpg_connection(server: Any) -> Any:
    return await asyncpg.connect(**asyncpg_settings(server))


async def psycopg_connection(server: Any) -> Any:
    """Autocommit, binary results, and a prepared statement from the first execution on."""
    assert psycopg.pq.__impl__ in ("c", "binary"), f"psycopg runs its {psycopg.pq.__impl__} implementation"
    return await psycopg.AsyncConnection.connect(psycopg_dsn(server), autocommit=True, prepare_threshold=0)


def psycopg_dsn(server: Any) -> str:
    return psycopg.conninfo.make_conninfo(
        host=str(server.host), port=server.port, user=server.user, dbname=server.database
    )


@asynccontextmanager
async def pools(server: Any) -> AsyncIterator[tuple[Any, Any, Any, Any]]:
    """qail's pool, asyncpg's pool as it comes and without its reset, psycopg's pool; at most 10 connections each."""
    psycopg_pool_ = psycopg_pool.AsyncConnectionPool(
        psycopg_dsn(server),
        min_size=POOL_SIZE,
        max_size=POOL_SIZE,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 0},
    )
    settings = asyncpg_settings(server)
    async with (
        qail.create_pool(server.dsn, max_size=POOL_SIZE) as ours,
        asyncpg.create_pool(min_size=POOL_SIZE, max_size=POOL_SIZE, **settings) as plain,
        asyncpg.create_pool(min_size=POOL_SIZE, max_size=POOL_SIZE, reset=no_reset, **settings) as bare,
        psycopg_pool_ as theirs,
    ):
        await theirs.wait()
        yield ours, plain, bare, theirs
