"""Node class -> renderer, one line each. The import fails when a class has none: nothing is left out of the text."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.query import RowTarget
from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.conflict import OnConflictClause
from qail.ast.clause.from_ import JoinExpr, RangeSubselect, RangeVar
from qail.ast.clause.option import IndexName, Option
from qail.ast.clause.rows import Assignments, ValuesRows
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import NodeList, Nothing, ResTarget
from qail.ast.clause.window import Frame, FrameBound, WindowDef
from qail.ast.expression.arithmetic import NegateExpr, OpExpr
from qail.ast.expression.boolean import BoolExpr, Maybe, NotExpr
from qail.ast.expression.case import CaseExpr, CoalesceExpr, TypeCast
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef, ExcludedColumn, WholeRow
from qail.ast.expression.comparison import A_Expr, BetweenExpr, BooleanTest, NotNull, NullTest, ScalarArrayOpExpr
from qail.ast.expression.function import FuncCall
from qail.ast.expression.parameter import Literal, ParamRef, Placeholder, SetToDefault
from qail.ast.expression.row import RowExpr
from qail.ast.expression.subquery import ExistsExpr, QueryMembership, SubLink
from qail.ast.node import Cond, Expr, Expression, Node, Statement
from qail.ast.statement.create import CreateStmt, DropStmt, IndexStmt, TruncateStmt
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause import column_def, from_, rows, sort, target, window
from qail.compile.expression import arithmetic, boolean, case, column, comparison, function, parameter, row, subquery
from qail.compile.precedence import PRIMARY
from qail.compile.sql_writer import Renderer
from qail.compile.statement import create, select, write


def primary(node: Node) -> int:
    """What needs no parentheses anywhere."""
    return PRIMARY


RENDERERS: Final[dict[type[Node], Renderer]] = {
    A_Expr: Renderer(comparison.write_a_expr, comparison.a_expr_level),
    A_Star: Renderer(column.write_star, primary),
    Assignments: Renderer(rows.write_assignments, primary),
    BetweenExpr: Renderer(comparison.write_between, comparison.pattern_level),
    BoolExpr: Renderer(boolean.write_bool, boolean.bool_level),
    BooleanTest: Renderer(comparison.write_boolean_test, comparison.is_level),
    CaseExpr: Renderer(case.write_case, primary),
    CoalesceExpr: Renderer(case.write_coalesce, primary),
    ColumnDef: Renderer(column_def.write_column_def, primary),
    ColumnExpr: Renderer(column.write_column, primary),
    ColumnRef: Renderer(column.write_column_ref, primary),
    CreateStmt: Renderer(create.write_create, primary),
    DeleteStmt: Renderer(write.write_delete, primary),
    DropStmt: Renderer(create.write_drop, primary),
    ExcludedColumn: Renderer(column.write_excluded, primary),
    ExistsExpr: Renderer(subquery.write_exists, primary),
    Frame: Renderer(window.write_frame, primary),
    FrameBound: Renderer(window.write_bound, primary),
    FuncCall: Renderer(function.write_call, primary),
    IndexName: Renderer(column_def.write_index_name, primary),
    IndexStmt: Renderer(create.write_index, primary),
    InsertStmt: Renderer(write.write_insert, primary),
    JoinExpr: Renderer(from_.write_join, primary),
    Literal: Renderer(parameter.write_literal, primary),
    Maybe: Renderer(boolean.write_maybe, primary),
    NegateExpr: Renderer(arithmetic.write_negation, arithmetic.sign_level),
    NodeList: Renderer(target.write_node_list, primary),
    NotExpr: Renderer(boolean.write_not, boolean.not_level),
    NotNull: Renderer(comparison.write_not_null, primary),
    Nothing: Renderer(target.write_nothing, primary),
    NullTest: Renderer(comparison.write_null_test, comparison.is_level),
    OnConflictClause: Renderer(rows.write_conflict, primary),
    OpExpr: Renderer(arithmetic.write_operator, arithmetic.operator_level),
    Option: Renderer(column_def.write_option, primary),
    ParamRef: Renderer(parameter.write_parameter, primary),
    Placeholder: Renderer(parameter.write_parameter, primary),
    QueryMembership: Renderer(subquery.write_membership, comparison.pattern_level),
    RangeSubselect: Renderer(from_.write_range_subselect, primary),
    RangeVar: Renderer(from_.write_range_var, primary),
    ResTarget: Renderer(target.write_target, primary),
    RowExpr: Renderer(row.write_row, primary),
    ScalarArrayOpExpr: Renderer(comparison.write_array_comparison, comparison.comparison_level),
    SelectStmt: Renderer(select.write_select, primary),
    SetToDefault: Renderer(parameter.write_default, primary),
    SortBy: Renderer(sort.write_sort, primary),
    SubLink: Renderer(subquery.write_scalar, primary),
    TruncateStmt: Renderer(create.write_truncate, primary),
    TypeCast: Renderer(case.write_cast, primary),
    UpdateStmt: Renderer(write.write_update, primary),
    ValuesRows: Renderer(rows.write_rows, primary),
    WholeRow: Renderer(column.write_whole_row, primary),
    WindowDef: Renderer(window.write_window, primary),
}
# Bases, of which nothing is made, and what rows become, which is no SQL.
WITHOUT_SQL: Final[frozenset[type[Node]]] = frozenset({Node, Expression, Statement, Expr, Cond, RowTarget})


def node_classes() -> list[type[Node]]:
    """Every node class there is, bases included."""
    found: list[type[Node]] = []
    pending: list[Any] = [Node]
    while pending:
        node_class = pending.pop()
        if node_class not in found:
            found.append(node_class)
            pending.extend(node_class.__subclasses__())
    return found


def _check_complete() -> None:
    missing = [known.__name__ for known in node_classes() if known not in RENDERERS and known not in WITHOUT_SQL]
    if missing:
        raise ImportError(f"node classes without a renderer in qail/compile/registry.py: {', '.join(sorted(missing))}")


_check_complete()
