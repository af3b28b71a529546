"""From decoded tuples to what a query promises: tuples, rows, table objects, `map(fn)` and `into(model)`.

Rule 1: a whole batch is turned at once; a plain select's tuples are handed on as they are.
Rule 2: a target is bound to the columns of a result, once and before its first row; what does not fit is said there.
Rule 3: NULL in a field that is not optional is a DecodeError that names it; no default is invented.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from types import FunctionType
from typing import Any, Final, TypeAlias, get_origin

from qail.ast.build.builder import INSTALLED, Builder, Models
from qail.ast.build.dyn import Dyn
from qail.ast.build.prepared import Bound, statement_behind
from qail.ast.build.query_expression import INTO, MAP, Compound, RowTarget, Values, row_target
from qail.ast.build.result import has_formed_rows, has_whole_row
from qail.ast.build.returning import DynReturning, MappedReturning, Returning
from qail.ast.build.select import From, Select
from qail.ast.build.sql import Sql, SqlRows
from qail.ast.build.utility import Call
from qail.ast.clause.output import leading, result_parts
from qail.ast.clause.part import is_part
from qail.ast.clause.target import ResTarget
from qail.ast.expression.column import ColumnExpr, ColumnRef, WholeRow
from qail.ast.tokens import GET
from qail.errors import BuildError, DecodeError
from qail.rows.nested_rows import with_nested_rows
from qail.rows.parts import function_fault, known_name, names_of, oids_of, values_of
from qail.rows.promised import check_promise
from qail.rows.row import make_rows

Rows: TypeAlias = list[tuple[Any, ...]]
Names: TypeAlias = Callable[[], tuple[str, ...]]
Oids: TypeAlias = Callable[[], tuple[int, ...]]
Maker: TypeAlias = Callable[[Rows], list[Any]]
MOST_MAKERS: Final = 1_000  # names may come from outside
PART: Final = "part"
_MAKERS: Final[dict[tuple[Any, ...], Maker]] = {}
_FITTING: Final[set[tuple[Any, ...]]] = set()


def no_oids() -> tuple[int, ...]:
    """Of columns whose types nobody knows."""
    return ()


def rows_in_form(query: Builder, rows: Rows, names: Names, oids: Oids = no_oids) -> list[Any]:
    """The rows of `query` in the form it promises.

    Args:
        rows: tuples as decoded.
        names: gives the columns' names; called only where a form goes by name.
        oids: gives the OIDs of the columns' types, 0 for one of which only the values tell what they are; called only
            where models are filled.

    Raises:
        DecodeError: a row or a column does not fit.
    """
    kind = type(query)
    # Asked once, of the most common kind first: it tells of a nest(), too.
    if (kind is Dyn or kind is DynReturning) and not has_whole_row(query):
        return list(make_rows(names(), rows))
    if kind is not Compound and kind is not Bound and has_formed_rows(query):
        rows = with_nested_rows(query, rows, rows_in_form)
    if kind is Select or kind is Returning:
        return _with_objects(query, rows, oids)
    if kind is Bound:
        return rows_in_form(statement_behind(query), rows, names, oids)
    if kind is Dyn or kind is DynReturning:
        return _untyped(query, rows, names, oids)
    if kind is From:
        return list(_table_of(query).__qail_rows__(rows))
    if kind is Values:
        return list(make_rows(names(), rows))
    if kind is Compound:
        return rows_in_form(leading(query), rows, names, oids)
    if kind is Sql or kind is Call:
        return list(make_rows(names(), rows))
    if kind is SqlRows or kind is MappedReturning:
        check_promise(query, rows, oids())
    target = row_target(query)
    return _with_objects(query, rows, oids) if target is None else _in_target(query, target, rows, names, oids)


def column_in_form(query: Builder, rows: Rows, names: Names, oids: Oids = no_oids) -> list[Any]:
    """The one value of each row of `query`.

    Raises:
        DecodeError: rows have more than one, or do not fit their form.
    """
    query = statement_behind(query)
    kind = type(query)
    # Without names there is no need of Row objects.
    is_plain = (kind is Dyn or kind is DynReturning) and not has_whole_row(query)
    found = rows if is_plain else rows_in_form(query, rows, names, oids)
    if found and _width(found[0]) != 1:
        raise DecodeError(f"the call wants rows of one column, and the query returns {_described(found[0])}")
    return [row[0] for row in found]


def _width(row: Any) -> int:
    return len(row) if issubclass(type(row), tuple) else 0


def _described(row: Any) -> str:
    width = _width(row)
    return f"{width} columns" if width else f"{type(row).__name__} objects"


def _in_target(query: Builder, target: RowTarget, rows: Rows, names: Names, oids: Oids) -> list[Any]:
    model = target.target
    if target.kind == INTO:
        parts = _parts_of(query)
        if parts is None:
            return _maker(model, names(), oids())(rows)
        told = _told(oids, rows)
        values = values_of(parts, rows, told, _maker, is_flat=True)
        return _maker(model, names_of(parts, names()), oids_of(parts, told))(values)
    values = _with_objects(query, rows, oids)
    if type(model) is not FunctionType:
        is_plain = values is rows
        called = (names() if is_plain else ()) or _argument_names(query)
        maker = _call_maker(model, called, oids() if is_plain else ())
        if maker is not None:
            return maker(values)
    return _called(model, values)


def _called(function: Any, values: Rows) -> list[Any]:
    made: list[Any] = []
    try:
        made.extend(starmap(function, values))
    except DecodeError:
        raise
    except Exception as error:
        called = getattr(function, "__name__", type(function).__name__)
        raise DecodeError(f"map({called}) raised {type(error).__name__} for row {len(made) + 1}: {error}") from error
    return made


def _argument_names(query: Builder) -> tuple[str, ...]:
    """The names of a row's values for errors, where they are not those of columns."""
    items = result_parts(query) or ()
    names = [item.table.__name__ if isinstance(item, WholeRow) else known_name(item) for item in items]
    return tuple([name or f"of value {number}" for number, name in enumerate(names, 1)])


def _maker(model: Any, names: tuple[str, ...], oids: tuple[int, ...]) -> Maker:
    """What makes objects of `model`, bound once."""
    key = (INTO, model, names, oids)
    maker = _MAKERS.get(key)
    if maker is None:
        from qail.rows.model import model_maker  # dataclasses: not needed by `import qail`

        maker = _kept(key, model_maker(model, names, oids))
    return maker


def _call_maker(model: Any, names: tuple[str, ...], oids: tuple[int, ...]) -> Maker | None:
    """As `_maker`, by position; None for what is no class with fields."""
    if not isinstance(model, type) and get_origin(model) is None:
        return None
    key = (MAP, model, names, oids)
    maker = _MAKERS.get(key)
    if maker is None:
        from qail.rows.model import call_maker

        maker = call_maker(model, names, oids)
        if maker is not None:
            _kept(key, maker)
    return maker


def _kept(key: tuple[Any, ...], maker: Maker) -> Maker:
    if len(_MAKERS) < MOST_MAKERS:
        _MAKERS[key] = maker
    return maker


def _parts_of(query: Builder) -> tuple[Any, ...] | None:
    """The items of a query among which is a Part; None where none is."""
    if not has_whole_row(query):
        return None
    items = result_parts(query) or ()
    return items if any(is_part(item) for item in items) else None


def _told(oids: Oids, rows: Rows) -> tuple[int, ...]:
    """The OIDs of the columns; 0 for each where nobody knows them."""
    return oids() or (0,) * (len(rows[0]) if rows else 0)


def _table_of(query: Builder) -> Any:
    star = query.find(GET)
    assert isinstance(star, WholeRow)
    return star.table


def _with_objects(query: Builder, rows: Rows, oids: Oids) -> list[Any]:
    """Tuples of one value an item: the columns of a whole row, or of a part, become one object."""
    if not has_whole_row(query):
        return rows
    return values_of(result_parts(query) or (), rows, _told(oids, rows), _maker, is_flat=False)


def _untyped(query: Builder, rows: Rows, names: Names, oids: Oids) -> list[Any]:
    """Rows by name; a part is one value of them."""
    parts = _parts_of(query)
    if parts is None:
        return list(make_rows(names(), rows))
    values = values_of(parts, rows, _told(oids, rows), _maker, is_flat=True)
    return list(make_rows(names_of(parts, names()), values))


def _signature(items: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What a check of these items depends on; None where it is not worth keeping."""
    found: list[Any] = []
    for item in items:
        column = item.value if isinstance(item, ResTarget) else item
        if isinstance(column, ColumnExpr):
            found.append((column.token, column.own_null, item.name))
        elif isinstance(column, ColumnRef):
            found.append((column.token, item.name if isinstance(item, ResTarget) else ""))
        elif isinstance(item, WholeRow):
            found.append((item.token, item.table))
        else:
            return None
    return tuple(found)


def _is_fitting(kind: str, model: Any, items: tuple[Any, ...]) -> bool:
    signature = _signature(items)
    try:
        return signature is not None and (kind, model, signature) in _FITTING
    except TypeError:  # not hashable: no class
        return False


def _keep_fitting(kind: str, model: Any, items: tuple[Any, ...]) -> None:
    signature = _signature(items)
    if signature is not None and len(_FITTING) < MOST_MAKERS:
        _FITTING.add((kind, model, signature))


class FillableModels(Models):
    """Checks `into(model)`, `map(function)` and `part(model, ...)` where they are written."""

    def check(self, builder: Builder, model: Any) -> None:
        items = result_parts(builder) or ()
        if _is_fitting(INTO, model, items):
            return
        from qail.rows.fitting import check_into  # dataclasses: not needed by `import qail`

        check_into(model, items)
        _keep_fitting(INTO, model, items)

    def check_call(self, builder: Builder, function: Any) -> None:
        items = result_parts(statement_behind(builder)) or ()
        if type(function) is FunctionType:
            # A lambda is a new object each time it is written: there is nothing to keep of it.
            fault = function_fault(function, len(items)) if items else ""
            if fault:
                raise BuildError(fault)
            return
        if _is_fitting(MAP, function, items):
            return
        from qail.rows.fitting import check_arguments

        check_arguments(function, items)
        if isinstance(function, type):  # a bound method would keep its object
            _keep_fitting(MAP, function, items)

    def check_part(self, part: Any) -> None:
        if _is_fitting(PART, part.model, part.items):
            return
        from qail.rows.fitting import check_part_items

        check_part_items(part)
        _keep_fitting(PART, part.model, part.items)


INSTALLED.models = FillableModels()
