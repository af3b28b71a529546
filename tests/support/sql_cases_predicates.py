"""Golden SQL: AND, OR and NOT, and tests over tests, in the fewest parentheses that keep their meaning."""

from __future__ import annotations

from typing import Final

from qail import (
    all_of,
    any_of,
    not_,
)
from support.sql_case import Case
from support.sql_operands import SETUP, A, B, C, S, X, Y, Z, when

LOGIC: Final = (
    Case("comparison of sums", when(A + B > C - 1), 'SELECT "a" FROM "t" WHERE "a" + "b" > "c" - $1', [1], 0, SETUP),
    Case(
        "comparison of comparisons",
        when((A > B) == (B > C)),
        'SELECT "a" FROM "t" WHERE ("a" > "b") = ("b" > "c")',
        [],
        0,
        SETUP,
    ),
    Case("comparison of a not", when((~X) == Y), 'SELECT "a" FROM "t" WHERE (NOT "x") = "y"', [], 0, SETUP),
    Case("not of a comparison", when(~(A == B)), 'SELECT "a" FROM "t" WHERE NOT "a" = "b"', [], 0, SETUP),
    Case("not of a not", when(~~X), 'SELECT "a" FROM "t" WHERE NOT NOT "x"', [], 0, SETUP),
    Case("not of and", when(~(X & Y)), 'SELECT "a" FROM "t" WHERE NOT ("x" AND "y")', [], 0, SETUP),
    Case("not of or", when(~(X | Y)), 'SELECT "a" FROM "t" WHERE NOT ("x" OR "y")', [], 0, SETUP),
    Case("and of not", when(~X & ~Y), 'SELECT "a" FROM "t" WHERE NOT "x" AND NOT "y"', [], 0, SETUP),
    Case("or of and", when(X & Y | Z), 'SELECT "a" FROM "t" WHERE "x" AND "y" OR "z"', [], 0, SETUP),
    Case("and of or", when(X & (Y | Z)), 'SELECT "a" FROM "t" WHERE "x" AND ("y" OR "z")', [], 0, SETUP),
    Case("or of and, right", when(X | Y & Z), 'SELECT "a" FROM "t" WHERE "x" OR "y" AND "z"', [], 0, SETUP),
    Case(
        "and of ors", when((X | Y) & (Y | Z)), 'SELECT "a" FROM "t" WHERE ("x" OR "y") AND ("y" OR "z")', [], 0, SETUP
    ),
    Case("or of or, right", when(X | (Y | Z)), 'SELECT "a" FROM "t" WHERE "x" OR "y" OR "z"', [], 0, SETUP),
    Case("and of and, right", when(X & (Y & Z)), 'SELECT "a" FROM "t" WHERE "x" AND "y" AND "z"', [], 0, SETUP),
    Case("or of not of or", when(X | ~(Y | Z)), 'SELECT "a" FROM "t" WHERE "x" OR NOT ("y" OR "z")', [], 0, SETUP),
    Case(
        "all_of of any_of",
        when(all_of(X, any_of(Y, Z), not_(X))),
        'SELECT "a" FROM "t" WHERE "x" AND ("y" OR "z") AND NOT "x"',
        [],
        0,
        SETUP,
    ),
    Case(
        "any_of of all_of", when(any_of(all_of(X, Y), Z)), 'SELECT "a" FROM "t" WHERE "x" AND "y" OR "z"', [], 0, SETUP
    ),
    Case("any_of of one", when(any_of(X)), 'SELECT "a" FROM "t" WHERE "x"', [], 0, SETUP),
    Case(
        "any_of of one and of two",
        when(any_of(X) & any_of(Y, Z)),
        'SELECT "a" FROM "t" WHERE "x" AND ("y" OR "z")',
        [],
        0,
        SETUP,
    ),
    Case("all_of inside an or", when(all_of(X, Y) | Z), 'SELECT "a" FROM "t" WHERE "x" AND "y" OR "z"', [], 0, SETUP),
    Case("all_of one inside a not", when(~all_of(X)), 'SELECT "a" FROM "t" WHERE NOT "x"', [], 0, SETUP),
    Case("null test of a sum", when((A + B).is_null()), 'SELECT "a" FROM "t" WHERE "a" + "b" IS NULL', [], 0, SETUP),
    Case("null test of a not", when((~X).is_null()), 'SELECT "a" FROM "t" WHERE (NOT "x") IS NULL', [], 0, SETUP),
    Case(
        "null test of an and", when((X & Y).is_null()), 'SELECT "a" FROM "t" WHERE ("x" AND "y") IS NULL', [], 0, SETUP
    ),
    Case(
        "null test of a null test",
        when(A.is_null().is_not_null()),
        'SELECT "a" FROM "t" WHERE ("a" IS NULL) IS NOT NULL',
        [],
        0,
        SETUP,
    ),
    Case(
        "null test of a like",
        when(S.like("a").is_null()),
        'SELECT "a" FROM "t" WHERE "s" LIKE $1 IS NULL',
        ["a"],
        0,
        SETUP,
    ),
    Case(
        "null test of between",
        when(A.between(1, 2).is_not_null()),
        'SELECT "a" FROM "t" WHERE "a" BETWEEN $1 AND $2 IS NOT NULL',
        [1, 2],
        0,
        SETUP,
    ),
    Case("not of a null test", when(~A.is_null()), 'SELECT "a" FROM "t" WHERE NOT "a" IS NULL', [], 0, SETUP),
    Case("truth of an or", when((X | Y).is_true()), 'SELECT "a" FROM "t" WHERE ("x" OR "y") IS TRUE', [], 0, SETUP),
    Case(
        "truth of a comparison",
        when((A > B).is_unknown()),
        'SELECT "a" FROM "t" WHERE "a" > "b" IS UNKNOWN',
        [],
        0,
        SETUP,
    ),
    Case(
        "comparison of null tests",
        when(A.is_null() == B.is_null()),
        'SELECT "a" FROM "t" WHERE ("a" IS NULL) = ("b" IS NULL)',
        [],
        0,
        SETUP,
    ),
    Case(
        "distinct of comparisons",
        when((A > 1).is_distinct_from(B > 1)),
        'SELECT "a" FROM "t" WHERE "a" > $1 IS DISTINCT FROM "b" > $2',
        [1, 1],
        0,
        SETUP,
    ),
    Case(
        "distinct from NULL",
        when(A.is_distinct_from(None)),
        'SELECT "a" FROM "t" WHERE "a" IS DISTINCT FROM $1',
        [None],
        0,
        SETUP,
    ),
)
