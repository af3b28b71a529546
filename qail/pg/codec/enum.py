"""Enums: a label is a str, or the member of an Enum class that was registered for the type.

The binary form of a value is its label in UTF-8.

Rule: a registered class is checked once, when the type is looked up: each member's value is a label of the type, or
each member's name is. A label that was added to the type later and has no member is a DecodeError.

Source: src/backend/utils/adt/enum.c, enum_send and enum_recv
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, UsageError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import wrong_type
from qail.pg.codec.text import MAX_NAME_BYTES, TextCodec, text_from, utf8_of

# A power of two; a label has MAX_NAME_BYTES at most.
KEPT_LABELS: Final = 64


class KeptLabel:
    """A label that came: its bytes, and the one str that stands for it from then on."""

    __slots__ = ("data", "text")

    def __init__(self, data: bytes, text: str) -> None:
        self.data: Final = data
        self.text: Final = text


class EnumCodec(TextCodec):
    """An enum's labels as str; an Enum with a str value is taken as that value. The server knows which labels exist.

    The few that a type has are made once, and kept: at most 64.
    """

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid)
        self._kept: Final[list[KeptLabel | None]] = [None] * KEPT_LABELS

    def is_plain_text(self) -> bool:
        return False

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """The label.

        Raises:
            DecodeError: not UTF-8, or NUL, which no label holds.
        """
        if length < 1 or length > MAX_NAME_BYTES:
            return self._label(buffer, position, length)
        place = (i64(buffer[position]) + 8 * i64(buffer[position + length - 1]) + length) & (KEPT_LABELS - 1)
        kept = self._kept[place]
        if kept is not None and is_at(kept.data, buffer, position, length):
            return kept.text
        text = self._label(buffer, position, length)
        self._kept[place] = KeptLabel(buffer[position : position + length], text)
        return text

    def _label(self, buffer: bytes, position: i64, length: i64) -> str:
        text = text_from(self.type_name, buffer, position, position + length)
        if "\0" in text:
            raise DecodeError(f"a label of {self.type_name} came with a NUL character")
        return text


def is_at(data: bytes, buffer: bytes, position: i64, length: i64) -> bool:
    """Whether `buffer[position:position + length]` is `data`."""
    if len(data) != length:
        return False
    index: i64 = 0
    while length - index >= 4:
        if read_i32_be(data, index) != read_i32_be(buffer, position + index):
            return False
        index += 4
    while index < length:
        if data[index] != buffer[position + index]:
            return False
        index += 1
    return True


class EnumClassCodec(Codec):
    """An enum's labels as members of a class; a str is taken as the label it is."""

    def __init__(self, type_name: str, type_oid: int, enum_class: type[Enum], labels: list[str]) -> None:
        """Bind the members to `labels`, all that the type has.

        Raises:
            UsageError: members whose value is no label, and whose names are not all labels either.
        """
        super().__init__(type_name, type_oid)
        self._class: Final = enum_class
        self._members: Final[dict[bytes, object]] = {}
        self._data: Final[dict[str, bytes]] = {}
        known = set(labels)
        members = list(enum_class)
        is_by_value = all(member.value in known for member in members if isinstance(member.value, str)) and all(
            isinstance(member.value, str) for member in members
        )
        for member in members:
            label: str = member.value if is_by_value else member.name
            if label not in known:
                raise UsageError(
                    f"{enum_class.__name__} does not fit {type_name}: neither the values nor the names of its members "
                    f"are all labels of it; it has {', '.join(labels[:8])}{' ...' if len(labels) > 8 else ''}"
                )
            data = label.encode()
            self._members[data] = member
            self._data[member.name] = data

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the label.

        Raises:
            EncodeError: no member of the class and no str, or a str with NUL or a surrogate.
        """
        if isinstance(value, self._class):
            data = self._data[value.name]
        elif isinstance(value, str) and not isinstance(value, Enum):
            data = utf8_of(self.type_name, value)
        else:
            name = self._class.__name__
            raise wrong_type(self.type_name, value, f"{name} or str", f"pass a member of {name}")
        write_i32_be(out, i32(len(data)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """The member.

        Raises:
            DecodeError: a label without a member.
        """
        found = self._members.get(buffer[position : position + length])
        if found is None:
            raise DecodeError(
                f"a label of {self.type_name} has no member in {self._class.__name__}: add it to the class"
            )
        return found
