"""Node class -> renderer, one line each. The import fails when a class has none: nothing is left out of the text."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.query_expression import RowTarget
from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.conflict import InferClause, OnConflictClause
from qail.ast.clause.constraint import Constraint
from qail.ast.clause.definition import AlterTableCmd, DefElem, Defined, Number, ObjectName, TypeName
from qail.ast.clause.from_ import (
    FromItem,
    JoinExpr,
    JoinUsing,
    RangeOnly,
    RangeSubselect,
    RangeTableSample,
    RangeVar,
)
from qail.ast.clause.index import IndexElem, OperatorName
from qail.ast.clause.json_table import JsonTable, JsonTableColumn
from qail.ast.clause.locking import LockingClause
from qail.ast.clause.merge import MergeActionExpr, MergeWhenClause
from qail.ast.clause.option import Option
from qail.ast.clause.partition import PartitionBoundSpec
from qail.ast.clause.rows import Assignments, InsertSelect, MultiAssignRef, ValuesRows
from qail.ast.clause.set_operation import SetOperation
from qail.ast.clause.sort import SortBy
from qail.ast.clause.sql import SqlColumn, SqlExpression, SqlNames, SqlQuery, SqlTemplate, SqlType
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
from qail.ast.expression.domain import DomainValue
from qail.ast.expression.function import FuncCall
from qail.ast.expression.grouping import GroupingFunc, GroupingSet
from qail.ast.expression.json_aggregate import JsonAggregate, JsonArrayAgg, JsonObjectAgg
from qail.ast.expression.json_clause import JsonArgument, JsonBehavior, JsonKeyValue
from qail.ast.expression.json_constructor import (
    JsonArrayConstructor,
    JsonArrayQueryConstructor,
    JsonIsPredicate,
    JsonObjectConstructor,
    JsonParseExpr,
    JsonScalarExpr,
    JsonSerializeExpr,
)
from qail.ast.expression.json_query import JsonFuncExpr
from qail.ast.expression.nest import NestedRows
from qail.ast.expression.operation import OperatorTest
from qail.ast.expression.parameter import Literal, ParamRef, Placeholder, SetToDefault
from qail.ast.expression.row import RowExpr, RowMembership
from qail.ast.expression.subquery import ExistsExpr, QueryMembership, SubLink
from qail.ast.node import Cond, Expr, Expression, Node, Statement
from qail.ast.statement.create import CreateStmt
from qail.ast.statement.definition import Definition
from qail.ast.statement.definitions import DEFINITION_CLASSES
from qail.ast.statement.delete import DeleteStmt
from qail.ast.statement.insert import InsertStmt
from qail.ast.statement.merge import MergeStmt
from qail.ast.statement.select import SelectStmt
from qail.ast.statement.set_operation import SetOperationStmt, ValuesStmt
from qail.ast.statement.sql import SqlStmt
from qail.ast.statement.update import UpdateStmt
from qail.compile.clause import column_def, from_, json_table, locking, rows, sort, target, window, with_
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
    json_aggregate,
    json_clause,
    json_constructor,
    json_query,
    nest,
    operation,
    parameter,
    row,
    subquery,
)
from qail.compile.precedence import PRIMARY
from qail.compile.sql_writer import Renderer
from qail.compile.statement import definition, merge, select, set_operation, sql, write


def primary(node: Node) -> int:
    """What needs no parentheses anywhere."""
    return PRIMARY


RENDERERS: Final[dict[type[Node], Renderer]] = {
    A_ArrayExpr: Renderer(array.write_array, primary),
    A_Expr: Renderer(comparison.write_a_expr, comparison.a_expr_level),
    A_Indirection: Renderer(array.write_indirection, primary),
    A_Star: Renderer(column.write_star, primary),
    AlterTableCmd: Renderer(definition.write_def_elem, primary),
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
    Constraint: Renderer(definition.write_def_elem, primary),
    CreateStmt: Renderer(definition.write_definition, primary),
    DefElem: Renderer(definition.write_def_elem, primary),
    Defined: Renderer(definition.write_defined, primary),
    DeleteStmt: Renderer(write.write_delete, primary),
    DomainValue: Renderer(definition.write_domain_value, primary),
    ExistsExpr: Renderer(subquery.write_exists, primary),
    ExtractExpr: Renderer(collation.write_extract, primary),
    Frame: Renderer(window.write_frame, primary),
    FrameBound: Renderer(window.write_bound, primary),
    FuncCall: Renderer(function.write_call, primary),
    GroupingFunc: Renderer(grouping.write_grouping_call, primary),
    GroupingSet: Renderer(grouping.write_grouping_set, primary),
    IndexElem: Renderer(definition.write_index_elem, primary),
    InferClause: Renderer(rows.write_infer, primary),
    InsertSelect: Renderer(rows.write_selected_rows, primary),
    InsertStmt: Renderer(write.write_insert, primary),
    JoinExpr: Renderer(from_.write_join, primary),
    JoinUsing: Renderer(from_.write_using, primary),
    JsonArgument: Renderer(json_clause.write_argument, primary),
    JsonArrayAgg: Renderer(json_aggregate.write_array_aggregate, primary),
    JsonArrayConstructor: Renderer(json_constructor.write_array, primary),
    JsonArrayQueryConstructor: Renderer(json_constructor.write_array_of_query, primary),
    JsonBehavior: Renderer(json_clause.write_behavior, primary),
    JsonFuncExpr: Renderer(json_query.write_function, primary),
    JsonIsPredicate: Renderer(json_constructor.write_is_json, comparison.is_level),
    JsonKeyValue: Renderer(json_clause.write_member, primary),
    JsonObjectAgg: Renderer(json_aggregate.write_object_aggregate, primary),
    JsonObjectConstructor: Renderer(json_constructor.write_object, primary),
    JsonParseExpr: Renderer(json_constructor.write_parse, primary),
    JsonScalarExpr: Renderer(json_constructor.write_scalar, primary),
    JsonSerializeExpr: Renderer(json_constructor.write_serialize, primary),
    JsonTable: Renderer(json_table.write_json_table, primary),
    JsonTableColumn: Renderer(json_table.write_column, primary),
    Literal: Renderer(parameter.write_literal, primary),
    LockingClause: Renderer(locking.write_lock, primary),
    Maybe: Renderer(boolean.write_maybe, primary),
    MergeActionExpr: Renderer(merge.write_merge_action, primary),
    MergeStmt: Renderer(merge.write_merge, primary),
    MergeWhenClause: Renderer(merge.write_branch, primary),
    MultiAssignRef: Renderer(rows.write_multi_assignment, primary),
    NamedWindow: Renderer(window.write_named_window, primary),
    NegateExpr: Renderer(arithmetic.write_negation, arithmetic.sign_level),
    NestedRows: Renderer(nest.write_nested_rows, primary),
    NodeList: Renderer(target.write_node_list, primary),
    NotExpr: Renderer(boolean.write_not, boolean.not_level),
    NotNull: Renderer(comparison.write_not_null, primary),
    Nothing: Renderer(target.write_nothing, primary),
    NullTest: Renderer(comparison.write_null_test, comparison.is_level),
    Number: Renderer(definition.write_number, primary),
    ObjectName: Renderer(definition.write_object_name, primary),
    OnConflictClause: Renderer(rows.write_conflict, primary),
    OpExpr: Renderer(arithmetic.write_operator, arithmetic.operator_level),
    OperatorName: Renderer(definition.write_operator_name, primary),
    OperatorTest: Renderer(operation.write_operator_test, operation.other_level),
    Option: Renderer(column_def.write_option, primary),
    ParamRef: Renderer(parameter.write_parameter, primary),
    PartitionBoundSpec: Renderer(definition.write_def_elem, primary),
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
    SqlColumn: Renderer(sql.write_promised, primary),
    SqlExpression: Renderer(sql.write_expression, primary),
    SqlNames: Renderer(sql.write_names, primary),
    SqlQuery: Renderer(sql.write_nested, primary),
    SqlStmt: Renderer(sql.write_sql, primary),
    SqlTemplate: Renderer(sql.write_template, primary),
    SqlType: Renderer(sql.write_type, primary),
    SubLink: Renderer(subquery.write_scalar, primary),
    TypeCast: Renderer(case.write_cast, primary),
    TypeName: Renderer(definition.write_type_name, primary),
    UpdateStmt: Renderer(write.write_update, primary),
    ValuesRows: Renderer(rows.write_rows, primary),
    ValuesStmt: Renderer(set_operation.write_values, primary),
    ValuesTable: Renderer(from_.write_values_table, primary),
    VersionColumn: Renderer(column.write_version, primary),
    WholeRow: Renderer(column.write_whole_row, primary),
    WindowDef: Renderer(window.write_window, primary),
}
for _definition in DEFINITION_CLASSES:
    RENDERERS[_definition] = Renderer(definition.write_definition, primary)
# Bases, of which nothing is made, and what rows become, which is no SQL.
WITHOUT_SQL: Final[frozenset[type[Node]]] = frozenset(
    {Node, Expression, Statement, Definition, Expr, Cond, FromItem, JsonAggregate, RowTarget}
)


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
