"""`q.count()` is how many rows `q` returns, whatever its clauses are; what was JSON in between finds the same rows."""

from __future__ import annotations

from typing import Any

import pytest

import qail
import qail.sync
from qail import INT8, Qail, any_of, cast, col, count, func, grouping_sets, nest, rows_from, select, sum_
from support.library import Loan, Reader
from support.servers import Database

LOANS_OF_ONE = Qail.get(Loan).where(Loan.reader_id == Reader.id)
READERS = select(Reader.city, Reader.age)
QUERIES: list[Any] = [
    Qail.get(Reader),
    Qail.get(Reader).where(Reader.id == -1),
    Qail.get("readers"),
    Qail.get("readers").limit(3).offset(2),
    Qail.get("readers").offset(1000),
    Qail.get("readers").limit(0),
    select(Reader.city),
    select(Reader.city).distinct(),
    READERS.distinct().limit(2),
    READERS.distinct_on(Reader.city).order_by(Reader.city, Reader.age),
    READERS.order_by(Reader.age).fetch_first(2, with_ties=True),
    select(Reader.city, count()).group_by(Reader.city),
    select(Reader.city, count()).group_by(Reader.city).having(count() > 1),
    select(count()).from_(Reader),
    select(count()).from_(Reader).having(count() < 0),
    select(Reader.city, sum_(Reader.age)).group_by(grouping_sets((Reader.city,), ())),
    select(Reader.id, Reader.id, Reader.name).where(any_of(Reader.id == 1, Reader.id == 2)),
    select(Reader.name, Loan.id).cross_join(Loan).limit(7),
    select(Reader.id).union(select(Loan.id)),
    select(Reader.id).union_all(select(Reader.id)).order_by("id").limit(5),
    select(Reader.city).intersect(select(Reader.city).where(Reader.id > 2)),
    select(Reader.id).except_all(select(Reader.id).where(Reader.id < 3)),
    Qail.values({"a": INT8}, (1,), (2,), (2,)),
    Qail.get(rows_from(func.generate_series(cast(1, INT8), 9), alias="g")),
    select(func.generate_series(cast(1, INT8), 4)),
    select(Reader.id).limit(3).map(lambda ident: ident),
    select(Reader.id).union(select(Loan.id)).map(lambda ident: ident).limit(2),
    Qail.get("readers").columns("id").order_by("id").limit(4).after(1),
    select(Reader.id).for_update().limit(2),
    select(Reader, nest(LOANS_OF_ONE)),
    select(Reader.id, nest(LOANS_OF_ONE).as_("loans")).order_by(Reader.id).limit(4),
    select(Reader.city, nest(select(Loan.id).where(Loan.reader_id == Reader.id)).as_("loans")).distinct(),
    select(nest(select(Loan.id))),
]
RECENT = Qail.get("readers").columns("id").gt("id", 1).cte("recent")
GONE = Qail.delete("readers").where(col("id") == 1).returning("id").cte("gone")


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("query", [*QUERIES, Qail.get(RECENT).with_(RECENT)], ids=str)
def test_count_is_the_number_of_rows(library: Database, query: Any) -> None:
    with qail.sync.connect(library.dsn) as connection:
        rows = connection.fetch_all(query)
        found = connection.fetch_value(query.count())

    assert type(found) is int
    assert found == len(rows)


@pytest.mark.feature("ST9")
def test_a_with_that_changes_data_is_counted(fresh_library: Database) -> None:
    query = Qail.get(GONE).with_(GONE)

    with qail.sync.connect(fresh_library.dsn) as connection:
        connection.script("TRUNCATE loans")
        assert connection.fetch_value(query.count()) == 1
        assert connection.fetch_value(query.count()) == 0


@pytest.mark.feature("ST9")
def test_only_an_order_that_changes_no_number_is_left_out() -> None:
    query = select(Reader.id).order_by(Reader.name)

    assert "ORDER BY" not in str(query.count())
    assert "ORDER BY" in str(query.limit(1).count())


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("query", [each for each in QUERIES if "map" not in repr(each)][:20], ids=str)
def test_what_was_json_finds_the_same_rows(library: Database, query: Any) -> None:
    again = qail.from_json(query.to_json(), trusted=True, tables=[Reader, Loan])

    with qail.sync.connect(library.dsn) as connection:
        assert connection.fetch_all(again) == connection.fetch_all(query)
