"""Limits of a document, held before anything is built of it: how long, how deep, how many values."""

from __future__ import annotations

from typing import Any, Final, cast

from pydantic_core import from_json as parse_json

from qail.errors import BuildError

MAX_BYTES: Final = 1024 * 1024
"""Of the text."""
MAX_NESTING: Final = 120
"""Of arrays and objects in each other; an expression takes about two for each level of its own."""
MAX_VALUES: Final = 100_000
"""Arrays, objects and what they hold, all told."""


def parsed(data: object) -> Any:
    """The document of a text, or the document itself when it is parsed already.

    Raises:
        BuildError: it is no JSON, or over a limit.
    """
    if isinstance(data, str):
        try:
            data = data.encode()
        except UnicodeEncodeError:
            raise BuildError("the JSON form holds a lone surrogate, which is no text") from None
    if isinstance(data, (bytes, bytearray)):
        if len(data) > MAX_BYTES:
            raise BuildError(f"the JSON form has {len(data)} bytes; at most {MAX_BYTES} are taken")
        try:
            data = parse_json(data, allow_inf_nan=False)
        except ValueError as error:
            raise BuildError(f"the JSON form is no JSON: {error}") from None
    check_document(data)
    return data


def check_document(document: Any) -> None:
    """Raise BuildError when the document is nested too deep or holds too much. A loop: depth costs no recursion."""
    if not isinstance(document, dict):
        raise BuildError(f"the JSON form is an object, not {type(document).__name__}")
    count = 0
    pending: list[tuple[Any, int]] = [(cast("Any", document), 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_NESTING:
            raise BuildError(f"the JSON form is nested deeper than {MAX_NESTING} arrays and objects")
        children = _children(value)
        count += len(children) + 1
        if count > MAX_VALUES:
            raise BuildError(f"the JSON form holds more than {MAX_VALUES} values")
        pending.extend([(child, depth + 1) for child in children if type(child) in (dict, list)])


def _children(value: Any) -> list[Any]:
    held: Any = value
    return list(held.values() if type(value) is dict else held)
