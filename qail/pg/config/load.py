"""From a DSN, keyword arguments, the environment and libpq's files to a `ConnectConfig`.

    config = load_config("postgresql://app@db.example.com/shop", {"connect_timeout": 5})

What is set first counts: keyword arguments, the DSN, the service file's section, PG* variables, the password file,
defaults. The defaults are libpq's: the operating system's user, the database of that name, the unix sockets of this
machine and then localhost. They differ where libpq's are unsafe or wait for ever:

- without `sslmode`, a unix socket and a loopback address are plain and every other host is `verify-full`; with an
  `sslrootcert` it is `verify-full` for loopback too. `require` and weaker are used only where they are written down.
- without `sslrootcert`, `~/.postgresql/root.crt` is trusted if it is there, else the system's certificates.
- `connect_timeout` is 30 seconds an address; 0 means no limit. `client_encoding` and `DateStyle` are pinned.

Not supported yet, and refused by name: client certificates (`sslcert`, `sslkey`), `channel_binding=require`,
`sslnegotiation=direct`, `require_auth`, `requirepeer`, GSSAPI, OAuth, replication, a
`scram_min_iterations` other than 4096: see `keywords.NOT_YET`.

Rule 1: pure but for what is passed in: the environment, the file reader, the name of the operating system's user.
Rule 2: no error holds the DSN, a password or any other value that could be one.

Source: libpq-connect.html; libpq-envars.html; libpq-pgpass.html; libpq-pgservice.html
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from qail.errors import ConfigError
from qail.pg.config.addresses import SOCKET_FOLDERS, match_addresses
from qail.pg.config.connect_config import SYSTEM_ROOTS, Address, ConnectConfig, PlanCacheMode, SslMode
from qail.pg.config.dsn import parse_dsn
from qail.pg.config.files import FileReader, find_password, find_service, read_file
from qail.pg.config.keywords import (
    ARGUMENT_KEYWORDS,
    ENVIRONMENT,
    ENVIRONMENT_SERVER_SETTINGS,
    NOT_YET,
    TRANSPORT_REFUSED,
    unknown_keyword,
)
from qail.pg.config.secret import Secret
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2

if TYPE_CHECKING:
    from qail.pg.config.settings_model import Settings

SYSTEM_SERVICE_FOLDER: Final = "/etc/postgresql-common"
# Sent at startup, so that RESET ALL comes back to them: the codecs read UTF8, and dates in text as ISO.
PINNED: Final = MappingProxyType({"client_encoding": "UTF8", "DateStyle": "ISO"})
# What PgBouncer keeps for each of its clients, and the only parameters it takes from one.
POOLER_TRACKED: Final = frozenset(("application_name", "standard_conforming_strings", "timezone"))
_PLAN_CACHE_VALUES: Final = {"force_custom": "force_custom_plan", "force_generic": "force_generic_plan"}
_PROTOCOL_VERSIONS: Final = {"3.0": PROTOCOL_3_0, "3.2": PROTOCOL_3_2, "latest": PROTOCOL_3_2}
_PEM_BEGIN: Final = "-----BEGIN "
# Settings that a ConnectConfig has under the same name, with the same value.
_AS_CHECKED: Final = (
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "channel_binding",
    "target_session_attrs",
    "load_balance_hosts",
    "keepalives",
    "allow_insecure_auth",
    "scram_min_iterations",
    "scram_max_iterations",
    "statement_cache_size",
    "max_result_bytes",
    "plan_cache_mode",
    "pooler_mode",
    "retry_reads",
    "on_abandoned",
    "json_loads",
    "json_dumps",
)


def load_config(
    dsn: str | None,
    settings: Mapping[str, object],
    *,
    environment: Mapping[str, str] = os.environ,
    read_file: FileReader = read_file,
    os_user: Callable[[], str] | None = None,
) -> ConnectConfig:
    """Everything a connection needs to know, checked. A setting of None counts as not given.

    Raises:
        ConfigError: a keyword is unknown, given twice, or not supported yet; a value cannot be; values contradict
            each other; a file that was asked for is not there.
    """
    from qail.pg.config.settings_model import check_settings

    gathered = _Gathered()
    server_settings = gathered.add_arguments(settings)
    if dsn:
        gathered.add(parse_dsn(dsn), "in the DSN")
    _add_service(gathered, environment, read_file)
    for variable, keyword in ENVIRONMENT.items():
        if variable in environment:
            gathered.add({keyword: environment[variable]}, f"from the variable {variable}")
    gathered.refuse_unsupported()
    checked = check_settings(gathered.used(), gathered.sources)
    if checked.pooler_mode:
        _check_pooler_mode(checked, server_settings)
    return _resolve(checked, server_settings, environment, read_file, os_user or _operating_system_user)


class _Gathered:
    """Settings with where each came from; the first to be added counts."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.sources: dict[str, str] = {}

    def add(self, values: Mapping[str, object], source: str) -> None:
        for keyword, value in values.items():
            if keyword not in self.values:
                self.values[keyword] = value
                self.sources[keyword] = source

    def add_arguments(self, settings: Mapping[str, object]) -> dict[str, str]:
        """Take the keyword arguments; return the dict of `server_settings`, which only they can hold."""
        given = {keyword: value for keyword, value in settings.items() if value is not None}
        for keyword in given:
            if keyword not in ARGUMENT_KEYWORDS:
                raise ConfigError(unknown_keyword(keyword, ARGUMENT_KEYWORDS, "the call"))
        if "database" in given:
            if "dbname" in given:
                raise ConfigError("database and dbname are the same setting: give one of them")
            given["dbname"] = given.pop("database")
        server_settings = _checked_server_settings(given.pop("server_settings", None))
        for keyword in ("host", "hostaddr", "port"):
            if keyword in given:
                given[keyword] = _as_list_text(keyword, given[keyword])
        self.add(given, "a keyword argument")
        return server_settings

    def refuse_unsupported(self) -> None:
        transport = str(self.values.pop("transport", "") or "auto").lower()
        if transport != "auto":
            raise ConfigError(TRANSPORT_REFUSED.get(transport) or f"transport is {transport!r}: it can only be auto")
        for keyword, allowed in NOT_YET.items():
            value = self.values.get(keyword, "")
            text = str(int(value)) if isinstance(value, bool) else str(value)
            if text and text.lower() not in allowed:
                only = f"; it can be {' or '.join(allowed)}" if allowed else ""
                raise ConfigError(f"{keyword} ({self.sources[keyword]}) is not supported yet{only}")

    def used(self) -> dict[str, object]:
        """What the model takes: without empty texts, which mean the default, and what has no effect."""
        from qail.pg.config.settings_model import Settings

        return {
            keyword: value for keyword, value in self.values.items() if keyword in Settings.model_fields and value != ""
        }


def _checked_server_settings(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError("server_settings is a dict of names and texts")
    found: dict[str, str] = {}
    for name, text in cast(Mapping[object, object], value).items():
        if not isinstance(name, str) or not name or not isinstance(text, str) or "\0" in name + text:
            raise ConfigError("server_settings is a dict of names and texts, without NUL characters")
        if name.lower() in ("user", "database", "options", "replication") or name.startswith("_pq_."):
            raise ConfigError(f"server_settings cannot hold {name!r}: that is no setting of the server")
        if name.lower() in [pinned.lower() for pinned in PINNED]:
            raise ConfigError(f"server_settings cannot hold {name!r}: the codecs need it as it is")
        found[name] = text
    return found


def _as_list_text(keyword: str, value: object) -> str:
    """`"a,b"` of `["a", "b"]`; a port may be a number."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (list, tuple)):
        entries = cast(Sequence[object], value)
        if all(isinstance(each, (str, int)) for each in entries):
            return ",".join(map(str, entries))
    raise ConfigError(f"{keyword} is a text, or a list with an entry for each host")


def _add_service(gathered: _Gathered, environment: Mapping[str, str], read_file: FileReader) -> None:
    service = str(gathered.values.get("service") or environment.get("PGSERVICE", ""))
    if not service:
        return
    own = str(gathered.values.get("servicefile") or environment.get("PGSERVICEFILE", ""))
    folder = environment.get("PGSYSCONFDIR", SYSTEM_SERVICE_FOLDER)
    paths = [own or _in_home(environment, ".pg_service.conf"), f"{folder}/pg_service.conf"]
    for path in filter(None, paths):
        text = _text_of(path, read_file)
        if text is None and path == own:
            raise ConfigError(f"there is no service file {path}")
        found = find_service(text, service, path) if text is not None else None
        if found is not None:
            gathered.add(found, f"from service {service!r} in {path}")
            return
    raise ConfigError(f"there is no service {service!r} in {' or '.join(filter(None, paths))}")


def _text_of(path: str, read_file: FileReader) -> str | None:
    try:
        file = read_file(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    return None if file is None else file.text


def _in_home(environment: Mapping[str, str], name: str) -> str:
    home = environment.get("HOME", "")
    return f"{home}/{name}" if home else ""


def _resolve(
    checked: Settings,
    server_settings: dict[str, str],
    environment: Mapping[str, str],
    read_file: FileReader,
    os_user: Callable[[], str],
) -> ConnectConfig:
    user = checked.user or os_user()
    addresses = match_addresses(checked.host, checked.hostaddr, checked.port)
    sslmode, sslrootcert = _tls_policy(checked, addresses, environment, read_file)
    least, most = _protocol_versions(checked)
    as_checked: dict[str, Any] = {name: getattr(checked, name) for name in _AS_CHECKED}
    config = ConnectConfig(
        addresses=addresses,
        user=user,
        database=checked.dbname or user,
        password=Secret(checked.password) if checked.password else None,
        sslmode=sslmode,
        sslrootcert=sslrootcert,
        min_protocol_version=least,
        max_protocol_version=most,
        server_settings=_startup_settings(checked, server_settings, environment),
        connect_timeout_seconds=checked.connect_timeout or None,
        command_timeout_seconds=checked.command_timeout,
        keepalives_idle_seconds=checked.keepalives_idle or None,
        keepalives_interval_seconds=checked.keepalives_interval or None,
        keepalives_count=checked.keepalives_count or None,
        tcp_user_timeout_milliseconds=checked.tcp_user_timeout or None,
        types=checked.types or {},
        **as_checked,
    )
    return config if config.password else _with_file_passwords(config, checked.passfile, environment, read_file)


def _protocol_versions(checked: Settings) -> tuple[int, int]:
    """The least protocol version that is taken, and the one that is asked for first."""
    least = _PROTOCOL_VERSIONS[checked.min_protocol_version]
    most = _PROTOCOL_VERSIONS[checked.max_protocol_version]
    if least > most:
        raise ConfigError(
            f"min_protocol_version {checked.min_protocol_version} is above "
            f"max_protocol_version {checked.max_protocol_version}"
        )
    return least, most


def _tls_policy(
    checked: Settings, addresses: tuple[Address, ...], environment: Mapping[str, str], read_file: FileReader
) -> tuple[SslMode | None, str]:
    """The TLS mode and the root certificates, with what they demand of each other."""
    least, most = checked.ssl_min_protocol_version, checked.ssl_max_protocol_version
    if most is not None and least > most:
        raise ConfigError(f"ssl_min_protocol_version {least} is above ssl_max_protocol_version {most}")
    roots = checked.sslrootcert
    if not roots:
        own = _in_home(environment, ".postgresql/root.crt")
        is_used = own and not all(address.is_unix for address in addresses) and _text_of(own, read_file) is not None
        return checked.sslmode, own if is_used else SYSTEM_ROOTS
    if roots == SYSTEM_ROOTS:
        if checked.sslmode not in (None, "verify-full"):
            raise ConfigError(f"sslmode={checked.sslmode} is too weak for sslrootcert=system: it must be verify-full")
    elif _PEM_BEGIN not in roots and _text_of(roots, read_file) is None:
        raise ConfigError(f"there is no sslrootcert file {roots}")
    return checked.sslmode or "verify-full", roots


def _check_pooler_mode(checked: Settings, server_settings: dict[str, str]) -> None:
    """Refuse what a pooler cannot hand on. Raises ConfigError."""
    refused = sorted(name for name in server_settings if name.lower() not in POOLER_TRACKED)
    refused += ["options"] if checked.options else []
    refused += ["plan_cache_mode"] if checked.plan_cache_mode != "auto" else []
    if refused:
        raise ConfigError(
            f"pooler_mode takes no {' and no '.join(refused)}: sessions belong to the pooler, which knows "
            f"{', '.join(sorted(POOLER_TRACKED))} only; set it on the server, as ALTER ROLE ... SET does"
        )


def _startup_settings(
    checked: Settings, server_settings: dict[str, str], environment: Mapping[str, str]
) -> Mapping[str, str]:
    """The parameters of StartupMessage apart from user and database."""
    found = dict(PINNED)
    mode: PlanCacheMode = checked.plan_cache_mode
    derived = {
        "application_name": checked.application_name,
        "options": checked.options,
        "plan_cache_mode": _PLAN_CACHE_VALUES.get(mode, ""),
    }
    taken = {name.lower() for name in server_settings}
    for name, text in derived.items():
        if text and name in taken:
            raise ConfigError(f"{name} is given as a setting and in server_settings: give one of them")
        if text:
            found[name] = text
    found.update(server_settings)
    if "application_name" not in {name.lower() for name in found} and checked.fallback_application_name:
        found["application_name"] = checked.fallback_application_name
    for variable, name in ENVIRONMENT_SERVER_SETTINGS.items():
        is_fit = not checked.pooler_mode or name in POOLER_TRACKED
        if environment.get(variable) and name not in taken and is_fit:
            found[name] = environment[variable]
    return MappingProxyType(found)


def _with_file_passwords(
    config: ConnectConfig, passfile: str, environment: Mapping[str, str], read_file: FileReader
) -> ConnectConfig:
    path = passfile or _in_home(environment, ".pgpass")
    try:
        file = read_file(path) if path else None
    except OSError as error:
        raise ConfigError(f"the password file {path} cannot be read: {error.strerror}") from None
    if file is None:
        return config
    if not file.is_private:
        message = f"the password file {path} is not used: others can read it; its mode must be 0600 (chmod 600)"
        warnings.warn(message, stacklevel=4)
        return config
    addresses: list[Address] = []
    for address in config.addresses:
        # The manual calls a unix socket in the default folder "localhost" here; the folder depends on who built libpq.
        host = "localhost" if address.is_unix and address.host in SOCKET_FOLDERS else address.host
        found = find_password(file.text, host, address.port, config.database, config.user)
        addresses.append(replace(address, password=Secret(found)) if found else address)
    return replace(config, addresses=tuple(addresses))


def _operating_system_user() -> str:
    try:
        if os.name == "posix":
            import pwd

            return pwd.getpwuid(os.geteuid()).pw_name
        import getpass

        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise ConfigError("the operating system does not name the current user: set user") from None
