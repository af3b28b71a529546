"""tsvector and tsquery, as TsVector and TsQuery: str of PostgreSQL's text form, exactly as the server prints it.

A tsvector is Int32 count, then for each lexeme its UTF-8 and NUL, UInt16 count of positions, and those as UInt16 with
the weight in the two upper bits. A tsquery is Int32 count, then its tree from the root down, the right operand of an
operator first: Int8 kind; an operand has Int8 weights, Int8 prefix, its UTF-8 and NUL; an operator has Int8 which, and
UInt16 distance if it is `<->`.

Rule 1: any str in PostgreSQL's syntax is taken; `text_search_syntax` reads it as the server does.
Rule 2: an empty tsquery arrives as "", and goes as text: no server takes it in binary.
Rule 3: the text says how operators bind, as the server's own does, and not how equal ones were grouped.

Source: src/backend/utils/adt/tsvector.c, tsvectorsend and tsvectorout; src/backend/utils/adt/tsquery.c, tsquerysend and
infix
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i16_be, write_i32_be
from mypy_extensions import i16, i32, i64, mypyc_attr, u8

from qail.errors import DecodeError
from qail.pg.codec.array import patch_i32
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import text_needed
from qail.pg.codec.text import text_from, text_of
from qail.pg.codec.text_search_syntax import (
    AND,
    MAX_DISTANCE,
    MAX_POSITION,
    MAX_POSITIONS,
    NOT,
    OPERAND_KIND,
    OPERATOR_KIND,
    PHRASE,
    PRIORITIES,
    QueryReader,
    read_vector,
)
from qail.pg.wire.constants import LENGTH_BYTES

# Of a position, by its two upper bits: D is not written. And of an operand, in the order they are written.
WEIGHTS: Final = ("", "C", "B", "A")
WEIGHT_SHIFT: Final = 14
WEIGHT_BITS: Final = ((8, "A"), (4, "B"), (2, "C"), (1, "D"))
ALL_WEIGHTS: Final = 15
LEAST_ITEM_BYTES: Final = 2


@mypyc_attr(native_class=False)
class TsVector(str):
    """A tsvector in PostgreSQL's text form: `'cat':3A 'fat':2`. A str in every way."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"TsVector({str.__repr__(self)})"


@mypyc_attr(native_class=False)
class TsQuery(str):
    """A tsquery in PostgreSQL's text form: `'fat' & 'cat':*`. A str in every way."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"TsQuery({str.__repr__(self)})"


class TsVectorCodec(Codec):
    """tsvector as TsVector. A str is read as the server reads it."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the lexemes, sorted, with their positions.

        Raises:
            EncodeError: `value` is no str in the syntax of a tsvector.
        """
        entries = read_vector(self.type_name, text_of(self.type_name, value))
        start = len(out)
        write_i32_be(out, 0)  # the length, known at the end
        write_i32_be(out, i32(len(entries)))
        for data in sorted(entries):
            out.write(data)
            out.append(u8(0))
            # The server keeps as many, too.
            positions = sorted(entries[data].items())[:MAX_POSITIONS]
            write_i16_be(out, i16(len(positions)))
            for position, weight in positions:
                word = i64(position) | (i64(weight) << WEIGHT_SHIFT)
                write_i16_be(out, i16(word if word < 32_768 else word - 65_536))
        patch_i32(out, start, len(out) - start - LENGTH_BYTES)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A TsVector.

        Raises:
            DecodeError: counts and bytes disagree, a lexeme is not UTF-8, or a position is 0.
        """
        end = position + length
        count = read_count(self.type_name, buffer, position, length)
        position += LENGTH_BYTES
        words: list[str] = []
        while count > 0:
            behind = buffer.find(b"\0", position, end)
            if behind < 0 or end - behind < 3:
                raise DecodeError(f"{self.type_name} ends in a lexeme")
            word = quoted(text_from(self.type_name, buffer, position, behind))
            number = i64(read_i16_be(buffer, behind + 1)) & 0xFFFF
            position = behind + 3
            if number > (end - position) // 2:
                raise DecodeError(f"{self.type_name} claims {number} positions in {end - position} bytes")
            if number > 0:
                word += ":" + self._positions(buffer, position, number)
                position += 2 * number
            words.append(word)
            count -= 1
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last lexeme of {self.type_name}")
        return TsVector(" ".join(words))

    def _positions(self, buffer: bytes, position: i64, count: i64) -> str:
        """`1A,2` of as many UInt16."""
        found: list[str] = []
        while count > 0:
            number = i64(read_i16_be(buffer, position)) & 0xFFFF
            if number & MAX_POSITION == 0:
                raise DecodeError(f"{self.type_name} has the position 0")
            found.append(f"{number & MAX_POSITION}{WEIGHTS[number >> WEIGHT_SHIFT]}")
            position += 2
            count -= 1
        return ",".join(found)


class TsQueryCodec(Codec):
    """tsquery as TsQuery. A str is read as the server reads it."""

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the tree.

        Raises:
            TextNeeded: it is empty.
            EncodeError: `value` is no str in the syntax of a tsquery.
        """
        text = text_of(self.type_name, value)
        if is_blank(text):
            # tsqueryrecv: "malformed tsquery: operand not found".
            raise text_needed(self.type_name, value)
        reader = QueryReader(self.type_name, text)
        reader.read()
        items = reader.items
        items.reverse()
        data = b"".join(items)
        write_i32_be(out, i32(len(data) + LENGTH_BYTES))
        write_i32_be(out, i32(len(items)))
        out.write(data)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A TsQuery.

        Raises:
            DecodeError: counts and bytes disagree, an operator lacks operands, or an operand is not UTF-8.
        """
        end = position + length
        count = read_count(self.type_name, buffer, position, length)
        position += LENGTH_BYTES
        tree = QueryTree(self.type_name)
        while count > 0:
            position = tree.take_item(buffer, position, end)
            count -= 1
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last item of {self.type_name}")
        return TsQuery(tree.text())


def is_blank(text: str) -> bool:
    """Whether it is the text of an empty tsquery."""
    return not text.strip(" \t\n\v\f\r")


class QueryTree:
    """The items of a tsquery in the order they come: an operator, all of its right operand, all of its left one.

    Nothing here calls itself: a query may be nested as deep as there are bytes.
    """

    def __init__(self, type_name: str) -> None:
        self._type_name: Final = type_name
        # For each item its operator, or 0; and the text of an operand or a binary operator.
        self._operators: Final[list[int]] = []
        self._texts: Final[list[str]] = []

    def take_item(self, buffer: bytes, position: i64, end: i64) -> i64:
        """Take the item at `position`; the position behind it.

        Raises:
            DecodeError: it is none.
        """
        if end - position < LEAST_ITEM_BYTES:
            raise DecodeError(f"{self._type_name} ends before its last item")
        if buffer[position] == OPERAND_KIND:
            behind = buffer.find(b"\0", position + 3, end)
            if behind < 0:
                raise DecodeError(f"{self._type_name} ends in an operand")
            word = quoted(text_from(self._type_name, buffer, position + 3, behind))
            self._operators.append(0)
            self._texts.append(word + self._modifiers(buffer[position + 1], buffer[position + 2]))
            return i64(behind) + 1
        operator = i64(buffer[position + 1])
        if buffer[position] != OPERATOR_KIND or operator < NOT or operator > PHRASE:
            raise DecodeError(f"{self._type_name} has an item of kind {buffer[position]}, {operator}")
        self._operators.append(int(operator))
        if operator != PHRASE:
            self._texts.append(" & " if operator == AND else " | ")
            return position + 2
        if end - position < 4:
            raise DecodeError(f"{self._type_name} ends in an operator")
        distance = i64(read_i16_be(buffer, position + 2))
        if distance < 0 or distance > MAX_DISTANCE:
            raise DecodeError(f"{self._type_name} has an operator of the distance {distance}")
        self._texts.append(" <-> " if distance == 1 else f" <{distance}> ")
        return position + 4

    def text(self) -> str:
        """The query as the server prints it.

        Raises:
            DecodeError: operands are missing, or left over.
        """
        if not self._operators:
            return ""
        lefts = self._left_operands()
        pieces: list[str] = []
        # What is still to be written: a piece of text (-1), or an item under an operator of some priority, and whether
        # it is the right operand of a PHRASE.
        todo: list[tuple[int, str, int, bool]] = [(0, "", 0, False)]
        while todo:
            index, piece, outer, is_right_phrase = todo.pop()
            if index < 0:
                pieces.append(piece)
                continue
            operator = self._operators[index]
            if operator == 0:
                pieces.append(self._texts[index])
                continue
            priority = PRIORITIES[operator]
            if priority < outer or (operator == PHRASE and is_right_phrase):
                pieces.append("( ")
                todo.append((-1, " )", 0, False))
            todo.append((index + 1, "", priority, operator == PHRASE))
            if operator == NOT:
                pieces.append("!")
                continue
            todo.append((-1, self._texts[index], 0, False))
            todo.append((lefts[index], "", priority, False))
        return "".join(pieces)

    def _left_operands(self) -> list[int]:
        """For each item with two operands, where the left one starts; from the last item to the first."""
        lefts = [0] * len(self._operators)
        starts: list[int] = []
        for index in range(len(self._operators) - 1, -1, -1):
            operator = self._operators[index]
            if operator != 0:
                if len(starts) < (1 if operator == NOT else 2):
                    raise DecodeError(f"{self._type_name} has an operator without operands")
                starts.pop()
                if operator != NOT:
                    lefts[index] = starts.pop()
            starts.append(index)
        if len(starts) != 1:
            raise DecodeError(f"{self._type_name} has {len(starts)} queries in one")
        return lefts

    def _modifiers(self, weights: i64, prefix: i64) -> str:
        if weights == 0 and prefix == 0:
            return ""
        if weights > ALL_WEIGHTS:
            raise DecodeError(f"{self._type_name} has an operand of the weights {weights}")
        letters = "".join([letter for bit, letter in WEIGHT_BITS if weights & bit])
        return f":{'*' if prefix else ''}{letters}"


def read_count(type_name: str, buffer: bytes, position: i64, length: i64) -> i64:
    """The count at the start of a value, bounded by its bytes: no item has less than two.

    Raises:
        DecodeError: it is not there, or cannot be.
    """
    count = i64(read_i32_be(buffer, position)) if length >= LENGTH_BYTES else -1
    if count < 0 or count > length // 2:
        raise DecodeError(f"{type_name} claims {count} items in {length} bytes")
    return count


def quoted(word: str) -> str:
    """A lexeme in quotes."""
    if "'" in word or "\\" in word:
        word = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{word}'"


CODECS: Final[list[Codec]] = [TsVectorCodec("tsvector", 3614), TsQueryCodec("tsquery", 3615)]
