"""Servers on a loopback TCP port, with roles for every way of logging in, and with TLS where the build has OpenSSL.

Each login method has a role of its own, so that one server shows them all; `pg_hba.conf` follows the table `ROLES`.
The certificates are made by trustme when the server starts; `presenting()` changes the one it shows.

Source: auth-pg-hba-conf.html; ssl-tcp.html
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import trustme

from qail.embedded_folders import Account, account_for, give_folder
from support.servers import Server, Source

HOST: Final = "127.0.0.1"
SWITCH_SECONDS: Final = 20.0
Certificate = Literal["good", "wrong-name", "expired", "unknown-ca"]


class Role(NamedTuple):
    """How a role logs in over TLS and over plain TCP; `stored` is the form of its password on the server."""

    over_tls: str
    over_plain: str
    stored: str = "scram-sha-256"
    password: str = "the right one"


ROLES: Final = MappingProxyType(
    {
        "scram_user": Role("scram-sha-256", "scram-sha-256"),
        "md5_user": Role("md5", "md5", stored="md5"),
        "password_user": Role("password", "password"),
        "trust_user": Role("trust", "trust"),
        "reject_user": Role("reject", "reject"),
        "tls_only_user": Role("scram-sha-256", "reject"),
        "plain_only_user": Role("reject", "scram-sha-256"),
        "odd_user": Role("scram-sha-256", "scram-sha-256", password="p@ss:w/o?rd #%é"),
    }
)


class Folder:
    """A temporary folder whose files the server's account can read and nobody else."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="qail-tls-", dir="/tmp"))
        self._account: Account | None = account_for(None)
        give_folder(self.path, 0o700, self._account, is_roots=False)

    def write(self, name: str, content: bytes) -> Path:
        aside = self.path / f"{name}.new"
        aside.write_bytes(content)
        aside.chmod(0o600)
        if self._account is not None:
            os.chown(aside, self._account.uid, self._account.gid)
        return aside.rename(self.path / name)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True)
class ListeningServer(Server):
    """A server with a TCP port on 127.0.0.1; `sql` still goes over its unix socket, as the superuser."""

    folder: Folder
    ca_pem: str
    certificates: dict[Certificate, tuple[bytes, bytes]]

    @property
    def tcp_host(self) -> str:
        return HOST

    @property
    def ca_file(self) -> Path:
        """The certificate authority that signed the good certificate; only with TLS."""
        return self.folder.path / "ca.pem"

    def settings(self, role: str, **more: Any) -> dict[str, Any]:
        """Keyword arguments of `connect` for a role of `ROLES`, by name and password."""
        found: dict[str, Any] = {"host": "localhost", "hostaddr": HOST, "port": self.port, "user": role}
        return {**found, "dbname": "postgres", "password": ROLES[role].password, **more}

    @contextmanager
    def presenting(self, certificate: Certificate) -> Iterator[None]:
        """Show another certificate to those who connect from now on."""
        self._present(certificate)
        try:
            yield
        finally:
            self._present("good")

    def _present(self, certificate: Certificate) -> None:
        chain, key = self.certificates[certificate]
        before = self._loaded_at()
        self.folder.write("server.key", key)
        self.folder.write("server.pem", chain)
        self.sql("SELECT pg_reload_conf()")
        give_up_at = time.monotonic() + SWITCH_SECONDS
        while self._loaded_at() == before:
            if time.monotonic() > give_up_at:
                raise TimeoutError("the server did not load its new certificate")
            time.sleep(0.01)

    def _loaded_at(self) -> str | None:
        return self.sql("SELECT pg_conf_load_time()")[0][0]

    def stop(self) -> None:
        self.process.stop()
        self.folder.remove()


def start_listening(source: Source) -> ListeningServer:
    """Start a server of its own on a free port, with TLS if it can; the caller stops it."""
    has_tls = "openssl" in source.can
    folder = Folder()
    settings = {
        "listen_addresses": HOST,
        "port": str(_free_port()),
        "hba_file": str(folder.write("pg_hba.conf", _hba(has_tls=has_tls).encode())),
    }
    ca_pem = ""
    certificates: dict[Certificate, tuple[bytes, bytes]] = {}
    if has_tls:
        ca_pem, certificates = _make_certificates()
        chain, key = certificates["good"]
        folder.write("ca.pem", ca_pem.encode())
        settings["ssl"] = "on"
        settings["ssl_cert_file"] = str(folder.write("server.pem", chain))
        settings["ssl_key_file"] = str(folder.write("server.key", key))
    server = ListeningServer(source, source.start(settings), folder, ca_pem, certificates)
    server.sql(_role_sql())
    return server


def _hba(*, has_tls: bool) -> str:
    lines = ["local all postgres trust"]
    for name, role in ROLES.items():
        if has_tls:
            lines.append(f"hostssl all {name} samehost {role.over_tls}")
        # Not `hostnossl`: a build without OpenSSL knows only `host`, and this line comes second.
        lines.append(f"host all {name} samehost {role.over_plain}")
    return "\n".join(lines) + "\n"


def _role_sql() -> str:
    statements: list[str] = []
    for name, role in ROLES.items():
        statements.append(f"SET password_encryption = '{role.stored}'")
        statements.append(f"CREATE ROLE {name} LOGIN PASSWORD '{role.password}'")
    return "; ".join(statements)


def _free_port() -> int:
    """None of those that the system gives to whoever asks for any: it must still be free when the server starts."""
    while True:
        port = random.randrange(20_000, 32_000)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def _make_certificates() -> tuple[str, dict[Certificate, tuple[bytes, bytes]]]:
    """The authority, and a chain and key of each kind."""
    authority, stranger = trustme.CA(), trustme.CA()
    names = ("localhost", HOST)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    made: dict[Certificate, trustme.LeafCert] = {
        "good": authority.issue_cert(*names),
        "wrong-name": authority.issue_cert("elsewhere.example"),
        "expired": authority.issue_cert(*names, not_after=past),
        "unknown-ca": stranger.issue_cert(*names),
    }
    found = {
        kind: (b"".join(pem.bytes() for pem in cert.cert_chain_pems), cert.private_key_pem.bytes())
        for kind, cert in made.items()
    }
    return authority.cert_pem.bytes().decode(), found
