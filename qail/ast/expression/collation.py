"""CollateClause: an expression under a collation. AtTimeZone and ExtractExpr: what SQL writes of times with keywords.

Source: sql-expressions.html#SQL-SYNTAX-COLLATE-EXPRS; functions-datetime.html#FUNCTIONS-DATETIME-ZONECONVERT,
#FUNCTIONS-DATETIME-EXTRACT
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.parameter import operand
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Expr, Expression, Node, depth_over
from qail.ast.tokens import AT_TIME_ZONE, COLLATE, EXTRACT
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import NUMERIC, TIMESTAMP, TIMESTAMPTZ, PgType

if TYPE_CHECKING:
    from decimal import Decimal

FIELDS: Final = frozenset(
    {
        "century", "day", "decade", "dow", "doy", "epoch", "hour", "isodow", "isoyear", "julian", "microseconds",
        "millennium", "milliseconds", "minute", "month", "quarter", "second", "timezone", "timezone_hour",
        "timezone_minute", "week", "year",
    }
)  # fmt: skip


class CollateClause(Expr[Any]):
    """`argument COLLATE "schema"."name"`."""

    def __init__(self, argument: Node, names: tuple[str, ...]) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.names: Final = names

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(COLLATE)
        walk.tokens.append("\0".join(self.names))
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return type_of(self.argument)


class AtTimeZone(Expr[Any]):
    """`argument AT TIME ZONE zone`."""

    def __init__(self, argument: Node, zone: Node) -> None:
        super().__init__(depth_over(argument, zone))
        self.argument: Final = argument
        self.zone: Final = zone

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(AT_TIME_ZONE)
        self.argument.shape(walk)
        self.zone.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        known = type_of(self.argument)
        if known is None:
            return None
        if known.oid == TIMESTAMPTZ.oid:
            return TIMESTAMP
        return TIMESTAMPTZ if known.oid == TIMESTAMP.oid else None


class ExtractExpr(Expr[Any]):
    """`EXTRACT(field FROM argument)`, with one of FIELDS."""

    def __init__(self, part: str, argument: Node) -> None:
        super().__init__(argument.depth + 1)
        self.part: Final = part
        self.argument: Final = argument

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(EXTRACT)
        walk.tokens.append(self.part)
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return NUMERIC


def collated(argument: Node, collation: object) -> Expr[Any]:
    """`argument COLLATE collation`: a name, or a (schema, name) pair."""
    if not isinstance(collation, tuple):
        return CollateClause(argument, (checked_name(collation, "a collation"),))
    pair = cast("tuple[object, ...]", collation)
    if len(pair) != 2:
        raise BuildError(f"a qualified collation is a pair (schema, name), not {len(pair)} parts")
    return CollateClause(argument, (checked_name(pair[0], "a schema name"), checked_name(pair[1], "a collation")))


def at_time_zone(argument: Node, zone: object) -> Expr[Any]:
    """`argument AT TIME ZONE zone`: a zone's name as a str, or an expression."""
    if not isinstance(zone, (str, Expression)):
        raise BuildError(f"a time zone is its name as a str, or an expression, not {type(zone).__name__}")
    return AtTimeZone(argument, operand(zone))


def extract(field: Name, source: Expr[Any] | Unchecked, /) -> Expr[Decimal]:
    """`EXTRACT(field FROM source)`: one part of a date, time or interval; the field is a word of a closed set.

    >>> print(Qail.get("t").columns(extract("year", col("day"))))
    SELECT EXTRACT(year FROM "day") FROM "t"
    """
    part = str(field)
    if part not in FIELDS:
        raise BuildError(f"extract() knows no field {field!r:.40}; there are {', '.join(sorted(FIELDS))}")
    if not isinstance(source, Expression):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise BuildError(f"extract() takes an expression, not {type(source).__name__}; cast() makes one of a value")
    found: Expr[Any] = ExtractExpr(part, source)
    return found
