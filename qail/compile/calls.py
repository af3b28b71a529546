"""What a call of a function is, and what it may not hold: for errors that need no server.

Rule: what another function than PostgreSQL's own of this name may be is left to the server.

Source: src/backend/parser/parse_func.c, ParseFuncOrColumn
"""

from __future__ import annotations

from typing import Final

from qail.ast.expression.function import FuncCall
from qail.ast.tokens import FUNCTION_DISTINCT, FUNCTION_STAR
from qail.compile.functions import (
    AGGREGATES,
    HYPOTHETICAL_SETS,
    ORDERED_SETS,
    ROW_FUNCTIONS,
    SET_FUNCTIONS,
    WINDOW_FUNCTIONS,
)
from qail.errors import BuildError

OWN_SCHEMA: Final = "pg_catalog"


def is_own(call: FuncCall) -> bool:
    """Whether a call may be one of PostgreSQL's own functions: of a schema's it is none."""
    return call.form.schema is None or call.form.schema == OWN_SCHEMA


def is_aggregate(call: FuncCall) -> bool:
    """Whether a call is one of an aggregate: by its name, or by what only aggregates take."""
    if call.window is not None:
        return False
    form = call.form
    if form.is_within_group or form.order or call.condition is not None:
        return True
    if call.kind in (FUNCTION_STAR, FUNCTION_DISTINCT):
        return True
    if not is_own(call):
        return False
    return AGGREGATES.get(call.name, -1) == len(call.arguments) or _is_ordered_set(call)


def is_window_function(call: FuncCall) -> bool:
    """Whether a call is one of a function that needs a window."""
    bounds = WINDOW_FUNCTIONS.get(call.name)
    return bounds is not None and is_own(call) and bounds[0] <= len(call.arguments) <= bounds[1]


def is_set(call: FuncCall) -> bool:
    """Whether a call gives any number of rows."""
    return call.name in SET_FUNCTIONS and is_own(call)


def check_form(call: FuncCall) -> None:
    """Refuse a call with what its function does not take.

    Raises:
        BuildError: DISTINCT, ORDER BY, FILTER, WITHIN GROUP or OVER stands where PostgreSQL has none.
    """
    if call.form.is_within_group:
        _check_within_group(call)
    elif call.window is not None:
        _check_over(call)
    elif _is_ordered_set(call):
        raise BuildError(
            f"{call.name}() is an aggregate of sorted rows: .within_group(key) says of which; a function of your own "
            f"of this name is func.named({call.name!r}, schema=...)"
        )
    elif _takes_one_row(call):
        _check_row(call)
    elif call.name == "count" and call.kind != FUNCTION_STAR and not call.arguments and is_own(call):
        raise BuildError("count() has no argument and no *: count() of qail counts rows")


def _is_ordered_set(call: FuncCall) -> bool:
    return ORDERED_SETS.get(call.name, -1) == len(call.arguments) and is_own(call)


def _takes_one_row(call: FuncCall) -> bool:
    return call.name in ROW_FUNCTIONS and is_own(call)


def _check_within_group(call: FuncCall) -> None:
    if call.kind == FUNCTION_DISTINCT:
        raise BuildError(f"{call.name}() has both distinct=True and within_group(), and PostgreSQL takes one of them")
    is_plain = call.name in AGGREGATES or (call.name in WINDOW_FUNCTIONS and call.name not in HYPOTHETICAL_SETS)
    if (is_plain and is_own(call)) or _takes_one_row(call):
        raise BuildError(
            f"{call.name}() is no aggregate of sorted rows, as {', '.join(sorted(ORDERED_SETS))} are: "
            "within_group() is not for it; order_by= sorts what an aggregate sees"
        )


def _check_over(call: FuncCall) -> None:
    if call.kind == FUNCTION_DISTINCT:
        raise BuildError(
            f"PostgreSQL has no DISTINCT over a window: take {call.name}(distinct=True) in a subquery that is grouped "
            "by what partition_by has"
        )
    if call.form.order:
        raise BuildError(
            f"PostgreSQL has no ORDER BY in the arguments of {call.name}() over a window: "
            "over(order_by=...) sorts its rows"
        )
    if call.condition is not None and is_window_function(call):
        raise BuildError(
            f"PostgreSQL has no FILTER for the window function {call.name}(): filter() is for aggregates; "
            "choose the rows in a subquery"
        )
    if _takes_one_row(call):
        raise BuildError(f"{call.name}() is neither an aggregate nor a window function: over() is not for it")


def _check_row(call: FuncCall) -> None:
    """Refuse what only an aggregate takes, for a function of the values of one row."""
    found = ""
    if call.condition is not None:
        found = "filter()"
    elif call.kind == FUNCTION_DISTINCT:
        found = "distinct=True"
    elif call.form.order:
        found = "order_by="
    if found:
        raise BuildError(
            f"{call.name}() is no aggregate: {found} is not for it, but for the aggregate around it; one of your own "
            f"of this name is func.named({call.name!r}, schema=...)"
        )
