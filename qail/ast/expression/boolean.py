"""BoolExpr: AND, OR and NOT.

Rule: `a & b & c` is one list for the compiler, however it was put together; walking it is a loop, so that 10,000 terms
need no recursion and count as one level of nesting.
"""

from __future__ import annotations

from typing import Final

from qail.ast.node import BoolOperand, Cond, Node
from qail.ast.tokens import AND, END, NOT, OR
from qail.ast.walk import Walk
from qail.errors import BuildError


class BoolExpr(Cond):
    """`first AND second ...` or `OR`; the operator is the token of its kind, and arguments may be of that kind."""

    def __init__(self, operator: int, arguments: tuple[Node, ...]) -> None:
        depth = 0
        is_flat = True
        for argument in arguments:
            inner = argument.depth + 1
            if isinstance(argument, BoolExpr) and argument.operator == operator:
                inner = argument.depth
                is_flat = False
            if inner > depth:
                depth = inner
        super().__init__(depth)
        self.operator: Final[int] = operator
        self.arguments: Final[tuple[Node, ...]] = arguments
        self.is_flat: Final[bool] = is_flat

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.operator)
        if self.is_flat:
            for argument in self.arguments:
                argument.shape(walk)
        else:
            for term in self.terms():
                term.shape(walk)
        walk.tokens.append(END)

    def terms(self) -> list[Node]:
        """The arguments from left to right, with those of nested BoolExprs of the same operator in their places."""
        found: list[Node] = []
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            if isinstance(node, BoolExpr) and node.operator == self.operator:
                pending.extend(reversed(node.arguments))
            else:
                found.append(node)
        return found


class NotExpr(Cond):
    """`NOT argument`."""

    def __init__(self, argument: Node) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(NOT)
        self.argument.shape(walk)


def checked_condition(value: object) -> Node:
    """`value` itself, when it can be a condition.

    Raises:
        BuildError: it is a bool, None or another value: most often an `==` whose sides were both values.
    """
    if isinstance(value, Node):
        return value
    if value is None:
        raise BuildError("a condition is an expression, not None; maybe() marks one that may be absent")
    raise BuildError(
        f"a condition is an expression, not {type(value).__name__}: were both sides of the comparison plain values?"
    )


def both(left: object, right: object) -> Cond:
    """`left AND right`."""
    return BoolExpr(AND, (checked_condition(left), checked_condition(right)))


def either(left: object, right: object) -> Cond:
    """`left OR right`."""
    return BoolExpr(OR, (checked_condition(left), checked_condition(right)))


def negation(argument: object) -> Cond:
    """`NOT argument`."""
    return NotExpr(checked_condition(argument))


def all_of(condition: BoolOperand, /, *more: BoolOperand) -> Cond:
    """Every condition holds: `first AND second ...`."""
    return BoolExpr(AND, _conditions(condition, more))


def any_of(condition: BoolOperand, /, *more: BoolOperand) -> Cond:
    """At least one condition holds: `first OR second ...`."""
    return BoolExpr(OR, _conditions(condition, more))


def not_(condition: BoolOperand, /) -> Cond:
    """`NOT condition`; the same as `~condition`."""
    return NotExpr(checked_condition(condition))


class Maybe(Cond):
    """An optional condition of `where()`: absent when `condition` is None."""

    def __init__(self, condition: Node | None) -> None:
        super().__init__(1 if condition is None else condition.depth)
        self.condition: Final = condition

    def shape(self, walk: Walk) -> None:
        raise BuildError("maybe() marks a condition of where(); it cannot stand inside another expression")


def maybe(condition: BoolOperand | None, /) -> Cond:
    """A condition that is left out when it is None: `where(maybe(User.age > n if n is not None else None))`."""
    return Maybe(None if condition is None else checked_condition(condition))


def _conditions(first: object, more: tuple[object, ...]) -> tuple[Node, ...]:
    return (checked_condition(first), *[checked_condition(other) for other in more])
