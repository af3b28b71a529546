"""What is kept between queries to make them faster must not be seen: neither in their text nor in what is refused."""

from __future__ import annotations

import contextlib
from itertools import permutations
from typing import Any

import pytest

from qail import INT4, TEXT, BuildError, Col, Columns, Qail, Table, col, part, select
from qail.ast.build.items import MOST_KNOWN_TARGETS
from qail.compile.cache import lookup


class _Thing(Columns):
    id: Col[int] = col(INT4, pk=True)
    name: Col[str] = col(TEXT)
    size: Col[int] = col(INT4)
    weight: Col[int] = col(INT4)
    colour: Col[str] = col(TEXT)
    made: Col[int] = col(INT4, generated=True)


class Thing(_Thing, Table, name="things"):
    """A table of its own, so that nothing is known of it yet."""


class _Other(Columns):
    name: Col[str] = col(TEXT)
    id: Col[int] = col(INT4, pk=True)


class Other(_Other, Table, name="others"):
    """Columns of the same names."""


class Liar(str):
    """A name that says it equals every other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash("id")


class Late:
    """A value that builds and looks up another query when it is given up."""

    calls: list[Any] = []

    def __del__(self) -> None:
        Late.calls.append(lookup(select(Thing.name).where(Thing.id == 7).limit(3)))


def text(query: Any) -> str:
    return lookup(query).plan.sql.decode()


def test_rows_of_the_same_columns_in_another_order_are_another_text() -> None:
    for _ in range(2):
        assert text(Qail.add(Thing).values({"id": 1, "name": "a"})) == (
            'INSERT INTO "things" ("id", "name") VALUES ($1, $2)'
        )
        assert text(Qail.add(Thing).values({"name": "a", "id": 1})) == (
            'INSERT INTO "things" ("name", "id") VALUES ($1, $2)'
        )
        assert text(Qail.add(Other).values({"name": "a", "id": 1})) == (
            'INSERT INTO "others" ("name", "id") VALUES ($1, $2)'
        )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": 1, "nmae": "a"}, "has no column 'nmae'"),
        ({"id": 1, "made": 2}, "is generated"),
        ({"id": 1, Thing.id: 2}, "the column 'id' twice"),
    ],
)
def test_what_is_refused_once_is_refused_again(row: dict[Any, Any], told: str) -> None:
    text(Qail.add(Thing).values({"id": 1, "name": "a"}))
    for _ in range(3):
        with pytest.raises(BuildError, match=told):
            Qail.add(Thing).values(row)


def test_more_sets_of_columns_than_are_known_are_right_all_the_same() -> None:
    orders = list(permutations(["id", "name", "size", "weight", "colour"]))
    assert len(orders) > MOST_KNOWN_TARGETS
    for _ in range(2):
        for names in orders:
            shown = ", ".join([f'"{name}"' for name in names])
            assert text(Qail.add(Thing).values(dict.fromkeys(names, None))) == (
                f'INSERT INTO "things" ({shown}) VALUES ($1, $2, $3, $4, $5)'
            )


def test_a_name_that_equals_every_other_is_not_known_in_their_place() -> None:
    with contextlib.suppress(BuildError):
        Qail.add(Other).values({Liar("nobody"): 1})

    assert text(Qail.add(Other).values({"id": 1})) == 'INSERT INTO "others" ("id") VALUES ($1)'
    assert text(Qail.add(Other).values({"name": "a"})) == 'INSERT INTO "others" ("name") VALUES ($1)'
    with pytest.raises(BuildError, match="has no column 'nobody'"):
        Qail.add(Other).values({"nobody": 1})


def test_values_that_look_up_a_query_when_they_are_given_up_harm_no_call() -> None:
    expected = text(select(Thing.name).where(Thing.id == 1).limit(1))
    for number in range(20):
        Late.calls.clear()
        value: Any = Late()
        mine = lookup(select(Thing.id).where(Thing.name == value, Thing.size > number))
        del value
        plan = mine.plan
        del mine  # and with it the value
        (late,) = Late.calls
        again = lookup(select(Thing.id).where(Thing.name == "a", Thing.size > number))
        assert (late.plan.sql.decode(), late.values, late.trace) == (expected, [3, 7], None)
        assert (again.values, again.trace) == (["a", number], None)
        assert again.plan is plan


def test_a_select_list_of_columns_alone_and_one_with_more_are_told_apart() -> None:
    columns = select(Thing.id, Thing.name)
    whole = select(Thing.id, Other)
    parted = select(Thing.id, part(Thing))

    assert len({text(columns), text(whole.join(Other, on=Other.id == Thing.id)), text(parted)}) == 3
    for wrong in (1, None, "id", object()):
        with pytest.raises(BuildError, match="takes columns and other expressions"):
            select(Thing.id, wrong)  # type: ignore[call-overload]
    with pytest.raises(BuildError, match="at least one column"):
        select()  # type: ignore[call-overload]
