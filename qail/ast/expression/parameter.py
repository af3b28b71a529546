"""ParamRef and its kin: the places of values.

Rule: a value is a parameter. Text is made only by `Literal`, which the user writes for the planner's sake or which
stands where PostgreSQL takes no parameter; it is part of the shape.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

from qail.ast.build.builder import Builder
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import DEFAULT, LITERAL
from qail.ast.walk import Walk
from qail.errors import BuildError

T = TypeVar("T")


class ParamRef(Expr[Any]):
    """`$n`, and the value it will carry. The object is the parameter: used twice, it is one `$n`."""

    def __init__(self, value: object) -> None:
        super().__init__(1)
        self.value: Final = value

    def shape(self, walk: Walk) -> None:
        walk.add_parameter(self, self.value)


class Placeholder(Expr[Any]):
    """Stands for argument number `index` while a prepared function is traced; it is its own value."""

    def __init__(self, index: int, name: str) -> None:
        super().__init__(1)
        self.index: Final = index
        self.name: Final = name

    def shape(self, walk: Walk) -> None:
        walk.add_parameter(self, self)

    def __iter__(self) -> Any:
        raise TypeError(
            f"the argument {self.name!r} is not known while the query is traced; it cannot be iterated over"
        )

    def __str__(self) -> str:
        raise TypeError(f"the argument {self.name!r} is not known while the query is traced; it has no text")

    def __repr__(self) -> str:
        return f"<argument {self.name}>"

    def __format__(self, spec: str) -> str:
        raise TypeError(f"the argument {self.name!r} is not known while the query is traced; it cannot be formatted")


class Literal(Expr[Any]):
    """A value written into the SQL text: bool, int, float, str or None."""

    def __init__(self, value: object) -> None:
        super().__init__(1)
        if value is not None and not isinstance(value, (bool, int, float, str)):
            raise BuildError(f"a literal is a bool, int, float, str or None, not {type(value).__name__}")
        self.value: Final = value

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(LITERAL)
        # repr and the type's name: 1, 1.0 and True are equal as keys, and their texts differ.
        walk.tokens.append(type(self.value).__name__)
        walk.tokens.append(repr(self.value))


class SetToDefault(Expr[Any]):
    """`DEFAULT`, as a value of INSERT or UPDATE."""

    def __init__(self) -> None:
        super().__init__(1)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(DEFAULT)


class Skip:
    """The class of SKIP."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP: Final[Any] = Skip()
"""As a value of `values()`: leave this column out, as if its key were not there. None is NULL."""


def literal(value: T) -> Expr[T]:
    """`value` as text of the query, for the planner's sake. To the server each value is another query."""
    return Literal(value)


def default() -> Expr[Any]:
    """`DEFAULT`: the column's own default."""
    return SetToDefault()


def operand(value: object) -> Expression:
    """An expression as it is, any other value as a parameter.

    Raises:
        BuildError: the value is a query, a table or another part of one that is no value.
    """
    if isinstance(value, (int, str, float)):  # the commonest, and the cheapest to tell
        return ParamRef(value)
    if isinstance(value, Expression):
        return value
    # One test each: mypyc makes a slow one of a tuple with a class that is not native.
    if isinstance(value, (Node, Builder, Skip)) or isinstance(value, type):  # noqa: SIM101 - see above
        _refuse(value)
    return ParamRef(value)


def pair_of(value: object, told: str) -> tuple[object, object]:
    """The two members of a pair; `told` says what takes which pairs.

    Raises:
        BuildError: it is none.
    """
    if isinstance(value, tuple):
        members = cast("tuple[object, ...]", value)
        if len(members) == 2:
            return members[0], members[1]
    raise BuildError(f"{told}, not {value!r:.60}")


def _refuse(value: object) -> None:
    if isinstance(value, Builder):
        raise BuildError("a query is no value; .scalar() makes it one, in_() and exists() take it as it is")
    if isinstance(value, Skip):
        raise BuildError("SKIP leaves a column out of values(); it is no value elsewhere")
    what = value.__name__ if isinstance(value, type) else type(value).__name__
    raise BuildError(f"{what} is neither an expression nor a value that a parameter can carry")
