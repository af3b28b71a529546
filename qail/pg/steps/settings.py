"""Transaction-local settings: what is checked before anything is sent, and the statement that makes them hold. No I/O.

Rule 1: a setting is sent as `pg_catalog.set_config($1, $2, true)` with bind values: it holds until the transaction
around it ends, and no later transaction and no next borrower can see it.
Rule 2: it leaves in the segment it is for: behind BEGIN, or ahead of the statement of an implicit transaction.
Rule 3: names and values are str, and are checked where they are given.

Source: functions-admin.html#FUNCTIONS-ADMIN-SET; protocol-flow.html, "Pipelining": an implicit transaction ends at Sync
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from qail.errors import UsageError
from qail.pg.codec.text import utf8_of
from qail.pg.steps.command import TextCommand
from qail.pg.steps.session import PINNED

Settings: TypeAlias = tuple[tuple[str, str], ...]

# A row has at most 1664 columns, and each setting is one.
MAX_SETTINGS: Final = 1000
# What a name in SQL means depends on these: what is known of prepared statements may not hold under them.
_NAME_CHANGING: Final = frozenset(("search_path", "role", "session_authorization"))


def checked_settings(settings: Mapping[str, str] | None) -> Settings:
    """`settings` as pairs.

    Raises:
        UsageError: a name or value is no str, a name is empty, or there are too many.
        EncodeError: a name or value holds NUL or a surrogate.
    """
    if settings is None:
        return ()
    if not isinstance(settings, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may not type-check
        raise UsageError(f"settings are a dict of names and values, not {type(settings).__name__}")
    if len(settings) > MAX_SETTINGS:
        raise UsageError(f"{len(settings)} settings were given, and a transaction takes at most {MAX_SETTINGS}")
    for name, value in settings.items():
        _check(name, value)
    return tuple(settings.items())


def _check(name: object, value: object) -> None:
    if not isinstance(name, str) or not name:
        raise UsageError(f"a setting's name is a str such as 'app.tenant', not {name!r:.60}")
    if name.lower() in PINNED:
        raise UsageError(f"{name} cannot be changed: the codecs need it as it is")
    if not isinstance(value, str):
        fix = "leave it out to keep what the server has" if value is None else "write it as PostgreSQL does, with str()"
        raise UsageError(f"the setting {name!r:.60} takes a str, not {type(value).__name__}: {fix}")
    utf8_of("a setting's name", name)
    utf8_of(f"the setting {name!r:.60}", value)


def settings_command(settings: Settings) -> TextCommand:
    """One SELECT that makes all of them hold."""
    calls = (f"pg_catalog.set_config(${2 * each + 1}, ${2 * each + 2}, true)" for each in range(len(settings)))
    return TextCommand("SELECT " + ", ".join(calls), *(part for setting in settings for part in setting))


def changes_names(settings: Settings) -> bool:
    """Whether names in SQL may mean something else while these hold."""
    return any(name.lower() in _NAME_CHANGING for name, _ in settings)
