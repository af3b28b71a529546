"""What one connection needs to know: plain, frozen values, made by `load.load_config` and read by the drivers.

Rule 1: everything here is resolved: defaults, environment and files are already applied, lists are matched up.
Rule 2: no repr shows a password, and pickling a configuration leaves its passwords behind.
Rule 3: the TLS mode belongs to an address, because its default does: ask `sslmode_for`, never `sslmode`.

Source: libpq-connect.html, "Parameter Key Words"; libpq-ssl.html, "SSL Mode Descriptions"
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from qail.pg.config.secret import Secret
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
TargetSessionAttrs = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
PlanCacheMode = Literal["auto", "force_custom", "force_generic"]


DEFAULT_PORT: Final = 5432
SYSTEM_ROOTS: Final = "system"
# asyncpg's default; a server-side plan costs some 10 kB of backend memory, so a thousand would be 10 MB a connection.
DEFAULT_STATEMENT_CACHE_SIZE: Final = 100
# libpq waits for ever by default; here no wait is without a bound.
DEFAULT_CONNECT_TIMEOUT_SECONDS: Final = 30.0
# 4096 is the least that PostgreSQL makes and RFC 7677 allows; the cap keeps a hostile server from spending our time.
DEFAULT_SCRAM_MIN_ITERATIONS: Final = 4096
DEFAULT_SCRAM_MAX_ITERATIONS: Final = 600_000


@dataclass(frozen=True, slots=True)
class Address:
    """One place to try: a host name or IP address and a port, or a folder of a unix socket.

    `host` is what the certificate must name and what error messages show; with `hostaddr`, the network address to
    dial, nothing is looked up. `password` is the password file's entry for this address.
    """

    host: str
    port: int = DEFAULT_PORT
    hostaddr: str | None = None
    password: Secret | None = None

    @property
    def is_unix(self) -> bool:
        """Whether this is a unix socket: a folder, or with a leading `@` a name in Linux' abstract namespace."""
        return self.hostaddr is None and self.host.startswith(("/", "@"))

    @property
    def is_loopback(self) -> bool:
        """Whether the bytes stay on this machine: `localhost`, 127.0.0.0/8 or ::1. False for a unix socket."""
        dialled = self.hostaddr or self.host
        if self.hostaddr is None and dialled.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(dialled).is_loopback
        except ValueError:
            return False

    @property
    def socket_path(self) -> str:
        """Path of the unix socket, as `socket.connect` takes it; an abstract name starts with a NUL character."""
        path = f"{self.host}/.s.PGSQL.{self.port}"
        return "\0" + path[1:] if path.startswith("@") else path

    def __str__(self) -> str:
        if self.is_unix:
            return f"{self.host}/.s.PGSQL.{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = f"{host}:{self.port}"
        return f"{shown} ({self.hostaddr})" if self.hostaddr and self.hostaddr != self.host else shown


@dataclass(frozen=True, slots=True)
class ConnectConfig:
    """Settings of a connection. `None` in a field means "not limited" or "the operating system's default".

    `sslmode` is what was asked for, None when nothing was; `sslrootcert` is "system", a path or PEM text.
    `server_settings` are the startup parameters apart from user and database, the pinned ones included. `pooler_mode`:
    a pooler stands between, which gives each transaction another session.
    """

    addresses: tuple[Address, ...]
    user: str
    database: str
    password: Secret | None = None
    sslmode: SslMode | None = None
    sslrootcert: str = SYSTEM_ROOTS
    ssl_min_protocol_version: str = "TLSv1.2"
    ssl_max_protocol_version: str | None = None
    channel_binding: Literal["disable", "prefer", "require"] = "prefer"
    min_protocol_version: int = PROTOCOL_3_0
    max_protocol_version: int = PROTOCOL_3_2
    target_session_attrs: TargetSessionAttrs = "any"
    load_balance_hosts: Literal["disable", "random"] = "disable"
    server_settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    connect_timeout_seconds: float | None = DEFAULT_CONNECT_TIMEOUT_SECONDS
    command_timeout_seconds: float | None = None
    keepalives: bool = True
    keepalives_idle_seconds: int | None = None
    keepalives_interval_seconds: int | None = None
    keepalives_count: int | None = None
    tcp_user_timeout_milliseconds: int | None = None
    allow_insecure_auth: bool = False
    scram_min_iterations: int = DEFAULT_SCRAM_MIN_ITERATIONS
    scram_max_iterations: int = DEFAULT_SCRAM_MAX_ITERATIONS
    statement_cache_size: int = DEFAULT_STATEMENT_CACHE_SIZE
    max_result_bytes: int | None = None
    plan_cache_mode: PlanCacheMode = "auto"
    pooler_mode: bool = False
    retry_reads: bool = False
    on_abandoned: Callable[[Any], object] | None = None
    """Told of each COMMIT whose caller had gone: an AbandonedCommit."""
    json_loads: Callable[[bytes], Any] | None = None
    json_dumps: Callable[[Any], Any] | None = None
    types: Mapping[Any, Any] = field(default_factory=lambda: MappingProxyType[Any, Any]({}))
    """What stands for PostgreSQL types, by their names: a TypeCodec or a class."""

    def password_for(self, address: Address) -> str | None:
        """The password to use at `address`: the one that was set, or the password file's for that address."""
        secret = self.password or address.password
        return secret.reveal() if secret is not None else None

    def sslmode_for(self, address: Address) -> SslMode:
        """The TLS mode for `address`.

        A unix socket has no TLS, whatever was asked for. Without `sslmode`, an address of this machine is plain
        (`disable`) and any other is `verify-full`. `require` with a root certificate of one's own checks the chain
        as `verify-ca` does.

        Source: libpq-ssl.html, "Client Verification of Server Certificates"
        """
        if address.is_unix:
            return "disable"
        if self.sslmode is None:
            return "disable" if address.is_loopback else "verify-full"
        if self.sslmode == "require" and self.sslrootcert != SYSTEM_ROOTS:
            return "verify-ca"
        return self.sslmode

    def without_secrets(self) -> ConnectConfig:
        """The same configuration with every password left out."""
        addresses = tuple(dataclasses.replace(address, password=None) for address in self.addresses)
        return dataclasses.replace(self, addresses=addresses, password=None)

    def __reduce__(self) -> tuple[object, ...]:
        bare = self.without_secrets()
        values: dict[str, Any] = {each.name: getattr(bare, each.name) for each in dataclasses.fields(bare)}
        # Read-only views cannot be pickled; the copies become ones again.
        values["server_settings"] = dict(self.server_settings)
        values["types"] = dict(self.types)
        return _rebuilt, (values,)


def _rebuilt(values: dict[str, Any]) -> ConnectConfig:
    values["server_settings"] = MappingProxyType(values["server_settings"])
    values["types"] = MappingProxyType(values["types"])
    return ConnectConfig(**values)
