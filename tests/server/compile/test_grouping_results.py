"""Grouping, aggregates and windows compared with hand-written SQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qail import (
    BuildError,
    PostgresError,
    Qail,
    any_of,
    avg,
    col,
    count,
    func,
    groups,
    literal,
    max_,
    min_,
    rows,
    select,
    sum_,
)
from support.library import Loan, LoanOuter, Reader, assert_same, fetch
from support.servers import Database

DECADE = Reader.age / 10
GROUPED = [
    (
        "having",
        select(Reader.city, count()).group_by(Reader.city).having(count() > 1),
        "SELECT city, count(*) FROM readers GROUP BY city HAVING count(*) > 1",
    ),
    (
        "having twice is and",
        select(Reader.age, count()).group_by(Reader.age).having(count() > 1).having(Reader.age < 80),
        "SELECT age, count(*) FROM readers GROUP BY age HAVING count(*) > 1 AND age < 80",
    ),
    (
        "an expression with a value as key",
        select(DECADE, count(), sum_(Reader.age)).group_by(DECADE),
        "SELECT age / 10, count(*), sum(age) FROM readers GROUP BY age / 10",
    ),
    (
        "two keys of two calls",
        select(Reader.city, Reader.active, count()).group_by(Reader.city).group_by(Reader.active),
        "SELECT city, active, count(*) FROM readers GROUP BY city, active",
    ),
    (
        "keys that are not selected",
        select(count(), max_(Reader.score)).from_(Reader).group_by(Reader.age).order_by(Reader.age),
        "SELECT count(*), max(score) FROM readers GROUP BY age ORDER BY age",
    ),
    (
        "over a join",
        select(Reader.name, count(LoanOuter.id), sum_(LoanOuter.price))
        .left_join(LoanOuter, on=LoanOuter.reader_id == Reader.id)
        .group_by(Reader.name)
        .having(any_of(count(LoanOuter.id) > 1, Reader.name == "Grace")),
        (
            "SELECT name, count(l.id), sum(price) FROM readers r LEFT JOIN loans l ON l.reader_id = r.id GROUP BY name "
            "HAVING count(l.id) > 1 OR name = 'Grace'"
        ),
    ),
    (
        "untyped",
        Qail.get("readers").columns("city", count()).group_by("city"),
        "SELECT city, count(*) FROM readers GROUP BY city",
    ),
]
AGGREGATES = [
    (
        "of all rows",
        select(count(), count(Reader.city), count(Reader.city, distinct=True), min_(Reader.score), max_(Reader.name)),
        "SELECT count(*), count(city), count(DISTINCT city), min(score), max(name) FROM readers",
    ),
    (
        "of expressions",
        select(
            sum_(Reader.age * 2 + 1), avg(Reader.age), func.string_agg(Reader.name, ","), func.bool_or(Reader.age > 9)
        ),
        "SELECT sum(age * 2 + 1), avg(age), string_agg(name, ','), bool_or(age > 9) FROM readers",
    ),
    (
        "filtered",
        select(
            count().filter(Reader.active),
            sum_(Reader.age).filter(Reader.active, Reader.age > 30),
            avg(Reader.score).filter(any_of(Reader.city == "London", Reader.city.is_null())),
        ),
        (
            "SELECT count(*) FILTER (WHERE active), sum(age) FILTER (WHERE active AND age > 30), "
            "avg(score) FILTER (WHERE city = 'London' OR city IS NULL) FROM readers"
        ),
    ),
    ("of nothing", select(count(), sum_(Reader.age)).where(Reader.id < 0), "SELECT 0, NULL"),
    ("distinct sum", select(sum_(Reader.age, distinct=True)), "SELECT sum(DISTINCT age) FROM readers"),
]
WINDOWS = [
    (
        "rank in groups",
        select(Reader.id, func.rank().over(partition_by=Reader.city, order_by=Reader.age.desc())),
        "SELECT id, rank() OVER (PARTITION BY city ORDER BY age DESC) FROM readers",
    ),
    (
        "running frame",
        select(Reader.id, sum_(Reader.age).over(order_by=Reader.id, frame=rows(-2, 0))),
        "SELECT id, sum(age) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM readers",
    ),
    (
        "frame of groups",
        select(Reader.id, count().over(order_by=Reader.age, frame=groups(-1, 1))),
        "SELECT id, count(*) OVER (ORDER BY age GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM readers",
    ),
    (
        "unbounded",
        select(Reader.id, max_(Reader.age).over(order_by=[Reader.city, Reader.id], frame=rows(0, None))),
        "SELECT id, max(age) OVER (ORDER BY city, id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM readers",
    ),
    (
        "two windows and a lag",
        select(
            Reader.id,
            func.lag(Reader.name, 2, literal("none")).over(order_by=Reader.id),
            func.row_number().over(partition_by=[Reader.active, Reader.age], order_by=[Reader.name.desc()]),
        ),
        (
            "SELECT id, lag(name, 2, 'none') OVER (ORDER BY id), "
            "row_number() OVER (PARTITION BY active, age ORDER BY name DESC) FROM readers"
        ),
    ),
    (
        "an aggregate of an aggregate",
        select(Loan.day, sum_(count()).over(order_by=Loan.day)).group_by(Loan.day),
        "SELECT day, sum(count(*)) OVER (ORDER BY day) FROM loans GROUP BY day",
    ),
    (
        "filtered",
        select(Reader.id, count().filter(Reader.active).over(partition_by=Reader.city)),
        "SELECT id, count(*) FILTER (WHERE active) OVER (PARTITION BY city) FROM readers",
    ),
]


@pytest.mark.feature("ST6")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in GROUPED], ids=[case[0] for case in GROUPED])
def test_groups_are_those_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql, is_ordered="ORDER BY" in sql)


@pytest.mark.feature("ST6")
def test_no_key_is_added_by_itself(library: Database) -> None:
    with pytest.raises(BuildError, match="'age' stands beside count"):
        fetch(library, select(Reader.city, Reader.age, count()).group_by(Reader.city))
    # Of names it is not known here what depends on what.
    with pytest.raises(PostgresError) as caught:
        fetch(library, Qail.get("readers").columns("city", "age", count()).group_by(col("city")))

    assert caught.value.sqlstate == "42803"


@pytest.mark.feature("EX6")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in AGGREGATES], ids=[case[0] for case in AGGREGATES])
def test_aggregates_are_those_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query.from_(Reader), sql)


@pytest.mark.feature("JN5")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in WINDOWS], ids=[case[0] for case in WINDOWS])
def test_windows_are_those_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql)


@pytest.mark.feature("EX6")
def test_a_sum_of_numerics_keeps_every_digit(library: Database) -> None:
    assert fetch(library, select(sum_(Loan.price))) == [(Decimal("64.445"),)]
