"""ResTarget: an expression with the name its column has in the result. NodeList: the items of a clause."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from qail.ast.expression.arithmetic import type_of
from qail.ast.name import Name, checked_name
from qail.ast.node import Expr, Node, depth_of
from qail.ast.tokens import ALIAS, END, LIST
from qail.ast.walk import Walk
from qail.pgtype import PgType

T = TypeVar("T")


class ResTarget(Expr[Any]):
    """`value AS name` in a select list; `"name"` in ORDER BY when it is selected; elsewhere `value`."""

    def __init__(self, value: Node, name: Name) -> None:
        super().__init__(value.depth + 1)
        self.value: Final = value
        self.name: Final = checked_name(name, "an alias")

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ALIAS)
        walk.tokens.append(self.name)
        self.value.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return type_of(self.value)


class NodeList(Node):
    """The items of a clause, in order.

    `parts`, where some of them become one value together: the same items, with a Part in the place of those.
    """

    def __init__(self, items: tuple[Node, ...], parts: tuple[object, ...] | None = None) -> None:
        super().__init__(depth_of(items))
        self.items: Final = items
        self.parts: Final = parts

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(LIST)
        for item in self.items:
            item.shape(walk)
        walk.tokens.append(END)


class Nothing(Node):
    """What a clause says that has nothing to say but its own name."""

    def __init__(self) -> None:
        super().__init__(1)

    def shape(self, walk: Walk) -> None:
        pass


NOTHING: Final = Nothing()


def named(value: Node, name: Name) -> Expr[Any]:
    """`value AS name`; a second name replaces the first."""
    return ResTarget(value.value if isinstance(value, ResTarget) else value, name)
