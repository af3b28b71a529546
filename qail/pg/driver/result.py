"""Result: the rows of one run together with what the server said of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.wire.description import ColumnDescription

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result.

    `type_name` is "" where no codec knows the type. `type_modifier` is what stands in the brackets of a type as the
    server keeps it (`varchar(20)`: 24), -1 without one; `type_size` is in bytes, negative where it varies. `table_oid`
    and `column_number` say of which table's column it is; both are 0 where it is computed.

    Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ROWDESCRIPTION
    """

    name: str
    type_name: str
    type_oid: int
    type_modifier: int = -1
    type_size: int = -1
    table_oid: int = 0
    column_number: int = 0


@dataclass(frozen=True, slots=True)
class Result(Generic[R]):
    """All rows, each in the form the query promises, and their columns, which are there without a row, too.

    `row_count` is how many rows the statement touched: those it returned, changed or deleted.
    """

    rows: list[R]
    columns: tuple[ResultColumn, ...]
    row_count: int


def result_column(described: ColumnDescription, type_name: str) -> ResultColumn:
    """A column as a RowDescription has it."""
    return ResultColumn(
        described.name,
        type_name,
        described.type_oid,
        described.type_modifier,
        described.type_size,
        described.table_oid,
        described.column_number,
    )


def result_columns(sink: RowDecoder) -> tuple[ResultColumn, ...]:
    """What is known of the columns of a run: by its own description, or by that of an earlier run."""
    return tuple([result_column(column, _type_name(sink.registry, column.type_oid)) for column in sink.columns])


def _type_name(registry: CodecRegistry, type_oid: int) -> str:
    codec = registry.find(type_oid)
    return "" if codec is None else codec.type_name
