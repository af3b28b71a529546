"""Names as users give them: one str is one identifier, never parsed."""

from __future__ import annotations

from typing import Final, Never, TypeAlias

from qail.errors import BuildError

MAX_NAME_BYTES: Final = 63  # NAMEDATALEN - 1; the server would cut a longer name and mean another thing

# Adds nothing to a union for type checkers. mypyc, though, then leaves the argument unchecked, so that our own check
# raises the same BuildError in both builds instead of a bare TypeError in one. Only through an alias: `str | Never`
# itself is simplified to str.
Unchecked: TypeAlias = Never
Name: TypeAlias = str | Unchecked
TableName: TypeAlias = str | tuple[str, str]


def checked_name(name: object, what: str) -> str:
    """`name` itself, when it can be an identifier; `what` names it in the error.

    Raises:
        BuildError: not a str, empty, longer than 63 bytes of UTF-8, or with a NUL or lone surrogate in it.

    Source: sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
    """
    if not isinstance(name, str):
        raise BuildError(f"{what} is a str, not {type(name).__name__}: {name!r:.40}")
    if not name:
        raise BuildError(f"{what} is empty")
    if "\0" in name:
        raise BuildError(f"{what} {name!r:.80} holds a NUL, which no identifier can")
    if name.isascii():
        byte_count = len(name)
    else:
        byte_count = _utf8_length(name, what)
    if byte_count > MAX_NAME_BYTES:
        raise BuildError(f"{what} {name!r:.80} has {byte_count} bytes; an identifier has at most {MAX_NAME_BYTES}")
    return name


def optional_name(name: object, what: str) -> str | None:
    """`checked_name` of what may be left out. Raises BuildError."""
    return None if name is None else checked_name(name, what)


def _utf8_length(name: str, what: str) -> int:
    try:
        return len(name.encode())
    except UnicodeEncodeError:
        raise BuildError(f"{what} {name!r:.80} holds a lone surrogate, which has no UTF-8 form") from None
