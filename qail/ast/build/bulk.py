"""Many rows in one statement of one text: `unnest` of an array for each column.

Rule 1: the text depends on the columns alone, not on how many rows there are. A few rows are spelt out by VALUES, which
reads better and costs a text for each count; more of them are arrays.
Rule 2: a column goes into an array only if its type is known and a value of it is never a sequence, which inside an
array would be taken for a dimension. Where one does not, and where a value is DEFAULT or another expression, rows are
spelt out in blocks of 2, 4, 8 ... rows, so that there are few texts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from qail.ast.build.items import Columns, present_items
from qail.ast.build.query_expression import Values
from qail.ast.clause.from_ import FromItem
from qail.ast.clause.rows import InsertSelect
from qail.ast.clause.table_function import rows_from
from qail.ast.clause.target import NodeList
from qail.ast.clause.values import values_table
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.case import TypeCast
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef
from qail.ast.expression.function import FuncCall
from qail.ast.expression.parameter import SKIP, ParamRef
from qail.ast.node import Node
from qail.ast.tokens import COLUMNS, GET, VALUES
from qail.errors import BuildError
from qail.pgtype import PgType, array_of

MOST_SPELT_ROWS: Final = 8
MOST_PARAMETERS: Final = 65_535  # the count in Bind is an unsigned Int16
# `bit` is left out: as the element of a cast it is bit(1).
ARRAY_FAMILIES: Final = frozenset(
    {"number", "string", "boolean", "datetime", "time", "interval", "uuid", "binary", "network", "money"}
)
GIVEN: Final = "given"


def array_types(columns: list[Node] | tuple[Node, ...]) -> list[PgType[Any]] | None:
    """The types of columns whose values can travel as an array each; None where one cannot."""
    types: list[PgType[Any]] = []
    for column in columns:
        pg = type_of(column)
        if pg is None or pg.element is not None or not pg.array_oid or pg.family not in ARRAY_FAMILIES:
            return None
        types.append(pg)
    return types


def unnested(names: list[str], types: list[PgType[Any]], arrays: list[list[object]], alias: str) -> FromItem:
    """`unnest(CAST($1 AS type[]), ...) AS alias (names)`."""
    calls: list[Node] = []
    for pg, values in zip(types, arrays, strict=True):
        made: TypeCast[Any] = TypeCast(ParamRef(values), array_of(pg))
        calls.append(made)
    return rows_from(FuncCall("unnest", tuple(calls)), alias=alias, columns=names)


def unnested_rows(columns: tuple[Node, ...], values: list[object], alias: str = GIVEN) -> InsertSelect | None:
    """The rows of an INSERT, one list of values, as `SELECT * FROM unnest(...)`; None if they cannot be."""
    types = array_types(columns)
    if types is None:
        return None
    if not _are_single(values):
        return None
    width = len(columns)
    names = [column.name if isinstance(column, ColumnExpr) else "" for column in columns]
    item = unnested(names, types, [values[index::width] for index in range(width)], alias)
    # Dyn would be the natural builder; Values is the one that this module may import.
    query = Values(Values(None, GET, item), COLUMNS, NodeList((A_Star(),)))
    return InsertSelect(columns, query)


def _are_single(values: list[object]) -> bool:
    """Whether no value is an expression or a sequence.

    A sequence does not fit its column, and its caller is to be told so: in an array it would be a dimension, which
    unnest() makes more rows of.
    """
    for value in values:
        # One test each: mypyc makes a slow one of a tuple with a class that is not native.
        if isinstance(value, (int, str, float)):
            continue
        if isinstance(value, (list, tuple)) or isinstance(value, Node):  # noqa: SIM101 - see above
            return False
    return True


def block_sizes(row_count: int, width: int) -> list[int]:
    """The powers of two that `row_count` rows are cut into, each as large as 65_535 parameters allow."""
    largest = 1
    while 2 * largest * width <= MOST_PARAMETERS:
        largest *= 2
    sizes: list[int] = []
    left = row_count
    while left:
        while largest > left:
            largest //= 2
        sizes.append(largest)
        left -= largest
    return sizes


class KeyedRows:
    """Rows of an UPDATE, each with the key of the row it is for: checked, and the table that they make in FROM."""

    def __init__(self, rows: Iterable[object], key: object, columns: Columns) -> None:
        pairs = [_plain_items(row, number) for number, row in enumerate(rows, 1)]
        first = pairs[0]
        names = list(first)
        asked = cast("tuple[object, ...]", key) if isinstance(key, tuple) else (key,)
        keys = [columns.named(item) for item in asked]
        self.columns: Final = [columns.named(name) for name in names]
        self.names: Final = [_name(column) for column in self.columns]
        self.keys: Final = [_name(column) for column in keys]
        self.values: Final[list[object]] = []
        _check_names(self.names, self.keys)
        for number, given in enumerate(pairs, 1):
            if set(given) != set(names):
                different = ", ".join(sorted(_shown(name) for name in set(given).symmetric_difference(names)))
                raise BuildError(f"row {number} differs from row 1 in its columns: {different}; None is NULL")
            self.values.extend([given[name] for name in names])
        for column, name in zip(self.columns, self.names, strict=True):
            if name not in self.keys:
                columns.written(column)
        self._check_keys(len(pairs))

    def _check_keys(self, row_count: int) -> None:
        width = len(self.names)
        seen: dict[str, int] = {}
        places = [self.names.index(key) for key in self.keys]
        for row in range(row_count):
            found = [self.values[row * width + place] for place in places]
            if None in found:
                raise BuildError(f"row {row + 1} has no key: None equals no row's {', '.join(self.keys)}")
            text = repr(found)
            if text in seen:
                raise BuildError(f"rows {seen[text]} and {row + 1} have one key, {text:.60}: which of them is meant?")
            seen[text] = row + 1

    def table(self, alias: str) -> FromItem:
        """The rows as an item of FROM.

        Raises:
            BuildError: the type of a column is not known, which the server could not tell either.
        """
        types: list[PgType[Any]] = []
        for column, name in zip(self.columns, self.names, strict=True):
            pg = type_of(column)
            if pg is None:
                raise BuildError(f"each() needs the type of column {name!r}, which a table class tells")
            types.append(pg)
        width = len(self.names)
        if array_types(self.columns) is not None and _are_single(self.values):
            return unnested(self.names, types, [self.values[index::width] for index in range(width)], alias)
        rows = [tuple(self.values[at : at + width]) for at in range(0, len(self.values), width)]
        count = 1
        while count < len(rows):
            count *= 2
        # The last row once more, and again, is the same change of the same row, and counted once.
        rows.extend([rows[-1]] * (count - len(rows)))
        named = dict(zip(self.names, types, strict=True))
        return Values(None, VALUES, values_table(named, tuple(rows))).subquery(alias)


def _plain_items(row: object, number: int) -> dict[object, object]:
    found = dict(present_items(row, "each()"))
    for name, value in found.items():
        if isinstance(value, Node) or value is SKIP:
            raise BuildError(f"row {number} of each() has an expression for {_shown(name)}: it takes values alone")
    return found


def _check_names(names: list[str], keys: list[str]) -> None:
    if len(set(names)) != len(names) or len(set(keys)) != len(keys):
        raise BuildError(f"each() is given a column twice: {', '.join(names)}; key {', '.join(keys)}")
    for key in keys:
        if key not in names:
            raise BuildError(f"each() needs the key among the columns of each row: {key!r} is not there")
    if len(names) == len(keys):
        raise BuildError("each() has nothing to set: its rows hold the key and no other column")


def _name(column: Node) -> str:
    if isinstance(column, ColumnExpr):
        return column.name
    return column.fields[-1] if isinstance(column, ColumnRef) else ""


def _shown(name: object) -> str:
    return repr(name) if isinstance(name, str) else _name(name) if isinstance(name, Node) else type(name).__name__
