"""Where a storm takes place: a fresh database with the workloads' tables, a proxy in front of it, and trouble.

Rule 1: trouble comes from outside: by the proxy, by another session, or by a signal to a backend.
Rule 2: what a trouble may cause is told by `explains`; any other error of the server is a fault of the driver.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from chaos.clients import SESSION_STATE, Address
from chaos.kinds import Kind
from chaos.oracles import TABLES
from chaos.shapes import SETUP
from qail.testing.proxy import ChaosProxy
from qail.testing.rule import Rule, Verb
from support.cluster import Node
from support.servers import Database, Server, at_hand, default_name
from support.simple_query import SqlError

ACCOUNTS = 16
BALANCE = 1_000
TABLES_SQL = f"""
CREATE TABLE keyed (key bigint PRIMARY KEY);
CREATE TABLE keyless (key bigint);
CREATE TABLE deferred (key bigint UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO accounts SELECT n, {BALANCE} FROM generate_series(1, {ACCOUNTS}) AS n;
CREATE VIEW totals AS SELECT sum(balance)::bigint AS total FROM accounts;
"""
# Statements that take up to twice the limit, so that about half of them are ended by the server.
TIMEOUT_SQL = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_sleep(random() * 0.04); RETURN new; END$$;
CREATE TRIGGER dawdle BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION dawdle();
CREATE TRIGGER dawdle BEFORE INSERT ON keyless FOR EACH ROW EXECUTE FUNCTION dawdle();
"""
EXPLAINED = {
    "terminate": {"57P01"},
    "crash": {"57P01", "57P02", "57P03"},
    "restart": {"57P01", "57P02", "57P03"},
    "timeouts": {"57014"},
}
"""The errors of the server that a trouble may cause: admin_shutdown, crash_shutdown, cannot_connect_now ..."""


@dataclass
class Arena:
    """One storm's database, and how to make trouble in it."""

    database: Database
    address: Address
    trouble: str
    proxy: ChaosProxy | None = None
    node: Node | None = None
    """The server, where this storm stops and starts it."""
    accounts: int = ACCOUNTS
    total: int = ACCOUNTS * BALANCE
    _restarting: threading.Thread | None = None

    @classmethod
    @contextmanager
    def on(cls, server: Server, kind: Kind, seed: int) -> Iterator[Arena]:
        """A database with the tables of all workloads, dropped at the end."""
        name = f"qail-storm-{os.getpid()}-{kind.id}"
        with contextlib.ExitStack() as stack:
            node: Node | None = None
            if kind.trouble == "restart":
                node = stack.enter_context(_server_of_its_own())
                server = Server(node.source, cast("Any", node))
            database = stack.enter_context(server.fresh_database())
            database.sql(TABLES_SQL + SETUP + ";" + SESSION_STATE)
            if kind.trouble == "timeouts":
                database.sql(TIMEOUT_SQL)
                database.sql(f'ALTER DATABASE "{database.name}" SET statement_timeout = 20')
            where = (str(server.host), server.port)
            proxy: ChaosProxy | None = None
            if kind.has_proxy:
                proxy = stack.enter_context(ChaosProxy(server.dsn, seed=seed, buffer_bytes=kind.buffer_bytes))
                _slow_down(proxy, kind)
                # Only TCP knows resets.
                where = (proxy.tcp_host, proxy.tcp_port) if kind.trouble == "cut" else (proxy.host, proxy.port)
            address = Address(*where, server.user, database.name, name, kind.statement_cache_size)
            yield cls(database, address, kind.trouble, proxy, node)

    def rows(self, table: str) -> Counter[int]:
        """How often each key is in a table of the ledger."""
        assert table in TABLES
        found = self.database.sql(f"SELECT key, count(*) FROM {table} GROUP BY key")
        return Counter({int(key or 0): int(number or 0) for key, number in found})

    def make_trouble(self, source: random.Random) -> None:
        """Let it befall one connection, or all of them."""
        if self.trouble == "cut":
            self._cut(source)
        elif self.trouble == "terminate":
            limit = source.choice(["1", "ALL"])
            self._quietly(
                f"SELECT pg_terminate_backend(pid) FROM ({self._backends} ORDER BY random() LIMIT {limit}) AS b"
            )
        elif self.trouble == "restart":
            self._restart(source.choice(("fast", "immediate")))
        elif self.trouble == "crash":
            for (process_id,) in self._quietly(f"{self._backends} LIMIT 1"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process_id or 0), signal.SIGKILL)

    def _cut(self, source: random.Random) -> None:
        """End all connections at once, or one within a message: the acknowledgement most of all."""
        assert self.proxy is not None
        verb: Verb = source.choice(("rst", "fin"))
        how = source.choice(("all", "offset", "message", "message"))
        if how == "all":
            self.proxy.reset_all()
        elif how == "offset":
            self.proxy.add(Rule(verb, to=source.choice(("client", "server")), offset=source.randint(1, 4_000)))
        else:
            message = source.choice("CZ2T")
            self.proxy.add(Rule(verb, to="client", message=message, offset=source.randint(0, 6)))

    def _restart(self, mode: str) -> None:
        """Stop and start the server, beside what the storm does; nothing if that is under way."""
        assert self.node is not None
        if self._restarting is None or not self._restarting.is_alive():
            self._restarting = threading.Thread(target=self.node.restart, args=(mode,))
            self._restarting.start()

    def end_trouble(self) -> None:
        """From now on all is calm."""
        if self._restarting is not None:
            self._restarting.join()
        if self.proxy is not None:
            self.proxy.release_all()
        if self.trouble == "timeouts":
            # For those who come to look; the storm's own connections keep it.
            self.database.server.sql(f'ALTER DATABASE "{self.database.name}" RESET statement_timeout')

    def explains(self, sqlstate: str) -> bool:
        """Whether this arena's trouble may cause that error of the server."""
        return sqlstate in EXPLAINED.get(self.trouble, set())

    @property
    def _backends(self) -> str:
        who = f"application_name = '{self.address.application_name}' AND datname = '{self.database.name}'"
        return f"SELECT pid FROM pg_stat_activity WHERE {who}"

    def _quietly(self, sql: str) -> list[tuple[str | None, ...]]:
        """A server that starts anew answers nobody for a while."""
        try:
            return self.database.sql(sql)
        except (SqlError, OSError):
            return []


@contextmanager
def _server_of_its_own() -> Iterator[Node]:
    node = Node(next(source for source in at_hand() if source.name == default_name()))
    try:
        node.initialize()
        node.start()
        yield node
    finally:
        node.remove()


def _slow_down(proxy: ChaosProxy, kind: Kind) -> None:
    if any(kind.delay_seconds):
        proxy.add(Rule("delay", to="server", seconds=kind.delay_seconds, on="any"))
        proxy.add(Rule("delay", to="client", seconds=kind.delay_seconds, on="any"))
    if kind.piece_bytes:
        proxy.add(Rule("split", to="client", size=kind.piece_bytes))
    if any(kind.cancel_delay_seconds):
        proxy.add(Rule("delay", to="server", seconds=kind.cancel_delay_seconds, on="cancel"))
