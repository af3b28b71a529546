"""What is said of NULL before a query runs, held against real rows: every join, with partners missing on each side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import qail
from qail import INT8, TEXT, BuildError, Col, Columns, Outer, Table, col, count, max_, select
from support.finishing import finish
from support.servers import Database, Server

SETUP = """
CREATE TABLE lefts (id int8 PRIMARY KEY, name text NOT NULL, note text);
CREATE TABLE rights (id int8 PRIMARY KEY, left_id int8, title text NOT NULL, note text);
CREATE TABLE thirds (id int8 PRIMARY KEY, right_id int8, word text NOT NULL);
INSERT INTO lefts VALUES (1, 'a', 'x'), (2, 'b', NULL), (3, 'c', 'y');
INSERT INTO rights VALUES (1, 1, 'p', NULL), (2, 2, 'q', 'z'), (3, NULL, 'r', 'z'), (4, 9, 's', 'z');
INSERT INTO thirds VALUES (1, 1, 'k'), (2, 3, 'l'), (3, NULL, 'm');
"""


class _Left(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    note: Col[str | None] = col(TEXT, null=True)


class Left(_Left, Table, name="lefts"):
    """One side."""


class LeftOuter(_Left, Outer[Left], name="lefts"):
    """One side, where it may be absent."""


class _Right(Columns):
    id: Col[int] = col(INT8, pk=True)
    left_id: Col[int | None] = col(INT8, null=True)
    title: Col[str] = col(TEXT)
    note: Col[str | None] = col(TEXT, null=True)


class Right(_Right, Table, name="rights"):
    """The other side."""


class RightOuter(_Right, Outer[Right], name="rights"):
    """The other side, where it may be absent."""


class _Third(Columns):
    id: Col[int] = col(INT8, pk=True)
    right_id: Col[int | None] = col(INT8, null=True)
    word: Col[str] = col(TEXT)


class Third(_Third, Table, name="thirds"):
    """A third one."""


class ThirdOuter(_Third, Outer[Third], name="thirds"):
    """A third one, where it may be absent."""


def on(right: Any, left: Any) -> Any:
    return right.left_id == left.id


# The items of each query that may be absent are taken from the outer twin, and those alone.
MATRIX: dict[str, tuple[Any, list[Any]]] = {
    "inner": (lambda q: q.from_(Left).join(Right, on=on(Right, Left)), [Left, Right]),
    "left": (lambda q: q.from_(Left).left_join(RightOuter, on=on(RightOuter, Left)), [Left, RightOuter]),
    "right": (lambda q: q.from_(LeftOuter).right_join(Right, on=on(Right, LeftOuter)), [LeftOuter, Right]),
    "full": (
        lambda q: q.from_(LeftOuter).full_join(RightOuter, on=on(RightOuter, LeftOuter)),
        [LeftOuter, RightOuter],
    ),
    "cross": (lambda q: q.from_(Left).cross_join(Right), [Left, Right]),
    "left, then inner": (
        lambda q: q.from_(Left)
        .left_join(RightOuter, on=on(RightOuter, Left))
        .join(Third, on=Third.id == Left.id),
        [Left, RightOuter, Third],
    ),
    "inner, then right": (
        lambda q: q.from_(LeftOuter)
        .join(RightOuter, on=on(RightOuter, LeftOuter))
        .right_join(Third, on=Third.right_id == RightOuter.id),
        [LeftOuter, RightOuter, Third],
    ),
    "left, then full": (
        lambda q: q.from_(LeftOuter)
        .left_join(RightOuter, on=on(RightOuter, LeftOuter))
        .full_join(ThirdOuter, on=ThirdOuter.right_id == RightOuter.id),
        [LeftOuter, RightOuter, ThirdOuter],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sides(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(SETUP)
        yield database


def columns_of(table: Any) -> list[Any]:
    return list(table.__qail_star__.columns)


@pytest.mark.feature("TY8")
@pytest.mark.feature("TY3")
def test_a_column_is_null_somewhere_exactly_where_it_is_said_that_it_may_be(sides: Database) -> None:
    async def body() -> None:
        async with qail.connect(sides.dsn) as connection:
            for name, (joined, tables) in MATRIX.items():
                columns = [column for table in tables for column in columns_of(table)]
                rows = await connection.fetch_all(joined(select(*columns)))
                found = [any(row[index] is None for row in rows) for index in range(len(columns))]
                said = [column.null for column in columns]
                # What rows are joined by is never NULL where they are.
                exact = [not column.name.endswith("_id") for column in columns]
                assert [name, [each for each, is_exact in zip(found, exact, strict=True) if is_exact]] == [
                    name,
                    [each for each, is_exact in zip(said, exact, strict=True) if is_exact],
                ]
                assert not any(is_null and not may_be for is_null, may_be in zip(found, said, strict=True))
                whole = await connection.fetch_all(joined(select(*tables)))
                absent = [any(row[index] is None for row in whole) for index in range(len(tables))]
                assert (name, absent) == (name, [table.__qail_star__.relation.is_nullable for table in tables])
            total, most = await connection.fetch_one(select(count(), max_(Left.id)).where(Left.id > 99))
            assert (total, most) == (0, None)

    finish(body)


PLAIN = {LeftOuter: Left, RightOuter: Right, ThirdOuter: Third}


@pytest.mark.feature("TY3")
@pytest.mark.parametrize("name", MATRIX)
def test_the_plain_form_of_what_may_be_absent_is_refused_in_each(name: str) -> None:
    joined, tables = MATRIX[name]

    for table in tables:
        plain: Any = PLAIN.get(table)
        if plain is not None:
            for items in ([plain.id], [plain], [tables[0].id, plain.id + 1]):
                with pytest.raises(BuildError, match="may be absent"):
                    str(joined(select(*items)))
