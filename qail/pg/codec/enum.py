"""Enums: a label is a str, or the member of an Enum class that was registered for the type.

The binary form of a value is its label in UTF-8.

Rule: a registered class is checked once, when the type is looked up: each member's value is a label of the type, or
each member's name is. A label that was added to the type later and has no member is a DecodeError.

Source: src/backend/utils/adt/enum.c, enum_send and enum_recv
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from librt.strings import BytesWriter, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, UsageError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import wrong_type
from qail.pg.codec.text import TextCodec, utf8_of


class EnumCodec(TextCodec):
    """An enum's labels as str; an Enum with a str value is taken as that value. The server knows which labels exist."""


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
