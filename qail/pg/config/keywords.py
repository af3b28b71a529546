"""The names of settings: libpq's, ours, the environment's, and what is not supported yet.

Rule 1: a keyword is known here or it is an error; nothing unknown ever becomes a server setting.
Rule 2: a keyword of libpq that the drivers do not honour is refused by name (`NOT_YET`), except for the values that ask
for nothing more than what happens anyway. A setting is never accepted and then ignored where that would be unsafe.

Source: libpq-connect.html, "Parameter Key Words"; libpq-envars.html
"""

from __future__ import annotations

import difflib
import re
from types import MappingProxyType
from typing import Final

# fmt: off
LIBPQ_KEYWORDS: Final = frozenset((
    "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname",
    "fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts",
    "max_protocol_version", "min_protocol_version", "oauth_client_id", "oauth_client_secret", "oauth_issuer",
    "oauth_scope", "options", "passfile", "password", "port", "replication", "require_auth", "requirepeer",
    "scram_client_key", "scram_server_key", "service", "servicefile", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "sslcert", "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey",
    "sslkeylogfile", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert", "sslsni",
    "target_session_attrs", "tcp_user_timeout", "user",
))

OUR_KEYWORDS: Final = frozenset((
    "allow_insecure_auth", "command_timeout", "max_result_bytes", "plan_cache_mode", "pooler_mode", "retry_reads",
    "scram_max_iterations", "scram_min_iterations", "statement_cache_size", "transport",
))
# fmt: on
"""They may stand in a DSN too; `server_settings`, a dict, and functions only among the keyword arguments."""

DSN_KEYWORDS: Final = LIBPQ_KEYWORDS | OUR_KEYWORDS
ARGUMENT_KEYWORDS: Final = DSN_KEYWORDS | {
    "database",
    "json_dumps",
    "json_loads",
    "on_abandoned",
    "server_settings",
    "types",
}

# PGCLIENTENCODING and PGDATESTYLE are not read: both are pinned, and a variable set for other programs is no reason to
# refuse a connection. PGTZ and PGGEQO are server settings, see load.py.
ENVIRONMENT: Final = MappingProxyType(
    {
        "PGAPPNAME": "application_name",
        "PGCHANNELBINDING": "channel_binding",
        "PGCONNECT_TIMEOUT": "connect_timeout",
        "PGDATABASE": "dbname",
        "PGGSSDELEGATION": "gssdelegation",
        "PGGSSENCMODE": "gssencmode",
        "PGGSSLIB": "gsslib",
        "PGHOST": "host",
        "PGHOSTADDR": "hostaddr",
        "PGKRBSRVNAME": "krbsrvname",
        "PGLOADBALANCEHOSTS": "load_balance_hosts",
        "PGMAXPROTOCOLVERSION": "max_protocol_version",
        "PGMINPROTOCOLVERSION": "min_protocol_version",
        "PGOPTIONS": "options",
        "PGPASSFILE": "passfile",
        "PGPASSWORD": "password",
        "PGPORT": "port",
        "PGREQUIREAUTH": "require_auth",
        "PGREQUIREPEER": "requirepeer",
        "PGSERVICE": "service",
        "PGSERVICEFILE": "servicefile",
        "PGSSLCERT": "sslcert",
        "PGSSLCERTMODE": "sslcertmode",
        "PGSSLCOMPRESSION": "sslcompression",
        "PGSSLCRL": "sslcrl",
        "PGSSLCRLDIR": "sslcrldir",
        "PGSSLKEY": "sslkey",
        "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
        "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
        "PGSSLMODE": "sslmode",
        "PGSSLNEGOTIATION": "sslnegotiation",
        "PGSSLROOTCERT": "sslrootcert",
        "PGSSLSNI": "sslsni",
        "PGTARGETSESSIONATTRS": "target_session_attrs",
        "PGUSER": "user",
    }
)
ENVIRONMENT_SERVER_SETTINGS: Final = MappingProxyType({"PGTZ": "timezone", "PGGEQO": "geqo"})

# keyword -> the values that are true as things stand; every other value is refused.
NOT_YET: Final = MappingProxyType(
    {
        "channel_binding": ("disable", "prefer"),
        "gssdelegation": ("0",),
        "gssencmode": ("disable", "prefer"),
        "gsslib": (),
        "krbsrvname": (),
        "oauth_client_id": (),
        "oauth_client_secret": (),
        "oauth_issuer": (),
        "oauth_scope": (),
        "replication": ("false", "off", "no", "0"),
        "require_auth": (),
        "requirepeer": (),
        "scram_client_key": (),
        "scram_server_key": (),
        "scram_min_iterations": ("4096",),
        "sslcert": (),
        "sslcertmode": ("allow", "disable"),
        "sslcompression": ("0",),
        "sslcrl": (),
        "sslcrldir": (),
        "sslkey": (),
        "sslkeylogfile": (),
        "sslnegotiation": ("postgres",),
        "sslpassword": (),
        "sslsni": ("1",),
    }
)

# `transport` is the event loop's own; `connect(stream=...)` takes another.
TRANSPORT_REFUSED: Final = MappingProxyType(
    {
        "io_uring": (
            "transport=io_uring is refused: no Python event loop waits on its rings, and container runtimes switch it "
            "off for its security record; the event loop's own sockets are used, or those you pass as stream="
        )
    }
)

_OTHER_NAMES: Final = MappingProxyType(
    {
        "cafile": "sslrootcert",
        "database": "dbname",
        "db": "dbname",
        "encoding": "client_encoding",
        "hostname": "host",
        "name": "dbname",
        "pass": "password",
        "passwd": "password",
        "pwd": "password",
        "ssl": "sslmode",
        "ssl_mode": "sslmode",
        "timeout": "connect_timeout",
        "username": "user",
    }
)
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,62}", re.ASCII)


def unknown_keyword(keyword: str, known: frozenset[str], where: str) -> str:
    """The sentence about a keyword that does not exist; `where` is, for example, "the DSN".

    A name that is no word is not shown: it may be a piece of a password that was not quoted.
    """
    if not _WORD.fullmatch(keyword):
        return f"{where} has a setting whose name is no word; quote or percent-encode what stands before it"
    near = _OTHER_NAMES.get(keyword.lower()) or next(
        iter(difflib.get_close_matches(keyword.lower(), known, 1, 0.8)), ""
    )
    if near in known and near != keyword:
        return f"{where} has an unknown setting {keyword!r}: did you mean {near!r}?"
    return f"{where} has an unknown setting {keyword!r}: a setting of the server goes into server_settings or options"
