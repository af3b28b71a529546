"""Walk: what one pass over a tree collects, the tokens of its shape and the values of its parameters.

Rule: one value object is one parameter. A node that holds a value names itself as its owner; when the same node is met
again, its parameter is repeated, and the key says so: with two separate owners `$1` and `$2` would stand there.
"""

from __future__ import annotations

from typing import Final

from qail.ast.tokens import LITERAL, PARAMETER, PARAMETER_AGAIN

# Up to here comparing owners one by one is faster than a dict: a query has three values, a bulk insert thousands.
SCANNED_OWNERS: Final = 12


class Walk:
    """`values[i]` is held by the node `owners[i]`, or by nobody who could be met again (None).

    A flat walk passes by subqueries.
    """

    __slots__ = ("is_flat", "owners", "positions", "tokens", "values")

    def __init__(self, *, is_flat: bool = False) -> None:
        self.is_flat: Final = is_flat
        self.tokens: Final[list[object]] = []
        self.values: Final[list[object]] = []
        self.owners: Final[list[object]] = []
        self.positions: dict[int, int] | None = None

    def add_parameter(self, owner: object, value: object) -> None:
        """Take the value that `owner` holds, or repeat its parameter when it was taken before."""
        count = len(self.owners)
        if count > SCANNED_OWNERS:
            self._add_by_identity(owner, value)
            return
        position = 0
        while position < count:
            if self.owners[position] is owner:
                self.tokens.append(PARAMETER_AGAIN)
                self.tokens.append(position)
                return
            position += 1
        self.tokens.append(PARAMETER)
        self.values.append(value)
        self.owners.append(owner)

    def add_block(self, owner: object, values: list[object]) -> None:
        """Take a block of values that only `owner` holds; its first value's place stands for the block."""
        if values:
            self.values.extend(values)
            self.owners.append(owner)
            self.owners.extend([None] * (len(values) - 1))

    def _add_by_identity(self, owner: object, value: object) -> None:
        positions = self.positions
        if positions is None:
            positions = {id(known): position for position, known in enumerate(self.owners)}
            self.positions = positions
        position = positions.get(id(owner), -1)
        if position >= 0:
            self.tokens.append(PARAMETER_AGAIN)
            self.tokens.append(position)
            return
        positions[id(owner)] = len(self.owners)
        self.tokens.append(PARAMETER)
        self.values.append(value)
        self.owners.append(owner)


class LiteralWalk(Walk):
    """A walk of what is written with its values in the text: they are tokens, and no parameters."""

    __slots__ = ()

    def add_parameter(self, owner: object, value: object) -> None:
        self.tokens.append(LITERAL)
        self.tokens.append(type(value).__name__)
        self.tokens.append(repr(value))
