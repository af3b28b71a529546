"""Types without a codec: they travel as text and arrive marked as such, never guessed.

Source: protocol-overview.html#PROTOCOL-FORMAT-CODES
"""

from __future__ import annotations

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64, mypyc_attr

from qail.errors import DecodeError
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.text import text_of, utf8_of


@mypyc_attr(native_class=False)
class Unknown(str):
    """The text form of a value whose type qail has no codec for. A str in every way."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Unknown({str.__repr__(self)})"


class UnknownCodec(Codec):
    """Text format both ways: a str goes as it is, and `Unknown` comes back."""

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the text form of the value, which the server parses.

        Raises:
            EncodeError: `value` is no str, or holds NUL or a surrogate.
        """
        data = utf8_of(self.type_name, text_of(self.type_name, value))
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """The text, marked.

        Raises:
            DecodeError: not UTF-8.
        """
        try:
            return Unknown(buffer[position : position + length].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DecodeError(f"{self.type_name} is not UTF-8 at byte {error.start} of {length}") from None


class UnreadableCodec(Codec):
    """A column that was asked for in binary and turned out to be of a type that has no binary codec.

    It happens once, when a column's type changed behind a prepared statement; the next run asks for text.
    """

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """Never a value.

        Raises:
            DecodeError: always.
        """
        raise DecodeError(f"the column became {self.type_name} behind a prepared statement; run the query again")

    def encode(self, out: BytesWriter, value: object) -> None:
        """Never called: this stands for a result column only."""
        raise AssertionError("a result column encodes nothing")
