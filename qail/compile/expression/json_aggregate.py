"""JsonObjectAgg and JsonArrayAgg as SQL."""

from __future__ import annotations

from qail.ast.expression.function import CallForm, FuncCall
from qail.ast.expression.json_aggregate import JsonAggregate, JsonArrayAgg, JsonObjectAgg
from qail.ast.node import Node
from qail.ast.tokens import FUNCTION
from qail.compile.clause.window import write_over
from qail.compile.expression.boolean import write_conditions
from qail.compile.expression.json_clause import CONSTRUCTOR_VERSION, write_returning
from qail.compile.expression.json_constructor import UNIQUE_KEYS
from qail.compile.placement import begin_call, end_call
from qail.compile.sql_writer import SqlWriter


def write_object_aggregate(writer: SqlWriter, node: JsonObjectAgg) -> None:
    """`JSON_OBJECTAGG(key : value ABSENT ON NULL WITH UNIQUE KEYS RETURNING type) FILTER (...) OVER (...)`."""
    writer.need(CONSTRUCTOR_VERSION, "JSON_OBJECTAGG")
    call = _as_call("json_objectagg", node, (node.member.key, node.member.value), CallForm())
    before = writer.single
    owner = begin_call(writer, call)
    writer.put("JSON_OBJECTAGG(")
    writer.write(node.member)
    writer.put(node.on_null + (UNIQUE_KEYS if node.unique_keys else ""))
    _write_end(writer, node, before)
    end_call(writer, call, owner)


def write_array_aggregate(writer: SqlWriter, node: JsonArrayAgg) -> None:
    """`JSON_ARRAYAGG(value ORDER BY ... NULL ON NULL RETURNING type) FILTER (...) OVER (...)`."""
    writer.need(CONSTRUCTOR_VERSION, "JSON_ARRAYAGG")
    call = _as_call("json_arrayagg", node, (node.value,), CallForm(order=node.order))
    before = writer.single
    owner = begin_call(writer, call)
    writer.put("JSON_ARRAYAGG(")
    writer.write(node.value, pg=node.pg)
    if node.order:
        writer.put(" ORDER BY ")
        writer.write_list(list(node.order))
    writer.put(node.on_null)
    _write_end(writer, node, before)
    end_call(writer, call, owner)


def _as_call(name: str, node: JsonAggregate, arguments: tuple[Node, ...], form: CallForm) -> FuncCall:
    """What it is to the rules of where aggregates and window functions may stand."""
    call: FuncCall = FuncCall(name, arguments, FUNCTION, node.seen.condition, node.seen.window, form)
    return call


def _write_end(writer: SqlWriter, node: JsonAggregate, before: str) -> None:
    write_returning(writer, node.returning)
    writer.put(")")
    if node.seen.condition is not None:
        writer.put(" FILTER (WHERE ")
        write_conditions(writer, [node.seen.condition])
        writer.put(")")
    writer.single = before
    if node.seen.window is not None:
        writer.put(" OVER ")
        write_over(writer, node.seen.window)
