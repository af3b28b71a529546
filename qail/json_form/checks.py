"""What fields of one node owe each other, where its constructor takes it for granted: builder methods keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from qail.ast import tokens
from qail.ast.clause.merge import DELETE_ACTION, NOTHING_ACTION, UPDATE_ACTION
from qail.ast.clause.rows import ValuesRows
from qail.ast.expression.function import PLAIN
from qail.errors import BuildError

Fields = Mapping[str, Any]


def _need(condition: object, told: str) -> None:
    if not condition:
        raise BuildError(told)


def _indirection(fields: Fields) -> None:
    if fields["kind"] == tokens.FIELD:
        _need(
            fields.get("name") and fields["first"] is None and fields["last"] is None, "a field has a name and no index"
        )
    else:
        _need(not fields.get("name"), "an index has no name")
    if fields["kind"] in (tokens.ITEM, tokens.KEY):
        _need(fields["first"] is not None and fields["last"] is None, "an item has one index")


def _assignments(fields: Fields) -> None:
    _need(fields["columns"] and len(fields["columns"]) == len(fields["values"]), "each column gets one value")


def _call(fields: Fields) -> None:
    kind = fields.get("kind", tokens.FUNCTION)
    count = len(fields["arguments"])
    if kind == tokens.FUNCTION_STAR:
        _need(not count, "a call of (*) has no arguments")
    if kind == tokens.FUNCTION_DISTINCT:
        _need(count, "DISTINCT needs an argument")
    _need(len(fields.get("form", PLAIN).names) <= count, "a call has more names than arguments")


def _join(fields: Fields) -> None:
    is_cross = fields["kind"] == "CROSS JOIN"
    _need(is_cross == (fields["condition"] is None), "a join has a condition, but for CROSS JOIN")


def _bound(fields: Fields) -> None:
    has_distance = fields["kind"] in (tokens.PRECEDING, tokens.FOLLOWING)
    _need(
        has_distance == (fields["offset"] is not None), "PRECEDING and FOLLOWING have an offset, other bounds have none"
    )


def _quantified(fields: Fields) -> None:
    _need((fields["members"] is None) != (fields["query"] is None), "ANY and ALL are of members or of a query")


def _branch(fields: Fields) -> None:
    payload = fields["payload"]
    if fields["action"] in (DELETE_ACTION, NOTHING_ACTION):
        _need(payload is None, f"{fields['action']} has no payload")
    elif fields["action"] == UPDATE_ACTION:
        _need(payload is not None and not isinstance(payload, ValuesRows), "UPDATE has assignments")


def _rows(fields: Fields) -> None:
    values, columns, rows = fields["values"], len(fields["columns"]), fields["row_count"]
    _need(rows >= 1 and len(values) == columns * rows, f"{rows} rows of {columns} columns have {columns * rows} values")
    _need(columns or rows == 1, "a row without columns stands alone")


def _table(fields: Fields) -> None:
    names, types, values = fields["names"], fields["types"], fields["values"]
    _need(len(names) == len(types), "each column has a type")
    _need(values and len(values) % len(names) == 0, f"rows of {len(names)} columns cannot have {len(values)} values")


def _function(fields: Fields) -> None:
    _need(fields["calls"], "an item of FROM has a call")
    _need(len(fields["columns"]) == len(fields["types"]), "each column has a type, or null")
    _need(not fields["is_record"] or all(fields["types"]), "each column of a record has a type")


def _values_of_row(fields: Fields) -> None:
    width = len(fields["argument"].elements)
    _need(all(len(row) == width for row in fields["rows"]), f"each row has {width} values")


def _column(fields: Fields) -> None:
    _need(len(fields["fields"]) <= 3, "a column is named by at most three names")


def _set_columns(fields: Fields) -> None:
    _need(fields["columns"], "at least one column is set")


CHECKS: Final[dict[str, Callable[[Fields], None]]] = {
    "A_Indirection": _indirection,
    "Assignments": _assignments,
    "ColumnRef": _column,
    "FrameBound": _bound,
    "FuncCall": _call,
    "JoinExpr": _join,
    "MergeWhenClause": _branch,
    "MultiAssignRef": _set_columns,
    "QuantifiedExpr": _quantified,
    "RangeFunction": _function,
    "RowMembership": _values_of_row,
    "ValuesRows": _rows,
    "ValuesTable": _table,
}
