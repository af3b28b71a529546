"""The parameters of a walk: whichever nodes hold values, in whatever order they are met, each is one parameter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qail.ast.expression.parameter import ParamRef
from qail.ast.tokens import PARAMETER, PARAMETER_AGAIN
from qail.ast.walk import SCANNED_OWNERS, Walk

# More than are compared one by one, so that the look-up by identity has its turn.
NODES = 2 * SCANNED_OWNERS
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("node"), st.integers(0, NODES - 1)),
        st.tuples(st.just("block"), st.integers(0, 5)),
    ),
    max_size=4 * SCANNED_OWNERS,
)


@given(STEPS)
def test_a_walk_takes_each_value_once_and_repeats_its_parameter(steps: list[tuple[str, int]]) -> None:
    nodes = [ParamRef(number) for number in range(NODES)]
    walk = Walk()
    tokens: list[object] = []
    values: list[object] = []
    owners: list[object] = []

    for kind, number in steps:
        if kind == "block":
            block = ParamRef(None)
            walk.add_block(block, [number] * number)
            values += [number] * number
            owners += [block, *[None] * (number - 1)] if number else []
            continue
        node = nodes[number]
        walk.add_parameter(node, number)
        places = [place for place, owner in enumerate(owners) if owner is node]
        if places:
            tokens += [PARAMETER_AGAIN, places[0]]
        else:
            tokens.append(PARAMETER)
            values.append(number)
            owners.append(node)

    assert walk.tokens == tokens
    assert walk.values == values
    assert [id(owner) for owner in walk.owners] == [id(owner) for owner in owners]
