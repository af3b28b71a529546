"""The demo's data files become records that fit its tables."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from qail.demo.load import SOURCES, Source, records
from qail.demo.schema import Airline, Airport, Weather


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.file_name)
def test_every_file_has_as_many_rows_as_its_source_says(source: Source) -> None:
    assert sum(1 for _ in records(source)) == source.row_count


def test_a_record_has_the_types_of_its_columns() -> None:
    source = next(source for source in SOURCES if source.table is Weather)

    first = next(iter(records(source)))

    assert first[:6] == ("EWR", 2013, 1, 1, 1, 39.02)
    assert first[-1] == datetime(2013, 1, 1, 6, tzinfo=UTC)


def test_not_available_is_null_where_null_is_allowed_and_text_elsewhere() -> None:
    airports = next(source for source in SOURCES if source.table is Airport)

    assert sum(record[-1] is None for record in records(airports)) > 0


def test_a_file_with_other_columns_than_its_table_is_refused() -> None:
    wrong = Source(Airline, "airports.csv", 0)

    with pytest.raises(ValueError, match=r"airports\.csv has the columns"):
        list(islice(records(wrong), 1))
