"""Codecs that users register by a type's name: `TypeCodec`, and the codec that calls its two functions.

Rule 1: the functions see text (str) or PostgreSQL's binary form (bytes), as `format` says.
Rule 2: what they raise becomes an EncodeError or DecodeError with that as its cause. The message of a DecodeError does
not repeat theirs, which may show the value.
Rule 3: where a type's binary form is its text, a text codec travels as binary, so that it works inside of anything.

Source: protocol-overview.html#PROTOCOL-FORMAT-CODES
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, cast

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr

from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT, Codec
from qail.pg.codec.refusal import short_repr, with_cause, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES, utf8_of

TypeName: TypeAlias = str | tuple[str, str]
"""A type's name as pg_type has it, in any schema; or the schema's name and the type's."""

SQL_ALIASES: Final = {
    "bigint": "int8",
    "bit varying": "varbit",
    "boolean": "bool",
    "char": "bpchar",
    "character": "bpchar",
    "character varying": "varchar",
    "dec": "numeric",
    "decimal": "numeric",
    "double precision": "float8",
    "int": "int4",
    "integer": "int4",
    "real": "float4",
    "smallint": "int2",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}


@mypyc_attr(native_class=False)
class TypeCodec:
    """How values of one PostgreSQL type are written and read: `types={"numeric": TypeCodec(encode=str, decode=float)}`.

    Args:
        encode: makes the text (str), or with `format="binary"` the binary form (bytes), of a value.
        decode: makes a value of the text, or of the binary form.
        format: "text" or "binary". Arrays and ranges of a type that is read as text travel as text, too.

    Raises:
        UsageError: `encode` or `decode` cannot be called, or `format` is neither.
    """

    __slots__ = ("decode", "encode", "format")

    def __init__(
        self,
        *,
        encode: Callable[[Any], str | bytes],
        decode: Callable[[Any], Any],
        format: Literal["text", "binary"] = "text",  # the word of the manual
    ) -> None:
        functions: tuple[object, object] = (encode, decode)
        if not all(map(callable, functions)):
            raise UsageError("a TypeCodec has two functions: encode=, from a value, and decode=, to one")
        if format not in ("text", "binary"):
            raise UsageError(f"the format of a TypeCodec is 'text' or 'binary', not {format!r:.60}")
        self.encode: Final = encode
        self.decode: Final = decode
        self.format: Final = format

    def __repr__(self) -> str:
        return f"TypeCodec(encode={self.encode!r}, decode={self.decode!r}, format={self.format!r})"


def checked_name(name: object) -> tuple[str, str]:
    """A type's name as (schema, name), the schema "" where any will do.

    Raises:
        UsageError: it is neither a str nor a pair of them, or a name that SQL has for a type and pg_type has not.
    """
    parts = ("", name) if isinstance(name, str) else name
    if isinstance(parts, tuple) and len(cast("tuple[object, ...]", parts)) == 2:
        schema, plain = cast("tuple[object, object]", parts)
        if isinstance(schema, str) and isinstance(plain, str) and plain and (schema or isinstance(name, str)):
            own = SQL_ALIASES.get(plain)
            if own is not None and isinstance(name, str):
                raise UsageError(f"the type {plain!r} is called {own!r} in pg_type: register that name")
            return schema, plain
    raise UsageError(f"a type's name is a str such as 'mood', or a pair such as ('app', 'mood'), not {name!r:.60}")


class FunctionCodec(Codec):
    """The values of one type by a TypeCodec's functions.

    `format_code` is what travels; `prefix` stands ahead of the text there: the version byte of jsonb, for one.
    """

    def __init__(
        self, type_name: str, type_oid: int, functions: TypeCodec, format_code: int, prefix: bytes = b""
    ) -> None:
        super().__init__(type_name, type_oid, format_code)
        self.functions: Final = functions
        self._encode: Final[Callable[[object], object]] = functions.encode
        self._decode: Final[Callable[[object], object]] = functions.decode
        self._is_text: Final = functions.format == "text"
        self._prefix: Final = prefix

    def is_sequence_like(self) -> bool:
        # Nobody can say: so a plain list of them has one dimension.
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append what the function makes of the value.

        Raises:
            EncodeError: the function raises, or returns something else than it should.
        """
        try:
            made = self._encode(value)
        except Exception as error:
            what = f"{type(value).__name__} {short_repr(value)}"
            fault = EncodeError(
                f"the codec registered for {self.type_name} refuses {what}: {type(error).__name__}: {str(error)[:80]}"
            )
            raise with_cause(fault, error) from error
        if self._is_text:
            if not isinstance(made, str):
                raise wrong_type(f"the codec registered for {self.type_name}", made, "str of its encode", "return text")
            data = self._prefix + utf8_of(self.type_name, made)
        else:
            if not isinstance(made, (bytes, bytearray, memoryview)):
                fix = "return bytes"
                raise wrong_type(f"the codec registered for {self.type_name}", made, "bytes of its encode", fix)
            # Not a cast to bytes, which compiled code would check.
            data = bytes(cast("Any", made))
        if len(data) > MAX_FIELD_BYTES:
            raise EncodeError(f"the codec registered for {self.type_name} made {len(data)} bytes, too many for a field")
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """What the function makes of the text or bytes.

        Raises:
            DecodeError: not UTF-8, or the function raises.
        """
        data = buffer[position : position + length]
        given: object = data
        if self._is_text:
            if not data.startswith(self._prefix):
                raise DecodeError(f"{self.type_name} came in a version that is not known")
            try:
                given = data[len(self._prefix) :].decode("utf-8")
            except UnicodeDecodeError as error:
                raise DecodeError(f"{self.type_name} is not UTF-8 at byte {error.start} of {length}") from None
        try:
            return self._decode(given)
        except Exception as error:
            fault = DecodeError(f"the codec registered for {self.type_name} raised {type(error).__name__}")
            raise with_cause(fault, error) from error


def function_codec(type_name: str, type_oid: int, functions: TypeCodec, text_prefix: bytes | None) -> FunctionCodec:
    """The codec of a type by registered functions.

    Args:
        text_prefix: what stands ahead of the text in the type's binary form; None where that is something else.
    """
    if functions.format == "binary":
        return FunctionCodec(type_name, type_oid, functions, BINARY_FORMAT)
    if text_prefix is None:
        return FunctionCodec(type_name, type_oid, functions, TEXT_FORMAT)
    return FunctionCodec(type_name, type_oid, functions, BINARY_FORMAT, text_prefix)
