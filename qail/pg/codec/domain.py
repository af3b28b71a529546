"""Domains: a value is one of the base type's; the server checks the rest. Errors name the domain.

A column of a domain is described with its base type; parameters, elements and fields are of the domain's own OID.

Source: src/backend/utils/adt/domains.c, domain_recv; src/backend/access/common/printtup.c, SendRowDescriptionMessage
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import decode_inside, encode_inside


class DomainCodec(Codec):
    """A domain over `base`."""

    def __init__(self, type_name: str, type_oid: int, base: Codec) -> None:
        super().__init__(type_name, type_oid, base.format_code)
        self.base: Final = base

    def is_sequence_like(self) -> bool:
        return self.base.is_sequence_like()

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the value as the base type does.

        Raises:
            EncodeError: the base type refuses it.
        """
        try:
            self.base.encode(out, value)
        except EncodeError as error:
            raise encode_inside(error, self.type_name) from error.__cause__

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """What the base type makes of it.

        Raises:
            DecodeError: no value of the base type.
        """
        try:
            return self.base.decode(buffer, position, length)
        except DecodeError as error:
            raise decode_inside(error, self.type_name) from error.__cause__
