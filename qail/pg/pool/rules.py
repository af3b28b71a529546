"""Rules: what the user wants of a pool beyond its limits; checked once, when the pool is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from qail.errors import ConfigError
from qail.pg.driver.connection import Connection
from qail.pg.pool.plan import Limits

Hook: TypeAlias = Callable[[Connection], Awaitable[Any] | Any]
ResetMode: TypeAlias = Literal["fast", "verified", "clean"]

RESET_MODES: Final = ("fast", "verified", "clean")
LIFETIME_JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """The pool's settings."""

    limits: Limits = field(default_factory=Limits)
    max_lifetime_seconds: float | None = 3600.0
    idle_timeout_seconds: float | None = 600.0
    suspect_after_seconds: float = 30.0
    """A connection that was idle for longer is pinged before it is used."""
    ping_seconds: float = 1.0
    reset: ResetMode | Hook = "fast"
    on_connect: Hook | None = None
    on_acquire: Hook | None = None
    on_release: Hook | None = None


def make_rules(
    *,
    min_size: int,
    max_size: int,
    max_lifetime: float | None,
    idle_timeout: float | None,
    reuse: str,
    reset: Any,
    on_connect: Hook | None,
    on_acquire: Hook | None,
    on_release: Hook | None,
) -> Rules:
    """The rules of `create_pool`'s arguments. Raises ConfigError."""
    check_sizes(min_size, max_size)
    for name, seconds in (("max_lifetime", max_lifetime), ("idle_timeout", idle_timeout)):
        if seconds is not None and not (_is_number(seconds) and seconds > 0):
            raise ConfigError(f"{name} is a number of seconds above 0, or None for no limit, not {seconds!r}")
    if reuse not in ("lifo", "fifo"):
        raise ConfigError(f"reuse is 'lifo' or 'fifo', not {reuse!r}")
    if not callable(reset) and reset not in RESET_MODES:
        raise ConfigError(f"reset is one of {', '.join(RESET_MODES)}, or a callable, not {reset!r}")
    for name, hook in (("on_connect", on_connect), ("on_acquire", on_acquire), ("on_release", on_release)):
        if hook is not None and not callable(hook):
            raise ConfigError(f"{name} is a function that takes the connection, not {hook!r}")
    return Rules(
        limits=Limits(min_size=min_size, max_size=max_size, is_fifo=reuse == "fifo"),
        max_lifetime_seconds=max_lifetime,
        idle_timeout_seconds=idle_timeout,
        reset=reset,
        on_connect=on_connect,
        on_acquire=on_acquire,
        on_release=on_release,
    )


def check_sizes(min_size: int, max_size: int) -> None:
    """Raises ConfigError for sizes that cannot be."""
    if not _is_whole(min_size) or not _is_whole(max_size) or not 0 <= min_size <= max_size or max_size < 1:
        raise ConfigError(
            f"a pool has 0 <= min_size <= max_size and max_size >= 1, both whole numbers, not {min_size!r} and {max_size!r}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
