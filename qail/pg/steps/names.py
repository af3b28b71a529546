"""What to say of a name that the server does not know because it was meant as two: "public.users", "users as u".

Rule 1: only identifiers that stand in the SQL as one, and that the server's message names, are spoken of; so a schema
and a table given as a tuple, which the message writes the same way, are not.
"""

from __future__ import annotations

import re
from typing import Final

UNKNOWN_NAMES: Final = frozenset({"42P01", "42703"})
"""undefined_table, undefined_column."""

_IDENTIFIER: Final = re.compile(r'"((?:[^"]|"")+)"')
_SORTED: Final = re.compile(r"(.+) (asc|desc)", re.IGNORECASE | re.DOTALL)
_ALIASED: Final = re.compile(r"(\w+) as (\w+)", re.IGNORECASE)
_MOST_CHARACTERS: Final = 60


def name_advice(message: str, sql: str) -> str:
    """How to write the first name in `sql` that `message` is about and that looks like two; "" when none does."""
    for found in _IDENTIFIER.finditer(sql):
        name = found[1].replace('""', '"')
        if name in message:
            advice = _advice(name)
            if advice:
                return f"a str is one identifier: {advice}"
    return ""


def _advice(name: str) -> str:
    if len(name) > _MOST_CHARACTERS:
        return ""
    if name == "*":
        return "star() is every column, and so is a query without columns()"
    ordered = _SORTED.fullmatch(name)
    if ordered is not None:
        return f'an order is a pair, ("{ordered[1]}", "{ordered[2].lower()}")'
    named = _ALIASED.fullmatch(name)
    if named is not None:
        return f'an alias stands by itself, get("{named[1]}", alias="{named[2]}"), of a column .as_("{named[2]}")'
    first, dot, last = name.partition(".")
    if not dot:
        return ""
    return f'a table in a schema is ("{first}", "{last}"), a column of a table is col("{first}", "{last}")'
