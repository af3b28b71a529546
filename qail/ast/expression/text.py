"""Tests of text in which the wildcards of LIKE are plain characters."""

from __future__ import annotations

from qail.ast.expression.comparison import A_Expr, compare
from qail.ast.expression.function import FuncCall
from qail.ast.expression.parameter import ParamRef
from qail.ast.node import Cond, Expression, Node
from qail.errors import BuildError


def text_test(argument: Node, before: str, text: object, after: str) -> Cond:
    """`argument` begins with, ends with or contains `text`; `before` and `after` are % where anything may stand.

    A str is escaped and becomes a LIKE pattern, which an index can serve; of an expression the text is not known here,
    so that functions do the same: `strpos`, `left` and `right`.
    """
    if isinstance(text, Expression):
        return _function_test(argument, before, text, after)
    if not isinstance(text, str):
        raise BuildError(f"contains(), startswith() and endswith() take a str, not {type(text).__name__}")
    return A_Expr("LIKE", argument, ParamRef(before + escaped(text) + after))


def escaped(text: str) -> str:
    """The LIKE pattern that matches `text` and nothing else.

    Source: functions-matching.html#FUNCTIONS-LIKE
    """
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _function_test(argument: Node, before: str, text: Expression, after: str) -> Cond:
    if not before or not after:
        end = "right" if before else "left"
        return compare("=", FuncCall(end, (argument, FuncCall("length", (text,)))), text)
    return compare(">", FuncCall("strpos", (argument, text)), 0)
