"""WindowDef: the rows an aggregate or window function sees, and its frame."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, cast

from qail.ast.clause.sort import SortBy, ascending
from qail.ast.expression.parameter import ParamRef
from qail.ast.node import Expression, Node, depth_of
from qail.ast.tokens import CURRENT_ROW, END, FOLLOWING, FRAME, NO_FRAME, PRECEDING, UNBOUNDED, WINDOW
from qail.ast.walk import Walk
from qail.errors import BuildError

ROWS_MODE: Final = "ROWS"
RANGE_MODE: Final = "RANGE"
GROUPS_MODE: Final = "GROUPS"


class FrameBound(Node):
    """Where a frame begins or ends: UNBOUNDED, CURRENT_ROW, or `offset` rows or groups PRECEDING or FOLLOWING."""

    def __init__(self, kind: int, offset: Node | None) -> None:
        super().__init__(1)
        self.kind: Final = kind
        self.offset: Final = offset

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.kind)
        if self.offset is not None:
            self.offset.shape(walk)


class Frame(Node):
    """`ROWS BETWEEN start AND end`, or RANGE or GROUPS."""

    def __init__(self, mode: str, start: FrameBound, end: FrameBound) -> None:
        super().__init__(2)
        self.mode: Final = mode
        self.start: Final = start
        self.end: Final = end

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(FRAME)
        walk.tokens.append(self.mode)
        self.start.shape(walk)
        self.end.shape(walk)


class WindowDef(Node):
    """`(PARTITION BY ... ORDER BY ... frame)`."""

    def __init__(self, partition: tuple[Node, ...], order: tuple[SortBy, ...], frame: Frame | None) -> None:
        super().__init__(depth_of((*partition, *order)))
        self.partition: Final = partition
        self.order: Final = order
        self.frame: Final = frame

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(WINDOW)
        for node in self.partition:
            node.shape(walk)
        walk.tokens.append(END)
        for key in self.order:
            key.shape(walk)
        walk.tokens.append(END)
        if self.frame is None:
            walk.tokens.append(NO_FRAME)
        else:
            self.frame.shape(walk)


def rows(start: int | None = None, end: int | None = 0) -> Frame:
    """A frame counted in rows: None is unbounded, 0 the current row, -n is n PRECEDING and n is n FOLLOWING.

    `rows(-6, 0)`: the current row and the six before it.
    """
    return _frame(ROWS_MODE, start, end)


def groups(start: int | None = None, end: int | None = 0) -> Frame:
    """A frame counted in groups of peers, that is rows with equal sort keys; bounds as in `rows`."""
    return _frame(GROUPS_MODE, start, end)


def sort_key(item: object) -> SortBy:
    """A sort key as it is; an expression ascending.

    Raises:
        BuildError: it is neither.
    """
    if isinstance(item, SortBy):
        return item
    if not isinstance(item, Expression):
        raise BuildError(f"a sort key is an expression, or its .asc() or .desc(), not {type(item).__name__}")
    return ascending(item)


def window_of(partition_by: object, order_by: object, frame: Frame | None) -> WindowDef:
    """A WindowDef of what the user gave: one item or a list of them."""
    partition: list[Node] = []
    for item in _listed(partition_by):
        if not isinstance(item, Expression):
            raise BuildError(f"partition_by takes expressions, not {type(item).__name__}")
        partition.append(item)
    return WindowDef(tuple(partition), tuple([sort_key(item) for item in _listed(order_by)]), frame)


def _listed(items: object) -> list[object]:
    return list(cast("Collection[object]", items)) if isinstance(items, (tuple, list)) else [items]


def _frame(mode: str, start: object, end: object) -> Frame:
    first, last = _checked_offset(start), _checked_offset(end)
    if first is not None and last is not None and first > last:
        raise BuildError(f"a frame from {first} to {last} ends before it starts")
    return Frame(mode, _bound(first), _bound(last))


def _checked_offset(offset: object) -> int | None:
    if offset is None:
        return None
    if not isinstance(offset, int) or isinstance(offset, bool):
        raise BuildError(f"a frame's bound is an int or None, not {type(offset).__name__}")
    return offset


def _bound(offset: int | None) -> FrameBound:
    if offset is None:
        return FrameBound(UNBOUNDED, None)
    if offset == 0:
        return FrameBound(CURRENT_ROW, None)
    if offset < 0:
        return FrameBound(PRECEDING, ParamRef(-offset))
    return FrameBound(FOLLOWING, ParamRef(offset))
