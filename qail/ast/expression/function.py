"""FuncCall and the functions everybody needs: count, sum_, avg, min_, max_, and `func` for any other."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from qail.ast.clause.sort import SortBy
from qail.ast.clause.window import Frame, WindowDef, listed, sort_key, window_of
from qail.ast.expression.arithmetic import checked_type, type_of, type_token
from qail.ast.expression.boolean import all_of, checked_condition
from qail.ast.expression.own_type import argument_types
from qail.ast.expression.parameter import operand
from qail.ast.name import Name, Unchecked, checked_name, optional_name
from qail.ast.node import BoolOperand, Expr, Expression, Node, depth_of
from qail.ast.tokens import END, FILTER, FUNCTION, FUNCTION_DISTINCT, FUNCTION_STAR, OVER, SORTED
from qail.ast.valued import Valued
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import FLOAT4, FLOAT8, INT2, INT4, INT8, INTERVAL, MONEY, NUMERIC, PgType

if TYPE_CHECKING:
    from decimal import Decimal

U = TypeVar("U")

# The result types of PostgreSQL's own aggregates by their argument's OID.
# Source: functions-aggregate.html#FUNCTIONS-AGGREGATE-TABLE
SUM_TYPES: Final[dict[int, PgType[Any]]] = {
    INT2.oid: INT8,
    INT4.oid: INT8,
    INT8.oid: NUMERIC,
    NUMERIC.oid: NUMERIC,
    FLOAT4.oid: FLOAT4,
    FLOAT8.oid: FLOAT8,
    INTERVAL.oid: INTERVAL,
    MONEY.oid: MONEY,
}
AVERAGE_TYPES: Final[dict[int, PgType[Any]]] = {
    INT2.oid: NUMERIC,
    INT4.oid: NUMERIC,
    INT8.oid: NUMERIC,
    NUMERIC.oid: NUMERIC,
    FLOAT4.oid: FLOAT8,
    FLOAT8.oid: FLOAT8,
    INTERVAL.oid: INTERVAL,
}
# Of the other families max and min return another type, text for all strings, or are not there.
SELF_EXTREMES: Final = frozenset({"number", "datetime", "time", "interval", "money"})
# What looks like a function and is none: no name in pg_proc, so that a call by its name is a call of nothing.
# Source: src/backend/parser/gram.y, func_expr_common_subexpr
SYNTAX: Final[dict[str, str]] = {
    **{
        word: f"qail.{word}() writes it"
        for word in (
            "array", "cast", "coalesce", "exists", "greatest", "grouping", "json_array", "json_arrayagg",
            "json_exists", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_value", "least",
            "merge_action", "nullif", "row",
        )
    },
    "all": "qail.all_() writes it",
    "any": "qail.any_() writes it",
    "some": "qail.any_() says the same",
    "current_catalog": "func.current_database() says the same",
    "current_date": "cast(func.now(), DATE) says the same",
    "current_role": "func.current_user() says the same",
    "current_time": "cast(func.now(), TIMETZ) says the same",
    "current_timestamp": "func.now() says the same",
    "localtime": "cast(func.now(), TIME) says the same",
    "localtimestamp": "cast(func.now(), TIMESTAMP) says the same",
    "trim": "func.btrim() says the same",
}  # fmt: skip
COUNTERS: Final = frozenset({"count", "row_number", "rank", "dense_rank"})


class CallForm:
    """How a call is written and what is known of it: for most calls PLAIN.

    `names` are those of the last arguments, passed as `name => value`. `order` sorts the rows an aggregate sees; with
    `is_within_group` those of an ordered-set aggregate. `pg` is the type of the result.
    """

    def __init__(
        self,
        *,
        schema: str | None = None,
        names: tuple[str, ...] = (),
        order: tuple[SortBy, ...] = (),
        is_within_group: bool = False,
        pg: PgType[Any] | None = None,
    ) -> None:
        self.schema: Final = schema
        self.names: Final = names
        self.order: Final = order
        self.is_within_group: Final = is_within_group
        self.pg: Final = pg
        self.token: Final = f"f\0{schema or ''}\0{type_token(pg)}\0{is_within_group:d}\0" + "\0".join(names)


PLAIN: Final = CallForm()


class FuncCall(Expr[Any]):
    """`name(arguments)`, with what an aggregate or window function also takes. `kind` is a FUNCTION token."""

    def __init__(
        self,
        name: str,
        arguments: tuple[Node, ...],
        kind: int = FUNCTION,
        condition: Node | None = None,
        window: WindowDef | None = None,
        form: CallForm = PLAIN,
    ) -> None:
        parts = list(arguments)
        if condition is not None:
            parts.append(condition)
        if window is not None:
            parts.append(window)
        parts.extend(form.order)
        super().__init__(depth_of(parts))
        self.name: Final = checked_name(name, "a function name")
        self.arguments: Final = arguments
        self.kind: Final = kind
        self.condition: Final = condition
        self.window: Final = window
        self.form: Final = form

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.kind)
        walk.tokens.append(self.name)
        if self.form is not PLAIN:
            walk.tokens.append(self.form.token)
        for argument in self.arguments:
            argument.shape(walk)
        if self.arguments and (types := types_of_arguments(self)):
            walk.tokens.append(tuple([0 if pg is None else pg.oid for pg in types]))
        if self.form.order:
            walk.tokens.append(SORTED)
            for key in self.form.order:
                key.shape(walk)
        if self.condition is not None:
            walk.tokens.append(FILTER)
            self.condition.shape(walk)
        if self.window is not None:
            walk.tokens.append(OVER)
            self.window.shape(walk)
        walk.tokens.append(END)

    def result_type(self) -> PgType[Any] | None:
        if self.form.pg is not None:
            return self.form.pg
        if self.name in COUNTERS:
            return INT8
        if len(self.arguments) != 1:
            return None
        argument = type_of(self.arguments[0])
        if argument is None:
            return None
        if self.name == "sum":
            return SUM_TYPES.get(argument.oid)
        if self.name == "avg":
            return AVERAGE_TYPES.get(argument.oid)
        return argument if self.name in ("max", "min") and argument.family in SELF_EXTREMES else None

    def filter(self, condition: BoolOperand, /, *more: BoolOperand) -> Expr[Any]:
        if self.condition is not None:
            raise BuildError("this call has a FILTER already; give filter() all conditions at once")
        added = all_of(condition, *more) if more else checked_condition(condition)
        call: FuncCall = FuncCall(self.name, self.arguments, self.kind, added, self.window, self.form)
        return call

    def within_group(self, key: Any, /, *more: Any) -> Expr[Any]:
        if self.form.order:
            raise BuildError("this call has sort keys already: order_by= or within_group(), not both")
        form = self.form
        keys = tuple([sort_key(item) for item in (key, *more)])
        added = CallForm(schema=form.schema, names=form.names, order=keys, is_within_group=True, pg=form.pg)
        call: FuncCall = FuncCall(self.name, self.arguments, self.kind, self.condition, self.window, added)
        return call

    def over(
        self,
        window: Name | None = None,
        /,
        *,
        partition_by: Expr[Any] | Collection[Expr[Any]] = (),
        order_by: Any = (),
        frame: Frame | Unchecked | None = None,
    ) -> Expr[Any]:
        if self.window is not None:
            raise BuildError("this call has an OVER already")
        if self.form.is_within_group:
            raise BuildError(
                "an ordered-set aggregate is no window function: within_group() and over() exclude each other"
            )
        seen = window_of(partition_by, order_by, frame, window)
        call: FuncCall = FuncCall(self.name, self.arguments, self.kind, self.condition, seen, self.form)
        return call


def types_of_arguments(call: FuncCall) -> list[PgType[Any] | None]:
    """The types that plain values say by themselves in a call; empty where the server infers all of them."""
    if call.form.schema is not None and call.form.schema != "pg_catalog":
        return []
    return argument_types(call.name, call.arguments, len(call.form.names))


class Function:
    """One function of the server, by name; call it with expressions and values."""

    def __init__(self, name: Name, schema: Name | None = None, returns: object = None) -> None:
        self._name: Final = checked_name(name, "a function name")
        self._schema: Final = optional_name(schema, "a schema name")
        self._returns: Final = None if returns is None else checked_type(returns, "returns=")

    def __call__(self, *arguments: Any, distinct: bool = False, order_by: Any = (), **named: Any) -> Expr[Any]:
        """Call it with these arguments, the named ones as `name => value`.

        An aggregate sees different values only with `distinct`, and its rows in the order of `order_by`, one key or a
        list of them: `func.string_agg(User.name, ", ", order_by=User.name)`. `func.count()` is `count(*)`.
        """
        keys = tuple([sort_key(item) for item in listed(order_by)])
        if not arguments and self._name == "count" and self._schema is None:
            return count(distinct=distinct)
        if distinct and not arguments:
            raise BuildError(f"{self._name}(distinct=True) needs an argument: which values shall differ?")
        given = tuple([operand(argument) for argument in (*arguments, *named.values())])
        kind = FUNCTION_DISTINCT if distinct else FUNCTION
        if not keys and not named and self._schema is None and self._returns is None:
            return FuncCall(self._name, given, kind)
        names = tuple([checked_name(name, "an argument name") for name in named])
        form = CallForm(schema=self._schema, names=names, order=keys, pg=self._returns)
        return FuncCall(self._name, given, kind, None, None, form)


class Functions:
    """`func.date_trunc("day", x)`: any function of the server. The name is one identifier, always quoted."""

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        advice = SYNTAX.get(name)
        if advice is not None:
            raise BuildError(
                f"{name} is no function but syntax of SQL: {advice}; a function of your own of this name is "
                f"func.named({name!r})"
            )
        return Function(name)

    def named(
        self, name: Name, *, schema: Name | None = None, returns: PgType[Any] | Unchecked | None = None
    ) -> Function:
        """A function whose name is no Python identifier, or is in a schema, or whose result is known to be a type.

        >>> print(select(func.named("pi", schema="pg_catalog", returns=FLOAT8)()))
        SELECT "pg_catalog"."pi"()
        """
        return Function(name, schema, returns)


func: Final = Functions()


def call_of(name: str, argument: Node, pg: PgType[Any] | None) -> Expr[Any]:
    """`name(argument)`, whose result is of type `pg`."""
    call: FuncCall = FuncCall(name, (argument,), FUNCTION, None, None, PLAIN if pg is None else CallForm(pg=pg))
    return call


def count(argument: Expr[Any] | None = None, *, distinct: bool = False) -> Expr[int]:
    """`count(*)`: rows; `count(argument)`: rows where it is not NULL, different ones when `distinct`."""
    if argument is not None:
        return _aggregate("count", argument, distinct=distinct)
    if distinct:
        raise BuildError("count(distinct=True) needs an argument: which values shall differ?")
    return FuncCall("count", (), FUNCTION_STAR)


def max_(argument: Valued[U]) -> Expr[U | None]:
    """The greatest value; NULL without rows."""
    return _aggregate("max", argument)


def min_(argument: Valued[U]) -> Expr[U | None]:
    """The least value; NULL without rows."""
    return _aggregate("min", argument)


@overload
def sum_(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload] - Expr[Any] is both
    argument: Expr[float] | Expr[float | None], /, *, distinct: bool = ...
) -> Expr[float | None]: ...
@overload
def sum_(argument: Expr[Decimal] | Expr[Decimal | None], /, *, distinct: bool = ...) -> Expr[Decimal | None]: ...
@overload
def sum_(argument: Expr[Any], /, *, distinct: bool = ...) -> Expr[Any]: ...
def sum_(argument: Expr[Any], /, *, distinct: bool = False) -> Expr[Any]:
    """The sum; NULL without rows. Of int2 and int4 it is an int8, of int8 a numeric, hence a Decimal."""
    return _aggregate("sum", argument, distinct=distinct)


@overload
def avg(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload] - Expr[Any] is both
    argument: Expr[float] | Expr[float | None], /, *, distinct: bool = ...
) -> Expr[float | None]: ...
@overload
def avg(argument: Expr[int] | Expr[int | None], /, *, distinct: bool = ...) -> Expr[Decimal | None]: ...
@overload
def avg(argument: Expr[Any], /, *, distinct: bool = ...) -> Expr[Any]: ...
def avg(argument: Expr[Any], /, *, distinct: bool = False) -> Expr[Any]:
    """The mean; NULL without rows. Of integers it is a numeric, hence a Decimal."""
    return _aggregate("avg", argument, distinct=distinct)


def _aggregate(name: str, argument: object, *, distinct: bool = False) -> FuncCall:
    if not isinstance(argument, Expression):
        raise BuildError(f"{name}() takes an expression, not {type(argument).__name__}")
    return FuncCall(name, (argument,), FUNCTION_DISTINCT if distinct else FUNCTION)
