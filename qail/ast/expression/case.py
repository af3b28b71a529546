"""CaseExpr, CoalesceExpr, MinMaxExpr, NullIfExpr, TypeCast: expressions that PostgreSQL writes with keywords."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.boolean import checked_condition
from qail.ast.expression.own_type import own_type, wider
from qail.ast.expression.parameter import ParamRef, operand, pair_of
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Expr, Node, depth_of
from qail.ast.tokens import CASE, CASE_ARGUMENT, CASE_ELSE, CAST, COALESCE, END
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

T = TypeVar("T")

COALESCE_KEYWORDS: Final = frozenset({"COALESCE", "GREATEST", "LEAST", "NULLIF"})


class CaseExpr(Expr[Any]):
    """`CASE WHEN condition THEN result ... [ELSE otherwise] END`; without ELSE it is NULL when no condition holds.

    With an `argument` the conditions are values that it is compared with: `CASE argument WHEN value THEN ...`.
    """

    def __init__(
        self,
        conditions: tuple[Node, ...],
        results: tuple[Node, ...],
        otherwise: Node | None,
        argument: Node | None = None,
    ) -> None:
        parts = [*conditions, *results]
        if otherwise is not None:
            parts.append(otherwise)
        if argument is not None:
            parts.append(argument)
        super().__init__(depth_of(parts))
        if len(conditions) != len(results) or not conditions:
            raise BuildError(f"CASE has {len(conditions)} conditions and {len(results)} results")
        self.conditions: Final = conditions
        self.results: Final = results
        self.otherwise: Final = otherwise
        self.argument: Final = argument

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CASE)
        if self.argument is not None:
            walk.tokens.append(CASE_ARGUMENT)
            self.argument.shape(walk)
        for condition, result in zip(self.conditions, self.results, strict=True):
            condition.shape(walk)
            result.shape(walk)
        if self.otherwise is not None:
            walk.tokens.append(CASE_ELSE)
            self.otherwise.shape(walk)
        walk.tokens.append(END)

    def result_type(self) -> PgType[Any] | None:
        known = [type_of(result) for result in (*self.results, *([] if self.otherwise is None else [self.otherwise]))]
        return known[0] if all(found is known[0] for found in known) else None


class CoalesceExpr(Expr[Any]):
    """`COALESCE(...)` and its kin of one form, one of COALESCE_KEYWORDS: MinMaxExpr and NULLIF in PostgreSQL's tree."""

    def __init__(self, keyword: str, arguments: tuple[Node, ...]) -> None:
        super().__init__(depth_of(arguments))
        if not arguments:
            raise BuildError(f"{keyword} needs an argument")
        self.keyword: Final = keyword
        self.arguments: Final = arguments

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(COALESCE)
        walk.tokens.append(self.keyword)
        for argument in self.arguments:
            argument.shape(walk)
        walk.tokens.append(END)

    def result_type(self) -> PgType[Any] | None:
        first = type_of(self.arguments[0])
        return first if all(type_of(argument) in (None, first) for argument in self.arguments) else None


class TypeCast(Expr[T]):
    """`CAST(argument AS type)`. The target is a type object, never text."""

    def __init__(self, argument: Node, pg: PgType[Any]) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.pg: Final = pg
        self.token: Final = f"{pg.key}\0{pg.oid}"

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CAST)
        walk.tokens.append(self.token)
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return self.pg


def case(
    branch: tuple[Any, Any] | Unchecked,
    /,
    *more: tuple[Any, Any] | Unchecked,
    else_: Any = None,
    of: Expr[Any] | None = None,
) -> Expr[Any]:
    """`case((User.age < 18, "minor"), else_="adult")`: the result of the first condition that holds.

    With `of` the left sides are values it is compared with: `case((1, "one"), (2, "two"), of=User.age)`.
    """
    conditions: list[Node] = []
    values: list[Any] = []
    branches: tuple[object, ...] = (branch, *more)
    for given in branches:
        condition, result = pair_of(given, "case() takes pairs, (condition, result)")
        if of is not None and condition is None:
            raise BuildError(
                "case(of=...) compares with =, which is never true of None; a condition .is_null() finds it"
            )
        conditions.append(checked_condition(condition) if of is None else operand(condition))
        values.append(result)
    argument = None if of is None else operand(of)
    if else_ is None:
        return CaseExpr(tuple(conditions), operands_of_one_type(values), None, argument)
    results = operands_of_one_type([*values, else_])
    return CaseExpr(tuple(conditions), results[:-1], results[-1], argument)


def coalesce(first: Any, /, *more: Any) -> Expr[Any]:
    """`COALESCE(first, ...)`: the first that is not NULL."""
    return _keyword_call("COALESCE", (first, *more))


def greatest(first: Any, /, *more: Any) -> Expr[Any]:
    """`GREATEST(first, ...)`: the greatest, NULLs left out."""
    return _keyword_call("GREATEST", (first, *more))


def least(first: Any, /, *more: Any) -> Expr[Any]:
    """`LEAST(first, ...)`: the least, NULLs left out."""
    return _keyword_call("LEAST", (first, *more))


def nullif(first: Any, second: Any, /) -> Expr[Any]:
    """`NULLIF(first, second)`: NULL when both are equal, else the first."""
    return _keyword_call("NULLIF", (first, second))


def cast(value: Any, pg: PgType[T] | Unchecked, /) -> Expr[T]:
    """`CAST(value AS type)`: `cast("5", INT8)`."""
    if not isinstance(pg, PgType):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise BuildError(f"cast() takes a type object such as INT8, not {type(pg).__name__}")
    return TypeCast(operand(value), pg)


def type_(*names: Name) -> PgType[Any]:
    """A type of the database's own by its name: `type_("mood")`, `type_("shop", "mood")` with its schema.

    An enum, a domain, a composite type, a type of an extension: what a cast can name. `array_of()` makes its arrays.

    >>> print(Qail.get("t").columns(cast(col("a"), type_("shop", "mood"))))
    SELECT CAST("a" AS "shop"."mood") FROM "t"
    """
    if len(names) not in (1, 2):
        raise BuildError(
            f'type_() takes a name, or a schema and a name, not {len(names)} of them: type_("shop", "mood")'
        )
    checked = [checked_name(name, "a type's name") for name in names]
    found: PgType[Any] = PgType(checked[-1], 0, 0, "", None, checked[0] if len(checked) == 2 else None)
    return found


def _keyword_call(keyword: str, arguments: tuple[object, ...]) -> Expr[Any]:
    return CoalesceExpr(keyword, operands_of_one_type(list(arguments)))


def operands_of_one_type(values: list[Any]) -> tuple[Node, ...]:
    """Operands whose types PostgreSQL makes one; of plain values alone the first is cast to the type they share.

    Where no operand says its type, PostgreSQL takes all of them for text, and an int is none.
    """
    operands = tuple([operand(value) for value in values])
    shared: PgType[Any] | None = None
    for value, node in zip(values, operands, strict=True):
        if value is None:
            continue
        own = own_type(value) if isinstance(node, ParamRef) else None
        if own is None:
            return operands
        shared = own if shared is None else wider(shared, own)
        if shared is None:
            return operands
    if shared is None:
        return operands
    first: Expr[Any] = TypeCast(operands[0], shared)
    return (first, *operands[1:])
