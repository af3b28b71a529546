"""From decoded tuples to what a query promises: tuples, rows, table objects, `map(fn)` and `into(model)`.

Rule 1: a whole batch is turned at once; a plain select's tuples are handed on as they are.
Rule 2: a target is bound to the names of a result before its first row, and what does not fit is said there.
Rule 3: NULL in a field that is not optional is a DecodeError that names it; no default is invented.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Any, Final, TypeAlias

from qail.ast.build.builder import INSTALLED, Builder, Models
from qail.ast.build.dyn import Dyn
from qail.ast.build.query_expression import INTO, Compound, RowTarget, Values, row_target
from qail.ast.build.result import has_whole_row
from qail.ast.build.returning import DynReturning, Returning
from qail.ast.build.select import From, Select
from qail.ast.clause.output import leading, result_items
from qail.ast.clause.target import ResTarget
from qail.ast.expression.column import ColumnExpr, ColumnRef, WholeRow
from qail.ast.node import Node
from qail.ast.tokens import GET
from qail.errors import BuildError, DecodeError
from qail.rows.row import make_rows

Rows: TypeAlias = list[tuple[Any, ...]]
Names: TypeAlias = Callable[[], tuple[str, ...]]
MOST_MAKERS: Final = 1_000  # names may come from outside
_MAKERS: Final[dict[tuple[Any, tuple[str, ...]], Callable[[Rows], list[Any]]]] = {}
_FITTING: Final[set[tuple[Any, tuple[str, ...]]]] = set()


def rows_in_form(query: Builder, rows: Rows, names: Names) -> list[Any]:
    """The rows of `query` in the form it promises.

    Args:
        rows: tuples as decoded.
        names: gives the columns' names; called only where a form goes by name.

    Raises:
        DecodeError: a row or a column does not fit.
    """
    kind = type(query)
    if kind is Select or kind is Returning:
        return _with_objects(query, rows)
    if kind is Dyn or kind is DynReturning:
        return list(make_rows(names(), rows))
    if kind is From:
        return list(_table_of(query).__qail_rows__(rows))
    if kind is Values:
        return list(make_rows(names(), rows))
    if kind is Compound:
        return rows_in_form(leading(query), rows, names)
    target = row_target(query)
    return _with_objects(query, rows) if target is None else _in_target(query, target, rows, names)


def column_in_form(query: Builder, rows: Rows, names: Names) -> list[Any]:
    """The one value of each row of `query`.

    Raises:
        DecodeError: rows have more than one, or do not fit their form.
    """
    kind = type(query)
    # Without names there is no need of Row objects.
    found = rows if kind is Dyn or kind is DynReturning else rows_in_form(query, rows, names)
    if found and _width(found[0]) != 1:
        raise DecodeError(f"the call wants rows of one column, and the query returns {_described(found[0])}")
    return [row[0] for row in found]


def _width(row: Any) -> int:
    return len(row) if issubclass(type(row), tuple) else 0


def _described(row: Any) -> str:
    width = _width(row)
    return f"{width} columns" if width else f"{type(row).__name__} objects"


def _in_target(query: Builder, target: RowTarget, rows: Rows, names: Names) -> list[Any]:
    if target.kind == INTO:
        return _maker(target.target, names())(rows)
    made: list[Any] = []
    try:
        made.extend(starmap(target.target, _with_objects(query, rows)))
    except DecodeError:
        raise
    except Exception as error:
        called = getattr(target.target, "__name__", type(target.target).__name__)
        raise DecodeError(f"map({called}) raised {type(error).__name__} for row {len(made) + 1}: {error}") from error
    return made


def _maker(model: Any, names: tuple[str, ...]) -> Callable[[Rows], list[Any]]:
    key = (model, names)
    maker = _MAKERS.get(key)
    if maker is None:
        from qail.rows.model import model_maker  # dataclasses: not needed by `import qail`

        maker = model_maker(model, names)
        if len(_MAKERS) < MOST_MAKERS:
            _MAKERS[key] = maker
    return maker


def _table_of(query: Builder) -> Any:
    star = query.find(GET)
    assert isinstance(star, WholeRow)
    return star.table


def _with_objects(query: Builder, rows: Rows) -> list[Any]:
    """Tuples of one value an item: the columns of a whole row become one object."""
    return _joined(result_items(query) or (), rows) if has_whole_row(query) else rows


def _joined(items: tuple[Node, ...], rows: Rows) -> list[Any]:
    if not rows:
        return []
    columns: list[Any] = []
    position = 0
    for item in items:
        if isinstance(item, WholeRow):
            width = len(item.columns)
            columns.append(_objects(item, [row[position : position + width] for row in rows]))
        else:
            width = 1
            columns.append([row[position] for row in rows])
        position += width
    return list(zip(*columns, strict=True))


def _objects(item: WholeRow, rows: Rows) -> list[Any]:
    table: Any = item.table
    if not item.relation.is_nullable:
        return list(table.__qail_rows__(rows))
    # The side of an outer join that found no partner is NULL in every column, also in those that cannot be NULL.
    present = [any(value is not None for value in row) for row in rows]
    objects = iter(table.__qail_rows__([row for row, is_there in zip(rows, present, strict=True) if is_there]))
    return [next(objects) if is_there else None for is_there in present]


def known_names(query: Builder) -> tuple[str, ...] | None:
    """The names of a query's columns, where each is a column or has an alias; None where only the server knows."""
    names: list[str] = []
    for item in result_items(query) or ():
        if isinstance(item, (ColumnExpr, ResTarget)):
            names.append(item.name)
        elif isinstance(item, ColumnRef):
            names.append(item.fields[-1])
        elif isinstance(item, WholeRow):
            names.extend(column.name for column in item.columns)
        else:
            return None
    return tuple(names) or None


class FillableModels(Models):
    """Checks `into(model)` where it is written."""

    def check(self, builder: Builder, model: Any) -> None:
        names = known_names(builder)
        key = (model, names or ())
        try:
            if key in _FITTING:
                return
        except TypeError:
            raise BuildError(f"into() takes a class, not {model!r:.60}") from None
        from qail.rows.model import check_names, shape_of  # dataclasses: not needed by `import qail`

        shape_of(model)
        fault = "" if names is None else check_names(model, names)
        if fault:
            raise BuildError(fault)
        if len(_FITTING) < MOST_MAKERS:
            _FITTING.add(key)


INSTALLED.models = FillableModels()
