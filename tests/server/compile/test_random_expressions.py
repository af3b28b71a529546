"""Random expressions on a server give what a reference evaluator in Python says, NULL logic and precedence included."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qail
from qail import Qail
from support import reference
from support.finishing import finish
from support.reference import Pair
from support.servers import Database, Server

# Every combination of NULL and not among two of each kind, so that no tree meets only one case.
INTS = [(None, 2), (3, None), (-7, 5), (0, 0), (None, None)]
BOOLS = list(itertools.product([True, False, None], repeat=2))
TEXTS = [("a", "b"), ("", None), (None, "a%"), ("B", "a"), ("_", "_")]
TABLE = [
    {"id": number, "i": i, "j": j, "p": p, "q": q, "s": s, "t": t}
    for number, ((i, j), (p, q), (s, t)) in enumerate(
        (INTS[at % len(INTS)], BOOLS[at % len(BOOLS)], TEXTS[at // 5 % len(TEXTS)]) for at in range(45)
    )
]
STYLE = st.sampled_from(["literal", "parameter"])
SMALL = st.integers(-4, 9)
WORDS = st.sampled_from(["", "a", "b", "B", "%", "_", "a%", "it's", "\\"])
COMPARISONS = st.sampled_from(sorted(reference.COMPARISONS))


def several(pairs: Any, most: int = 3) -> Any:
    return st.lists(pairs, min_size=2, max_size=most)


def of_any_kind(conditions: Any, pairs: Any) -> Any:
    """What there is for values of every kind."""
    branches = st.lists(st.tuples(conditions, pairs), min_size=1, max_size=2)
    return st.one_of(
        st.builds(reference.chosen, branches, st.none() | pairs),
        st.builds(reference.first_of, several(pairs)),
        st.builds(reference.null_if, pairs, pairs),
        st.builds(
            lambda found, greatest: reference.extreme(found, is_greatest=greatest), several(pairs), st.booleans()
        ),
    )


@cache
def ints(depth: int) -> Any:
    leaves = st.one_of(
        st.sampled_from(["i", "j", "id"]).map(reference.column),
        st.builds(reference.constant, SMALL, STYLE),
        st.just(reference.nothing("int")),
    )
    if not depth:
        return leaves
    inner = ints(depth - 1)
    return st.one_of(
        leaves,
        st.builds(reference.operated, st.sampled_from(sorted(reference.ARITHMETIC)), inner, inner),
        st.builds(reference.operated, st.sampled_from("+-*"), inner, inner),
        st.builds(reference.by_constant, st.sampled_from(sorted(reference.BY_CONSTANT)), inner, SMALL.filter(bool)),
        inner.map(lambda pair: reference.strict(-pair.built, lambda value: -value, pair)),
        of_any_kind(bools(depth - 1), inner),
    )


@cache
def texts(depth: int) -> Any:
    leaves = st.one_of(
        st.sampled_from("st").map(reference.column),
        st.builds(reference.constant, WORDS, STYLE),
        st.just(reference.nothing("text")),
    )
    if not depth:
        return leaves
    inner = texts(depth - 1)
    joined = st.builds(lambda a, b: reference.strict(a.built.concat(b.built), lambda x, y: x + y, a, b), inner, inner)
    return st.one_of(leaves, joined, st.builds(reference.first_of, several(inner)))


def searched(inner: Any) -> Any:
    """A plain text somewhere in another."""
    return st.one_of(
        st.builds(lambda a, w: reference.strict(a.built.contains(w), lambda x: w in x, a), inner, WORDS),
        st.builds(lambda a, w: reference.strict(a.built.startswith(w), lambda x: x.startswith(w), a), inner, WORDS),
        st.builds(lambda a, w: reference.strict(a.built.endswith(w), lambda x: x.endswith(w), a), inner, WORDS),
    )


def comparisons(numbers: Any, words: Any, inner: Any) -> Any:
    members = st.lists(SMALL, max_size=3)
    rows = st.integers(1, 3).flatmap(lambda width: st.tuples(*[st.lists(numbers, min_size=width, max_size=width)] * 2))
    return st.one_of(
        st.builds(reference.compared, COMPARISONS, numbers, numbers),
        st.builds(reference.compared, st.sampled_from(["=", "<>"]), words, words),
        st.builds(reference.compared, COMPARISONS, inner, inner),
        st.builds(lambda a, b, n: reference.distinct(a, b, negated=n), numbers, numbers, st.booleans()),
        st.builds(lambda a, b, n: reference.distinct(a, b, negated=n), inner, inner, st.booleans()),
        st.builds(
            lambda a, b, c, n, s: reference.within(a, b, c, negated=n, symmetric=s),
            numbers, numbers, numbers, st.booleans(), st.booleans(),
        ),
        st.builds(lambda a, m, n: reference.member(a, m, negated=n), numbers, members, st.booleans()),
        st.builds(
            lambda o, a, m, every: reference.quantified(o, a, m, is_all=every),
            COMPARISONS, numbers, members, st.booleans(),
        ),
        st.builds(lambda operator, pair: reference.rows_compared(operator, *pair), COMPARISONS, rows),
        searched(words),
    )  # fmt: skip


@cache
def bools(depth: int) -> Any:
    leaves = st.one_of(
        st.sampled_from("pq").map(reference.column),
        st.builds(reference.constant, st.booleans(), STYLE),
        st.just(reference.nothing("bool")),
    )
    if not depth:
        return leaves
    inner, numbers, words = bools(depth - 1), ints(depth - 1), texts(depth - 1)
    return st.one_of(
        leaves,
        st.builds(lambda terms, flat: reference.conjoined(terms, as_list=flat), several(inner, 4), st.booleans()),
        st.builds(lambda terms, flat: reference.disjoined(terms, as_list=flat), several(inner, 4), st.booleans()),
        st.builds(lambda pair, call: reference.inverted(pair, as_call=call), inner, st.booleans()),
        st.builds(reference.tested, st.sampled_from(sorted(reference.TRUTHS)), inner),
        st.builds(reference.tested, st.sampled_from(sorted(reference.TESTS)), st.one_of(inner, numbers, words)),
        comparisons(numbers, words, inner),
        of_any_kind(inner, inner),
    )


@pytest.fixture(scope="module")
def tiny(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(
            'CREATE TABLE tiny (id int8, i int8, j int8, p bool, q bool, s text COLLATE "C", t text COLLATE "C")'
        )
        yield database


def values_of(database: Database, pairs: list[Pair]) -> list[tuple[Any, ...]]:
    async def main() -> list[tuple[Any, ...]]:
        async with qail.connect(database.dsn) as connection:
            if not await connection.fetch_value(Qail.get("tiny").columns(qail.count())):
                await connection.execute(Qail.add("tiny").values(*TABLE))
            query = Qail.get("tiny").columns(*[pair.built for pair in pairs]).order_by("id")
            return [tuple(row) for row in await connection.fetch_all(query)]

    rows: list[tuple[Any, ...]] = finish(main)
    return rows


@pytest.mark.feature("EX1")
@pytest.mark.feature("EX2")
@settings(print_blob=True, max_examples=settings().max_examples // 2)
@given(pairs=st.lists(st.one_of(bools(4), bools(3), ints(3), texts(2)), min_size=1, max_size=6))
def test_random_trees_equal_the_reference_evaluator(tiny: Database, pairs: list[Pair]) -> None:
    found = values_of(tiny, pairs)

    for values, given_row in zip(found, TABLE, strict=True):
        assert list(values) == [pair.means(given_row) for pair in pairs], given_row


@pytest.mark.feature("EX1")
@settings(print_blob=True, max_examples=settings().max_examples // 2)
@given(condition=bools(4))
def test_a_random_condition_keeps_the_rows_for_which_it_is_true(tiny: Database, condition: Pair) -> None:
    values_of(tiny, [condition])

    async def main() -> list[Any]:
        async with qail.connect(tiny.dsn) as connection:
            query = Qail.get("tiny").columns("id").where(condition.built).order_by("id")
            return [row[0] for row in await connection.fetch_all(query)]

    assert finish(main) == [values["id"] for values in TABLE if condition.means(values) is True]


P, Q, M, N = (reference.column(name) for name in "pqij")
BOOL_FORMS: list[Callable[[Pair, Pair], Pair]] = [
    lambda a, b: reference.conjoined([a, b], as_list=False),
    lambda a, b: reference.disjoined([b, a], as_list=True),
    lambda a, b: reference.inverted(a, as_call=False),
    lambda a, b: reference.distinct(a, b, negated=False),
    lambda a, b: reference.within(a, b, b, negated=True, symmetric=False),
    lambda a, b: reference.within(b, a, a, negated=False, symmetric=True),
    *[lambda a, b, how=how: reference.compared(how, a, b) for how in reference.COMPARISONS],
    *[lambda a, b, how=how: reference.compared(how, b, a) for how in ("=", "<")],
    *[lambda a, b, how=how: reference.tested(how, a) for how in (*reference.TRUTHS, *reference.TESTS)],
]
INT_FORMS: list[Callable[[Pair, Pair], Pair]] = [
    lambda a, b: reference.strict(-a.built, lambda value: -value, a),
    *[lambda a, b, how=how: reference.operated(how, a, b) for how in reference.ARITHMETIC],
    *[lambda a, b, how=how: reference.operated(how, b, a) for how in reference.ARITHMETIC],
    *[lambda a, b, how=how: reference.by_constant(how, a, 3) for how in reference.BY_CONSTANT],
]


@pytest.mark.feature("EX1")
def test_every_operator_over_every_other_keeps_its_meaning(tiny: Database) -> None:
    """Of random trees many are true or false either way round; here no pair of operators is left out."""
    trees = [outer(inner(P, Q), Q) for outer in BOOL_FORMS for inner in BOOL_FORMS]
    trees += [outer(inner(M, N), N) for outer in INT_FORMS for inner in INT_FORMS]
    trees += [
        outer(reference.member(inner(M, N), [3, -7], negated=False), Q) for outer in BOOL_FORMS for inner in INT_FORMS
    ]

    for start in range(0, len(trees), 400):
        chosen = trees[start : start + 400]
        for values, given_row in zip(values_of(tiny, chosen), TABLE, strict=True):
            for found, tree in zip(values, chosen, strict=True):
                assert found == tree.means(given_row), str(Qail.get("tiny").columns(tree.built))
