from __future__ import annotations

import pytest

from qail.ast.build.qail import Qail
from qail.errors import BuildError, UsageError
from qail.pg.steps.copy import MOST_RECORDS, PIECE_BYTES, CopyTable, PieceSize, query_statement


def test_names_are_quoted() -> None:
    target = CopyTable(("My Schema", 'odd"table'), ["a", 'b"c'])

    assert target.statement(target.names or [], "FROM STDIN", "binary") == (
        b'COPY "My Schema"."odd""table" ("a", "b""c") FROM STDIN (FORMAT binary)'
    )


def test_columns_are_names_and_at_least_one() -> None:
    with pytest.raises(UsageError):
        CopyTable("t", [])
    with pytest.raises(UsageError):
        CopyTable("t", [3])


def test_the_values_of_a_query_stand_in_the_text() -> None:
    query = Qail.get("t").eq("a", "it's \\ $1").limit(3)

    plan = query_statement(query, "binary")

    assert plan.sql == rb"""COPY (SELECT * FROM "t" WHERE "a" = E'it''s \\ $1' LIMIT 3) TO STDOUT (FORMAT BINARY)"""
    assert plan.slots == []


@pytest.mark.parametrize("wrong", ["SELECT 1", None, 3])
def test_what_is_no_query_is_refused(wrong: object) -> None:
    with pytest.raises(BuildError, match="takes a query"):
        query_statement(wrong, "csv")


def test_pieces_follow_the_weight_of_records() -> None:
    size = PieceSize()
    for _ in range(20):
        size.learn(size.records, size.records * 100)
    assert size.records == PIECE_BYTES // 100
    size.learn(size.records, size.records * PIECE_BYTES * 10)
    assert size.records == 1
    for _ in range(30):
        size.learn(size.records, size.records)
    assert size.records == MOST_RECORDS
    size.learn(0, 0)
    assert size.records == MOST_RECORDS
