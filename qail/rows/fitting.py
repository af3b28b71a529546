"""What a query is known to give, and whether models can be filled of it: checks where `into`, `map`, `part` stand."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any

from qail.ast.clause.part import Part, bare, is_outer, is_part
from qail.ast.clause.target import ResTarget
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.column import ColumnExpr, WholeRow
from qail.errors import BuildError
from qail.rows.hints import accepted
from qail.rows.model import check_columns, check_values, shape_of
from qail.rows.parts import known_name, part_name
from qail.rows.python_types import classes_of_type
from qail.rows.shape import Given, name_of

NAMELESS = "?column?"


def given_columns(items: Sequence[Any], *, is_flat: bool, is_present: bool = False) -> list[Given]:
    """What the values of these items are known to be; a name that only the server knows is "?column?".

    `is_present`: the side that may be absent is there, so that its columns are NULL only where their table lets them.
    """
    found: list[Given] = []
    for item in items:
        if is_part(item):
            found.append(_given_part(item))
        elif isinstance(item, WholeRow) and is_flat:
            found.extend([_given_column(column, column.name, is_present=is_present) for column in item.columns])
        elif isinstance(item, WholeRow):
            null = item.relation.is_nullable
            found.append(Given(item.table.__name__, (item.table,), null, f"a row of {item.table.__name__}"))
        else:
            found.append(_given_column(item, known_name(item) or NAMELESS, is_present=is_present))
    return found


def _given_column(item: Any, name: str, *, is_present: bool) -> Given:
    column: Any = item.value if isinstance(item, ResTarget) else item
    null = False
    if isinstance(column, ColumnExpr):
        is_there = is_present and is_outer(item.value if isinstance(item, ResTarget) else item)
        null = column.own_null if is_there else column.null
    pg = type_of(bare(item))
    return Given(name, classes_of_type(pg), null, "" if pg is None else pg.name)


def _given_part(part: Part[Any]) -> Given:
    if part.model is None:
        (row,) = part.items
        return Given(part.name or NAMELESS, (row.table,), part.is_optional, f"a row of {row.table.__name__}")
    made = part.model
    classes = accepted(made).classes if typing.get_origin(made) is None else (typing.get_origin(made),)
    return Given(part.name or NAMELESS, classes, part.is_optional, f"a part of {name_of(made)}")


def check_into(model: Any, items: Sequence[Any]) -> None:
    """Raise BuildError when the values of `items` cannot fill `model` by name."""
    shape_of(model)
    for item in items:
        if is_part(item):
            part_name(item)
    columns = given_columns(items, is_flat=True)
    if not columns or any(column.name == NAMELESS for column in columns):
        return
    fault = check_columns(model, columns)
    if fault:
        raise BuildError(fault)


def check_arguments(function: Any, items: Sequence[Any]) -> None:
    """Raise BuildError when `function` cannot be called with the values of `items`."""
    if not callable(function):
        raise BuildError(f"map() takes a class or another function of the values, not {function!r:.60}")
    if not items:
        return
    columns = given_columns(items, is_flat=False)
    fault = check_values(function, columns)
    if fault:
        raise BuildError(fault)


def check_part_items(part: Part[Any]) -> None:
    """Raise BuildError when the items of a part cannot fill its model."""
    shape_of(part.model)
    for item in part.items:
        if is_part(item):
            part_name(item)
    columns = given_columns(part.items, is_flat=True, is_present=part.is_optional)
    if any(column.name == NAMELESS for column in columns):
        raise BuildError('a part is filled by name, and an expression has none: .as_("the field that takes it")')
    fault = check_columns(part.model, columns)
    if fault:
        raise BuildError(fault)
