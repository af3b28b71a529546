"""WindowDef: the rows an aggregate or window function sees, and its frame. NamedWindow: one that a query defines.

Source: sql-expressions.html#SYNTAX-WINDOW-FUNCTIONS; sql-select.html#SQL-WINDOW
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast

from qail.ast.clause.sort import SortBy, ascending
from qail.ast.expression.parameter import Placeholder, operand
from qail.ast.name import Name, Unchecked, checked_name, optional_name
from qail.ast.node import Expression, Node, depth_of, depth_over
from qail.ast.tokens import CURRENT_ROW, END, FOLLOWING, FRAME, NAMED_WINDOW, NO_FRAME, PRECEDING, UNBOUNDED, WINDOW
from qail.ast.walk import Walk
from qail.errors import BuildError

ROWS_MODE: Final = "ROWS"
RANGE_MODE: Final = "RANGE"
GROUPS_MODE: Final = "GROUPS"
BOUND_ORDER: Final = (PRECEDING, CURRENT_ROW, FOLLOWING)
EXCLUSIONS: Final[dict[str | None, str]] = {
    None: "",
    "current row": " EXCLUDE CURRENT ROW",
    "group": " EXCLUDE GROUP",
    "ties": " EXCLUDE TIES",
    "no others": " EXCLUDE NO OTHERS",
}


class FrameBound(Node):
    """Where a frame begins or ends: UNBOUNDED, CURRENT_ROW, or `offset` rows or groups PRECEDING or FOLLOWING."""

    def __init__(self, kind: int, offset: Node | None) -> None:
        super().__init__(1 if offset is None else offset.depth + 1)
        self.kind: Final = kind
        self.offset: Final = offset

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.kind)
        if self.offset is not None:
            self.offset.shape(walk)


class Frame(Node):
    """`ROWS BETWEEN start AND end`, or RANGE or GROUPS; `exclusion` is one of EXCLUSIONS."""

    def __init__(self, mode: str, start: FrameBound, end: FrameBound, exclusion: str = "") -> None:
        super().__init__(depth_over(start, end))
        self.mode: Final = mode
        self.start: Final = start
        self.end: Final = end
        self.exclusion: Final = exclusion

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(FRAME)
        walk.tokens.append(self.mode + self.exclusion)
        self.start.shape(walk)
        self.end.shape(walk)


class WindowDef(Node):
    """`(base PARTITION BY ... ORDER BY ... frame)`; `base` is the name of a window that the query defines, or ""."""

    def __init__(
        self, partition: tuple[Node, ...], order: tuple[SortBy, ...], frame: Frame | None, base: str = ""
    ) -> None:
        parts: list[Node] = [*partition, *order]
        if frame is not None:
            parts.append(frame)
        super().__init__(depth_of(parts))
        self.partition: Final = partition
        self.order: Final = order
        self.frame: Final = frame
        self.base: Final = base

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(WINDOW)
        if self.base:
            walk.tokens.append("n\0" + self.base)
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


class NamedWindow(Node):
    """`"name" AS (definition)`: one item of WINDOW."""

    def __init__(self, name: Name, definition: WindowDef) -> None:
        super().__init__(definition.depth + 1)
        self.name: Final = checked_name(name, "a window's name")
        self.definition: Final = definition

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NAMED_WINDOW)
        walk.tokens.append(self.name)
        self.definition.shape(walk)


def rows(
    start: int | FrameBound | Unchecked | None = None,
    end: int | FrameBound | Unchecked | None = 0,
    *,
    exclude: str | None = None,
) -> Frame:
    """A frame counted in rows: None is unbounded, 0 the current row, -n is n PRECEDING and n is n FOLLOWING.

    `rows(-6, 0)`: the current row and the six before it. `exclude` takes rows out of it: "current row", "group" (it and
    its peers), "ties" (its peers alone) or "no others".
    """
    return _frame(ROWS_MODE, start, end, exclude)


def groups(
    start: int | FrameBound | Unchecked | None = None,
    end: int | FrameBound | Unchecked | None = 0,
    *,
    exclude: str | None = None,
) -> Frame:
    """A frame counted in groups of peers, that is rows with equal sort keys; bounds as in `rows`."""
    return _frame(GROUPS_MODE, start, end, exclude)


def range_(
    start: int | float | FrameBound | Unchecked | None = None,
    end: int | float | FrameBound | Unchecked | None = 0,
    *,
    exclude: str | None = None,
) -> Frame:
    """A frame of the rows whose one sort key differs at most that much; bounds as in `rows`.

    Where the distance is no number, `preceding()` and `following()` say it: `range_(preceding(timedelta(days=7)))`.
    """
    return _frame(RANGE_MODE, start, end, exclude)


def preceding(distance: Any, /) -> FrameBound:
    """`distance PRECEDING`: a bound of a frame, by a value or an expression."""
    return FrameBound(PRECEDING, _distance(distance, "preceding()"))


def following(distance: Any, /) -> FrameBound:
    """`distance FOLLOWING`."""
    return FrameBound(FOLLOWING, _distance(distance, "following()"))


def sort_key(item: object) -> SortBy:
    """A sort key as it is; an expression ascending.

    Raises:
        BuildError: it is neither.
    """
    if isinstance(item, SortBy):
        return item
    if not isinstance(item, Expression):
        raise BuildError(f"a sort key is an expression, or its .asc() or .desc(), not {type(item).__name__}")
    if isinstance(item, Placeholder):
        raise BuildError(f"a sort key of {item!r} is a value and no name: it would sort nothing; case() chooses by it")
    return ascending(item)


def window_of(partition_by: object, order_by: object, frame: object, base: Name | None = None) -> WindowDef:
    """A WindowDef of what the user gave: one item or a list of them."""
    partition: list[Node] = []
    for item in listed(partition_by):
        if not isinstance(item, Expression):
            raise BuildError(f"partition_by takes expressions, not {type(item).__name__}")
        partition.append(item)
    name = optional_name(base, "a window's name") or ""
    if name and partition:
        raise BuildError(f"the window {name!r} has its PARTITION BY; one over it cannot have another")
    if frame is not None and not isinstance(frame, Frame):
        raise BuildError(f"frame= takes what rows(), groups() and range_() make, not {type(frame).__name__}")
    return WindowDef(tuple(partition), tuple([sort_key(item) for item in listed(order_by)]), frame, name)


def listed(items: object) -> list[object]:
    """One item, or a list of them, as a list."""
    return list(cast("Collection[object]", items)) if isinstance(items, (tuple, list)) else [items]


def _frame(mode: str, start: object, end: object, exclude: str | None) -> Frame:
    if exclude not in EXCLUSIONS:
        known = ", ".join(repr(word) for word in EXCLUSIONS if word)
        raise BuildError(f"a frame excludes {known}, not {exclude!r:.40}")
    first, last = _checked_offset(start, mode), _checked_offset(end, mode)
    if isinstance(first, (int, float)) and isinstance(last, (int, float)) and first > last:
        raise BuildError(f"a frame from {first} to {last} ends before it starts")
    begin, close = _bound(first), _bound(last)
    if UNBOUNDED not in (begin.kind, close.kind) and BOUND_ORDER.index(begin.kind) > BOUND_ORDER.index(close.kind):
        raise BuildError(
            "a frame ends before it starts: preceding() comes before the current row, 0, and that before following()"
        )
    return Frame(mode, begin, close, EXCLUSIONS[exclude])


def _checked_offset(offset: object, mode: str) -> object:
    if offset is None or isinstance(offset, FrameBound):
        return offset
    is_number = isinstance(offset, int) or (mode == RANGE_MODE and isinstance(offset, float))
    if not is_number or isinstance(offset, bool):
        raise BuildError(
            f"a frame's bound is an int or None, not {type(offset).__name__}; preceding() and following() take others"
        )
    return offset


def _bound(offset: object) -> FrameBound:
    if isinstance(offset, FrameBound):
        return offset
    if not isinstance(offset, (int, float)):
        return FrameBound(UNBOUNDED, None)
    if offset == 0:
        return FrameBound(CURRENT_ROW, None)
    return FrameBound(PRECEDING, operand(-offset)) if offset < 0 else FrameBound(FOLLOWING, operand(offset))


def _distance(distance: object, method: str) -> Node:
    if distance is None:
        raise BuildError(f"{method} of None says nothing; None alone is the unbounded side of a frame")
    if isinstance(distance, (int, float)) and distance < 0:
        raise BuildError(f"{method} takes a distance, and {distance} is negative")
    return operand(distance)
