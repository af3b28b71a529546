"""The demo's queries as the SQL they send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qail.demo import queries


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        (queries.worst_routes(10), ("JOIN", "HAVING count(*) >= $1", "DESC LIMIT $2")),
        (queries.carriers(), ("rank() OVER (ORDER BY avg(", "count(*) FILTER (WHERE ")),
        (queries.delay_by_visibility(), ('"weather"."origin" = "qail_demo"."flights"."origin" AND ', "= ANY ($1)")),
        (queries.flights_of("N1", 5), ("ORDER BY ", "LIMIT $2")),
        (queries.plane("N1"), ('WHERE "qail_demo"."planes"."tailnum" = $1',)),
        (queries.add_seats("N1", 1), ('SET "seats" = "qail_demo"."planes"."seats" + $1 WHERE',)),
    ],
)
def test_a_query_says_what_its_docstring_promises(query: object, parts: tuple[str, ...]) -> None:
    text = str(query)

    assert [part for part in parts if part not in text] == []


def test_the_next_page_begins_behind_the_last_row_by_one_comparison_of_rows() -> None:
    page = queries.flights_of("N1", 5).after(datetime(2013, 1, 1, tzinfo=UTC), 1)

    assert '("qail_demo"."flights"."time_hour", "qail_demo"."flights"."flight") > ($2, $3)' in str(page)
