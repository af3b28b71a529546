"""What `returns()` promised of a raw query's columns, held against what came.

Rule: a type checker believes the promise, so that it must be true: as many columns, of types with the same Python type,
and NULL only where `| None` was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.clause.output import first_step, result_items
from qail.ast.clause.sql import SqlColumn
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.column import ColumnExpr, WholeRow
from qail.ast.tokens import SQL
from qail.errors import DecodeError
from qail.pgtype import (
    BPCHAR,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    JSON,
    JSONB,
    NAME,
    OID,
    TEXT,
    VARCHAR,
    PgType,
)

# Types whose values are of one Python type.
_ALIKE: Final = ((INT2, INT4, INT8, OID), (FLOAT4, FLOAT8), (TEXT, VARCHAR, BPCHAR, NAME), (JSON, JSONB))
_KINDS: Final[dict[int, int]] = {pg.oid: alike[0].oid for alike in _ALIKE for pg in alike} | {
    pg.array_oid: alike[0].array_oid for alike in _ALIKE for pg in alike
}
FIRST_OF_USERS: Final = 16_384
"""OIDs from here on are of the database's own types. Source: src/include/access/transam.h, FirstNormalObjectId"""


def check_promise(query: Builder, rows: Sequence[tuple[Any, ...]], type_oids: tuple[int, ...]) -> None:
    """Hold the rows of `query` against what `returns()` promised, if it did.

    Raises:
        DecodeError: a column is missing, one too many, of another type, or NULL where none was expected.
    """
    if first_step(query).step != SQL:
        return
    promised: list[tuple[PgType[Any] | None, bool]] = []
    for item in result_items(query) or ():
        if isinstance(item, SqlColumn):
            promised.append((item.pg, item.pg.is_nullable))
        elif isinstance(item, WholeRow):
            # Its objects are made of it later, and that checks their NULLs.
            promised.extend((column.pg, True) for column in item.columns)
        else:
            promised.append((type_of(item), item.null if isinstance(item, ColumnExpr) else True))
    if not promised:
        return
    if len(type_oids) != len(promised):
        raise DecodeError(f"the query returns {len(type_oids)} columns, and returns() promised {len(promised)}")
    for number, ((pg, may_be_null), oid) in enumerate(zip(promised, type_oids, strict=True), 1):
        if pg is not None and not _is_alike(pg.oid, oid):
            raise DecodeError(
                f"column {number} of the query has the type with OID {oid}, and returns() promised {pg.name}: "
                "promise what it is, or cast it in the text"
            )
        if not may_be_null:
            _check_nulls(rows, number, pg)


def _is_alike(promised: int, told: int) -> bool:
    if promised == told or not promised or not told or max(promised, told) >= FIRST_OF_USERS:
        return True
    return _KINDS.get(promised, promised) == _KINDS.get(told, told)


def _check_nulls(rows: Sequence[tuple[Any, ...]], number: int, pg: PgType[Any] | None) -> None:
    for count, row in enumerate(rows, 1):
        if row[number - 1] is None:
            name = "it" if pg is None else pg.name.upper()
            raise DecodeError(
                f"column {number} is NULL in row {count}, and returns() promised a value: {name} | None expects NULL"
            )
