"""Strings that have broken SQL builders: as values and as names."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

MAX_NAME_BYTES: Final = 63
SYSTEM_COLUMNS: Final = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})

# PostgreSQL's text holds any character but NUL; a lone surrogate is no character.
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
ANY_NAMES: Final = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=MAX_NAME_BYTES
)


def _is_free(name: str) -> bool:
    # A schema of the first form is refused by the server: it is the system's.
    return len(name.encode()) <= MAX_NAME_BYTES and not name.startswith("pg_") and name not in SYSTEM_COLUMNS


NAMES: Final[st.SearchStrategy[str]] = ANY_NAMES.filter(_is_free)

HOSTILE_TEXTS: Final = (
    "",
    "'",
    "''",
    '"',
    "it's",
    "\\",
    "\\'",
    "\\'; DROP TABLE notes; --",
    "'; DROP TABLE notes; --",
    "$1",
    "$2 $$ $tag$",
    "?",
    "%s %(x)s %%",
    ":name ::int4",
    "{0} {id} {{",
    "users.name",
    "excluded.body",
    "NULL",
    "DEFAULT",
    "true",
    "007",
    "1 OR 1=1",
    "now()",
    "--",
    "/* */",
    ";",
    "\n\r\t\b\x7f\x1b",
    "%",
    "_",
    "a%b_c\\d",
    "é ü ß İ ﬁ",
    "名前 \U0001f600 \u202e \ufeff \u2028",
    "{a,b}",
    '{"a": 1}',
    "(1,2)",
    "x" * 10_000,
)
HOSTILE_NAMES: Final = (
    "MixedCase",
    "mixedcase",
    "select",
    "user",
    "table",
    "null",
    "a.b",
    ".",
    'quo"ted',
    '"',
    '""',
    "'",
    "\\",
    " ",
    " padded ",
    "two words",
    "*",
    "$1",
    "%s",
    "{0}",
    ":x",
    "x; DROP TABLE notes; --",
    "--",
    "/*",
    "(",
    "1st",
    "new\nline",
    "tab\t",
    "\x01",
    "ünï",
    "İ",
    "名前",
    "\U0001f600",
    "\u202eabc",
    "x" * MAX_NAME_BYTES,
    "é" * 31 + "x",
    'q"' * 31,
)
