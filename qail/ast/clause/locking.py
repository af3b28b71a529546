"""LockingClause: which rows of which tables a SELECT locks, how strongly, and what it does when it cannot.

Source: sql-select.html#SQL-FOR-UPDATE-SHARE
"""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node
from qail.ast.tokens import LOCK
from qail.ast.walk import Walk
from qail.errors import BuildError

UPDATE_STRENGTH: Final = "UPDATE"
NO_KEY_UPDATE: Final = "NO KEY UPDATE"
SHARE: Final = "SHARE"
KEY_SHARE: Final = "KEY SHARE"


class LockingClause(Node):
    """`FOR strength OF names NOWAIT|SKIP LOCKED`; `names` are those the tables have in the query."""

    def __init__(self, strength: str, names: tuple[str, ...], *, nowait: bool, skip_locked: bool) -> None:
        super().__init__(1)
        if nowait and skip_locked:
            raise BuildError("nowait= and skip_locked= exclude each other: an error, or going on without the row")
        self.strength: Final = strength
        self.names: Final = names
        self.nowait: Final = nowait
        self.skip_locked: Final = skip_locked

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(LOCK)
        walk.tokens.append(f"{self.strength}\0{self.nowait:d}\0{self.skip_locked:d}\0" + "\0".join(self.names))
