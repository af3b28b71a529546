"""What `target_session_attrs` asks of a server, by what it reports of itself.

Source: libpq-connect.html, "target_session_attrs"; protocol-flow.html, "Asynchronous Operations" (in_hot_standby and
default_transaction_read_only are reported since PostgreSQL 14)
"""

from __future__ import annotations

from collections.abc import Mapping

from qail.pg.config.connect_config import ConnectConfig, TargetSessionAttrs


def fits(told: Mapping[str, str], wish: TargetSessionAttrs) -> bool:
    """Whether a server with the parameters `told` is what `wish` asks for; `prefer-standby` takes any."""
    is_standby = told.get("in_hot_standby") == "on"
    is_read_only = is_standby or told.get("default_transaction_read_only") == "on"
    if wish == "read-write":
        return not is_read_only
    if wish == "read-only":
        return is_read_only
    if wish == "primary":
        return not is_standby
    return is_standby if wish == "standby" else True


def wants_to_write(config: ConnectConfig) -> bool:
    """Whether a server that refuses to write is the wrong one."""
    return config.target_session_attrs in ("read-write", "primary")
