"""NULL logic, patterns, membership and row comparison on a server."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import BuildError, Qail, row, select
from support.delaying_proxy import delaying_proxy
from support.finishing import finish
from support.library import Reader, assert_same, fetch
from support.servers import Database

NULLS = [
    (Reader.city.is_null(), "city IS NULL"),
    (Reader.city.is_not_null(), "city IS NOT NULL"),
    (Reader.city.is_distinct_from("London"), "city IS DISTINCT FROM 'London'"),
    (Reader.city.is_distinct_from(None), "city IS DISTINCT FROM NULL"),
    (Reader.city.is_not_distinct_from(None), "city IS NOT DISTINCT FROM NULL"),
    (Reader.score.is_not_distinct_from(9.5), "score IS NOT DISTINCT FROM 9.5"),
    ((Reader.score > 1).is_null(), "(score > 1) IS NULL"),
]
PATTERNS = [
    (Reader.name.like("%a%"), "name LIKE '%a%'"),
    (Reader.name.not_like("%a%"), "name NOT LIKE '%a%'"),
    (Reader.name.ilike("%A%"), "name ILIKE '%A%'"),
    (Reader.name.not_ilike("a%"), "name NOT ILIKE 'a%'"),
    (Reader.name.contains("%"), "strpos(name, '%') > 0"),
    (Reader.name.contains("\\"), "strpos(name, chr(92)) > 0"),
    (Reader.city.contains("_"), "strpos(city, '_') > 0"),
    (Reader.city.startswith("a_"), "left(city, 2) = 'a_'"),
    (Reader.name.endswith("slash"), "right(name, 5) = 'slash'"),
    (Reader.name.contains(Reader.city), "strpos(name, city) > 0 OR false"),
]
MEMBERS = [
    (Reader.id.in_([1, 3, 99]), "id IN (1, 3, 99)"),
    (Reader.id.in_((2,)), "id IN (2)"),
    (Reader.id.in_({4, 5}), "id IN (4, 5)"),
    (Reader.id.not_in([1, 3]), "id NOT IN (1, 3)"),
    (Reader.id.not_in([]), "true"),
    (Reader.city.in_(["London", "Boston"]), "city IN ('London', 'Boston')"),
    (Reader.age.between(36, 72), "age BETWEEN 36 AND 72"),
    (Reader.age.not_between(36, 72), "age NOT BETWEEN 36 AND 72"),
    (row(Reader.age, Reader.id) > row(36, 1), "(age, id) > (36, 1)"),
    (row(Reader.age, Reader.id) <= row(36, 4), "(age, id) <= (36, 4)"),
    (row(Reader.age, Reader.name) == row(36, "Ada"), "(age, name) = (36, 'Ada')"),
]


@pytest.mark.feature("EX2")
@pytest.mark.parametrize(("condition", "sql"), NULLS, ids=[sql for _, sql in NULLS])
def test_null_logic_is_that_of_the_sql(library: Database, condition: Any, sql: str) -> None:
    assert_same(library, select(Reader.id).where(condition), f"SELECT id FROM readers WHERE {sql}")


@pytest.mark.feature("EX2")
@pytest.mark.parametrize(
    "compare",
    [
        lambda: Reader.city == None,  # noqa: E711 - what must be refused
        lambda: Reader.city != None,  # noqa: E711 - what must be refused
        lambda: Reader.age < None,
        lambda: Reader.age >= None,
        lambda: Qail.get("readers").eq("city", None),
        lambda: Qail.get("readers").ne("city", None),
        lambda: Qail.delete("readers").eq("id", None),
        lambda: Reader.age.between(None, 1),
    ],
)
def test_a_comparison_with_none_is_refused_and_says_what_is_meant(compare: Any) -> None:
    with pytest.raises(BuildError, match=r"is_null|bound"):
        compare()


@pytest.mark.feature("EX3")
@pytest.mark.parametrize(("condition", "sql"), PATTERNS[:-1], ids=[sql for _, sql in PATTERNS[:-1]])
def test_patterns_are_those_of_the_sql(library: Database, condition: Any, sql: str) -> None:
    assert_same(library, select(Reader.id).where(condition), f"SELECT id FROM readers WHERE {sql}")


@pytest.mark.feature("EX3")
def test_a_text_test_of_a_column_takes_it_as_plain_text(library: Database) -> None:
    query = Qail.get("readers").columns("id").where(Reader.name.endswith(Reader.name) & Reader.name.startswith("x."))

    assert fetch(library, select(Reader.id).where(Reader.name.contains(Reader.city))) == []
    assert fetch(library, query) == [(9,)]


@pytest.mark.feature("EX4")
@pytest.mark.parametrize(("condition", "sql"), MEMBERS, ids=[sql for _, sql in MEMBERS])
def test_membership_and_row_comparison_are_those_of_the_sql(library: Database, condition: Any, sql: str) -> None:
    assert_same(library, select(Reader.id).where(condition), f"SELECT id FROM readers WHERE {sql}")


@pytest.mark.feature("EX4")
def test_an_empty_list_finds_nothing_and_none_in_a_list_is_refused(library: Database) -> None:
    assert fetch(library, select(Reader.id).where(Reader.id.in_([]))) == []
    for refused in (Reader.id.in_, Reader.id.not_in):
        with pytest.raises(BuildError, match="None"):
            refused([1, None])  # type: ignore[list-item]  # what must be refused


@pytest.mark.feature("EX4")
@pytest.mark.feature("PL3")
def test_a_thousand_list_lengths_cost_one_parse(library: Database) -> None:
    async def main() -> None:
        async with delaying_proxy(library.server.socket_path) as proxy:
            where = {"host": proxy.host, "port": 5432, "user": library.server.user, "dbname": library.name}
            async with qail.connect(**where) as connection:
                for length in range(1_000):
                    query = select(Reader.id).where(Reader.id.in_(list(range(length))))
                    assert len(await connection.fetch_all(query)) == min(max(length - 1, 0), 9)
                assert proxy.sent.messages["B"] == 1_000
                assert proxy.sent.messages["P"] == 1

    finish(main)
