"""Backends that wait for a lock, as pg_stat_activity tells of them, and their end."""

from __future__ import annotations

from support.backends import Backend
from support.servers import Database
from support.waiting import until


async def until_waiting(backend: Backend, database: Database, count: int = 1) -> list[int]:
    """Wait until `count` backends of the database wait for a lock; their process ids."""
    found: list[int] = []

    def is_true() -> bool:
        found[:] = waiting_for_locks(database)
        return len(found) >= count

    await until(backend, is_true)
    return found


def waiting_for_locks(database: Database) -> list[int]:
    """The process ids of the backends of the database that wait for a lock."""
    rows = database.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return [int(row[0] or 0) for row in rows]


def terminate(database: Database, process_id: int) -> None:
    """End a backend, and wait until it has gone."""
    database.sql(f"SELECT pg_terminate_backend({process_id}, 10000)")
