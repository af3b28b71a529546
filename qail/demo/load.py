"""From the data files to records: one tuple a row, in the order of the table's columns, ready for a binary COPY."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from qail import FLOAT8, INT2, INT4, TEXT, TIMESTAMPTZ, Table
from qail.demo.schema import Airline, Airport, Flight, Plane, Weather

NOT_AVAILABLE: Final = "NA"
PARSERS: Final[dict[int, Callable[[str], object]]] = {
    INT2.oid: int,
    INT4.oid: int,
    FLOAT8.oid: float,
    TEXT.oid: str,
    TIMESTAMPTZ.oid: datetime.fromisoformat,
}


class Source(NamedTuple):
    """A table, the file its rows are in, and how many they are."""

    table: type[Table[Any, Any]]
    file_name: str
    row_count: int


SOURCES: Final = (
    Source(Airline, "airlines.csv", 16),
    Source(Airport, "airports.csv", 1_458),
    Source(Plane, "planes.csv", 3_322),
    Source(Weather, "weather.csv.xz", 26_115),
    Source(Flight, "flights.csv.xz", 336_776),
)


def records(source: Source) -> Iterator[tuple[object, ...]]:
    """The rows of one file. `NA` is NULL in a column that takes NULL, and text in any other."""
    columns = source.table.__qail_columns__
    parsers = [_parser(PARSERS[column.pg.oid], nullable=column.null) for column in columns.values()]
    with as_file(files("qail.demo") / "data" / source.file_name) as path, _open(path) as lines:
        rows = csv.reader(lines)
        header = next(rows)
        if header != list(columns):
            raise ValueError(f"{source.file_name} has the columns {header}, its table {list(columns)}")
        for row in rows:
            yield tuple([parse(text) for parse, text in zip(parsers, row, strict=True)])


def _parser(parse: Callable[[str], object], *, nullable: bool) -> Callable[[str], object]:
    if not nullable:
        return parse
    return lambda text: None if text == NOT_AVAILABLE else parse(text)


def _open(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
