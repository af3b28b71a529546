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
from qail.ast.build.qail import Qail
from qail.ast.build.query import Query
from qail.ast.build.returning import DynReturning, Returning
from qail.ast.build.select import From, Select, select
from qail.ast.build.update import Update, UpdateOf, UpdateSet
from qail.ast.clause.sort import SortBy
from qail.ast.clause.window import groups
from qail.ast.expression.boolean import all_of, any_of, maybe, not_
from qail.ast.expression.case import case, cast, coalesce, greatest, least, nullif
from qail.ast.expression.column import ColumnExpr
from qail.ast.expression.function import avg, count, func, max_, min_, sum_
from qail.ast.expression.parameter import SKIP, default, literal
from qail.ast.expression.row import row
from qail.ast.expression.subquery import exists
from qail.ast.node import BoolOperand, Cond, Expr, Item
from qail.errors import (
    AuthError,
    BuildError,
    CommitRejected,
    ConfigError,
    ConnectError,
    ConnectionLost,
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
    StatementInvalidated,
    TlsError,
    TooManyRowsError,
    UsageError,
)
from qail.pgtype import (
    BOOL,
    BPCHAR,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NAME,
    NUMERIC,
    OID,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
    PgType,
    array_of,
)
from qail.rows.row import Row
from qail.table import Col, Columns, NullVal, Outer, Table, Val, col

# isort: split
# Last: whoever first imports the package `qail.rows` would put it in the place of the function.
from qail.ast.clause.window import rows

if TYPE_CHECKING:
    from qail import embedded, sqlstate, sync
    from qail.compile.cache import statistics as plan_cache_statistics
    from qail.executor import Executor
    from qail.pg.codec.far_datetime import PgDate, PgDatetime
    from qail.pg.codec.unknown import Unknown
    from qail.pg.driver.connection import Connection, connect
    from qail.pg.driver.cursor import RowStream
    from qail.pg.driver.listen import Subscription
    from qail.pg.driver.messages import Notice, Notification
    from qail.pg.driver.prepare import PreparedStatement
    from qail.pg.driver.transaction import Transaction
    from qail.pg.pool.pool import Pool, create_pool
    from qail.pg.steps.retry import RetryBudget
    from qail.pg.steps.verdict import classify

__version__: Final = "0.1.0"
IMPLEMENTATION: Final = "pure" if str(_core.__file__).endswith(".py") else "compiled"
"""Which build of the hot packages is running: "compiled" by mypyc, or "pure" Python."""

_LATER: Final = {
    "Connection": ("qail.pg.driver.connection", "Connection"),
    "Executor": ("qail.executor", "Executor"),
    "Notice": ("qail.pg.driver.messages", "Notice"),
    "Notification": ("qail.pg.driver.messages", "Notification"),
    "PgDate": ("qail.pg.codec.far_datetime", "PgDate"),
    "PgDatetime": ("qail.pg.codec.far_datetime", "PgDatetime"),
    "Pool": ("qail.pg.pool.pool", "Pool"),
    "PreparedStatement": ("qail.pg.driver.prepare", "PreparedStatement"),
    "RetryBudget": ("qail.pg.steps.retry", "RetryBudget"),
    "RowStream": ("qail.pg.driver.cursor", "RowStream"),
    "Subscription": ("qail.pg.driver.listen", "Subscription"),
    "Transaction": ("qail.pg.driver.transaction", "Transaction"),
    "Unknown": ("qail.pg.codec.unknown", "Unknown"),
    "classify": ("qail.pg.steps.verdict", "classify"),
    "connect": ("qail.pg.driver.connection", "connect"),
    "create_pool": ("qail.pg.pool.pool", "create_pool"),
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
    "BOOL",
    "BPCHAR",
    "BYTEA",
    "DATE",
    "FLOAT4",
    "FLOAT8",
    "IMPLEMENTATION",
    "INT2",
    "INT4",
    "INT8",
    "NAME",
    "NUMERIC",
    "OID",
    "SKIP",
    "TEXT",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "UUID",
    "VARCHAR",
    "AuthError",
    "BoolOperand",
    "BuildError",
    "Col",
    "ColumnExpr",
    "Columns",
    "Command",
    "CommitRejected",
    "Cond",
    "ConfigError",
    "ConnectError",
    "Connection",
    "ConnectionLost",
    "DeadlineExceeded",
    "DecodeError",
    "Delete",
    "DeleteFrom",
    "Dyn",
    "DynReturning",
    "EncodeError",
    "Executor",
    "Expr",
    "Fetchable",
    "From",
    "Insert",
    "InsertInto",
    "Item",
    "Lagged",
    "NoRowsError",
    "Notice",
    "Notification",
    "NullVal",
    "Outcome",
    "OutcomeUnknown",
    "Outer",
    "PgDate",
    "PgDatetime",
    "PgType",
    "PipelineAborted",
    "Pool",
    "PoolClosed",
    "PoolError",
    "PoolTimeout",
    "PostgresError",
    "PreparedStatement",
    "ProtocolError",
    "Qail",
    "QailError",
    "Query",
    "ResultError",
    "RetryBudget",
    "Returning",
    "Row",
    "RowStream",
    "Select",
    "SortBy",
    "StatementInvalidated",
    "Subscription",
    "Table",
    "TlsError",
    "TooManyRowsError",
    "Transaction",
    "Unknown",
    "Update",
    "UpdateOf",
    "UpdateSet",
    "Upsert",
    "UsageError",
    "Val",
    "all_of",
    "any_of",
    "array_of",
    "avg",
    "case",
    "cast",
    "classify",
    "coalesce",
    "col",
    "connect",
    "count",
    "create_pool",
    "default",
    "embedded",
    "exists",
    "func",
    "greatest",
    "groups",
    "least",
    "literal",
    "max_",
    "maybe",
    "min_",
    "not_",
    "nullif",
    "plan_cache_statistics",
    "row",
    "rows",
    "select",
    "sqlstate",
    "sum_",
    "sync",
]
