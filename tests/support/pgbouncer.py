"""A PgBouncer in front of a test's server: transaction mode, on a unix socket, run by the servers' account.

with pgbouncer(database) as pooler: ... pooler.dsn
"""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qail.embedded_folders import account_for, give_folder, make_base
from support.servers import Database
from support.simple_query import run_sql

PROGRAM = Path("/usr/sbin/pgbouncer")
PORT = 6432
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Pooler:
    """A running one."""

    host: str
    database: Database

    @property
    def dsn(self) -> str:
        user = self.database.server.user
        return f"postgresql://{user}@/{self.database.name}?host={urllib.parse.quote(self.host)}&port={PORT}"

    def admin(self, command: str) -> list[tuple[str | None, ...]]:
        """A command of its console, such as SHOW POOLS."""
        return run_sql(f"{self.host}/.s.PGSQL.{PORT}", command, user="pgbouncer", database="pgbouncer")


@contextmanager
def pgbouncer(database: Database, pool_size: int = 5) -> Iterator[Pooler]:
    """Start it, wait until it answers, and stop it at the end."""
    account = account_for(None)
    base = make_base(account)
    try:
        folder = base / "s"
        give_folder(folder, 0o770, account, is_roots=False)
        settings = base / "pgbouncer.ini"
        settings.write_text(_settings(database, folder, pool_size))
        settings.chmod(0o644)
        process = subprocess.Popen(
            [str(PROGRAM), "-q", str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.uid if account is not None else None,
            group=account.gid if account is not None else None,
            extra_groups=[] if account is not None else None,
        )
        try:
            pooler = Pooler(str(folder), database)
            _wait(pooler, process)
            yield pooler
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _settings(database: Database, folder: Path, pool_size: int) -> str:
    server = database.server
    return "\n".join(
        [
            "[databases]",
            f"* = host={server.host} port={server.port} user={server.user}",
            "[pgbouncer]",
            "pool_mode = transaction",
            "auth_type = any",
            "admin_users = pgbouncer",
            f"unix_socket_dir = {folder}",
            f"listen_port = {PORT}",
            "listen_addr =",
            f"default_pool_size = {pool_size}",
            "max_client_conn = 500",
            f"logfile = {folder}/log",
            "",
        ]
    )


def _wait(pooler: Pooler, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            pooler.admin("SHOW VERSION")
        except (OSError, EOFError, RuntimeError):
            if process.poll() is not None or time.monotonic() > until:
                log = Path(pooler.host) / "log"
                raise AssertionError(f"pgbouncer did not start: {log.read_text() if log.exists() else ''}") from None
            time.sleep(0.01)
        else:
            return
