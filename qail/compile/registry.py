"""Node class -> renderer, one line each. The import fails when a class has none: nothing is left out of the text."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.query_expression import RowTarget
from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.conflict import InferClause, OnConflictClause
from qail.ast.clause.from_ import (
    FromItem,
    JoinExpr,
    JoinUsing,
    RangeOnly,
    RangeSubselect,
    RangeTableSample,
    RangeVar,
)
from qail.ast.clause.locking import LockingClause
from qail.ast.clause.merge import MergeActionExpr, MergeWhenClause
from qail.ast.clause.option import IndexName, Option
from qail.ast.clause.rows import Assignments, InsertSelect, MultiAssignRef, ValuesRows
from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.sort import SortBy
from qail.ast.clause.table_function import RangeFunction
from qail.ast.clause.target import NodeList, Nothing, ResTarget
from qail.ast.clause.values import ValuesTable
from qail.ast.clause.window import Frame, FrameBound, NamedWindow, WindowDef
from qail.ast.clause.with_ import CommonTableExpr, CommonTableReference, CTECycleClause, CTESearchClause
from qail.ast.expression.arithmetic import NegateExpr, OpExpr
from qail.ast.expression.array import A_ArrayExpr, A_Indirection, ArraySublink
from qail.ast.expression.boolean import BoolExpr, Maybe, NotExpr
from qail.ast.expression.case import CaseExpr, CoalesceExpr, TypeCast
from qail.ast.expression.collation import AtTimeZone, CollateClause, ExtractExpr
from qail.ast.expression.column import A_Star, ColumnExpr, ColumnRef, VersionColumn, WholeRow
from qail.ast.expression.comparison import (
    A_Expr,
    BetweenExpr,
    BooleanTest,
    NotNull,
    NullTest,
    QuantifiedExpr,
    ScalarArrayOpExpr,
)
from qail.ast.expression.function import FuncCall
from qail.ast.expression.grouping import GroupingFunc, GroupingSet
from qail.ast.expression.operation import OperatorTest
from qail.ast.expression.parameter import Literal, ParamRef, Placeholder, SetToDefault
from qail.ast.expression.row import RowExpr, RowMembership
from qail.ast.expression.subquery import ExistsExpr, QueryMembership, SubLink
from qail.ast.node import Cond, Expr, Expression, Node, Statement
from qail.ast.statement.create import CreateStmt, DropStmt, IndexStmt, TruncateStmt
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.merge import MergeStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause import column_def, from_, locking, rows, sort, target, window, with_
from qail.compile.expression import (
    arithmetic,
    array,
    boolean,
    case,
    collation,
    column,
    comparison,
    function,
    grouping,
    operation,
    parameter,
    row,
    subquery,
)
from qail.compile.precedence import PRIMARY
from qail.compile.sql_writer import Renderer
from qail.compile.statement import create, merge, select, set_operation, write


def primary(node: Node) -> int:
    """What needs no parentheses anywhere."""
    return PRIMARY


RENDERERS: Final[dict[type[Node], Renderer]] = {
    A_ArrayExpr: Renderer(array.write_array, primary),
    A_Expr: Renderer(comparison.write_a_expr, comparison.a_expr_level),
    A_Indirection: Renderer(array.write_indirection, primary),
    A_Star: Renderer(column.write_star, primary),
    ArraySublink: Renderer(array.write_array_query, primary),
    Assignments: Renderer(rows.write_assignments, primary),
    AtTimeZone: Renderer(collation.write_at_time_zone, collation.zone_level),
    BetweenExpr: Renderer(comparison.write_between, comparison.pattern_level),
    BoolExpr: Renderer(boolean.write_bool, boolean.bool_level),
    BooleanTest: Renderer(comparison.write_boolean_test, comparison.is_level),
    CTECycleClause: Renderer(with_.write_cycle, primary),
    CTESearchClause: Renderer(with_.write_search, primary),
    CaseExpr: Renderer(case.write_case, primary),
    CoalesceExpr: Renderer(case.write_coalesce, primary),
    CollateClause: Renderer(collation.write_collate, collation.collate_level),
    ColumnDef: Renderer(column_def.write_column_def, primary),
    ColumnExpr: Renderer(column.write_column, primary),
    ColumnRef: Renderer(column.write_column_ref, primary),
    CommonTableExpr: Renderer(with_.write_common_table, primary),
    CommonTableReference: Renderer(with_.write_reference, primary),
    CreateStmt: Renderer(create.write_create, primary),
    DeleteStmt: Renderer(write.write_delete, primary),
    DropStmt: Renderer(create.write_drop, primary),
    ExistsExpr: Renderer(subquery.write_exists, primary),
    ExtractExpr: Renderer(collation.write_extract, primary),
    Frame: Renderer(window.write_frame, primary),
    FrameBound: Renderer(window.write_bound, primary),
    FuncCall: Renderer(function.write_call, primary),
    GroupingFunc: Renderer(grouping.write_grouping_call, primary),
    GroupingSet: Renderer(grouping.write_grouping_set, primary),
    IndexName: Renderer(column_def.write_index_name, primary),
    IndexStmt: Renderer(create.write_index, primary),
    InferClause: Renderer(rows.write_infer, primary),
    InsertSelect: Renderer(rows.write_selected_rows, primary),
    InsertStmt: Renderer(write.write_insert, primary),
    JoinExpr: Renderer(from_.write_join, primary),
    JoinUsing: Renderer(from_.write_using, primary),
    Literal: Renderer(parameter.write_literal, primary),
    LockingClause: Renderer(locking.write_lock, primary),
    Maybe: Renderer(boolean.write_maybe, primary),
    MergeActionExpr: Renderer(merge.write_merge_action, primary),
    MergeStmt: Renderer(merge.write_merge, primary),
    MergeWhenClause: Renderer(merge.write_branch, primary),
    MultiAssignRef: Renderer(rows.write_multi_assignment, primary),
    NamedWindow: Renderer(window.write_named_window, primary),
    NegateExpr: Renderer(arithmetic.write_negation, arithmetic.sign_level),
    NodeList: Renderer(target.write_node_list, primary),
    NotExpr: Renderer(boolean.write_not, boolean.not_level),
    NotNull: Renderer(comparison.write_not_null, primary),
    Nothing: Renderer(target.write_nothing, primary),
    NullTest: Renderer(comparison.write_null_test, comparison.is_level),
    OnConflictClause: Renderer(rows.write_conflict, primary),
    OpExpr: Renderer(arithmetic.write_operator, arithmetic.operator_level),
    OperatorTest: Renderer(operation.write_operator_test, operation.other_level),
    Option: Renderer(column_def.write_option, primary),
    ParamRef: Renderer(parameter.write_parameter, primary),
    Placeholder: Renderer(parameter.write_parameter, primary),
    QuantifiedExpr: Renderer(comparison.write_quantified, primary),
    QueryMembership: Renderer(subquery.write_membership, comparison.pattern_level),
    RangeFunction: Renderer(from_.write_range_function, primary),
    RangeOnly: Renderer(from_.write_range_only, primary),
    RangeSubselect: Renderer(from_.write_range_subselect, primary),
    RangeTableSample: Renderer(from_.write_sample, primary),
    RangeVar: Renderer(from_.write_range_var, primary),
    ResTarget: Renderer(target.write_target, primary),
    RowExpr: Renderer(row.write_row, primary),
    RowMembership: Renderer(row.write_row_membership, comparison.pattern_level),
    ScalarArrayOpExpr: Renderer(comparison.write_array_comparison, comparison.comparison_level),
    SelectStmt: Renderer(select.write_select, primary),
    SetOperation: Renderer(set_operation.write_set_node, primary),
    SetOperationStmt: Renderer(set_operation.write_set_operation, primary),
    SetToDefault: Renderer(parameter.write_default, primary),
    SortBy: Renderer(sort.write_sort, primary),
    SubLink: Renderer(subquery.write_scalar, primary),
    TruncateStmt: Renderer(create.write_truncate, primary),
    TypeCast: Renderer(case.write_cast, primary),
    UpdateStmt: Renderer(write.write_update, primary),
    ValuesRows: Renderer(rows.write_rows, primary),
    ValuesStmt: Renderer(set_operation.write_values, primary),
    ValuesTable: Renderer(from_.write_values_table, primary),
    VersionColumn: Renderer(column.write_version, primary),
    WholeRow: Renderer(column.write_whole_row, primary),
    WindowDef: Renderer(window.write_window, primary),
}
# Bases, of which nothing is made, and what rows become, which is no SQL.
WITHOUT_SQL: Final[frozenset[type[Node]]] = frozenset({Node, Expression, Statement, Expr, Cond, FromItem, RowTarget})


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
