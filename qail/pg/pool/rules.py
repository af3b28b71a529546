"""Rules: what the user wants of a pool beyond its limits; checked once, when the pool is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
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


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """`create_pool`'s own arguments, as they were given."""

    min_size: Any = 1
    max_size: Any = 10
    max_lifetime: Any = 3600.0
    idle_timeout: Any = 600.0
    reuse: Any = "lifo"
    reset: Any = "fast"
    on_connect: Any = None
    on_acquire: Any = None
    on_release: Any = None


def take_options(settings: dict[str, Any]) -> PoolOptions:
    """The pool's own among `settings`, taken out: what is left is for its connections."""
    return PoolOptions(**{each.name: settings.pop(each.name) for each in fields(PoolOptions) if each.name in settings})


def make_rules(options: PoolOptions) -> Rules:
    """What the options say. Raises ConfigError."""
    check_sizes(options.min_size, options.max_size)
    for name in ("max_lifetime", "idle_timeout"):
        seconds = getattr(options, name)
        if seconds is not None and not (_is_number(seconds) and seconds > 0):
            raise ConfigError(f"{name} is a number of seconds above 0, or None for no limit, not {seconds!r}")
    if options.reuse not in ("lifo", "fifo"):
        raise ConfigError(f"reuse is 'lifo' or 'fifo', not {options.reuse!r}")
    if not callable(options.reset) and options.reset not in RESET_MODES:
        raise ConfigError(f"reset is one of {', '.join(RESET_MODES)}, or a callable, not {options.reset!r}")
    for name in ("on_connect", "on_acquire", "on_release"):
        hook = getattr(options, name)
        if hook is not None and not callable(hook):
            raise ConfigError(f"{name} is a function that takes the connection, not {hook!r}")
    return Rules(
        limits=Limits(min_size=options.min_size, max_size=options.max_size, is_fifo=options.reuse == "fifo"),
        max_lifetime_seconds=options.max_lifetime,
        idle_timeout_seconds=options.idle_timeout,
        reset=options.reset,
        on_connect=options.on_connect,
        on_acquire=options.on_acquire,
        on_release=options.on_release,
    )


def check_sizes(min_size: int, max_size: int) -> None:
    """Raises ConfigError for sizes that cannot be."""
    if not _is_whole(min_size) or not _is_whole(max_size) or not 0 <= min_size <= max_size or max_size < 1:
        raise ConfigError(
            "a pool has 0 <= min_size <= max_size and max_size >= 1, both whole numbers, "
            f"not {min_size!r} and {max_size!r}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
