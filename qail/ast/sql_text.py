"""Templates of raw SQL: where values may stand in a text, and what of the text only looks like SQL.

Rule 1: a place for a value stands by itself: not inside a string, a quoted identifier or a comment, where it would be
text of that, and not beside a letter, digit or quote, with which its `$n` or name would become another word.
Rule 2: the numbers of parameters are qail's: `$1` in a text is an error.
Rule 3: a text ends outside of strings, identifiers and comments, so that texts can be put together.

Source: sql-syntax-lexical.html
"""

from __future__ import annotations

from typing import Final

from qail.errors import BuildError

OUTSIDE: Final = ""
STRING: Final = "a string"
ESCAPE_STRING: Final = "a string with escapes"
IDENTIFIER: Final = "a quoted identifier"
LINE_COMMENT: Final = "a comment"
BLOCK_COMMENT: Final = "a comment between /* and */"
DOLLAR_STRING: Final = "a string between dollar signs"

NAMES_SPEC: Final = "i"
"""`{name:i}`: the value is a name, or several."""


class Place:
    """A place for a value: the name it is given by, and how it is written, "" or NAMES_SPEC."""

    def __init__(self, name: str, spec: str) -> None:
        self.name: Final = name
        self.spec: Final = spec


class Template:
    """A text taken apart: `places[i]` stands between `texts[i]` and `texts[i + 1]`."""

    def __init__(self, texts: list[str], places: list[Place]) -> None:
        self.texts: Final = texts
        self.places: Final = places


KNOWN_TEMPLATES: Final[dict[str, Template]] = {}
MOST_KNOWN_TEMPLATES: Final = 2_000  # run-time text may come in any number


class Scanner:
    """Follows SQL text: in what one is, and whether its last character belongs to a word."""

    def __init__(self) -> None:
        self.inside = OUTSIDE
        self.touches = False
        """The last character is one that a place must not stand beside."""
        self._depth = 0
        self._tag = ""

    def take(self, text: str) -> None:
        """Follow a piece of text.

        Raises:
            BuildError: it has a `$1` of its own, or a NUL.
        """
        if "\0" in text:
            raise BuildError("the text of raw SQL holds a NUL, which PostgreSQL's cannot")
        position = 0
        while position < len(text):
            if self.inside == OUTSIDE:
                position = self._take_outside(text, position)
            else:
                position = self._take_inside(text, position)

    def _take_outside(self, text: str, position: int) -> int:
        """One character or mark outside of everything; the position behind it."""
        character = text[position]
        two = text[position : position + 2]
        was_word = self.touches
        self.touches = is_word(character) or character in "'\""
        if character == "'":
            before = text[position - 1] if position > 0 else ""
            is_escape = before in ("e", "E") and not is_word(text[position - 2] if position > 1 else " ")
            self.inside = ESCAPE_STRING if is_escape else STRING
        elif character == '"':
            self.inside = IDENTIFIER
        elif two == "--":
            self.inside = LINE_COMMENT
            return position + 2
        elif two == "/*":
            self.inside = BLOCK_COMMENT
            self._depth = 1
            return position + 2
        elif character == "$" and not was_word:
            return self._take_dollar(text, position)
        return position + 1

    def _take_dollar(self, text: str, position: int) -> int:
        end = position + 1
        if text[end : end + 1].isdigit():
            raise BuildError(
                f"the text of raw SQL has {text[position : position + 3]!r}: values stand as {{name}}, "
                "and their numbers are made for you"
            )
        while end < len(text) and is_word(text[end]) and text[end] != "$":
            end += 1
        if text[end : end + 1] != "$":
            return position + 1
        self._tag = text[position : end + 1]
        self.inside = DOLLAR_STRING
        return end + 1

    def _take_inside(self, text: str, position: int) -> int:
        """One character or mark inside of something; the position behind it."""
        inside = self.inside
        character = text[position]
        if inside == LINE_COMMENT:
            return self._leave(position + 1) if character == "\n" else position + 1
        if inside == DOLLAR_STRING:
            return self._leave(position + len(self._tag)) if text.startswith(self._tag, position) else position + 1
        two = text[position : position + 2]
        if inside == BLOCK_COMMENT:
            if two == "/*":
                self._depth += 1
                return position + 2
            if two != "*/":
                return position + 1
            self._depth -= 1
            return self._leave(position + 2) if self._depth == 0 else position + 2
        if inside == ESCAPE_STRING and character == "\\":
            return position + 2
        quote = '"' if inside == IDENTIFIER else "'"
        if character != quote:
            return position + 1
        if two == quote + quote:
            return position + 2
        self.touches = True
        self.inside = OUTSIDE
        return position + 1

    def _leave(self, position: int) -> int:
        self.touches = self.inside == DOLLAR_STRING
        self.inside = OUTSIDE
        return position


def is_word(character: str) -> bool:
    """Whether a character can be a part of an identifier, a keyword or a number."""
    return character.isalnum() or character in ("_", "$") or ord(character) > 127


def template_of(text: str) -> Template:
    """A template of text with `{name}` and `{name:i}` in it; `{{` and `}}` are braces.

    Raises:
        BuildError: braces do not match, or a place stands where it cannot.
    """
    found = KNOWN_TEMPLATES.get(text)
    if found is None:
        texts, places = _split(text)
        check(texts, places)
        found = Template(texts, places)
        if len(KNOWN_TEMPLATES) < MOST_KNOWN_TEMPLATES:
            KNOWN_TEMPLATES[text] = found
    return found


def check(texts: list[str], places: list[Place]) -> None:
    """Follow texts with places between them; a comment that the last one ends in is ended.

    Raises:
        BuildError: a place stands where it cannot.
    """
    scanner = Scanner()
    for index, text in enumerate(texts):
        if index:
            place = places[index - 1]
            if not text and index < len(texts) - 1:
                raise BuildError(f"{{{place.name}}} and {{{places[index].name}}} touch: write a space between them")
            if text and (is_word(text[0]) or text[0] in "'\""):
                raise BuildError(
                    f"{{{place.name}}} touches {text[0]!r}, with which it would be another word: write a space between"
                )
        scanner.take(text)
        if index < len(places):
            _check_place(scanner, places[index], text)
    if scanner.inside == LINE_COMMENT:
        texts[-1] += "\n"
    elif scanner.inside != OUTSIDE:
        raise BuildError(f"the text of raw SQL ends inside {scanner.inside}")


def _check_place(scanner: Scanner, place: Place, text: str) -> None:
    if scanner.inside != OUTSIDE:
        raise BuildError(
            f"{{{place.name}}} stands inside {scanner.inside}, where it would be text and no value: "
            "take the quotes away, or write {{ and }} for braces"
        )
    if scanner.touches and text:
        raise BuildError(
            f"{{{place.name}}} touches {text[-1]!r}, with which it would be another word: write a space between"
        )
    scanner.touches = False


def _split(text: str) -> tuple[list[str], list[Place]]:
    texts: list[str] = []
    places: list[Place] = []
    piece: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character not in "{}":
            piece.append(character)
            position += 1
        elif text[position : position + 2] == character * 2:
            piece.append(character)
            position += 2
        elif character == "}":
            raise BuildError("a } of raw SQL stands alone; }} is a brace")
        else:
            end = text.find("}", position)
            if end < 0:
                raise BuildError("a { of raw SQL is never closed; {{ is a brace")
            places.append(_place(text[position + 1 : end]))
            texts.append("".join(piece))
            piece = []
            position = end + 1
    texts.append("".join(piece))
    return texts, places


def _place(inner: str) -> Place:
    name, colon, spec = inner.partition(":")
    if not name.isidentifier():
        raise BuildError(
            f"{{{inner:.40}}} names no value: write {{name}} and give name=..., or {{{{ and }}}} for braces"
        )
    return Place(name, checked_spec(name, spec if colon else ""))


def checked_spec(name: str, spec: str) -> str:
    """How a value is written: "", or NAMES_SPEC.

    Raises:
        BuildError: something else.
    """
    if spec not in ("", NAMES_SPEC):
        raise BuildError(f"{{{name}:{spec:.40}}}: a value has no format; :i says that it is a name")
    return spec
