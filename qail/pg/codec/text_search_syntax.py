"""The text forms of tsvector and tsquery, read as the server reads them, so that they can be sent in binary.

Rule 1: what the server takes is taken and means the same; what is written more loosely than the manual says is refused.
Rule 2: whether white space outside ASCII ends a word depends on the server's locale: it must be quoted here.
Rule 3: time is linear, and nothing nests: the parentheses of a query are a stack of operators.

Source: datatype-textsearch.html; src/backend/utils/adt/tsvector_parser.c, gettoken_tsvector; tsquery.c,
gettoken_query_standard and makepol
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter, write_i16_be
from mypy_extensions import i16, i64, u8

from qail.errors import EncodeError
from qail.pg.codec.refusal import out_of_range, short_repr
from qail.pg.codec.text import utf8_of

NOT: Final = 1
AND: Final = 2
OR: Final = 3
PHRASE: Final = 4
# No operator: what stands in the stack for an open parenthesis. It binds least.
_OPEN: Final = 0
PRIORITIES: Final = (0, 4, 2, 1, 3)
OPERAND_KIND: Final = 1
OPERATOR_KIND: Final = 2
MAX_LEXEME_BYTES: Final = 2046
MAX_POSITION: Final = 16_383
MAX_POSITIONS: Final = 256
MAX_DISTANCE: Final = 16_384
# More than any number here may have; so an int is made of few digits, whatever comes.
MAX_DIGITS: Final = 9

_WEIGHTS: Final = {"": 0, "D": 0, "C": 1, "B": 2, "A": 3, "*": 3}
_SPACE: Final = re.compile(r"[ \t-\r]*+")
_QUOTED: Final = re.compile(r"'((?:[^'\\]|''|\\.)*+)'", re.DOTALL)
_VECTOR_WORD: Final = re.compile(r"((?:[^ \t-\r\\']|\\.)(?:[^ \t-\r\\:]|\\.)*+)", re.DOTALL)
_QUERY_WORD: Final = re.compile(r"((?:[^ \t-\r\\':!&|()<]|\\.)(?:[^ \t-\r\\:!&|()<]|\\.)*+)", re.DOTALL)
_QUOTED_ESCAPE: Final = re.compile(r"'(')|\\(.)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_POSITIONS: Final = re.compile(r":((?:[0-9]++[A-Da-d*]?)(?:,[0-9]++[A-Da-d*]?)*+)(?=[ \t-\r]|$)")
_POSITION: Final = re.compile(r"([0-9]+)([A-Da-d*]?)")
_MODIFIERS: Final = re.compile(r":([A-Da-d*]*+)")
_BINARY_OPERATOR: Final = re.compile(r"&|\||<(?:-|([0-9]+))>")


def read_vector(type_name: str, text: str) -> dict[bytes, dict[int, int]]:
    """The lexemes of a tsvector, each with its positions and their weights, 0 for D to 3 for A.

    Raises:
        EncodeError: the text is no tsvector.
    """
    found: dict[bytes, dict[int, int]] = {}
    position = skip_space(text, 0)
    end = len(text)
    while position < end:
        match = _QUOTED.match(text, position) or _VECTOR_WORD.match(text, position)
        if match is None:
            raise syntax_fault(type_name, text, position)
        positions = found.setdefault(lexeme(type_name, text, match), {})
        position = match.end()
        if position < end and text[position] == ":":
            position = read_positions(type_name, text, position, positions)
        position = skip_space(text, position)
    return found


def read_positions(type_name: str, text: str, position: i64, positions: dict[int, int]) -> i64:
    """Add what a word's `:1A,2` lists to `positions`; where it ends. Of a position's weights the heaviest counts.

    Raises:
        EncodeError: it lists no positions, or 0.
    """
    listed = _POSITIONS.match(text, position)
    if listed is None:
        raise syntax_fault(type_name, text, position)
    for digits, letter in _POSITION.findall(listed[1]):
        number = min(int(digits[:MAX_DIGITS]), MAX_POSITION)
        if number == 0:
            raise syntax_fault(type_name, text, position)
        positions[number] = max(positions.get(number, 0), _WEIGHTS[letter.upper()])
    return listed.end()


class QueryReader:
    """Reads one tsquery; `items` are then its operands and operators as they are sent, the last one first."""

    def __init__(self, type_name: str, text: str) -> None:
        self._type_name: Final = type_name
        self._text: Final = text
        self._end: Final[i64] = len(text)
        self._position: i64 = 0
        # Operators that wait for their right operand, each with its distance, and open parentheses.
        self._operators: Final[list[tuple[int, int]]] = []
        self.items: Final[list[bytes]] = []

    def read(self) -> None:
        """Read all of it.

        Raises:
            EncodeError: the text is no tsquery.
        """
        while self._read_operand():
            pass
        while self._operators:
            self._close_one()

    def _read_operand(self) -> bool:
        """Read up to the end of an operand and the operator behind it; False at the end of the text."""
        text = self._text
        self._skip_space()
        while self._position < self._end and text[self._position] in "!(":
            self._operators.append((NOT if text[self._position] == "!" else _OPEN, 0))
            self._position += 1
            self._skip_space()
        match = _QUOTED.match(text, self._position) or _QUERY_WORD.match(text, self._position)
        if match is None:
            raise self._fault()
        self._position = match.end()
        self._push_operand(lexeme(self._type_name, text, match))
        self._skip_space()
        while self._position < self._end and text[self._position] == ")":
            self._close_parenthesis()
            self._position += 1
            self._skip_space()
        if self._position == self._end:
            for operator, _ in self._operators:
                if operator == _OPEN:
                    raise self._fault()
            return False
        self._read_operator()
        return True

    def _push_operand(self, data: bytes) -> None:
        weights: i64 = 0
        is_prefix = False
        modifiers = _MODIFIERS.match(self._text, self._position)
        if modifiers is not None:
            self._position = modifiers.end()
            for letter in modifiers[1].upper():
                if letter == "*":
                    is_prefix = True
                else:
                    weights |= 1 << _WEIGHTS[letter]
        out = BytesWriter()
        out.append(u8(OPERAND_KIND))
        out.append(u8(weights))
        out.append(u8(is_prefix))
        out.write(data)
        out.append(u8(0))
        self.items.append(out.getvalue())

    def _read_operator(self) -> None:
        match = _BINARY_OPERATOR.match(self._text, self._position)
        if match is None:
            raise self._fault()
        word = match[0]
        distance = 0
        operator = AND if word == "&" else OR
        if word[0] == "<":
            operator = PHRASE
            distance = 1 if match[1] is None else int(match[1][:MAX_DIGITS])
            if distance > MAX_DISTANCE:
                raise out_of_range(self._type_name, self._text, f"distances up to {MAX_DISTANCE}", "use a smaller one")
        # All that binds as tightly is complete; it stands to the left.
        while self._operators and PRIORITIES[self._operators[-1][0]] >= PRIORITIES[operator]:
            self._close_one()
        self._operators.append((operator, distance))
        self._position = match.end()

    def _close_parenthesis(self) -> None:
        while self._operators and self._operators[-1][0] != _OPEN:
            self._close_one()
        if not self._operators:
            raise self._fault()
        self._operators.pop()

    def _close_one(self) -> None:
        operator, distance = self._operators.pop()
        out = BytesWriter()
        out.append(u8(OPERATOR_KIND))
        out.append(u8(operator))
        if operator == PHRASE:
            write_i16_be(out, i16(distance))
        self.items.append(out.getvalue())

    def _skip_space(self) -> None:
        self._position = skip_space(self._text, self._position)

    def _fault(self) -> EncodeError:
        return syntax_fault(self._type_name, self._text, self._position)


def lexeme(type_name: str, text: str, match: re.Match[str]) -> bytes:
    """The lexeme that a quoted or plain word stands for.

    Raises:
        EncodeError: it is too long, no text, or its end depends on the server's locale.
    """
    word = match[1]
    if match.re is _QUOTED:
        if "'" in word or "\\" in word:
            word = _QUOTED_ESCAPE.sub(r"\1\2", word)
    else:
        if not word.isascii() and any(each > "\x7f" and each.isspace() for each in _ESCAPE.sub("", word)):
            raise EncodeError(
                f"{type_name} {short_repr(text)} has white space outside ASCII in a word: quote the word with '...'"
            )
        word = _ESCAPE.sub(r"\1", word)
    data = utf8_of(type_name, word)
    if len(data) > MAX_LEXEME_BYTES:
        raise out_of_range(type_name, word, f"words of at most {MAX_LEXEME_BYTES} bytes", "shorten it")
    return data


def skip_space(text: str, position: i64) -> i64:
    """The position behind white space."""
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def syntax_fault(type_name: str, text: str, position: i64) -> EncodeError:
    """The error for text that is no value of the type."""
    where = f"at character {position}" if position < len(text) else "at its end"
    return EncodeError(f"{type_name} cannot be read {where} of str {short_repr(text)}: quote words as in 'it''s'")
