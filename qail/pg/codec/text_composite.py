"""Composite types in text format, for those with a field whose codec is one of text: PostgreSQL's record literals.

`(1,"two words",)`: a field that is empty without quotes is NULL; quotes double a quote or have a backslash ahead of it.

Rule 1: the text does not say of which types its fields are. Where their number is not what the catalog told, the type
was altered: TypesNeeded.
Rule 2: beside the fields with text codecs those of the plain types (`text_forms.py`) are decoded, and what is made of
them; any other arrives as `Unknown`, its text, which is taken back as it is. A codec that was registered with
`format="binary"` leaves the whole type binary.
Rule 3: time is linear in the bytes.

Source: src/backend/utils/adt/rowtypes.c, record_in and record_out
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.composite import CompositeCodec, CompositeForm, NamedTupleForm, fields_of
from qail.pg.codec.domain import DomainCodec
from qail.pg.codec.enum import EnumClassCodec
from qail.pg.codec.multirange import MultirangeCodec
from qail.pg.codec.range import RangeCodec
from qail.pg.codec.refusal import TypesNeeded, decode_inside, encode_inside
from qail.pg.codec.text import TextCodec, VersionedTextCodec
from qail.pg.codec.text_array import TextArrayCodec, text_of_field
from qail.pg.codec.text_forms import plain_twin
from qail.pg.codec.text_range import TextMultirangeCodec, TextRangeCodec
from qail.pg.codec.unknown import UnknownCodec
from qail.pg.codec.user import FunctionCodec

# A field: quoted and plain pieces, up to what ends it.
_PIECE: Final = re.compile(rb'"((?:[^"\\]++|\\.|"")*+)"|\\(.)|([^"\\,()]++)', re.DOTALL)
_ESCAPED: Final = re.compile(rb'\\(.)|"(")', re.DOTALL)


class TextCompositeCodec(Codec):
    """A composite type with a field of a text codec."""

    def __init__(
        self, type_name: str, type_oid: int, names: list[str], codecs: list[Codec], form: CompositeForm | None = None
    ) -> None:
        """As of CompositeCodec."""
        super().__init__(type_name, type_oid, TEXT_FORMAT)
        self.names: Final = names
        self.codecs: Final = codecs
        self._texts: Final = [text_twin(codec) for codec in codecs]
        self._form: Final[CompositeForm] = NamedTupleForm(type_name, names) if form is None else form

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the literal.

        Raises:
            EncodeError: not all fields and no others, or one that does not fit; `out` is unchanged.
        """
        fields = fields_of(self.type_name, self.names, self._form, value)
        texts: list[bytes] = []
        for index, field in enumerate(fields):
            if field is None:
                texts.append(b"")
                continue
            try:
                text = text_of_field(self._texts[index], field)
            except EncodeError as error:
                raise encode_inside(error, f"{self.type_name}.{self.names[index]}") from error.__cause__
            texts.append(b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'""') + b'"')
        data = b"(" + b",".join(texts) + b")"
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A named tuple, or an object of the registered class.

        Raises:
            TypesNeeded: another number of fields than the catalog told of: the type was altered.
            DecodeError: no record literal, or a field is no value of its type.
        """
        texts = _split(self.type_name, buffer[position : position + length])
        if not self.codecs and texts == [None]:
            texts = []
        if len(texts) != len(self.codecs):
            what = f"{len(texts)} fields instead of {len(self.codecs)}"
            raise TypesNeeded(
                f"{self.type_name} came with {what}: it was altered; run the query again", [self.type_oid]
            )
        values: list[object] = []
        for index, text in enumerate(texts):
            if text is None:
                values.append(None)
                continue
            try:
                values.append(self._texts[index].decode(text, 0, len(text)))
            except DecodeError as error:
                raise decode_inside(error, f"{self.type_name}.{self.names[index]}") from error.__cause__
        return self._form.make(values)


def _split(type_name: str, data: bytes) -> list[bytes | None]:
    """The fields' texts, None for NULL. Raises DecodeError."""
    if data[:1] != b"(" or data[-1:] != b")":
        raise DecodeError(f"{type_name} came as no record literal")
    fields: list[bytes | None] = []
    position = 1
    while True:
        start = position
        pieces: list[bytes] = []
        while (found := _PIECE.match(data, position)) is not None:
            quoted, escaped, plain = found.groups()
            if quoted is not None:
                pieces.append(_ESCAPED.sub(_unescaped, quoted) if b"\\" in quoted or b'"' in quoted else quoted)
            else:
                pieces.append(escaped if escaped is not None else plain)
            position = found.end()
        fields.append(b"".join(pieces) if position > start else None)
        code = data[position : position + 1]
        position += 1
        if code == b")" and position == len(data):
            return fields
        if code != b",":
            raise DecodeError(f"{type_name} came as no record literal: byte {position} of {len(data)}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    return found[1] or found[2]


def text_twin(codec: Codec) -> Codec:
    """What reads and writes as text what `codec` does, with the same Python values wherever it can."""
    if codec.format_code == TEXT_FORMAT or isinstance(codec, (TextCodec, EnumClassCodec)):
        return codec
    name, oid = codec.type_name, codec.type_oid
    if isinstance(codec, DomainCodec):
        return DomainCodec(name, oid, text_twin(codec.base))
    if isinstance(codec, CompositeCodec):
        return TextCompositeCodec(name, oid, codec.names, codec.codecs, codec.form)
    if isinstance(codec, ArrayCodec):
        return TextArrayCodec(name, oid, text_twin(codec.element), codec.delimiter)
    if isinstance(codec, RangeCodec):
        return TextRangeCodec(name, oid, text_twin(codec.subtype))
    if isinstance(codec, MultirangeCodec):
        member = text_twin(codec.member)
        # Of a catalog that says something else there is nothing to be read but the text.
        return TextMultirangeCodec(name, oid, member) if isinstance(member, TextRangeCodec) else UnknownCodec(name, oid)
    if isinstance(codec, VersionedTextCodec):
        return TextCodec(name, oid)
    if isinstance(codec, FunctionCodec) and codec.functions.format == "text":
        return FunctionCodec(name, oid, codec.functions, TEXT_FORMAT)
    return plain_twin(codec)
