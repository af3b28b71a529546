"""Option: a word of a closed set that changes what a statement does. IndexName: what CREATE INDEX makes."""

from __future__ import annotations

from typing import Final

from qail.ast.name import Name, checked_name
from qail.ast.node import Node
from qail.ast.walk import Walk
from qail.errors import BuildError

WORDS: Final = frozenset(
    {
        "IF NOT EXISTS", "IF EXISTS", "TEMPORARY", "CASCADE", "RESTART IDENTITY", "UNIQUE", "OVERRIDING SYSTEM VALUE",
        "OVERRIDING USER VALUE",
    }
)  # fmt: skip


class Option(Node):
    """One of WORDS."""

    def __init__(self, word: str) -> None:
        super().__init__(1)
        if word not in WORDS:
            raise BuildError(f"{word!r:.40} is no option of a statement")
        self.word: Final = word

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.word)


class IndexName(Node):
    """The name of an index."""

    def __init__(self, name: Name) -> None:
        super().__init__(1)
        self.name: Final = checked_name(name, "an index name")

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.name)
