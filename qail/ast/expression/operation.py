"""Operators of PostgreSQL's types and of extensions: OperatorTest, and Operator, which `op()` gives.

Rule: an operator is made of PostgreSQL's operator characters alone, and holds nothing that begins a comment; so it is
never text of the query that could be something else.

Source: sql-createoperator.html; sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.expression.arithmetic import OpExpr, type_token
from qail.ast.expression.comparison import OPERATORS, compare
from qail.ast.expression.parameter import operand
from qail.ast.name import Name, Unchecked, optional_name
from qail.ast.node import Cond, Expr, Node, depth_over
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

CHARACTERS: Final = "+-*/<>=~!@#%^&|`?"
ENDING_SIGNS: Final = frozenset("~!@#%^&|`?")  # a name of several characters may end in + or - only with one of these
MOST_CHARACTERS: Final = 63


class OperatorTest(Cond):
    """`left operator right` with a boolean result, for operators that are no comparison: `@>`, `&&`, `?`.

    `right_type` is the type of a parameter on the right where the operator alone tells it.
    """

    def __init__(self, operator: str, left: Node, right: Node, right_type: PgType[Any] | None = None) -> None:
        super().__init__(depth_over(left, right))
        self.operator: Final = operator
        self.left: Final = left
        self.right: Final = right
        self.right_type: Final = right_type
        self.token: Final = f"q\0{operator}\0{type_token(right_type)}"

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)
        self.left.shape(walk)
        self.right.shape(walk)


class Operator:
    """`left.op(symbol)`: call it with the right operand."""

    def __init__(self, left: Node, symbol: str, pg: PgType[Any] | None, schema: str | None) -> None:
        self._left: Final = left
        self._symbol: Final = symbol
        self._pg: Final = pg
        self._schema: Final = schema

    def __call__(self, right: Any) -> Expr[Any]:
        """`left symbol right`; a value becomes a parameter.

        Raises:
            BuildError: it is None, which makes the result NULL in every row.
        """
        if self._symbol in OPERATORS and self._schema is None:
            return compare(self._symbol, self._left, right)
        return OpExpr(self._symbol, self._left, given(self._symbol, right), pg=self._pg, schema=self._schema)


def operator_of(
    left: Node, symbol: Name, result: PgType[Any] | Unchecked | None = None, schema: Name | None = None
) -> Operator:
    """The operator `symbol` with its left operand.

    Raises:
        BuildError: `symbol` cannot be an operator's name.
    """
    if result is not None and not isinstance(result, PgType):  # pyright: ignore[reportUnnecessaryIsInstance] - unchecked
        raise BuildError(f"op() takes the result's type as a type object such as INT8, not {type(result).__name__}")
    return Operator(left, checked_symbol(symbol), result, optional_name(schema, "a schema name"))


def checked_symbol(symbol: object) -> str:
    """`symbol` itself, when it can be the name of an operator.

    Raises:
        BuildError: it holds another character, begins a comment, or ends in a sign that PostgreSQL would cut off.
    """
    if not isinstance(symbol, str):
        raise BuildError(f"an operator is a str, not {type(symbol).__name__}")
    if not symbol or len(symbol) > MOST_CHARACTERS:
        raise BuildError(f"an operator has 1 to {MOST_CHARACTERS} characters, not {len(symbol)}")
    for character in symbol:
        if character not in CHARACTERS:
            raise BuildError(
                f"{character!r} in the operator {symbol!r:.70} is none of PostgreSQL's operator characters {CHARACTERS}"
            )
    if "--" in symbol or "/*" in symbol:
        raise BuildError(f"the operator {symbol!r} holds the beginning of a comment")
    if len(symbol) > 1 and symbol[-1] in "+-" and ENDING_SIGNS.isdisjoint(symbol):
        raise BuildError(f"the operator {symbol!r} ends in {symbol[-1]!r}, which PostgreSQL reads as a sign")
    return symbol


def given(operator: str, value: object) -> Node:
    """An operand; a value becomes a parameter.

    Raises:
        BuildError: it is None.
    """
    if value is None:
        raise BuildError(f"{operator} with None is NULL in SQL, in every row; .is_null() asks for NULL")
    return operand(value)
