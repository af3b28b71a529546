"""The types of the system's own catalogs: reg types, aclitem, refcursor, the two vectors, and what can only be read.

Rule 1: a reg type (regclass, regtype, regproc ...) is the name that the server's own text gives, a str, both ways, as
asyncpg and psycopg have it. Its binary form is only an OID, which says nothing to a reader and means nothing in another
database. An int is taken as that OID. The text is qualified where search_path does not find the name, and is read by
the search_path of the session it is sent in. regproc and regoper have one text for several functions of one name, which
the server does not read back: use regprocedure and regoperator, or the OID.
Rule 2: aclitem has no binary form: its text both ways.
Rule 3: oidvector and int2vector are lists of int. In binary they are arrays of one dimension with a lower bound of 0.
The server's binary input refuses an empty one, although it sends it; so it is refused here.
Rule 4: types without any input are text to read; a value for one is an EncodeError.

Source: src/backend/utils/adt/regproc.c, acl.c; oidvectorrecv in oid.c, int2vectorrecv in int.c; pg_node_tree_in in
pseudotypes.c
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import ArrayCodec, PgArray, items_of
from qail.pg.codec.base import TEXT_FORMAT, Codec
from qail.pg.codec.integer import UINT4_MAX, Int2Codec, Unsigned4Codec, refuse_integer
from qail.pg.codec.refusal import short_repr, text_needed, wrong_type
from qail.pg.codec.text import TextCodec, utf8_of
from qail.pg.wire.constants import LENGTH_BYTES

VECTOR_BOUNDS: Final = (0,)
# Dimensions, flag, type of the elements, size and lower bound.
VECTOR_HEADER_BYTES: Final = 20


class RegCodec(TextCodec):
    """A reg type as str, in text; an int is its OID."""

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the name, or the OID in digits.

        Raises:
            EncodeError: `value` is neither str nor int, holds NUL or a surrogate, or is outside 0 to 4294967295.
        """
        if isinstance(value, str):
            data = utf8_of(self.type_name, value)
        elif not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(self.type_name, value, "str, a name, or int, an OID", "convert it with str()")
        elif not 0 <= value <= UINT4_MAX:
            raise refuse_integer(self.type_name, value, 0, UINT4_MAX)
        else:
            data = str(value).encode()
        write_i32_be(out, i32(len(data)))
        out.write(data)


class ReadOnlyCodec(TextCodec):
    """A type that the server only prints, as str."""

    def __init__(self, type_name: str, type_oid: int) -> None:
        super().__init__(type_name, type_oid, TEXT_FORMAT)

    def encode(self, out: BytesWriter, value: object) -> None:
        """Never a value.

        Raises:
            EncodeError: always.
        """
        raise EncodeError(
            f"{self.type_name} takes no value, as {type(value).__name__} {short_repr(value)}: the server makes it and "
            "only prints it"
        )


class VectorCodec(Codec):
    """oidvector or int2vector as a list of int."""

    def __init__(self, type_name: str, type_oid: int, element: Codec, element_bytes: int) -> None:
        super().__init__(type_name, type_oid)
        self._array: Final = ArrayCodec(type_name, type_oid, element)
        self._element_bytes: Final[i64] = element_bytes

    def is_sequence_like(self) -> bool:
        """A list is one value."""
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the vector.

        Raises:
            TextNeeded: it is empty.
            EncodeError: `value` is no sequence of ints in range.
        """
        items = items_of(value)
        if items is None:
            raise wrong_type(self.type_name, value, "a list of int", "put it into a list")
        if not items:
            # oidvectorrecv and int2vectorrecv: "invalid oidvector data", of whatever says that it is empty.
            raise text_needed(self.type_name, value)
        for item in items:
            # None would be a NULL, and a list another dimension.
            if not isinstance(item, int):
                raise wrong_type(self.type_name, item, "ints", "convert each with int()")
        self._array.encode_plain(out, items, 0)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A list of int.

        Raises:
            DecodeError: no array of one dimension with a lower bound of 0, or a NULL is in it.
        """
        if length >= VECTOR_HEADER_BYTES:
            items = self._plain_items(buffer, position, length)
            if items is not None:
                return items
        found = self._array.decode(buffer, position, length)
        if not isinstance(found, PgArray) or found.lower_bounds != VECTOR_BOUNDS or None in found:
            raise DecodeError(f"{self.type_name} came as an array of another kind")
        return list(found)

    def _plain_items(self, buffer: bytes, position: i64, length: i64) -> list[object] | None:
        """The numbers of a vector that is as the server makes them; None of anything else, for `decode` to look at."""
        element = self._array.element
        if read_i32_be(buffer, position) != 1 or i64(read_i32_be(buffer, position + 8)) != element.type_oid:
            return None
        count = i64(read_i32_be(buffer, position + 12))
        size: i64 = self._element_bytes
        if read_i32_be(buffer, position + 16) != 0 or length != VECTOR_HEADER_BYTES + count * (LENGTH_BYTES + size):
            return None
        items: list[object] = []
        position += VECTOR_HEADER_BYTES
        while count > 0:
            if read_i32_be(buffer, position) != size:
                return None
            items.append(element.decode(buffer, position + LENGTH_BYTES, size))
            position += LENGTH_BYTES + size
            count -= 1
        return items


CODECS: Final[list[Codec]] = [
    VectorCodec("int2vector", 22, Int2Codec("int2", 21), 2),
    RegCodec("regproc", 24),
    VectorCodec("oidvector", 30, Unsigned4Codec("oid", 26), 4),
    ReadOnlyCodec("pg_node_tree", 194),
    TextCodec("aclitem", 1033, TEXT_FORMAT),
    TextCodec("refcursor", 1790),
    RegCodec("regprocedure", 2202),
    RegCodec("regoper", 2203),
    RegCodec("regoperator", 2204),
    RegCodec("regclass", 2205),
    RegCodec("regtype", 2206),
    ReadOnlyCodec("pg_ndistinct", 3361),
    ReadOnlyCodec("pg_dependencies", 3402),
    ReadOnlyCodec("gtsvector", 3642),
    RegCodec("regconfig", 3734),
    RegCodec("regdictionary", 3769),
    RegCodec("regnamespace", 4089),
    RegCodec("regrole", 4096),
    RegCodec("regcollation", 4191),
    ReadOnlyCodec("pg_brin_bloom_summary", 4600),
    ReadOnlyCodec("pg_brin_minmax_multi_summary", 4601),
    ReadOnlyCodec("pg_mcv_list", 5017),
]
