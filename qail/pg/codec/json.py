"""json, jsonb and jsonpath. The values of json and jsonb are what a loader makes of their text, and a dumper takes.

Both are the standard library's, and orjson loads where it is installed. Other functions are settings of a pool or a
connection: `json_loads`, which gets bytes, and `json_dumps`, which gives str or bytes.

Rule 1: what arrives does not depend on what is installed. orjson rounds integers past 64 bits and refuses some texts
that PostgreSQL keeps, so it gets neither; it dumps NaN as null and dates as text, so it never dumps.
Rule 2: nothing is changed on the way out: NaN, infinities, surrogates and, for jsonb, NUL are refused; so is a number
on the way in that is beyond float. What the loader or the dumper raises becomes DecodeError or EncodeError.
Rule 3: None is NULL. The JSON value null is `Json(None)`; it arrives as None, as the loader gives it.

Source: src/backend/utils/adt/json.c, json_send; jsonb.c, jsonb_send and jsonb_recv; jsonpath.c, jsonpath_send
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from json import JSONDecodeError, JSONDecoder, JSONEncoder
from typing import Any, Final, TypeAlias

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr, u8

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import out_of_range, short_repr, with_cause
from qail.pg.codec.text import MAX_FIELD_BYTES, VersionedTextCodec, check_version

Loads: TypeAlias = Callable[[bytes], Any]
Dumps: TypeAlias = Callable[[Any], Any]

JSONB_VERSION: Final = 1
# jsonb's version belongs to the field.
MAX_TEXT_BYTES: Final = MAX_FIELD_BYTES - 1
# Every digit as 0, both letters of an exponent as e, all else blank: the two searches below then find numbers that
# orjson or float may not hold, in a tenth of the time of a regular expression. 10**18 has 19 digits and fits 64 bits.
_DIGITS: Final = bytes([0x30 if 0x30 <= code <= 0x39 else 0x65 if code in b"eE" else 0x20 for code in range(256)])
_LONG_NUMBER: Final = b"0" * 19
_EXPONENT: Final = b"0e"
_WHITE_SPACE: Final = " \t\n\r"
# An escaped NUL: its backslash is not itself escaped.
_NUL_ESCAPE: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_OWN_FUNCTIONS: Final = "json_loads= and json_dumps= are settings of a pool or a connection"


@mypyc_attr(native_class=False)
class Json:
    """A value to be sent as JSON whatever its Python type: `Json(None)` is the JSON value null, not NULL.

    It also says by itself what it is, where nothing else does: `select $1` with `Json({...})` is jsonb.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    @property
    def value(self) -> Any:
        """What is sent."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Json) and bool(self._value == other.value)

    def __hash__(self) -> int:
        return hash((Json, self._value))

    def __repr__(self) -> str:
        return f"Json({self._value!r})"

    def __reduce__(self) -> tuple[type[Json], tuple[Any]]:
        return Json, (self._value,)


_JSON: Final = Json


class Loader:
    """From text to a value, by the standard library; by `fast`, which is orjson's `loads`, where both agree."""

    def __init__(self, fast: Loads | None) -> None:
        self._fast: Final = fast

    def load(self, data: bytes) -> Any:
        """The value of a JSON text.

        Raises:
            ValueError, RecursionError: it is none, or goes beyond what Python can hold.
        """
        shape = data.translate(_DIGITS)
        is_delicate = _LONG_NUMBER in shape or _EXPONENT in shape
        if self._fast is not None and not is_delicate:
            try:
                return self._fast(data)
            except ValueError:
                pass  # surrogates and depth, about which the two do not agree
        # json keeps the white space around a value.
        text = data.decode("utf-8").strip(_WHITE_SPACE)
        value, end = (_CAREFUL if is_delicate else _PLAIN).raw_decode(text)
        if end != len(text):
            raise JSONDecodeError("something follows the value", text, end)
        return value

    def fault(self, error: Exception) -> str:
        """What went wrong, without any of the data."""
        return fault_of(error)


class OwnLoader(Loader):
    """A function that the user set; any exception of it becomes a DecodeError."""

    def __init__(self, loads: Loads) -> None:
        super().__init__(None)
        self._loads: Final = loads

    def load(self, data: bytes) -> Any:
        """What the function makes of the bytes. Raises what it raises."""
        return self._loads(data)

    def fault(self, error: Exception) -> str:
        """The exception's name: its text may hold data."""
        return f"json_loads raised {type(error).__name__}"


class JsonCodec(Codec):
    """json, and with a version byte jsonb."""

    def __init__(self, type_name: str, type_oid: int, loads: Loads | None = None, dumps: Dumps | None = None) -> None:
        super().__init__(type_name, type_oid)
        self.is_binary: Final = type_name == "jsonb"
        self._loader: Final[Loader] = STANDARD if loads is None else OwnLoader(loads)
        self._dumps: Final = dumps

    def is_sequence_like(self) -> bool:
        """A list is one JSON value."""
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the text that the dumper makes of the value, behind jsonb's version.

        Raises:
            EncodeError: the dumper raised; or made NUL, surrogates or too much of it.
        """
        if isinstance(value, _JSON):
            value = value.value
        data = self._dumped(value)
        if self.is_binary:
            if b"\\u0000" in data and _NUL_ESCAPE.search(data) is not None:
                raise EncodeError(f"jsonb takes no NUL character, as in {shown(value)}: remove it, or use json")
            write_i32_be(out, i32(len(data) + 1))
            out.append(u8(JSONB_VERSION))
        else:
            write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """What the loader makes of the text.

        Raises:
            DecodeError: another version; or the loader raised.
        """
        end = position + length
        if self.is_binary:
            check_version(self.type_name, JSONB_VERSION, buffer, position, length)
            position += 1
        try:
            return self._loader.load(buffer[position:end])
        except Exception as error:  # the loader may be foreign code
            fault = DecodeError(f"a value of {self.type_name} in {length} bytes: {self._loader.fault(error)}")
            raise with_cause(fault, error) from error

    def _dumped(self, value: object) -> bytes:
        try:
            text: object = _ENCODER.encode(value) if self._dumps is None else self._dumps(value)
        except Exception as error:  # the dumper may be foreign code, and so may methods of the value
            raise self._refusal(value, error) from error
        if isinstance(text, str):
            try:
                text = text.encode()
            except UnicodeEncodeError:
                raise EncodeError(
                    f"{self.type_name} takes Unicode text, and {shown(value)} holds a surrogate: "
                    "decode the text with the right encoding"
                ) from None
        if not isinstance(text, bytes):
            raise EncodeError(f"json_dumps made {type(text).__name__} of {shown(value)}, and must make str or bytes")
        if len(text) > MAX_TEXT_BYTES or b"\0" in text:
            raise out_of_range(self.type_name, value, f"at most {MAX_TEXT_BYTES} bytes without NUL", "split it")
        return text

    def _refusal(self, value: object, error: Exception) -> EncodeError:
        why = fault_of(error) if self._dumps is None else f"json_dumps raised {type(error).__name__}"
        return with_cause(EncodeError(f"{self.type_name} cannot hold {shown(value)}: {why}"), error)


def shown(value: object) -> str:
    """The Python type and a short repr of a value, for an EncodeError."""
    return f"{type(value).__name__} {short_repr(value)}"


def fault_of(error: Exception) -> str:
    """What the standard library's exception means, without any of the data."""
    if isinstance(error, RecursionError):
        return "it is nested too deep, or contains itself"
    if isinstance(error, JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start}"
    if isinstance(error, TypeError):
        return f"{error}; {_OWN_FUNCTIONS}"
    text = str(error)
    if text.startswith("Exceeds the limit"):
        return f"an integer has more digits than Python reads and writes; {_OWN_FUNCTIONS}"
    if text.startswith("Out of range float"):
        return "NaN and infinities are no JSON: use None or a str"
    return text if type(error) is _BeyondFloat else type(error).__name__


@mypyc_attr(native_class=False)
class _BeyondFloat(ValueError):
    """A text that is JSON, or nearly, and no Python value."""


def finite(text: str) -> float:
    """The float of a JSON number.

    Raises:
        ValueError: it is beyond float, which would make it infinite.
    """
    number = float(text)
    if number - number != 0:
        raise _BeyondFloat(f"a number is beyond float; {_OWN_FUNCTIONS}")
    return number


def refuse_constant(text: str) -> object:
    """Raises ValueError: the standard library's decoder would take NaN and Infinity."""
    raise _BeyondFloat("NaN and Infinity are no JSON")


def unwrapped(value: object) -> object:
    """The value inside a Json that stands inside another value.

    Raises:
        TypeError: anything else that JSON has no form for.
    """
    if isinstance(value, _JSON):
        return value.value
    raise TypeError(f"JSON has no form for {type(value).__name__}")


def fast_loads() -> Loads | None:
    """orjson's `loads`; None where it is not installed."""
    try:
        found: Loads = import_module("orjson").loads
    except ImportError:
        return None
    return found


def json_codecs(loads: Loads | None, dumps: Dumps | None) -> list[Codec]:
    """The codecs of json, jsonb and their arrays that use these functions; None is the standard one."""
    json, jsonb = JsonCodec("json", 114, loads, dumps), JsonCodec("jsonb", 3802, loads, dumps)
    return [json, jsonb, ArrayCodec("json[]", 199, json), ArrayCodec("jsonb[]", 3807, jsonb)]


_PLAIN: Final = JSONDecoder(parse_constant=refuse_constant)
_CAREFUL: Final = JSONDecoder(parse_constant=refuse_constant, parse_float=finite)
# Compact, and without the bookkeeping for cycles: they end in a RecursionError.
_ENCODER: Final = JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=unwrapped
)
STANDARD: Final = Loader(fast_loads())
CODECS: Final[list[Codec]] = [
    JsonCodec("json", 114),
    JsonCodec("jsonb", 3802),
    VersionedTextCodec("jsonpath", 4072),
]
