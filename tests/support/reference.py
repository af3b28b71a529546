"""Expressions twice: as qail builds them, and as a function of a row that says what SQL means by them, NULL included.

A `Pair` holds both. Everything is written out in Python's own terms; nothing is taken from qail or from a server.

Source: functions-logical.html; functions-comparison.html; functions-comparisons.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from qail import (
    Expr,
    all_,
    all_of,
    any_,
    any_of,
    case,
    cast,
    coalesce,
    col,
    greatest,
    least,
    literal,
    not_,
    nullif,
    row,
)
from qail.pgtype import BOOL, INT8, TEXT, PgType

Value: TypeAlias = int | bool | str | None
Meaning: TypeAlias = Callable[[Mapping[str, Any]], Any]


class Pair(NamedTuple):
    """An expression, and its value for a row."""

    built: Any
    means: Meaning


def column(name: str) -> Pair:
    return Pair(col(name), lambda values: values[name])


def constant(value: Value, style: str) -> Pair:
    """A value as a parameter that is cast, or as text of the query."""
    pg: PgType[Any] = BOOL if isinstance(value, bool) else INT8 if isinstance(value, int) else TEXT
    built: Expr[Any] = literal(value) if style == "literal" else cast(value, pg)
    return Pair(built, lambda values: value)


def nothing(kind: str) -> Pair:
    types: dict[str, PgType[Any]] = {"int": INT8, "bool": BOOL, "text": TEXT}
    return Pair(cast(None, types[kind]), lambda values: None)


def strict(built: Any, function: Callable[..., Any], *arguments: Pair) -> Pair:
    """A call that is NULL when an argument is."""

    def means(values: Mapping[str, Any]) -> Any:
        given = [argument.means(values) for argument in arguments]
        return None if None in given else function(*given)

    return Pair(built, means)


def divided(left: int, right: int) -> int:
    """Towards zero, unlike Python's `//`."""
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


ARITHMETIC: dict[str, tuple[Callable[[Any, Any], Any], Callable[[int, int], int]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
    "&": (lambda a, b: a.bits.and_(b), lambda a, b: a & b),
    "|": (lambda a, b: a.bits.or_(b), lambda a, b: a | b),
    "#": (lambda a, b: a.bits.xor(b), lambda a, b: a ^ b),
}
BY_CONSTANT: dict[str, tuple[Callable[[Any, Any], Any], Callable[[int, int], int]]] = {
    "/": (lambda a, b: a / b, divided),
    "%": (lambda a, b: a % b, lambda a, b: a - b * divided(a, b)),
    "- from": (lambda a, b: b - a, lambda a, b: b - a),
    "+ to": (lambda a, b: b + a, lambda a, b: b + a),
}
COMPARISONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], bool]]] = {
    "=": (lambda a, b: a == b, lambda a, b: bool(a == b)),
    "<>": (lambda a, b: a != b, lambda a, b: bool(a != b)),
    "<": (lambda a, b: a < b, lambda a, b: bool(a < b)),
    "<=": (lambda a, b: a <= b, lambda a, b: bool(a <= b)),
    ">": (lambda a, b: a > b, lambda a, b: bool(a > b)),
    ">=": (lambda a, b: a >= b, lambda a, b: bool(a >= b)),
}
TESTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], bool]]] = {
    "IS NULL": (lambda a: a.is_null(), lambda a: a is None),
    "IS NOT NULL": (lambda a: a.is_not_null(), lambda a: a is not None),
}
TRUTHS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], bool]]] = {
    "IS TRUE": (lambda a: a.is_true(), lambda a: a is True),
    "IS NOT TRUE": (lambda a: a.is_not_true(), lambda a: a is not True),
    "IS FALSE": (lambda a: a.is_false(), lambda a: a is False),
    "IS NOT FALSE": (lambda a: a.is_not_false(), lambda a: a is not False),
    "IS UNKNOWN": (lambda a: a.is_unknown(), lambda a: a is None),
    "IS NOT UNKNOWN": (lambda a: a.is_not_unknown(), lambda a: a is not None),
}


def operated(operator: str, left: Pair, right: Pair) -> Pair:
    build, means = ARITHMETIC[operator]
    return strict(build(left.built, right.built), means, left, right)


def by_constant(operator: str, left: Pair, number: int) -> Pair:
    build, means = BY_CONSTANT[operator]
    return strict(build(left.built, number), lambda value: means(value, number), left)


def compared(operator: str, left: Pair, right: Pair) -> Pair:
    build, means = COMPARISONS[operator]
    return strict(build(left.built, right.built), means, left, right)


def tested(test: str, argument: Pair) -> Pair:
    build, means = (TESTS | TRUTHS)[test]
    return Pair(build(argument.built), lambda values: means(argument.means(values)))


def distinct(left: Pair, right: Pair, *, negated: bool) -> Pair:
    built = left.built.is_not_distinct_from(right.built) if negated else left.built.is_distinct_from(right.built)
    return Pair(built, lambda values: (left.means(values) == right.means(values)) == negated)


def conjunction(found: list[Any]) -> Any:
    """AND of three-valued logic."""
    if False in found:
        return False
    return None if None in found else True


def disjunction(found: list[Any]) -> Any:
    """OR of three-valued logic."""
    if True in found:
        return True
    return None if None in found else False


def conjoined(terms: list[Pair], *, as_list: bool) -> Pair:
    built = all_of(*[term.built for term in terms])
    if not as_list:
        built = terms[0].built
        for term in terms[1:]:
            built = built & term.built
    return Pair(built, lambda values: conjunction([term.means(values) for term in terms]))


def disjoined(terms: list[Pair], *, as_list: bool) -> Pair:
    built = any_of(*[term.built for term in terms])
    if not as_list:
        built = terms[-1].built
        for term in reversed(terms[:-1]):
            built = term.built | built
    return Pair(built, lambda values: disjunction([term.means(values) for term in terms]))


def inverted(argument: Pair, *, as_call: bool) -> Pair:
    return strict(not_(argument.built) if as_call else ~argument.built, lambda value: not value, argument)


def within(argument: Pair, low: Pair, high: Pair, *, negated: bool, symmetric: bool) -> Pair:
    method = argument.built.not_between if negated else argument.built.between

    def means(values: Mapping[str, Any]) -> Any:
        value, first, last = argument.means(values), low.means(values), high.means(values)
        found = [_least(first, value), _least(value, last)]
        answer = conjunction(found)
        if symmetric:
            answer = disjunction([answer, conjunction([_least(last, value), _least(value, first)])])
        return (not answer) if negated and answer is not None else answer

    return Pair(method(low.built, high.built, symmetric=symmetric), means)


def _least(left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else bool(left <= right)


def member(argument: Pair, members: list[Any], *, negated: bool) -> Pair:
    built = argument.built.not_in(members) if negated else argument.built.in_(members)

    def means(values: Mapping[str, Any]) -> Any:
        value = argument.means(values)
        if not members:
            return negated
        return None if value is None else (value in members) != negated

    return Pair(built, means)


def quantified(operator: str, argument: Pair, members: list[Any], *, is_all: bool) -> Pair:
    build, compares = COMPARISONS[operator]
    built = build(argument.built, all_(members) if is_all else any_(members))

    def means(values: Mapping[str, Any]) -> Any:
        value = argument.means(values)
        found = [None if value is None else compares(value, other) for other in members]
        return conjunction(found) if is_all else disjunction(found)

    return Pair(built, means)


def rows_compared(operator: str, left: list[Pair], right: list[Pair]) -> Pair:
    """The first pair that differs decides; a NULL before it makes the answer NULL."""
    build, compares = COMPARISONS[operator]
    built = build(row(*[item.built for item in left]), row(*[item.built for item in right]))

    def means(values: Mapping[str, Any]) -> Any:
        pairs = [(one.means(values), other.means(values)) for one, other in zip(left, right, strict=True)]
        if operator in ("=", "<>"):
            equal = conjunction([None if None in pair else pair[0] == pair[1] for pair in pairs])
            return equal if operator == "=" or equal is None else not equal
        for one, other in pairs:
            if one is None or other is None:
                return None
            if one != other:
                return compares(one, other)
        return compares(0, 0)

    return Pair(built, means)


def chosen(branches: list[tuple[Pair, Pair]], otherwise: Pair | None) -> Pair:
    built = case(
        *[(condition.built, result.built) for condition, result in branches],
        else_=None if otherwise is None else otherwise.built,
    )

    def means(values: Mapping[str, Any]) -> Any:
        for condition, result in branches:
            if condition.means(values) is True:
                return result.means(values)
        return None if otherwise is None else otherwise.means(values)

    return Pair(built, means)


def first_of(arguments: list[Pair]) -> Pair:
    def means(values: Mapping[str, Any]) -> Any:
        return next((found for argument in arguments if (found := argument.means(values)) is not None), None)

    return Pair(coalesce(*[argument.built for argument in arguments]), means)


def extreme(arguments: list[Pair], *, is_greatest: bool) -> Pair:
    built = (greatest if is_greatest else least)(*[argument.built for argument in arguments])

    def means(values: Mapping[str, Any]) -> Any:
        found = [value for argument in arguments if (value := argument.means(values)) is not None]
        return None if not found else max(found) if is_greatest else min(found)

    return Pair(built, means)


def null_if(left: Pair, right: Pair) -> Pair:
    def means(values: Mapping[str, Any]) -> Any:
        value = left.means(values)
        return None if value == right.means(values) else value

    return Pair(nullif(left.built, right.built), means)
