from __future__ import annotations

import pytest

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


def test_a_query_with_values_is_refused() -> None:
    assert query_statement(b"SELECT 1", 0, "binary") == b"COPY (SELECT 1) TO STDOUT (FORMAT binary)"
    with pytest.raises(BuildError, match="2 values"):
        query_statement(b"SELECT $1, $2", 2, "binary")


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
