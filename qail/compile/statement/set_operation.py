"""SetOperationStmt and ValuesStmt as SQL.

INTERSECT binds tighter than UNION and EXCEPT; operators of one level associate to the left.

Source: sql-select.html#SQL-UNION; src/backend/parser/gram.y
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.clause.output import OutputColumn, first_step, output_columns
from qail.ast.clause.set_operation import INTERSECT, SetOperation, bare_operation
from qail.ast.clause.sort import SortBy
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.node import Node
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt, is_bare
from qail.compile.clause.sort import write_order
from qail.compile.clause.with_ import write_with
from qail.compile.level import VALUES_CLAUSE, Level
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter
from qail.compile.statement.paging import write_limits
from qail.compile.statement.query import query_of, write_inner
from qail.errors import BuildError
from qail.pgtype import PgType

UNION_LEVEL: Final = 1
INTERSECT_LEVEL: Final = 2


def write_set_operation(writer: SqlWriter, node: SetOperationStmt) -> None:
    """`query UNION query ORDER BY ... LIMIT ...`."""
    before = write_with(writer, node.paging.with_)
    _write_operations(writer, node.operation)
    columns = _columns_of(node.operation)
    _write_order_by(writer, node.paging.sort, columns, [column.name for column in columns or []])
    writer.levels.append(Level([]))
    write_limits(writer, node.paging)
    writer.levels.pop()
    writer.forget(before)


def write_values(writer: SqlWriter, node: ValuesStmt) -> None:
    """`VALUES (...), (...) ORDER BY ... LIMIT ...`: by themselves its columns are column1, column2 and so on."""
    before = write_with(writer, node.paging.with_)
    level = Level([], VALUES_CLAUSE)
    writer.levels.append(level)
    single, writer.single = writer.single, VALUES_CLAUSE
    writer.write(node.table)
    writer.single = single
    level.clause = ""
    columns = [
        OutputColumn(name, None, pg, null=True) for name, pg in zip(node.table.names, node.table.types, strict=True)
    ]
    _write_order_by(writer, node.paging.sort, columns, [f"column{number}" for number in range(1, len(columns) + 1)])
    write_limits(writer, node.paging)
    writer.levels.pop()
    writer.forget(before)


def write_set_node(writer: SqlWriter, node: SetOperation) -> None:
    """The operation alone."""
    _write_operations(writer, node)


def combined_types(query: Builder) -> list[PgType[Any] | None] | None:
    """The types of a set operation's columns: those in which all of its queries agree; None when they do not tell."""
    start = first_step(query).node
    if not isinstance(start, SetOperation):
        columns = output_columns(query)
        types = None if columns is None else [column.pg for column in columns]
        return None if types is None or None in types else types
    spine: list[SetOperation] = start.spine()
    types = combined_types(spine[-1].left)
    for node in spine:
        others = combined_types(node.right)
        if types is None or others is None or not _is_same(types, others):
            return None
    return types


def _is_same(types: list[PgType[Any] | None], others: list[PgType[Any] | None]) -> bool:
    for one, other in zip(types, others, strict=True):
        if one is None or other is None or one.oid != other.oid:
            return False
    return True


def _level(operator: str) -> int:
    return INTERSECT_LEVEL if operator.startswith(INTERSECT) else UNION_LEVEL


def _write_operations(writer: SqlWriter, node: SetOperation) -> None:
    """A left spine in a loop, innermost first."""
    spine: list[SetOperation] = node.spine()
    closing: list[bool] = []
    outer_level = 0
    for inner in spine:
        level = _level(inner.operator)
        closing.append(level < outer_level)
        if level < outer_level:
            writer.put("(")
        outer_level = level
    _write_operand(writer, spine[-1].left, outer_level)
    first = output_columns(spine[-1].left)
    for index in range(len(spine) - 1, -1, -1):
        inner = spine[index]
        _check_columns(inner, first)
        writer.put(f" {inner.operator} ")
        _write_operand(writer, inner.right, _level(inner.operator) + 1)
        if closing[index]:
            writer.put(")")


def _write_operand(writer: SqlWriter, query: Builder, level: int) -> None:
    """One query, in parentheses when it has clauses of its own, or an operator that does not bind as tightly."""
    statement = query_of(query)
    if isinstance(statement, SelectStmt) and statement.locks:
        raise BuildError("the rows of a set operation are no rows of a table that could be locked: lock in a subquery")
    operation = bare_operation(query)
    if operation is not None:
        stands_alone = _level(operation.operator) >= level
    elif isinstance(statement, SelectStmt):
        stands_alone = is_bare(statement.paging, list(statement.locks))
    else:
        stands_alone = isinstance(statement, ValuesStmt) and is_bare(statement.paging, [])
    if not stands_alone:
        writer.put("(")
    write_inner(writer, statement)
    if not stands_alone:
        writer.put(")")


def _check_columns(node: SetOperation, left: list[OutputColumn] | None) -> None:
    """Refuse a query whose columns do not fit those of the first, as far as their trees tell."""
    right = output_columns(node.right)
    if left is None or right is None:
        return
    if len(left) != len(right):
        raise BuildError(f"{node.operator} of a query with {len(left)} columns and one with {len(right)}")
    for number, (one, other) in enumerate(zip(left, right, strict=True), 1):
        if one.pg is not None and other.pg is not None and _are_apart(one.pg, other.pg):
            raise BuildError(
                f"column {number} of {node.operator} is {one.pg.name} in one query and {other.pg.name} in the other; "
                "cast() makes them one type"
            )


def _are_apart(one: PgType[Any], other: PgType[Any]) -> bool:
    """Whether no value of one can be one of the other; of a type that only the database knows that is not known."""
    return bool(one.oid) and bool(other.oid) and one.family != other.family


def _columns_of(node: SetOperation) -> list[OutputColumn] | None:
    return output_columns(node.spine()[-1].left)


def _write_order_by(
    writer: SqlWriter, keys: list[Node], columns: list[OutputColumn] | None, written: list[str]
) -> None:
    """ORDER BY of names of columns of the result, which is all that PostgreSQL takes here."""
    separator = " ORDER BY "
    for key in keys:
        if isinstance(key, SortBy):
            writer.put(separator + identifier(_sorted_name(key.node, columns, written)))
            write_order(writer, key)
        separator = ", "


def _sorted_name(node: Node, columns: list[OutputColumn] | None, written: list[str]) -> str:
    name = node.fields[-1] if isinstance(node, ColumnRef) and len(node.fields) == 1 else ""
    if name and columns is None:
        return name
    for index, column in enumerate(columns or []):
        if column.name == name if name else column.is_of(node):
            return written[index]
    asked = name or (node.name if isinstance(node, ColumnExpr) else type(node).__name__)
    known = ", ".join([column.name for column in columns or []]) or "columns only the server knows"
    raise BuildError(f"a set operation is sorted by columns of its result, and {asked!r:.60} is none; it has {known}")
