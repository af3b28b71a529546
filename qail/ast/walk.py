"""Walk: what one pass over a tree collects, the tokens of its shape and the values of its parameters.

Rule: one value object is one parameter. A node that holds a value names itself as its owner; when the same node is met
again, its parameter is repeated, and the key says so: with two separate owners `$1` and `$2` would stand there.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from qail.ast.tokens import LITERAL, PARAMETER, PARAMETER_AGAIN

# Up to here comparing owners one by one is faster than a dict: a query has three values, a bulk insert thousands.
SCANNED_OWNERS: Final = 12


@mypyc_attr(free_list_len=1)
class Walk:
    """`values[i]` is held by the node `owners[i]`, or by nobody who could be met again (None).

    A flat walk passes by subqueries.
    """

    __slots__ = ("_first", "_more", "_positions", "_second", "is_flat", "tokens", "values")

    def __init__(self, *, is_flat: bool = False) -> None:
        self.is_flat: Final = is_flat
        self.tokens: Final[list[object]] = []
        self.values: Final[list[object]] = []
        # The owners, in order: most queries have two values at most, and a list would cost more than they do.
        self._first: object = None
        self._second: object = None
        self._more: list[object] | None = None
        self._positions: dict[int, int] | None = None

    @property
    def owners(self) -> list[object]:
        """Who holds each of the values."""
        held: list[object] = [self._first, self._second, *(self._more or [])]
        return held[: len(self.values)]

    def add_parameter(self, owner: object, value: object) -> None:
        """Take the value that `owner` holds, or repeat its parameter when it was taken before."""
        position = self._position(owner)
        if position >= 0:
            self.tokens.append(PARAMETER_AGAIN)
            self.tokens.append(position)
            return
        self._own(owner)
        self.tokens.append(PARAMETER)
        self.values.append(value)

    def add_block(self, owner: object, values: list[object]) -> None:
        """Take a block of values that only `owner` holds; its first value's place stands for the block."""
        if not values:
            return
        self._own(owner)
        self.values.extend(values)
        more = self._more
        missing = len(self.values) - 2 - (0 if more is None else len(more))
        if missing > 0:
            nobody: list[object] = [None] * missing
            self._more = nobody if more is None else [*more, *nobody]

    def _position(self, owner: object) -> int:
        """The position of the value that `owner` holds; -1 when it was not taken yet."""
        if self._first is owner:
            return 0
        if self._second is owner:
            return 1
        more = self._more
        if more is None:
            return -1
        if len(more) > SCANNED_OWNERS:
            return self._position_by_identity(owner)
        position = 2
        for known in more:
            if known is owner:
                return position
            position += 1
        return -1

    def _position_by_identity(self, owner: object) -> int:
        positions = self._positions
        if positions is None:
            positions = {id(known): position for position, known in enumerate(self.owners) if known is not None}
            self._positions = positions
        return positions.get(id(owner), -1)

    def _own(self, owner: object) -> None:
        """Note who holds the next value."""
        position = len(self.values)
        if position == 0:
            self._first = owner
            return
        if position == 1:
            self._second = owner
            return
        more = self._more
        if more is None:
            self._more = [owner]
            return
        more.append(owner)
        if self._positions is not None:
            self._positions[id(owner)] = position


class LiteralWalk(Walk):
    """A walk of what is written with its values in the text: they are tokens, and no parameters."""

    __slots__ = ()

    def add_parameter(self, owner: object, value: object) -> None:
        self.tokens.append(LITERAL)
        self.tokens.append(type(value).__name__)
        self.tokens.append(repr(value))
