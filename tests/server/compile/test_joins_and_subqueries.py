"""Joins and subqueries compared with hand-written SQL."""

from __future__ import annotations

import re
from typing import Any

import pytest

from qail import BuildError, Qail, case, col, count, exists, literal, max_, not_, select, sqlstate, sum_
from support.library import Loan, LoanOuter, Reader, ReaderOuter, assert_same, fetch
from support.servers import Database

OTHER = Reader.as_("other")
OUTER_LOAN = LoanOuter.as_("l")
ON = Loan.reader_id == Reader.id
JOINS = [
    ("inner", select(Reader.name, Loan.title).join(Loan, on=ON), "SELECT name, title {} JOIN loans l ON {}"),
    (
        "left",
        select(Reader.name, OUTER_LOAN.title).left_join(OUTER_LOAN, on=OUTER_LOAN.reader_id == Reader.id),
        "SELECT name, title {} LEFT JOIN loans l ON {}",
    ),
    (
        "right",
        select(ReaderOuter.name, Loan.title).right_join(Loan, on=ON),
        "SELECT name, title {} RIGHT JOIN loans l ON {}",
    ),
    (
        "full",
        select(ReaderOuter.name, OUTER_LOAN.title).full_join(OUTER_LOAN, on=OUTER_LOAN.reader_id == Reader.id),
        "SELECT name, title {} FULL JOIN loans l ON {}",
    ),
    ("cross", select(Reader.name, Loan.title).cross_join(Loan), "SELECT name, title {} CROSS JOIN loans l"),
    (
        "self",
        select(Reader.name, OTHER.name).join(OTHER, on=OTHER.age == Reader.age).where(Reader.id < OTHER.id),
        "SELECT r.name, o.name {} JOIN readers o ON o.age = r.age WHERE r.id < o.id",
    ),
    (
        "three tables",
        select(Loan.title, Reader.name, OTHER.name)
        .from_(Loan)
        .join(Reader, on=ON)
        .join(OTHER, on=(OTHER.city == Reader.city) & (OTHER.id != Reader.id)),
        "SELECT title, r.name, o.name {} JOIN loans l ON {} JOIN readers o ON o.city = r.city AND o.id <> r.id",
    ),
    (
        "by names",
        Qail.get("readers", alias="r")
        .columns(col("r", "name"), col("l", "title"))
        .left_join("loans", on=col("l", "reader_id") == col("r", "id"), alias="l"),
        "SELECT name, title {} LEFT JOIN loans l ON {}",
    ),
    (
        "a value with a dot in the condition is a value",
        select(Reader.name, Loan.title).join(Loan, on=ON & (Reader.name != "x.y") & (Loan.title != "loans.title")),
        "SELECT name, title {} JOIN loans l ON {} AND r.name <> 'x.y' AND l.title <> 'loans.title'",
    ),
]
LATEST = select(max_(Loan.day)).where(ON)
SUBQUERIES = [
    ("scalar, correlated", select(Reader.id, LATEST.scalar()), "SELECT id, (SELECT max(day) FROM loans WHERE {}) {}"),
    (
        "scalar in a condition",
        select(Reader.id).where(Reader.age > select(sum_(Reader.age) / count()).scalar()),
        "SELECT id {1} WHERE age > (SELECT sum(age) / count(*) FROM readers)",
    ),
    (
        "exists",
        select(Reader.id).where(exists(select(Loan.id).where(ON))),
        "SELECT id {1} WHERE EXISTS (SELECT 1 FROM loans WHERE {0})",
    ),
    (
        "not exists",
        select(Reader.id).where(not_(exists(select(literal(1)).from_(Loan).where(ON, Loan.price > 1)))),
        "SELECT id {1} WHERE NOT EXISTS (SELECT 1 FROM loans WHERE {0} AND price > 1)",
    ),
    (
        "in",
        select(Reader.id).where(Reader.id.in_(select(Loan.reader_id).where(Loan.price > 5))),
        "SELECT id {1} WHERE id IN (SELECT reader_id FROM loans WHERE price > 5)",
    ),
    (
        "in, within case and order",
        select(case((Reader.id.in_(select(Loan.reader_id)), "lender"), else_="idle"), Reader.id),
        "SELECT CASE WHEN id IN (SELECT reader_id FROM loans) THEN 'lender' ELSE 'idle' END, id {1}",
    ),
    (
        "as a table",
        Qail.get(select(Loan.reader_id.as_("who"), count().as_("n")).group_by(Loan.reader_id).subquery("s"))
        .columns(col("s", "who"), col("s", "n"))
        .where(col("s", "n") > 1),
        "SELECT reader_id, count(*) FROM loans GROUP BY reader_id HAVING count(*) > 1",
    ),
    (
        "joined",
        select(Reader.name, col("s", "n")).join(
            select(Loan.reader_id, count().as_("n")).group_by(Loan.reader_id).subquery("s"),
            on=col("s", "reader_id") == Reader.id,
        ),
        "SELECT name, n {1} JOIN (SELECT reader_id, count(*) AS n FROM loans GROUP BY reader_id) s ON s.reader_id = id",
    ),
]


@pytest.mark.feature("JN1")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in JOINS], ids=[case[0] for case in JOINS])
def test_a_join_gives_the_rows_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql.format("FROM readers r", "l.reader_id = r.id"))


@pytest.mark.feature("JN1")
def test_an_absent_side_is_none_as_a_whole_and_by_column(library: Database) -> None:
    rows = fetch(library, select(Loan.id, ReaderOuter).left_join(ReaderOuter, on=ReaderOuter.id == Loan.reader_id))
    found = {row[0]: row[1] for row in rows}

    assert found[6] is None
    assert found[8] is None
    assert found[1] == Reader(id=1, name="Ada", city="London", age=36, score=9.5, active=True)


@pytest.mark.feature("JN1")
@pytest.mark.parametrize("name", ["readers r", "readers AS r", 'readers" AS "r', "readers, loans"])
def test_an_alias_is_never_part_of_a_tables_name(fresh_database: Database, name: str) -> None:
    fresh_database.sql("CREATE TABLE readers (id int8); CREATE TABLE loans (id int8)")
    queries = [
        Qail.get(name),
        Qail.get("readers").cross_join(name),
        Qail.delete("readers").using(name).all_rows().returning(literal(1)),
    ]

    for query in queries:
        with pytest.raises(sqlstate.UndefinedTable, match=re.escape(f'relation "{name}" does not exist')):
            fetch(fresh_database, query)

    quoted = name.replace('"', '""')
    fresh_database.sql(f'CREATE TABLE "{quoted}" AS SELECT 7 AS id')
    assert fetch(fresh_database, queries[0]) == [(7,)]


@pytest.mark.feature("JN3")
def test_a_table_that_is_not_joined_is_told_and_never_added() -> None:
    with pytest.raises(BuildError, match="loans"):
        str(select(Reader.id).where(Loan.id == 1))


@pytest.mark.feature("EX10")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in SUBQUERIES], ids=[case[0] for case in SUBQUERIES])
def test_a_subquery_gives_the_rows_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql.format("reader_id = readers.id", "FROM readers"))
