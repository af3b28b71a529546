"""The sentences of EncodeError and DecodeError: what was given, to which type, and how to mend it.

Rule 1: an EncodeError names PostgreSQL's type, the Python type, the value's repr cut to 40 characters, and a fix.
Rule 2: nothing here raises, whatever the value's own repr does, and nothing big is built for a message.
Rule 3: a DecodeError never shows the value: row data does not go into messages.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Final, TypeVar

from mypy_extensions import mypyc_attr

from qail.errors import DecodeError, EncodeError

MAX_REPR_CHARACTERS: Final = 40
QUERY_PARTS: Final = "qail.ast."
"""Where the classes of expressions and queries are defined, of which this package knows nothing."""
ErrorT = TypeVar("ErrorT", bound=Exception)
# Sequences that are one value each, and no list of values.
SINGLE_VALUES: Final[tuple[type, ...]] = (str, bytes, bytearray, memoryview)
_SHORTENER: Final = reprlib.Repr()
_SHORTENER.maxother = MAX_REPR_CHARACTERS


def short_repr(value: object) -> str:
    """The repr of `value`, cut to 40 characters; a placeholder when it has none."""
    try:
        # Slicing first: the repr of 64 MB of bytes would be 256 MB.
        if isinstance(value, str):
            text = repr(value[: MAX_REPR_CHARACTERS + 1])
        elif isinstance(value, bytes | bytearray):
            text = repr(bytes(value[: MAX_REPR_CHARACTERS + 1]))
        else:
            text = _SHORTENER.repr(value)
    except Exception:  # noqa: BLE001  # a repr is foreign code; an error about an error helps nobody
        text = "<no repr>"
    if len(text) > MAX_REPR_CHARACTERS:
        return text[: MAX_REPR_CHARACTERS - 3] + "..."
    return text


def wrong_type(type_name: str, value: object, takes: str, fix: str) -> EncodeError:
    """The error for a value of a Python type that `type_name` does not take."""
    if type(value).__module__.startswith(QUERY_PARTS):
        what = type(value).__name__
        return EncodeError(
            f"{type_name} takes {takes}, and {what} is a part of a query, that no value can hold: compare with each "
            "expression by itself, any_of(a == b, a == c), or with x == any_(array(b, c))"
        )
    return EncodeError(f"{type_name} takes {takes}, not {type(value).__name__} {short_repr(value)}: {fix}")


def out_of_range(type_name: str, value: object, limits: str, fix: str) -> EncodeError:
    """The error for a value of a right type that is too large, too small or too long for `type_name`."""
    return EncodeError(f"{type(value).__name__} {short_repr(value)} is outside {type_name} ({limits}): {fix}")


def with_cause(error: ErrorT, cause: BaseException | None) -> ErrorT:
    """`error` with its cause, to be raised: mypyc drops what stands behind `from`."""
    error.__cause__ = cause
    return error


@mypyc_attr(native_class=False)
class TypesNeeded(DecodeError):
    """A DecodeError that a look-up may mend: these types are not known, or are not (any more) what is known of them."""

    def __init__(self, message: str, type_oids: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.type_oids = list(type_oids)


@mypyc_attr(native_class=False)
class TextNeeded(EncodeError):
    """An EncodeError of a value that a server reads as text only: a parameter of its own goes as that."""


def text_needed(type_name: str, value: object) -> TextNeeded:
    """The error for a value that no server takes in binary; it is seen where there is no other format."""
    return TextNeeded(
        f"{type_name} {type(value).__name__} {short_repr(value)} has no binary form that a server reads: "
        "pass it as a parameter, or copy in text format"
    )


def decode_inside(error: DecodeError, where: str) -> DecodeError:
    """`error` with the place in a larger value where it happened: of its kind. Raise it from `error.__cause__`."""
    text = f"in {where}: {error}"
    inside = TypesNeeded(text, error.type_oids) if isinstance(error, TypesNeeded) else DecodeError(text)
    return with_cause(inside, error.__cause__)


def encode_inside(error: EncodeError, where: str) -> EncodeError:
    """`error` with the place in a larger value where it happened: of its kind. Raise it from `error.__cause__`."""
    return with_cause(of_kind(error, f"in {where}: {error}"), error.__cause__)


def of_kind(error: EncodeError, text: str) -> EncodeError:
    """An error that says `text`, and that can be mended as `error` can."""
    return TextNeeded(text) if isinstance(error, TextNeeded) else EncodeError(text)


def wrong_length(type_name: str, expected: int, length: int) -> DecodeError:
    """The error for a value of a fixed size that came with another."""
    return DecodeError(f"a value of {type_name} has {expected} bytes, and {length} came")
