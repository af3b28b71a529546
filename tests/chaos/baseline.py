"""What must be as it was when a storm is over: on the server and in this process.

Rule 1: everything is asked again until it is back at its baseline or SETTLE_SECONDS are over; what is left is counted.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chaos.oracles import Findings
from support.servers import Database

SETTLE_SECONDS = float(os.environ.get("CHAOS_PATIENCE") or 30.0)
PAUSE_SECONDS = 0.02
Sleep = Callable[[float], Awaitable[None]]


def open_files() -> int:
    """How many file descriptors this process has."""
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def backends(database: Database, application_name: str) -> list[str]:
    """The states of the backends that serve `application_name`."""
    rows = database.sql(
        f"SELECT coalesce(state, '') FROM pg_stat_activity WHERE application_name = '{application_name}' "
        f"AND datname = '{database.name}'"
    )
    return [str(row[0]) for row in rows]


def held(database: Database) -> int:
    """Locks that others hold in the database, and prepared transactions."""
    rows = database.sql(
        "SELECT (SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database "
        "WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()) "
        "+ (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())"
    )
    return int(rows[0][0] or 0)


async def settled(look: Callable[[], int], wanted: int, sleep: Sleep) -> int:
    """`look()` until it says `wanted`, in bounded time; what it said last."""
    give_up_at = time.monotonic() + SETTLE_SECONDS
    while (found := look()) != wanted and time.monotonic() < give_up_at:
        await sleep(PAUSE_SECONDS)
    return found


@contextmanager
def watched() -> Iterator[Findings]:
    """What Python could not raise meanwhile, anywhere: in finalizers, callbacks and threads."""
    found = Findings()
    before = sys.unraisablehook

    def keep(report: Any) -> None:
        found.add(f"not raised: {report.exc_value!r:.200} in {report.object!r:.100}")

    sys.unraisablehook = keep
    try:
        yield found
        gc.collect()
    finally:
        sys.unraisablehook = before
