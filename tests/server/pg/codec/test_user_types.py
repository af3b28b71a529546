"""User types on every server: what tables of values cannot show, and random values nested in each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import qail
from qail import Multirange, PgArray, Qail, Range
from support.finishing import finish
from support.servers import Database, Server

pytestmark = pytest.mark.feature("CO16")

SQL: Final = """
CREATE SCHEMA "My types"; SET search_path = "My types";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE DOMAIN feelings AS mood[];
CREATE DOMAIN label AS text;
CREATE TYPE words AS RANGE (subtype = label, subtype_opclass = text_ops, collation = "C");
CREATE TYPE pair AS (n int4, t label);
CREATE TYPE deep AS (pairs pair[], words words, many words_multirange, f feelings, inner_pair pair);
CREATE TABLE f (one feelings, many feelings[]);
CREATE TABLE d (id int4, value deep, many deep[]);
"""
# Each makes a connection, whose types are looked up anew.
EXAMPLES: Final = max(8, settings().max_examples // 12)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
numbers = st.integers(-(2**31), 2**31 - 1)
pairs = st.tuples(numbers | st.none(), texts | st.none())
moods = st.sampled_from(["sad", "ok", "very happy"])


def word_range(values: tuple[str, str], bounds: Any) -> Range[str]:
    low, high = sorted(values, key=str.encode)
    return Range(low, high, bounds)


words = st.builds(word_range, st.tuples(texts, texts), st.sampled_from(["[)", "[]", "(]", "()"]))
deep = st.tuples(
    st.lists(pairs | st.none(), max_size=3) | st.none(),
    words | st.none(),
    words.map(lambda value: Multirange([] if value.is_empty else [value])) | st.none(),
    st.lists(moods | st.none(), max_size=3) | st.none(),
    pairs | st.none(),
)


@pytest.fixture(scope="module")
def user_types(any_server: Server) -> Iterator[Database]:
    with any_server.fresh_database() as database:
        database.sql(SQL)
        yield database


def test_an_array_of_a_domain_over_an_array_has_lists_for_elements(user_types: Database) -> None:
    value = [["sad", None], [], None, ["very happy"]]

    async def main() -> None:
        async with qail.connect(user_types.dsn) as connection:
            add = Qail.add(("My types", "f")).values({"one": ["ok", None], "many": value})
            row = await connection.fetch_one(add.returning("one", "many"))
            assert tuple(row) == (["ok", None], value)
            two = PgArray([[["sad"], []]], [0, 1])
            again = Qail.add(("My types", "f")).values({"many": two}).returning("many")
            found = await connection.fetch_value(again)
            assert (found, found.lower_bounds) == (two, (0, 1))

    finish(main)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(deep | st.none(), min_size=1, max_size=3))
def test_random_values_nested_in_each_other_come_back_and_are_what_the_server_reads(
    user_types: Database, values: list[Any]
) -> None:
    async def main() -> None:
        async with qail.connect(user_types.dsn) as connection, connection.transaction() as transaction:
            table = ("My types", "d")
            await transaction.copy_in(table, [(0, values[0], values)])
            await transaction.execute(Qail.add(table).values({"id": 1, "value": values[0], "many": values}))
            rows = await transaction.fetch_all(Qail.get(table).columns("value", "many").order_by("id"))
            assert [tuple(row) for row in rows] == [(values[0], values)] * 2
            (counts,) = (await transaction.script('SELECT count(DISTINCT (value, many)::text) FROM "My types".d'))[0]
            assert counts == ("1",)
            await transaction.script('DELETE FROM "My types".d')

    finish(main)
