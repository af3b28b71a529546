"""SELECT compared with hand-written SQL: select lists, DISTINCT, sort keys, filters."""

from __future__ import annotations

from typing import Any

import pytest

from qail import BuildError, Qail, all_of, any_of, col, func, literal, maybe, not_, select
from support.library import Loan, Reader, assert_same, fetch
from support.servers import Database

SCORE = Reader.score.as_("points")
SELECTS = [
    ("whole rows", Qail.get(Reader).order_by(Reader.id), "SELECT * FROM readers ORDER BY id"),
    (
        "untyped",
        Qail.get("readers").columns("name", "age").order_by(("age", "desc"), "name"),
        "SELECT name, age FROM readers ORDER BY age DESC, name",
    ),
    (
        "expressions and aliases",
        select(
            func.upper(Reader.name).as_("loud"), (Reader.age * 2 - 1).as_("a"), Reader.name.concat("!").as_('quo"ted')
        ).order_by(Reader.id),
        "SELECT upper(name), age * 2 - 1, name || '!' FROM readers ORDER BY id",
    ),
    (
        "order by an alias",
        select(SCORE, Reader.id).order_by(SCORE.desc().nulls_last(), Reader.id.desc()),
        "SELECT score AS points, id FROM readers ORDER BY points DESC NULLS LAST, id DESC",
    ),
    ("distinct", select(Reader.city).distinct().order_by(Reader.city), "SELECT DISTINCT city FROM readers ORDER BY 1"),
    (
        "distinct on",
        select(Reader.age, Reader.name)
        .distinct_on(Reader.age)
        .order_by(Reader.age.desc(), Reader.score.desc().nulls_last(), Reader.id),
        "SELECT DISTINCT ON (age) age, name FROM readers ORDER BY age DESC, score DESC NULLS LAST, id",
    ),
    (
        "several sort keys with nulls",
        select(Reader.id, Reader.city, Reader.score).order_by(
            Reader.city.asc().nulls_first(), Reader.score.desc().nulls_last(), Reader.id
        ),
        "SELECT id, city, score FROM readers ORDER BY city NULLS FIRST, score DESC NULLS LAST, id",
    ),
    (
        "sort keys of two calls",
        select(Reader.id).order_by(Reader.age.desc()).order_by(Reader.id.desc()),
        "SELECT id FROM readers ORDER BY age DESC, id DESC",
    ),
    ("without a table", select(literal(1), literal("it's")), "SELECT 1, 'it''s'"),
]
FILTERS = [
    (
        "two calls are one AND",
        select(Reader.id).where(Reader.active).where(Reader.age > 30),
        "active AND age > 30",
    ),
    (
        "or under and, with a not",
        select(Reader.id).where(
            any_of(Reader.age < 30, all_of(Reader.city == "London", not_(Reader.active)), Reader.score.is_null()),
            ~(Reader.id == 7),
        ),
        "(age < 30 OR (city = 'London' AND NOT active) OR score IS NULL) AND NOT id = 7",
    ),
    (
        "operators nest as the functions do",
        select(Reader.id).where((Reader.age < 30) & Reader.active | ~((Reader.age > 80) | (Reader.city == "London"))),
        "(age < 30 AND active) OR NOT (age > 80 OR city = 'London')",
    ),
    (
        "and of ors",
        select(Reader.id).where(
            all_of(any_of(Reader.id == 1, Reader.id == 4), any_of(Reader.age == 36, Reader.age == 41)),
        ),
        "(id = 1 OR id = 4) AND (age = 36 OR age = 41)",
    ),
    ("absent option", select(Reader.id).where(maybe(None), Reader.age == 20), "age = 20"),
    ("present option", select(Reader.id).where(maybe(Reader.active), Reader.age == 20), "active AND age = 20"),
    ("only absent options", select(Reader.id).where(maybe(None), maybe(None)), "true"),
    (
        "untyped names",
        Qail.get("readers").columns("id").gte("age", 36).lt("age", 85).ne("name", "Alan").is_not_null("city"),
        "age >= 36 AND age < 85 AND name <> 'Alan' AND city IS NOT NULL",
    ),
    (
        "untyped any_of",
        Qail.get("readers", alias="r").columns(col("r", "id")).where(any_of(col("r", "age") > 80, col("r", "id") == 1)),
        "age > 80 OR id = 1",
    ),
]


@pytest.mark.feature("ST4")
@pytest.mark.parametrize(("query", "sql"), [case[1:] for case in SELECTS], ids=[case[0] for case in SELECTS])
def test_a_select_gives_the_rows_of_the_sql_in_its_order(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql, is_ordered="ORDER BY" in sql)


@pytest.mark.feature("ST4")
def test_an_alias_is_the_name_of_the_column(library: Database) -> None:
    (row,) = fetch(library, Qail.get("readers").columns(col("name").as_('Who? ."x"'), "age").eq("id", 1))

    assert row['Who? ."x"'] == "Ada"
    assert tuple(row.as_dict()) == ('Who? ."x"', "age")


@pytest.mark.feature("ST5")
@pytest.mark.parametrize(("query", "condition"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
def test_a_filter_keeps_the_rows_of_the_condition(library: Database, query: Any, condition: str) -> None:
    assert_same(library, query, f"SELECT id FROM readers WHERE {condition}")


@pytest.mark.feature("ST5")
def test_ten_thousand_or_terms_run(library: Database) -> None:
    wanted = [Reader.id == number for number in range(-9_995, 5)]

    assert_same(library, select(Reader.id).where(any_of(*wanted)), "SELECT id FROM readers WHERE id < 5")


@pytest.mark.feature("ST5")
@pytest.mark.parametrize("condition", [None, True, "age > 1", 1])
def test_an_optional_filter_needs_its_marker(condition: Any) -> None:
    with pytest.raises(BuildError):
        select(Reader.id).where(condition)
    with pytest.raises((BuildError, TypeError)):
        any_of(Reader.active, condition)


@pytest.mark.feature("ST2")
def test_two_queries_of_one_base_leave_it_and_each_other_as_they_were(library: Database) -> None:
    base = select(Reader.id).where(Reader.age == 20).order_by(Reader.id)
    text = str(base)

    few, other = base.where(Reader.active).limit(1), base.where(not_(Reader.active)).order_by(Reader.name)
    joined = base.join(Loan, on=Loan.reader_id == Reader.id)

    assert str(base) == text
    assert fetch(library, few) == [(7,)]
    assert fetch(library, other) == [(8,)]
    assert fetch(library, joined) == []
    assert fetch(library, base) == [(7,), (8,), (9,)]


@pytest.mark.feature("ST2")
def test_a_write_derived_from_another_leaves_it_as_it_was(fresh_library: Database) -> None:
    base = Qail.set("readers").values({"score": 1.0})
    one, two = base.eq("id", 1), base.eq("id", 2)

    assert len(fetch(fresh_library, one.returning("id"))) == 1
    assert fresh_library.sql("SELECT id FROM readers WHERE score = 1") == [("1",)]
    assert fetch(fresh_library, two.returning("id")) == [(2,)]
    assert str(one) == 'UPDATE "readers" SET "score" = $1 WHERE "id" = $2'
