"""How tightly each operator binds: the only place that knows when parentheses are needed.

An operand stands in parentheses when it binds less tightly than its place asks for. Operators of one level associate to
the left: the left operand may be of that level, the right one must bind tighter. Comparisons, BETWEEN, LIKE and IS do
not associate at all: both operands must bind tighter.

Source: sql-syntax-lexical.html#SQL-PRECEDENCE; src/backend/parser/gram.y
"""

from __future__ import annotations

from typing import Final

LOWEST: Final = 0
OR_LEVEL: Final = 1
AND_LEVEL: Final = 2
NOT_LEVEL: Final = 3
IS_LEVEL: Final = 4
COMPARISON_LEVEL: Final = 5
PATTERN_LEVEL: Final = 6  # BETWEEN, IN, LIKE, ILIKE
OTHER_LEVEL: Final = 7  # any operator without a level of its own: ||
SUM_LEVEL: Final = 8
PRODUCT_LEVEL: Final = 9
POWER_LEVEL: Final = 10
ZONE_LEVEL: Final = 11  # AT TIME ZONE
COLLATE_LEVEL: Final = 12
SIGN_LEVEL: Final = 13
PRIMARY: Final = 14  # names, parameters, calls, CASE, anything in parentheses

OPERATOR_LEVELS: Final[dict[str, int]] = {
    "=": COMPARISON_LEVEL,
    "<>": COMPARISON_LEVEL,
    "<": COMPARISON_LEVEL,
    "<=": COMPARISON_LEVEL,
    ">": COMPARISON_LEVEL,
    ">=": COMPARISON_LEVEL,
    "LIKE": PATTERN_LEVEL,
    "NOT LIKE": PATTERN_LEVEL,
    "ILIKE": PATTERN_LEVEL,
    "NOT ILIKE": PATTERN_LEVEL,
    "SIMILAR TO": PATTERN_LEVEL,
    "NOT SIMILAR TO": PATTERN_LEVEL,
    "~": OTHER_LEVEL,
    "~*": OTHER_LEVEL,
    "!~": OTHER_LEVEL,
    "!~*": OTHER_LEVEL,
    "IS DISTINCT FROM": IS_LEVEL,
    "IS NOT DISTINCT FROM": IS_LEVEL,
    "||": OTHER_LEVEL,
    "+": SUM_LEVEL,
    "-": SUM_LEVEL,
    "*": PRODUCT_LEVEL,
    "/": PRODUCT_LEVEL,
    "%": PRODUCT_LEVEL,
    "^": POWER_LEVEL,
}
