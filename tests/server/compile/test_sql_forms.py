"""Set operations, VALUES, WITH that writes, ties: what comes back, in which form."""

from __future__ import annotations

import pytest

from qail import (
    INT8,
    TEXT,
    Qail,
    array_of,
    cast,
    col,
    count,
    literal,
    select,
)
from support.library import Loan, LoanOuter, Reader, fetch
from support.servers import Database

PER_READER = select(Loan.reader_id, count().as_("n")).group_by(Loan.reader_id).cte("per_reader")
TEN = Qail.set("readers").values({"age": 10}).eq("id", 1).returning("id", "age").cte("ten")


@pytest.mark.feature("JN6")
def test_rows_of_a_set_operation_have_the_form_of_the_first(library: Database) -> None:
    people = fetch(library, Qail.get(Reader).where(Reader.id == 1).union(Qail.get(Reader).where(Reader.id == 1)))
    named = fetch(library, Qail.get("readers").columns("id").eq("id", 1).union_all(select(Loan.id).where(Loan.id == 1)))
    pairs = fetch(
        library,
        select(Reader.id, Reader.name)
        .where(Reader.id == 1)
        .union(select(Loan.id, Loan.title).where(Loan.id == 2))
        .order_by("id")
        .map(lambda number, name: f"{number} {name}"),
    )

    assert [type(person) for person in people] == [type(fetch(library, Qail.get(Reader).where(Reader.id == 1))[0])]
    assert people[0].name == "Ada"
    assert [found.id for found in named] == [1, 1]
    assert pairs == ["1 Ada", "2 Engines"]


@pytest.mark.feature("JN2")
def test_values_come_as_rows_with_the_types_they_were_given(library: Database) -> None:
    found = fetch(
        library, Qail.values({"id": INT8, "tags": array_of(TEXT)}, (1, ["a"]), (2, None)).order_by(("id", "desc"))
    )

    assert [tuple(item) for item in found] == [(2, None), (1, ["a"])]


@pytest.mark.feature("JN4")
def test_a_query_of_with_that_writes_gives_what_it_wrote(fresh_library: Database) -> None:
    moved = Qail.delete(Loan).where(Loan.price < 1).returning(Loan.id, Loan.title).cte("moved")
    kept = Qail.add("loans").from_select(
        Qail.get(moved).columns(col("id") + 100, "title", cast(literal("2024-05-05"), Loan.day.pg)),
        "id",
        "title",
        "day",
    )

    assert [tuple(found) for found in fetch(fresh_library, kept.with_(moved).returning("id"))] == [(105,)]
    assert fresh_library.sql("SELECT id FROM loans WHERE title = 'Types'") == [("105",)]
    assert [tuple(found) for found in fetch(fresh_library, Qail.get(TEN).with_(TEN))] == [(1, 10)]
    changed = Qail.set(Reader).values({"active": False}).where(Reader.id.in_(select(PER_READER[Loan.reader_id])))
    assert len(fetch(fresh_library, changed.with_(PER_READER).returning(Reader.id))) == 4
    busy = select(PER_READER[Loan.reader_id]).where(PER_READER["n"] > 1)
    gone = Qail.delete(Reader).where(Reader.id.in_(busy)).with_(PER_READER).returning(Reader.id)
    assert fetch(fresh_library, gone) == [(1,)]


@pytest.mark.feature("ST7")
def test_ties_come_along(library: Database) -> None:
    query = select(Reader.id, Reader.age).order_by(Reader.age.desc()).fetch_first(1, with_ties=True)

    assert sorted(fetch(library, query)) == [(2, 85), (6, 85)]


@pytest.mark.feature("JN1")
def test_the_columns_of_a_joined_subquery_keep_their_types(library: Database) -> None:
    loans = select(Loan.reader_id, Loan.price).where(Loan.price > 15).subquery("dear")
    query = select(Reader.name, loans.outer(Loan.price)).left_join(loans, on=loans[Loan.reader_id] == Reader.id)

    found = dict(fetch(library, query))
    assert str(found["Barbara"]) == "20.00"
    assert found["Ada"] is None
    assert fetch(
        library, select(LoanOuter.title).left_join(LoanOuter, on=LoanOuter.id == 1).from_(Reader).limit(1)
    ) == [("Notes",)]
