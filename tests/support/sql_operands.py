"""What the golden cases about operators are made of."""

from __future__ import annotations

from typing import Any, Final

from qail import (
    Qail,
    col,
)

A: Final = col("a")
B: Final = col("b")
C: Final = col("c")
MINUS: Final = -A
T: Final = Qail.get("t")
# The columns of "t" are ints, text for s, booleans for x and y.
SETUP: Final = (
    "CREATE TEMPORARY TABLE t (a int8, b int8, c int8, s text, u text, x bool, y bool, z bool, d timestamptz)"
)
S: Final = col("s")
X: Final = col("x")
Y: Final = col("y")
Z: Final = col("z")


def value(expression: Any) -> Any:
    """It as the one item of a query."""
    return T.columns(expression)


def when(condition: Any) -> Any:
    """It as the condition of a query."""
    return T.columns("a").where(condition)
