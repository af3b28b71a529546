"""Option: a word of a closed set that changes what a statement does."""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node
from qail.ast.walk import Walk
from qail.errors import BuildError

WORDS: Final = frozenset(
    {
        "IF NOT EXISTS", "IF EXISTS", "TEMPORARY", "CASCADE", "RESTART IDENTITY", "UNIQUE", "OVERRIDING SYSTEM VALUE",
        "OVERRIDING USER VALUE", "UNLOGGED", "CONCURRENTLY", "ONLY", "NULLS NOT DISTINCT", "OR REPLACE", "WITH NO DATA",
        "WITH LOCAL CHECK OPTION", "WITH CASCADED CHECK OPTION", "NOWAIT", "LOCAL", "DEFERRED", "IMMEDIATE",
        "FOR EACH ROW", "FOR EACH STATEMENT", "WITH GRANT OPTION", "GRANT OPTION FOR",
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
