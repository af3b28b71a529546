"""RangeFunction: the rows that functions return, as an item of FROM.

Source: sql-select.html#SQL-FROM; queries-table-expressions.html#QUERIES-TABLEFUNCTIONS
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from qail.ast.clause.from_ import DERIVED_KIND, FromItem, RangeVar, checked_columns
from qail.ast.clause.output import OutputColumn
from qail.ast.expression.arithmetic import is_type, type_token
from qail.ast.expression.function import FuncCall
from qail.ast.name import Name, checked_name
from qail.ast.node import Expr, depth_of
from qail.ast.tokens import END, TABLE_FUNCTION
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import INT8, PgType


class RangeFunction(FromItem):
    """`f(...) WITH ORDINALITY AS alias (columns)`; `ROWS FROM (f(...), g(...))` of several.

    `types` are those of the columns, as far as the user told them. `is_record`: they define the columns of a function
    that returns records, whatever the names of those are.
    """

    def __init__(
        self,
        calls: tuple[FuncCall, ...],
        alias: Name,
        columns: tuple[str, ...],
        types: tuple[PgType[Any] | None, ...],
        *,
        has_ordinality: bool,
        is_record: bool,
    ) -> None:
        super().__init__(depth_of(calls), RangeVar(alias, kind=DERIVED_KIND))
        self.calls: Final = calls
        self.columns: Final = columns
        self.types: Final = types
        self.has_ordinality: Final = has_ordinality
        self.is_record: Final = is_record

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(TABLE_FUNCTION)
        walk.tokens.append(f"{self.relation.name}\0{self.has_ordinality:d}\0{self.is_record:d}")
        for name, pg in zip(self.columns, self.types, strict=True):
            walk.tokens.append(f"{name}\0{type_token(pg)}")
        walk.tokens.append(END)
        for call in self.calls:
            call.shape(walk)
        walk.tokens.append(END)

    def known_columns(self) -> list[OutputColumn] | None:
        if not self.columns:
            return None
        return [OutputColumn(name, None, pg, null=True) for name, pg in zip(self.columns, self.types, strict=True)]


def rows_from(
    call: Expr[Any],
    /,
    *more: Expr[Any],
    alias: Name,
    columns: Sequence[str | tuple[str, PgType[Any]]] = (),
    ordinality: Name | None = None,
    is_record: bool = False,
) -> RangeFunction:
    """The rows of a function as an item of FROM; of several functions side by side, the shorter filled up with NULL.

    A column is a name, or a (name, type) pair, whose type then is known. `ordinality` is the name of one more, which
    counts the rows from 1. `is_record`: the pairs define the columns, as a function that returns records needs it.

    >>> day = rows_from(func.generate_series(1, 7), alias="d", columns=[("day", INT4)], ordinality="n")
    >>> print(Qail.get(day).columns(day["day"], day["n"]))
    SELECT "d"."day", "d"."n" FROM "generate_series"($1, $2) WITH ORDINALITY AS "d" ("day", "n")
    """
    calls: list[FuncCall] = []
    for item in (call, *more):
        if not isinstance(item, FuncCall):
            raise BuildError(f"rows_from() takes function calls such as func.unnest(x), not {type(item).__name__}")
        calls.append(item)
    names: list[str] = []
    types: list[PgType[Any] | None] = []
    for column in columns:
        name, pg = _column(column)
        if is_record and pg is None:
            raise BuildError(f"a record's column is a (name, type) pair; {name!r} has no type")
        names.append(name)
        types.append(pg)
    if is_record and (ordinality is not None or more or not names):
        raise BuildError("is_record= is for one function, with its columns and without ordinality=")
    if ordinality is not None:
        if not names:
            raise BuildError("ordinality= names the last column; columns= has to name those before it")
        names.append(checked_name(ordinality, "a column name"))
        types.append(INT8)
    return RangeFunction(
        tuple(calls),
        alias,
        checked_columns(names),
        tuple(types),
        has_ordinality=ordinality is not None,
        is_record=is_record,
    )


def _column(column: object) -> tuple[str, PgType[Any] | None]:
    if isinstance(column, tuple):
        pair = cast("tuple[object, ...]", column)
        if len(pair) == 2 and is_type(pair[1]):
            return checked_name(pair[0], "a column name"), pair[1]
        raise BuildError("a column of rows_from() is a name or a (name, type) pair")
    return checked_name(column, "a column name"), None
