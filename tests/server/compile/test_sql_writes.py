"""INSERT from queries, ON CONFLICT, UPDATE FROM, DELETE USING, MERGE, OLD and NEW: what is stored afterwards."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import (
    INT8,
    TEXT,
    BuildError,
    Qail,
    coalesce,
    col,
    default,
    excluded,
    func,
    merge_action,
    new,
    old,
    select,
)
from support.finishing import finish
from support.library import SETUP, Loan, Reader
from support.servers import Database

INDEXES = """
CREATE UNIQUE INDEX ON readers (lower(name));
CREATE UNIQUE INDEX ON loans (title) WHERE price > 15;
CREATE TABLE numbered (id int8 GENERATED ALWAYS AS IDENTITY, name text DEFAULT 'none');
"""
NEWCOMERS = Qail.values({"id": INT8, "name": TEXT}, (1, "Ada L"), (50, "Zuse")).subquery("n")
MERGE = (
    Qail.merge(Reader)
    .using(NEWCOMERS, on=NEWCOMERS["id"] == Reader.id)
    .when_matched(Reader.age > 90)
    .do_nothing()
    .when_matched()
    .update({"name": NEWCOMERS["name"], "age": Reader.age + 1})
    .when_not_matched(NEWCOMERS["id"] > 10)
    .insert({"id": NEWCOMERS["id"], "name": NEWCOMERS["name"], "age": 1, "active": True})
)
MERGED = MERGE.returning(Reader.id).cte("m")


@pytest.fixture
def everywhere(any_fresh_database: Database) -> Database:
    any_fresh_database.sql(SETUP)
    any_fresh_database.sql(INDEXES)
    return any_fresh_database


def run(database: Database, *queries: Any) -> list[Any]:
    """Each query's rows, or how many it touched, over one connection."""

    async def main() -> Any:
        found: list[Any] = []
        async with qail.connect(database.dsn) as connection:
            for query in queries:
                rows = isinstance(query, qail.Fetchable)
                found.append(await (connection.fetch_all(query) if rows else connection.execute(query)))
        return found

    results: list[Any] = finish(main)
    return results


@pytest.mark.feature("DM1")
def test_rows_of_a_query_defaults_and_identities_are_stored(everywhere: Database) -> None:
    query = select(Loan.id + 100, Loan.title, Loan.day).where(Loan.id < 3)
    counts = run(
        everywhere,
        Qail.add(Loan).from_select(query, Loan.id, "title", "day"),
        Qail.add("numbered").values({}),
        Qail.add("numbered").values({"name": default()}, {"name": "x"}),
        Qail.add("numbered").values({"id": 70, "name": "seventy"}).overriding_system_value(),
        Qail.add("numbered").values({"id": 80, "name": "mine"}).overriding_user_value(),
    )

    assert counts == [2, 1, 2, 1, 1]
    assert everywhere.sql("SELECT id, title, price FROM loans WHERE id > 100 ORDER BY 1") == [
        ("101", "Notes", None),
        ("102", "Engines", None),
    ]
    assert everywhere.sql("SELECT id, name FROM numbered ORDER BY 1") == [
        ("1", "none"),
        ("2", "none"),
        ("3", "x"),
        ("4", "mine"),
        ("70", "seventy"),
    ]


@pytest.mark.feature("DM3")
def test_conflicts_by_column_expression_constraint_and_partial_index(everywhere: Database) -> None:
    ada = Qail.add(Reader).values({"id": 90, "name": "ADA", "age": 1, "active": True})
    dear = Qail.add(Loan).values({"id": 90, "title": "Abstraction", "price": 99, "day": qail.literal("2024-01-01")})
    same = Qail.add(Reader).values({"id": 1, "name": "Other", "age": 5, "active": True})
    counts = run(
        everywhere,
        ada.on_conflict(func.lower(col("name"))).do_nothing(),
        ada.on_conflict(func.lower(Reader.name)).do_update(set={"age": Reader.age + excluded(Reader.age)}),
        dear.on_conflict(Loan.title, where=Loan.price > 15).do_update("price"),
        same.on_conflict(constraint="readers_pkey").do_update("name", where=Reader.age > 1_000),
        same.on_conflict("id").do_update(set={"city": coalesce(Reader.city, "x"), "score": None}, where=Reader.active),
        same.on_conflict().do_nothing(),
    )

    assert counts == [0, 1, 1, 0, 1, 0]
    assert everywhere.sql("SELECT name, age, city, score FROM readers WHERE id = 1") == [("Ada", "37", "London", None)]
    assert everywhere.sql("SELECT id, price FROM loans WHERE title = 'Abstraction'") == [("4", "99")]


@pytest.mark.feature("DM4")
def test_update_and_delete_with_other_tables(everywhere: Database) -> None:
    dearest = (
        select(Loan.title, Loan.id).where(Loan.reader_id == Reader.id).order_by(Loan.price.desc().nulls_last()).limit(1)
    )
    found = run(
        everywhere,
        Qail.set(Reader).values_from(dearest, Reader.city, "age").where(Reader.id.in_([1, 4])),
        Qail.set(Loan).values({"title": Reader.name.concat("'s")}).from_(Reader).where(
            Reader.id == Loan.reader_id, Reader.id == 2
        ).returning(Loan.id, Loan.title, Reader.age),
        Qail.set("loans", alias="l")
        .values({"price": 0})
        .from_("readers")
        .join("numbered", on=col("numbered", "id") == col("readers", "id"))
        .where(col("l", "reader_id") == col("readers", "id")),
        Qail.delete(Loan).using(Reader).where(Reader.id == Loan.reader_id, ~Reader.active).returning(Loan.id),
        Qail.delete("loans").only().eq("id", 8),
    )  # fmt: skip

    assert found == [2, [(3, "Grace's", 85)], 0, [(7,)], 1]
    assert everywhere.sql("SELECT city, age FROM readers WHERE id IN (1, 4) ORDER BY id") == [
        ("Notes", "1"),
        ("Abstraction", "4"),
    ]


@pytest.mark.feature("DM7")
@pytest.mark.needs(version=15)
def test_merge_takes_the_first_branch_that_holds(everywhere: Database) -> None:
    assert run(everywhere, MERGE) == [2]
    assert everywhere.sql("SELECT id, name, age FROM readers WHERE id IN (1, 50) ORDER BY id") == [
        ("1", "Ada L", "37"),
        ("50", "Zuse", "1"),
    ]
    assert run(everywhere, MERGE.when_not_matched().do_nothing()) == [2]


@pytest.mark.feature("JN4")
@pytest.mark.needs(version=15)
def test_merge_uses_a_query_of_with(everywhere: Database) -> None:
    busy = select(Loan.reader_id).where(Loan.price > 15).cte("busy")
    merge = Qail.merge(Reader).using(busy, on=busy[Loan.reader_id] == Reader.id).when_matched().update({"age": 0})

    assert run(everywhere, merge.with_(busy)) == [1]
    assert everywhere.sql("SELECT id FROM readers WHERE age = 0") == [("4",)]


@pytest.mark.feature("DM7")
@pytest.mark.feature("PL5")
@pytest.mark.feature("DM6")
@pytest.mark.parametrize(
    ("version", "construct", "query", "rows"),
    [
        (17, "RETURNING of a MERGE", MERGE.returning(merge_action(), Reader.id), [("UPDATE", 1), ("INSERT", 50)]),
        (17, "WHEN NOT MATCHED BY SOURCE", MERGE.when_not_matched_by_source(Reader.id < 4).delete(), 4),
        (
            17,
            "MERGE as a query of WITH",
            select(MERGED[Reader.id]).with_(MERGED),
            [(1,), (50,)],
        ),
        (
            18,
            "OLD and NEW in RETURNING",
            Qail.set(Reader)
            .values({"age": Reader.age * 2})
            .where(Reader.id == 1)
            .returning(old(Reader.age), new("age")),
            [(36, 72)],
        ),
    ],
    ids=["returning", "by source", "in with", "old and new"],
)
def test_what_is_newer_than_the_server_is_refused_by_name(
    everywhere: Database, version: int, construct: str, query: Any, rows: Any
) -> None:
    before = everywhere.sql("SELECT * FROM readers ORDER BY id")
    if everywhere.server.version >= version:
        found = run(everywhere, query)[0]
        assert (sorted(found) if isinstance(found, list) else found) == (
            sorted(rows) if isinstance(rows, list) else rows
        )
        return

    with pytest.raises(BuildError, match=f"{construct} needs PostgreSQL {version}, and the server is"):
        run(everywhere, query)
    assert everywhere.sql("SELECT * FROM readers ORDER BY id") == before
