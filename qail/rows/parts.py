"""From flat rows to one value an item: a column's value, the object of a whole row, what a part is filled to.

Rule 1: a value of a side that may be absent is None where it is, and nothing is made of its NULLs.
Rule 2: all rows of a part are turned at once, into objects that are bound once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter
from types import FunctionType
from typing import Any, Final, TypeAlias

from qail.ast.clause.part import Part, bare, is_part
from qail.ast.clause.target import ResTarget
from qail.ast.expression.column import ColumnExpr, ColumnRef, WholeRow
from qail.errors import BuildError
from qail.rows.row import is_nothing

Rows: TypeAlias = list[tuple[Any, ...]]
Bind: TypeAlias = Callable[[Any, tuple[str, ...], tuple[int, ...]], Callable[[Rows], list[Any]]]

CO_VARARGS: Final = 0x04  # of code.co_flags: the function takes *args


def known_name(item: Any) -> str | None:
    """The name of an item's column or part; None where only the server knows it."""
    if is_part(item):
        return item.name or None
    found = item if isinstance(item, ResTarget) else bare(item)
    if isinstance(found, (ColumnExpr, ResTarget)):
        return found.name
    return found.fields[-1] if isinstance(found, ColumnRef) else None


def known_names(items: Sequence[Any], *, is_flat: bool = True) -> tuple[str, ...] | None:
    """The names of the values that `values_of` gives; None where only the server knows one."""
    names: list[str] = []
    for item in items:
        if isinstance(item, WholeRow) and is_flat:
            names.extend([column.name for column in item.columns])
            continue
        name = known_name(item)
        if name is None:
            return None
        names.append(name)
    return tuple(names) or None


def names_of(items: Sequence[Any], told: tuple[str, ...]) -> tuple[str, ...]:
    """As `known_names` of flat items, by what the server told of the columns.

    Raises:
        BuildError: a part has no name.
    """
    names: list[str] = []
    position = 0
    for item in items:
        width = width_of(item)
        if is_part(item):
            names.append(part_name(item))
        else:
            names.extend(told[position : position + width])
        position += width
    return tuple(names)


def part_name(part: Part[Any]) -> str:
    """The name of a part. Raises BuildError where it has none."""
    if not part.name:
        raise BuildError('a part that goes by name needs one: part(...).as_("the field that takes it")')
    return part.name


def width_of(item: Any) -> int:
    """How many columns of a result an item stands for."""
    if is_part(item):
        return item.width
    return len(item.columns) if isinstance(item, WholeRow) else 1


def oids_of(items: Sequence[Any], oids: tuple[int, ...]) -> tuple[int, ...]:
    """The type OIDs of the values that `values_of` gives of flat items: 0 for a part."""
    found: list[int] = []
    position = 0
    for item in items:
        width = width_of(item)
        found.extend((0,) if is_part(item) else oids[position : position + width])
        position += width
    return tuple(found)


def values_of(items: Sequence[Any], rows: Rows, oids: tuple[int, ...], bind: Bind, *, is_flat: bool) -> Rows:
    """Rows of one value an item; with `is_flat` a whole row is its columns' values instead.

    Args:
        bind: gives what makes objects of a model of tuples, by the names and the type OIDs of their values.

    Raises:
        DecodeError: a row does not fit.
    """
    if not rows:
        return []
    columns: list[Any] = []
    position = 0
    for item in items:
        end = position + width_of(item)
        if is_part(item):
            columns.append(_part_values(item, _sliced(rows, position, end), oids[position:end], bind))
        elif isinstance(item, WholeRow) and not is_flat:
            columns.append(_row_objects(item, _sliced(rows, position, end)))
        else:
            columns.extend(map(itemgetter(number), rows) for number in range(position, end))
        position = end
    return list(zip(*columns, strict=True))


def _sliced(rows: Rows, start: int, end: int) -> Rows:
    return list(map(itemgetter(slice(start, end)), rows))


def _part_values(part: Part[Any], rows: Rows, oids: tuple[int, ...], bind: Bind) -> list[Any]:
    if part.model is None:
        (item,) = part.items
        return _row_objects(item, rows)
    if not part.is_optional:
        return _filled(part, rows, oids, bind)
    present = [not is_nothing(row, part.tellers) for row in rows]
    return _spread(_filled(part, list(compress(rows, present)), oids, bind), present)


def _filled(part: Part[Any], rows: Rows, oids: tuple[int, ...], bind: Bind) -> list[Any]:
    names = known_names(part.items)
    assert names is not None, "part() has asked for them"
    if any(is_part(item) for item in part.items):
        rows, oids = values_of(part.items, rows, oids, bind, is_flat=True), oids_of(part.items, oids)
    return bind(part.model, names, oids)(rows)


def _row_objects(item: WholeRow, rows: Rows) -> list[Any]:
    table: Any = item.table
    if not item.relation.is_nullable:
        return list(table.__qail_rows__(rows))
    # The side of an outer join that found no partner is NULL in every column, also in those that cannot be NULL.
    every = tuple(range(len(item.columns)))
    present = [not is_nothing(row, every) for row in rows]
    return _spread(table.__qail_rows__(list(compress(rows, present))), present)


def _spread(made: Sequence[Any], present: list[bool]) -> list[Any]:
    objects = iter(made)
    return [next(objects) if is_there else None for is_there in present]


def function_fault(function: FunctionType, count: int) -> str:
    """Why a function cannot be called with `count` values; empty when it can."""
    code = function.__code__
    most = code.co_argcount
    least = most - len(function.__defaults__ or ())
    has_more = code.co_flags & CO_VARARGS
    if least <= count and (has_more or count <= most):
        return ""
    takes = f"{least} to {most}" if least < most else str(most)
    return f"map({function.__name__}) takes {takes} values, and a row has {count}"
