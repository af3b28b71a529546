"""Servers that tests may harm: stopped, killed, frozen, restarted, promoted. Never those that other tests share.

    with Cluster(source) as cluster:
        cluster.add_standby()
        cluster.standby.promote()

A `Node` is one server with its data and its socket in a folder of its own, run by `pg_ctl` under the account that
qail.embedded would use. A standby is made from the primary by `pg_basebackup -R`.

Rule 1: every verb returns when what it does is done, or raises after PATIENCE_SECONDS.
Rule 2: fsync stays on: these servers crash.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from qail.embedded_folders import Account, account_for, give_folder, make_base, reachable_programs
from support.servers import Source
from support.simple_query import run_sql

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
PORT = 5432
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0777",
    "logging_collector": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "max_wal_senders": "4",
    "wal_level": "replica",
    "hot_standby": "on",
    # A restart after a crash is to be soon.
    "restart_after_crash": "on",
    "checkpoint_timeout": "1h",
}


def until(is_true: Callable[[], bool], what: str) -> None:
    """Wait until it is; a bounded patience catches hangs."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"waited {PATIENCE_SECONDS:g} s in vain until {what}")
        time.sleep(POLL_SECONDS)


def _exists(process_id: int) -> bool:
    """Whether there is such a process, a zombie included."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


class Node:
    """One server. Its `settings` are those of its command line; `dsn` never changes."""

    user = "postgres"
    database = "postgres"
    port = PORT

    def __init__(self, source: Source) -> None:
        self.source = source
        self._account: Account | None = account_for(None)
        self._base = make_base(self._account)
        self.data = self._base / "data"
        self.host = str(self._base / "s")
        self.settings: dict[str, str] = {}
        self._programs = reachable_programs(source.installation, self._account, self._base)
        for folder, mode in ((self._base / "s", 0o770), (self.data, 0o700)):
            give_folder(folder, mode, self._account, is_roots=False)

    @property
    def dsn(self) -> str:
        return f"postgresql://{self.user}@/{self.database}?host={urllib.parse.quote(self.host)}&port={self.port}"

    @property
    def socket_path(self) -> str:
        return f"{self.host}/.s.PGSQL.{self.port}"

    def sql(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run statements as the superuser; rows as text."""
        return run_sql(self.socket_path, sql, user=self.user, database=self.database)

    # Making

    def initialize(self) -> None:
        """An empty cluster."""
        self._run(
            "initdb",
            "-D",
            self.data,
            f"--username={self.user}",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=trust",
            "--no-sync",
        )

    def copy_from(self, primary: Node) -> None:
        """Become a standby of `primary`, which runs."""
        source = f"host={primary.host} port={primary.port} user={primary.user} application_name=standby"
        self._run("pg_basebackup", "-R", "--no-sync", "-c", "fast", "-X", "stream", "-D", self.data, "-d", source)

    # Life

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        settings = {**SETTINGS, "unix_socket_directories": self.host, **self.settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._control("start", "-w", "-l", self._base / "s" / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """`smart`, `fast` or `immediate`; returns when it has ended."""
        self._control("stop", "-w", "-m", mode)

    def restart(self, mode: str = "fast") -> None:
        """Stop and start."""
        self.stop(mode)
        self.start()

    def promote(self) -> None:
        """A standby becomes a primary; returns when it takes writes."""
        self._control("promote", "-w")
        until(lambda: self.sql("SELECT pg_is_in_recovery()") == [("f",)], "the standby is promoted")

    @property
    def is_running(self) -> bool:
        return self._try("pg_ctl", "-D", self.data, "status").returncode == 0

    @property
    def process_id(self) -> int:
        """Of the postmaster."""
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    def kill_backend(self, process_id: int) -> None:
        """kill -9: the postmaster ends all others, and recovers. Returns when it has noticed."""
        os.kill(process_id, signal.SIGKILL)
        # Until then it takes connections as before. It has noticed what is no zombie any more.
        until(lambda: not _exists(process_id), f"the postmaster has noticed the end of {process_id}")

    def freeze(self, process_id: int) -> None:
        """SIGSTOP; returns when the process stands still."""
        os.kill(process_id, signal.SIGSTOP)
        status = Path(f"/proc/{process_id}/stat")
        if status.exists():
            until(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", f"{process_id} is stopped")

    def thaw(self, process_id: int) -> None:
        """SIGCONT."""
        os.kill(process_id, signal.SIGCONT)

    def set(self, name: str, value: str) -> None:
        """ALTER SYSTEM and reload; returns when new sessions have it."""
        self.sql(f"ALTER SYSTEM SET {name} = {value}")
        self.reload()

    def reset(self, name: str) -> None:
        """Undo `set`."""
        self.sql(f"ALTER SYSTEM RESET {name}")
        self.reload()

    def reload(self) -> None:
        """Read the configuration again; returns when the postmaster has."""
        before = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        until(lambda: self.sql("SELECT pg_conf_load_time()") != before, "the configuration is read again")

    def terminate(self, process_id: int) -> None:
        """pg_terminate_backend; returns when the process is gone."""
        self.sql(f"SELECT pg_terminate_backend({process_id})")
        self._gone(process_id)

    def _gone(self, process_id: int) -> None:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {process_id}"
        until(lambda: self.sql(query) == [("0",)], f"backend {process_id} is gone")

    def clients(self, application_name: str) -> list[int]:
        """The process ids of the backends of an application."""
        rows = self.sql(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application_name}' ORDER BY pid")
        return [int(pid) for (pid,) in rows if pid is not None]

    def wait_quiet(self, application_name: str) -> None:
        """Wait until no backend of an application is left."""
        until(lambda: not self.clients(application_name), f"{application_name} has no backend")

    def wait_up(self) -> None:
        """Wait until it takes connections, after a crash."""

        def is_up() -> bool:
            with contextlib.suppress(Exception):
                return self.sql("SELECT 1") == [("1",)]
            return False

        until(is_up, "the server takes connections")

    def log(self) -> str:
        path = self._base / "s" / "log"
        return path.read_text(errors="replace")[-20_000:] if path.exists() else ""

    def remove(self) -> None:
        """Stop it, whatever state it is in, and remove its folder."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.process_id, signal.SIGCONT)
        if (self.data / "postmaster.pid").exists():
            self._try("pg_ctl", "-D", self.data, "stop", "-w", "-m", "immediate")
        shutil.rmtree(self._base, ignore_errors=True)

    def _control(self, verb: str, *arguments: str | Path) -> None:
        self._run("pg_ctl", "-D", self.data, "-t", str(int(PATIENCE_SECONDS)), verb, *arguments)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = self._try(program, *arguments)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}\n{self.log()}")

    def _try(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        path = self._programs / program
        if not path.is_file():
            pytest.skip(f"{self.source.name} has no {program}")
        who = self._account
        with (self._base / "s" / "out").open("w+") as out:
            # A file, not a pipe: the server that pg_ctl starts would keep a pipe open.
            done = subprocess.run(
                [str(path), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self._base / "s",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": str(self._base)},
                user=None if who is None else who.uid,
                group=None if who is None else who.gid,
                extra_groups=None if who is None else [],
                umask=0o077,
                start_new_session=True,
                timeout=2 * PATIENCE_SECONDS,
                check=False,
            )
            out.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), "")


class Cluster:
    """A primary, and a standby that can be made, promoted and made again."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.primary = Node(source)
        self.standby: Node | None = None

    def __enter__(self) -> Self:
        try:
            self.primary.initialize()
            self.primary.start()
        except BaseException:
            self.primary.remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.remove_standby()
        self.primary.remove()

    def add_standby(self) -> Node:
        """A new standby of the primary, which runs and has caught up."""
        self.remove_standby()
        self.standby = Node(self.source)
        self.standby.copy_from(self.primary)
        self.standby.start()
        self.catch_up()
        return self.standby

    def catch_up(self) -> None:
        """Wait until the standby has replayed what the primary has written."""
        standby = self.standby
        assert standby is not None
        ((position,),) = self.primary.sql("SELECT pg_current_wal_lsn()")
        query = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        until(lambda: standby.sql(query) == [("t",)], "the standby has caught up")

    def remove_standby(self) -> None:
        if self.standby is not None:
            self.standby.remove()
            self.standby = None

    def revive_primary(self) -> None:
        """As at the beginning: the primary runs, and nobody stands by."""
        self.remove_standby()
        if not self.primary.is_running:
            self.primary.start()

    def dsn(self, *nodes: Node, database: str = "postgres") -> str:
        """Both nodes as a list of hosts; or those that are named, in their order."""
        chosen = nodes or tuple(node for node in (self.primary, self.standby) if node is not None)
        hosts = urllib.parse.quote(",".join(node.host for node in chosen))
        ports = ",".join(str(node.port) for node in chosen)
        return f"postgresql://postgres@/{database}?host={hosts}&port={ports}"
