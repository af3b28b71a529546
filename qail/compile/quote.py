"""Identifiers, type names and literals as SQL text: the only place that quotes.

Rule 1: every identifier of a user is quoted, whatever it is; inner quotes are doubled. Then no name is a keyword,
folded to lower case, or taken apart at a dot.
Rule 2: a literal is text only where PostgreSQL takes no parameter, or where the user wrote `literal()`.

Source: sql-syntax-lexical.html
"""

from __future__ import annotations

import math
from typing import Any, Final

from qail.ast.name import checked_name
from qail.errors import BuildError
from qail.pgtype import PgType

# Names of PostgreSQL's own types that are no keywords and need no quotes, with what they are called unquoted.
# Not among them: bit and char, which mean bit(1) and char(1) without quotes.
PLAIN_TYPES: Final = frozenset(
    {
        "bool", "bytea", "name", "int2", "int4", "int8", "text", "oid", "float4", "float8", "bpchar", "varchar", "date",
        "timestamp", "timestamptz", "numeric", "uuid", "json", "jsonb", "xml", "xid", "xid8", "inet", "cidr", "macaddr",
        "macaddr8", "money", "varbit", "time", "timetz", "interval",
    }
)  # fmt: skip
# PostgreSQL's own functions that qail names itself; any other name is quoted.
PLAIN_FUNCTIONS: Final = frozenset(
    {"count", "sum", "avg", "min", "max", "row_number", "rank", "dense_rank", "strpos", "length", "left", "right"}
)

PLAIN_VALUES: Final = (bool, int, float, str)


def identifier(name: str) -> str:
    """One identifier, quoted.

    Raises:
        BuildError: it cannot be one; see `checked_name`.
    """
    return '"' + checked_name(name, "an identifier").replace('"', '""') + '"'


def qualified(names: tuple[str, ...]) -> str:
    """Several identifiers, joined with dots."""
    return ".".join([identifier(name) for name in names])


def function_name(name: str) -> str:
    """A function's name: bare when it is one of PLAIN_FUNCTIONS."""
    return name if name in PLAIN_FUNCTIONS else identifier(name)


def type_name(pg: PgType[Any]) -> str:
    """A type's name, as in CAST and CREATE TABLE."""
    if pg.element is not None:
        return type_name(pg.element) + "[]"
    if pg.schema is not None:
        plain = qualified((pg.schema, pg.name))
    else:
        plain = pg.name if pg.name in PLAIN_TYPES else identifier(pg.name)
    return f"{plain}({', '.join([int.__repr__(modifier) for modifier in pg.modifiers])})" if pg.modifiers else plain


def literal(value: object) -> str:
    """A constant: NULL, a boolean, a number or a string.

    A string with a backslash is written as `E'...'` with backslashes doubled: that means the same whatever
    standard_conforming_strings says.

    Raises:
        BuildError: the value has no such form.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    # By the base's own repr: a subclass may print anything, as PgLsn and the floats of numpy do.
    if isinstance(value, int):
        digits = int.__repr__(value)
        return digits if value >= 0 else f"({digits})"
    if isinstance(value, float):
        digits = float.__repr__(value)
        if not math.isfinite(value):
            return f"CAST('{digits}' AS float8)"
        return digits if value >= 0 else f"({digits})"
    if isinstance(value, str):
        return _string(value)
    raise BuildError(f"{type(value).__name__} has no literal form")


def typed_literal(value: object, pg: PgType[Any] | None) -> str:
    """What a parameter of this value and type would be, as text: `literal`, or a cast of the type's own text.

    Raises:
        BuildError: the value has no such form.
    """
    is_document = pg is not None and pg.family in ("json", "jsonb")
    # By the type itself: a subclass may have another text, as PgLsn has.
    if value is None or (type(value) in PLAIN_VALUES and not is_document):
        return literal(value)
    from qail.compile.text_form import own_type, text_form  # with codecs: few statements need it

    text = _string(text_form(value, pg))
    known = own_type(value) if pg is None else pg
    if known is None:
        return text
    if known.name == "money":  # its own text would mean another thing under another lc_monetary
        text = f"CAST({text} AS numeric)"
    return f"CAST({text} AS {type_name(known)})"


def exact_literal(value: object, pg: PgType[Any] | None) -> str:
    """As `typed_literal`, where nothing around it would make it a value of the type `pg`: in VALUES."""
    text = typed_literal(value, pg)
    is_exact = pg is None or text.startswith("CAST(") or (pg.name == "text" and value is not None)
    return text if is_exact or pg is None else f"CAST({text} AS {type_name(pg)})"


def _string(value: str) -> str:
    if "\0" in value:
        raise BuildError("a string literal holds a NUL, which PostgreSQL's text cannot")
    if not value.isascii():
        _check_unicode(value)
    doubled = value.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in value else "'" + doubled + "'"


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BuildError("a string literal holds a lone surrogate, which has no UTF-8 form") from None
