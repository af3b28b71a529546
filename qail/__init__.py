"""PostgreSQL as a typed query tree: build a query, hand it to a connection or a pool, get typed rows.

`import qail` loads the builder. The compiler is loaded with the first query that is shown or run; the driver, with
pydantic, anyio and scramp behind it, when `connect` or `create_pool` is first touched.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import qail.pg.wire.buffer as _core
from qail.ast.build.builder import Command, Fetchable
from qail.ast.build.delete import Delete, DeleteFrom
from qail.ast.build.dyn import Dyn
from qail.ast.build.insert import Insert, InsertInto, Upsert
from qail.ast.build.items import only, tablesample
from qail.ast.build.merge import Merge, MergeInto, MergeUsing
from qail.ast.build.nest import nest
from qail.ast.build.part import part
from qail.ast.build.prepared import Bound, BoundCommand
from qail.ast.build.qail import Qail
from qail.ast.build.query import Query
from qail.ast.build.query_expression import Compound, QueryExpression, Values
from qail.ast.build.returning import DynReturning, Returning
from qail.ast.build.select import From, Select, select
from qail.ast.build.sql import Sql, SqlRows, Trusted
from qail.ast.build.update import Update, UpdateOf, UpdateSet
from qail.ast.clause.from_ import FromItem, natural, using
from qail.ast.clause.json_table import (
    JsonTable,
    json_column,
    json_exists_column,
    json_nested,
    json_ordinality,
    json_table,
)
from qail.ast.clause.merge import merge_action
from qail.ast.clause.part import Part
from qail.ast.clause.sort import SortBy
from qail.ast.clause.table_function import rows_from
from qail.ast.clause.window import following, groups, preceding, range_
from qail.ast.clause.with_ import CommonTableExpr
from qail.ast.expression.array import array, array_query
from qail.ast.expression.boolean import all_of, any_of, maybe, not_
from qail.ast.expression.case import case, cast, coalesce, greatest, least, nullif, type_
from qail.ast.expression.collation import extract
from qail.ast.expression.column import ColumnExpr, excluded, new, old, star
from qail.ast.expression.comparison import all_, any_
from qail.ast.expression.function import avg, count, func, max_, min_, sum_
from qail.ast.expression.grouping import cube, grouping, grouping_sets, rollup
from qail.ast.expression.json_aggregate import json_arrayagg, json_objectagg
from qail.ast.expression.json_constructor import json_array, json_object, json_parse, json_scalar, json_serialize
from qail.ast.expression.json_query import json_exists, json_query, json_value
from qail.ast.expression.parameter import SKIP, default, literal
from qail.ast.expression.row import row
from qail.ast.expression.subquery import exists
from qail.ast.node import BoolOperand, Cond, Expr
from qail.ast.valued import Item
from qail.errors import (
    AuthError,
    BuildError,
    CommitRejected,
    ConfigError,
    ConnectError,
    ConnectionLost,
    CostExceeded,
    DeadlineExceeded,
    DecodeError,
    EncodeError,
    Lagged,
    NoRowsError,
    Outcome,
    OutcomeUnknown,
    PipelineAborted,
    PoolClosed,
    PoolError,
    PoolTimeout,
    PostgresError,
    ProtocolError,
    QailError,
    ResultError,
    ResultTooLarge,
    StatementInvalidated,
    TlsError,
    TooManyRowsError,
    UsageError,
)
from qail.pgtype import (
    BIT,
    BOOL,
    BOX,
    BPCHAR,
    BYTEA,
    CIDR,
    CIRCLE,
    DATE,
    DATEMULTIRANGE,
    DATERANGE,
    FLOAT4,
    FLOAT8,
    INET,
    INT2,
    INT4,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8,
    INT8MULTIRANGE,
    INT8RANGE,
    INTERVAL,
    JSON,
    JSONB,
    JSONPATH,
    LINE,
    LSEG,
    MACADDR,
    MACADDR8,
    MONEY,
    NAME,
    NUMERIC,
    NUMMULTIRANGE,
    NUMRANGE,
    OID,
    PATH,
    PG_LSN,
    POINT,
    POLYGON,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    TSMULTIRANGE,
    TSQUERY,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    TSVECTOR,
    UUID,
    VARBIT,
    VARCHAR,
    XML,
    PgType,
    array_of,
)
from qail.prepared import prepared
from qail.rows.row import Row
from qail.table import Col, Columns, NullVal, Outer, Table, Val, col

# isort: split
# Last: whoever first imports the package `qail.rows` would put it in the place of the function.
from qail.ast.clause.window import rows

if TYPE_CHECKING:
    from qail import embedded, sqlstate, sync
    from qail.compile.cache import statistics as plan_cache_statistics
    from qail.executor import Executor
    from qail.json_form.load import from_json, json_schema
    from qail.pg.codec.array import PgArray
    from qail.pg.codec.bit_string import BitString
    from qail.pg.codec.cube import Cube
    from qail.pg.codec.far_datetime import PgDate, PgDatetime
    from qail.pg.codec.interval import Interval
    from qail.pg.codec.json import Json
    from qail.pg.codec.mac import MacAddress
    from qail.pg.codec.money import money_as_decimal
    from qail.pg.codec.multirange import Multirange
    from qail.pg.codec.range import Range
    from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
    from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
    from qail.pg.codec.text_search import TsQuery, TsVector
    from qail.pg.codec.time import PgTime
    from qail.pg.codec.unknown import Unknown
    from qail.pg.codec.user import TypeCodec
    from qail.pg.codec.vector import SparseVector
    from qail.pg.driver.connection import Connection, connect
    from qail.pg.driver.cursor import RowStream
    from qail.pg.driver.listen import Subscription
    from qail.pg.driver.messages import Notice, Notification
    from qail.pg.driver.prepare import PreparedStatement
    from qail.pg.driver.result import Result, ResultColumn
    from qail.pg.driver.scope_end import AbandonedCommit
    from qail.pg.driver.transaction import Transaction
    from qail.pg.pool.pool import Pool, create_pool
    from qail.pg.steps.retry import RetryBudget
    from qail.pg.steps.verdict import classify

__version__: Final = "0.1.0"
IMPLEMENTATION: Final = "pure" if str(_core.__file__).endswith(".py") else "compiled"
"""Which build of the hot packages is running: "compiled" by mypyc, or "pure" Python."""

_LATER: Final = {
    "AbandonedCommit": ("qail.pg.driver.scope_end", "AbandonedCommit"),
    "BitString": ("qail.pg.codec.bit_string", "BitString"),
    "Box": ("qail.pg.codec.shapes", "Box"),
    "Circle": ("qail.pg.codec.shapes", "Circle"),
    "Connection": ("qail.pg.driver.connection", "Connection"),
    "Cube": ("qail.pg.codec.cube", "Cube"),
    "Executor": ("qail.executor", "Executor"),
    "Interval": ("qail.pg.codec.interval", "Interval"),
    "Json": ("qail.pg.codec.json", "Json"),
    "Line": ("qail.pg.codec.shapes", "Line"),
    "LineSegment": ("qail.pg.codec.shapes", "LineSegment"),
    "MacAddress": ("qail.pg.codec.mac", "MacAddress"),
    "Multirange": ("qail.pg.codec.multirange", "Multirange"),
    "Notice": ("qail.pg.driver.messages", "Notice"),
    "Notification": ("qail.pg.driver.messages", "Notification"),
    "Path": ("qail.pg.codec.shapes", "Path"),
    "PgArray": ("qail.pg.codec.array", "PgArray"),
    "PgDate": ("qail.pg.codec.far_datetime", "PgDate"),
    "PgDatetime": ("qail.pg.codec.far_datetime", "PgDatetime"),
    "PgLsn": ("qail.pg.codec.snapshot", "PgLsn"),
    "PgTime": ("qail.pg.codec.time", "PgTime"),
    "Point": ("qail.pg.codec.shapes", "Point"),
    "Polygon": ("qail.pg.codec.shapes", "Polygon"),
    "Pool": ("qail.pg.pool.pool", "Pool"),
    "PreparedStatement": ("qail.pg.driver.prepare", "PreparedStatement"),
    "Range": ("qail.pg.codec.range", "Range"),
    "Result": ("qail.pg.driver.result", "Result"),
    "ResultColumn": ("qail.pg.driver.result", "ResultColumn"),
    "RetryBudget": ("qail.pg.steps.retry", "RetryBudget"),
    "RowStream": ("qail.pg.driver.cursor", "RowStream"),
    "Snapshot": ("qail.pg.codec.snapshot", "Snapshot"),
    "SparseVector": ("qail.pg.codec.vector", "SparseVector"),
    "Subscription": ("qail.pg.driver.listen", "Subscription"),
    "Tid": ("qail.pg.codec.snapshot", "Tid"),
    "Transaction": ("qail.pg.driver.transaction", "Transaction"),
    "TsQuery": ("qail.pg.codec.text_search", "TsQuery"),
    "TsVector": ("qail.pg.codec.text_search", "TsVector"),
    "TypeCodec": ("qail.pg.codec.user", "TypeCodec"),
    "Unknown": ("qail.pg.codec.unknown", "Unknown"),
    "classify": ("qail.pg.steps.verdict", "classify"),
    "connect": ("qail.pg.driver.connection", "connect"),
    "create_pool": ("qail.pg.pool.pool", "create_pool"),
    "money_as_decimal": ("qail.pg.codec.money", "money_as_decimal"),
    "from_json": ("qail.json_form.load", "from_json"),
    "json_schema": ("qail.json_form.load", "json_schema"),
    "plan_cache_statistics": ("qail.compile.cache", "statistics"),
}
_LATER_MODULES: Final = ("embedded", "sqlstate", "sync")


def __getattr__(name: str) -> Any:
    """Load a part of qail when it is first touched."""
    if name in _LATER_MODULES:
        return import_module(f"qail.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'qail' has no attribute {name!r}")
    module, attribute = _LATER[name]
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "BIT", "BOOL", "BOX", "BPCHAR", "BYTEA", "CIDR", "CIRCLE", "DATE", "DATEMULTIRANGE", "DATERANGE", "FLOAT4",
    "FLOAT8", "IMPLEMENTATION", "INET", "INT2", "INT4", "INT4MULTIRANGE", "INT4RANGE", "INT8", "INT8MULTIRANGE",
    "INT8RANGE", "INTERVAL", "JSON", "JSONB", "JSONPATH", "LINE", "LSEG", "MACADDR", "MACADDR8", "MONEY", "NAME",
    "NUMERIC", "NUMMULTIRANGE", "NUMRANGE", "OID", "PATH", "PG_LSN", "POINT", "POLYGON", "SKIP", "TEXT", "TIME",
    "TIMESTAMP", "TIMESTAMPTZ", "TIMETZ", "TSMULTIRANGE", "TSQUERY", "TSRANGE", "TSTZMULTIRANGE", "TSTZRANGE",
    "TSVECTOR", "UUID", "VARBIT", "VARCHAR", "XML", "AbandonedCommit", "AuthError", "BitString", "BoolOperand", "Bound",
    "BoundCommand", "Box", "BuildError", "Circle", "Col", "ColumnExpr", "Columns", "Command", "CommitRejected",
    "CommonTableExpr", "Compound", "Cond", "ConfigError", "ConnectError", "Connection", "ConnectionLost",
    "CostExceeded", "Cube", "DeadlineExceeded", "DecodeError", "Delete", "DeleteFrom", "Dyn", "DynReturning",
    "EncodeError", "Executor", "Expr", "Fetchable", "From", "FromItem", "Insert", "InsertInto", "Interval", "Item",
    "Json", "JsonTable", "Lagged", "Line", "LineSegment", "MacAddress", "Merge", "MergeInto", "MergeUsing",
    "Multirange", "NoRowsError", "Notice", "Notification", "NullVal", "Outcome", "OutcomeUnknown", "Outer", "Part",
    "Path", "PgArray", "PgDate", "PgDatetime", "PgLsn", "PgTime", "PgType", "PipelineAborted", "Point", "Polygon",
    "Pool", "PoolClosed", "PoolError", "PoolTimeout", "PostgresError", "PreparedStatement", "ProtocolError", "Qail",
    "QailError", "Query", "QueryExpression", "Range", "Result", "ResultColumn", "ResultError", "ResultTooLarge",
    "RetryBudget", "Returning", "Row", "RowStream", "Select", "Snapshot", "SortBy", "SparseVector", "Sql", "SqlRows",
    "StatementInvalidated", "Subscription", "Table", "Tid", "TlsError", "TooManyRowsError", "Transaction", "Trusted",
    "TsQuery", "TsVector", "TypeCodec", "Unknown", "Update", "UpdateOf", "UpdateSet", "Upsert", "UsageError", "Val",
    "Values", "all_", "all_of", "any_", "any_of", "array", "array_of", "array_query", "avg", "case", "cast", "classify",
    "coalesce", "col", "connect", "count", "create_pool", "cube", "default", "embedded", "excluded", "exists",
    "extract", "following", "from_json", "func", "greatest", "grouping", "grouping_sets", "groups", "json_array",
    "json_arrayagg", "json_column", "json_exists", "json_exists_column", "json_nested", "json_object", "json_objectagg",
    "json_ordinality", "json_parse", "json_query", "json_scalar", "json_schema", "json_serialize", "json_table",
    "json_value", "least", "literal", "max_", "maybe", "merge_action", "min_", "money_as_decimal", "natural", "nest",
    "new", "not_", "nullif", "old", "only", "part", "plan_cache_statistics", "preceding", "prepared", "range_",
    "rollup", "row", "rows", "rows_from", "select", "sqlstate", "star", "sum_", "sync", "tablesample", "type_",
    "using",
]  # fmt: skip
