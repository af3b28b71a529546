"""Names and strings of the database as Python source.

Rule 1: what is written is an identifier that was checked here, or a string literal of `quoted`. Nothing else of the
database reaches the source.
Rule 2: a name means what it says wherever it stands: nothing that a class body may name is the name of an attribute.
Rule 3: the same database gives the same names, whatever the order in which it tells them.
"""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import Final

from qail.cli.pull_types import MODULES, PYTHON_TYPES
from qail.table import Table

CLASS_TOOLS: Final = ("Col", "Columns", "NullVal", "Outer", "PgType", "Table", "Val", "array_of", "col")
TYPING_TOOLS: Final = ("Final", "NamedTuple", "Never", "NotRequired", "StrEnum", "TypedDict")
TYPES: Final = "TYPES"
TAKEN: Final = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *MODULES, *PYTHON_TYPES, *CLASS_TOOLS,
    *TYPING_TOOLS, TYPES, "UUID", "annotations"})  # fmt: skip
"""No class and no constant is called so."""
METHODS: Final = frozenset(dir(Table))
"""No attribute of a table is called so."""
MOST_LETTERS: Final = 200  # of a class; a name of the database has 63 bytes

# Plurals whose singular no rule below finds.
SINGULARS: Final = {"movies": "movie", "cookies": "cookie", "aliases": "alias", "people": "person", "children": "child",
    "news": "news", "series": "series", "species": "species", "indices": "index", "matrices": "matrix"}  # fmt: skip


def quoted(text: str) -> str:
    """A string literal in double quotes; what is not plainly visible in it is an escape."""
    return '"' + escaped(text) + '"'


def escaped(text: str) -> str:
    """The inside of a string literal: no quote, no end of line, and nothing that a reader would not see."""
    return "".join([_escape(character) for character in text])


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character == "\n":
        return "\\n"
    # Not printable: controls, separators but for the blank, directions, surrogates, and what is not assigned.
    if character.isprintable() and unicodedata.category(character) != "Mn":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def docstring(text: str, indent: str) -> str:
    """A comment of the database as a docstring."""
    first, *rest = [escaped(line.rstrip()) for line in text.strip().split("\n")]
    if not rest:
        return f'"""{first}"""'
    return "\n".join([f'"""{first}', *[indent + line if line else "" for line in rest], f'{indent}"""'])


def is_plain(name: str) -> bool:
    """Whether a name is an identifier that Python takes as it is: no keyword, not mangled, not changed by NFKC."""
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        return False
    return name.isascii() or unicodedata.normalize("NFKC", name) == name


def singular(word: str) -> str:
    """A plural noun of English in the singular, as far as its ending tells; any other word as it is."""
    low = word.lower()
    found = SINGULARS.get(low)
    if found is not None:
        return found if word == low else found.capitalize()
    if len(low) < 4 or not low.endswith("s") or low.endswith(("ss", "us", "is", "as", "os")):
        return word
    if low.endswith("ies"):
        return word[:-3] + "y"
    if low.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if low.endswith("uses") and low[-5] not in "ao":
        return word[:-2]
    return word[:-1]


def class_word(name: str, *, is_table: bool = False) -> str:
    """`order_items` as `OrderItem`: the words of a name, capitalized, the last one of a table in the singular."""
    words = [word for word in _visible(name).split("_") if word]
    if is_table and words:
        words[-1] = singular(words[-1])
    made = "".join([word[:1].upper() + word[1:] for word in words])[:MOST_LETTERS]
    return made if made and is_plain(made) else "T" + made


def constant_word(name: str, start: str = "L") -> str:
    """`very happy` as `VERY_HAPPY`."""
    made = "_".join([word for word in _visible(name).upper().split("_") if word])
    return made if made and is_plain(made) else f"{start}_{made}" if made else f"{start}_EMPTY"


def _visible(name: str) -> str:
    """Letters and digits that Python takes as they are, and _ for anything else."""
    kept = [each if is_plain("x" + each) and each != "_" else "_" for each in name]
    made = "".join(kept)
    return made if is_plain("x" + made) else "".join([each if each.isascii() else "_" for each in made])


def attributes(names: Iterable[str], *, prefix: str = "col_", avoid: Collection[str] = METHODS) -> dict[str, str]:
    """An attribute for each name; a name that can be one keeps it, whatever comes before."""
    listed = list(names)
    found = {name: name for name in listed if is_plain(name) and name not in avoid}
    taken = set(found.values())
    for name in listed:
        if name not in found:
            base = name + "_" if keyword.iskeyword(name) or name in avoid else _visible(name).strip("_")
            base = base if is_plain(base) and base not in avoid else prefix + base.strip("_")
            found[name] = first_free(base, lambda each: each in taken or each in avoid)
            taken.add(found[name])
    return found


def first_free(base: str, is_taken: Callable[[str], bool]) -> str:
    """`base`, or with the least number behind it that nobody has taken."""
    found, number = base, 1
    while is_taken(found):
        number += 1
        found = f"{base}_{number}"
    return found


class Names:
    """The names of one module: each is claimed once, and none is an attribute of a class in it."""

    def __init__(self, attribute_names: Collection[str]) -> None:
        self._attributes: Final = frozenset(attribute_names)
        self._taken: Final[set[str]] = set(TAKEN)

    def claim(self, base: str, forms: Iterable[str] = ("{}",)) -> str:
        """`base` or one like it, of which none of `forms` is taken; they are from now on."""
        patterns = tuple(forms)

        def is_taken(name: str) -> bool:
            made = {pattern.format(name) for pattern in patterns}
            return not made.isdisjoint(self._taken) or not made.isdisjoint(self._attributes)

        found = first_free(base, is_taken)
        self._taken.update(pattern.format(found) for pattern in patterns)
        return found

    def imported(self, name: str) -> str:
        """What an imported name is called here: itself, unless an attribute is called so."""
        found = name
        while found in self._attributes or (found != name and found in self._taken):
            found += "_"
        return found
