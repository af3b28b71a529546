"""InsertInto, Insert, Upsert: the builders of INSERT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Generic, TypeVar, cast

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.build.bulk import MOST_SPELT_ROWS, block_sizes, unnested_rows
from qail.ast.build.items import Columns, distinct_columns, present_items, value_node, writable
from qail.ast.build.returning import Change
from qail.ast.clause.conflict import InferClause, OnConflictClause
from qail.ast.clause.option import Option
from qail.ast.clause.output import output_columns
from qail.ast.clause.rows import Assignments, InsertSelect, ValuesRows
from qail.ast.clause.target import NodeList
from qail.ast.clause.with_ import CommonTableExpr, with_items
from qail.ast.expression.boolean import checked_condition
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.expression.parameter import SKIP, operand
from qail.ast.name import Name, Unchecked, optional_name
from qail.ast.node import BoolOperand, Expr, Expression, Node
from qail.ast.tokens import ON_CONFLICT, OVERRIDING, ROWS, WITH
from qail.errors import BuildError

Ins = TypeVar("Ins")


class Insert(Change):
    """INSERT, complete."""

    def on_conflict(
        self, *target: str | Expr[Any], where: BoolOperand | None = None, constraint: Name | None = None
    ) -> OnConflict:
        """What to do with a row that is there already, by a unique key over these columns and expressions.

        `where` is the predicate of a partial index, its values written into the text; `constraint` names a constraint
        instead. Without any of them every conflict is meant, and only do_nothing() can follow.
        """
        if self.find(ON_CONFLICT) is not None:
            raise BuildError("this INSERT has an ON CONFLICT already")
        return OnConflict(self, target, where, constraint)

    def overriding_system_value(self) -> Insert:
        """`OVERRIDING SYSTEM VALUE`: store the given values in columns that are GENERATED ALWAYS AS IDENTITY."""
        return Insert(self, OVERRIDING, Option("OVERRIDING SYSTEM VALUE"))

    def overriding_user_value(self) -> Insert:
        """`OVERRIDING USER VALUE`: identity columns make their own values, whatever is given for them."""
        return Insert(self, OVERRIDING, Option("OVERRIDING USER VALUE"))

    def with_(self, table: CommonTableExpr | Unchecked, /, *more: CommonTableExpr) -> Insert:
        """`WITH name AS (query), ...`: to be named in this statement."""
        return Insert(self, WITH, NodeList(with_items((table, *more))))


class InsertInto(Builder, Generic[Ins]):
    """`Qail.add(table)`: not executable before values() or from_select().

    >>> print(Qail.add("users").values({"name": "a"}, {"name": "b"}).returning("id"))
    INSERT INTO "users" ("name") VALUES ($1), ($2) RETURNING "id"
    """

    def values(self, row: Ins, /, *more: Ins) -> Insert:
        """The rows: mappings of column to value. None is NULL, SKIP leaves the column out; an empty row is all defaults.

        More than a few rows of a table class are an array for each column, so that one text serves any number of rows.

        Raises:
            BuildError: rows have different columns, or the table class has no such column.
        """
        rows: tuple[object, ...] = (row, *more)
        return Insert(self, ROWS, values_rows(rows, writable(self)))

    def bulk(self, rows: Collection[Ins]) -> list[Insert]:
        """The rows in as few statements as can carry them, of few texts, for `db.batch(...)`, which sends them at once.

        One statement where the types of the columns are known and none is an array, JSON or a geometric type: an array
        for each column. Otherwise, and when a value is `default()`, statements of 2, 4, 8 ... rows.

        >>> print(*Qail.add("t").bulk([{"id": 1}, {"id": 2}, {"id": 3}]), sep=chr(10))
        INSERT INTO "t" ("id") VALUES ($1), ($2)
        INSERT INTO "t" ("id") VALUES ($1)
        """
        given = list(rows)
        if not given:
            raise BuildError("bulk() needs at least one row")
        columns = writable(self)
        whole = values_rows(tuple(given), columns)
        if isinstance(whole, InsertSelect) or not whole.columns:
            return [Insert(self, ROWS, whole)]
        out: list[Insert] = []
        start, width = 0, len(whole.columns)
        for count in block_sizes(len(given), width):
            values = whole.values[start * width : (start + count) * width]
            out.append(Insert(self, ROWS, ValuesRows(whole.columns, count, values)))
            start += count
        return out

    def from_select(self, query: Fetchable[Any] | Unchecked, /, *columns: str | Expr[Any]) -> Insert:
        """The rows of a query, for these columns; for all columns of the table in their order when none is named.

        >>> print(Qail.add("archive").from_select(Qail.get("users").columns("id").eq("active", False), "id"))
        INSERT INTO "archive" ("id") SELECT "id" FROM "users" WHERE "active" = $1
        """
        known = writable(self)
        named = distinct_columns([known.written(column) for column in columns], "from_select()")
        return Insert(self, ROWS, select_rows(query, named))


class OnConflict:
    """`add(...).values(...).on_conflict(...)`: not executable before do_nothing() or do_update()."""

    def __init__(self, insert: Insert, target: tuple[object, ...], where: object, constraint: Name | None) -> None:
        self._insert = insert
        self._columns = writable(insert)
        elements: list[Node] = [_conflict_element(item, self._columns) for item in target]
        if constraint is not None and (elements or where is not None):
            raise BuildError("on_conflict() takes columns and where=, or constraint=, not both")
        if where is not None and not elements:
            raise BuildError("on_conflict(where=...) is the predicate of an index over columns: name them")
        if where is None:
            check_key(elements, self._columns)
        name = optional_name(constraint, "a constraint's name") or ""
        self._infer = InferClause(tuple(elements), None if where is None else checked_condition(where), name)

    def do_nothing(self) -> Insert:
        """Keep the row that is there; it is not counted, and RETURNING does not return it."""
        return Insert(self._insert, ON_CONFLICT, OnConflictClause(self._infer, ()))

    def do_update(
        self, *columns: str | Expr[Any], set: Mapping[Any, Any] | None = None, where: BoolOperand | None = None
    ) -> Insert:
        """Set these columns of the row that is there to what would have been inserted; `set` gives others their values.

        In `set` and in `where`, which tells the rows that are changed at all, `excluded(column)` is the value that would
        have been inserted, and the column itself the one that is there.

        >>> row = Qail.add("hits").values({"page": "/", "n": 1}).on_conflict("page")
        >>> print(row.do_update(set={"n": col("hits", "n") + excluded("n")}))
        INSERT INTO "hits" ("page", "n") VALUES ($1, $2) ON CONFLICT ("page") DO UPDATE SET "n" = "hits"."n" + EXCLUDED."n"
        """
        if not self._infer.elements and not self._infer.constraint:
            raise BuildError("do_update() needs to know the unique key: on_conflict(column, ...)")
        assigned = distinct_columns([self._columns.written(item) for item in columns], "do_update()")
        pairs = [] if set is None else present_items(set, "do_update()")
        if not assigned and not pairs:
            raise BuildError("do_update() sets no column: name columns, or give set= a value for each")
        names = distinct_columns([self._columns.written(name) for name, _ in pairs], "do_update()") if pairs else []
        for name in names:
            if _is_among(name, assigned):
                raise BuildError("do_update() sets a column twice: by its name and in set=")
        assignments = Assignments(tuple(names), tuple([value_node(value) for _, value in pairs])) if pairs else None
        condition = None if where is None else checked_condition(where)
        return Insert(self._insert, ON_CONFLICT, OnConflictClause(self._infer, tuple(assigned), assignments, condition))


class Upsert(Builder, Generic[Ins]):
    """`Qail.put(table)`: not executable before values().

    >>> print(Qail.put("users").values({"id": 1, "name": "a"}, key="id"))
    INSERT INTO "users" ("id", "name") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name"
    """

    def values(self, row: Ins, /, *more: Ins, key: str | Expr[Any] | tuple[str | Expr[Any], ...]) -> Insert:
        """Insert the rows; where one with this key is there, set its other columns instead.

        Raises:
            BuildError: a key is not among the columns, or nothing else is.
        """
        columns = writable(self)
        rows: tuple[object, ...] = (row, *more)
        payload = values_rows(rows, columns)
        keys = distinct_columns([columns.named(item) for item in (key if isinstance(key, tuple) else (key,))], "key=")
        for known in keys:
            if not _is_among(known, payload.columns):
                raise BuildError("put() needs the key among the columns of each row")
        check_key(keys, columns)
        rest = [column for column in payload.columns if not _is_among(column, keys)]
        if not rest:
            raise BuildError("put() has nothing to update; add(...).on_conflict(...).do_nothing() keeps what is there")
        insert = Insert(self, ROWS, payload)
        return Insert(insert, ON_CONFLICT, OnConflictClause(InferClause(tuple(keys)), tuple(rest)))


def check_key(elements: list[Node], columns: Columns) -> None:
    """Refuse a conflict target of columns that are no unique key, where the table class says which there are.

    Raises:
        BuildError: no unique key is over these columns, in any order.
    """
    known = None if columns.row is None else columns.row.keys
    names = [element.name for element in elements if isinstance(element, ColumnExpr)]
    if known is None or not elements or len(names) < len(elements):
        return
    if tuple(names) not in known and not any(set(names) == set(key) for key in known):
        told = "; ".join([", ".join(key) for key in known]) or "none"
        raise BuildError(
            f"table {columns.table!r} has no unique key over {', '.join(names)}, by which a conflict could be found; "
            f"its keys are: {told}"
        )


def select_rows(query: object, columns: list[Node]) -> InsertSelect:
    """The rows of a query for columns.

    Raises:
        BuildError: it is no query, or gives another number of columns.
    """
    if not isinstance(query, Builder):
        raise BuildError(f"from_select() takes a query, not {type(query).__name__}")
    found = InsertSelect(tuple(columns), query)
    known = output_columns(query)
    if columns and known is not None and len(known) != len(columns):
        raise BuildError(f"from_select() has {len(columns)} columns for the {len(known)} of its query")
    return found


def values_rows(rows: tuple[object, ...], columns: Columns) -> ValuesRows | InsertSelect:
    """Rows as users give them, checked against each other and against the table; many as arrays, where they can be."""
    names: list[object] = []
    values: list[object] = []
    for name, value in present_items(rows[0], "values()"):
        names.append(name)
        values.append(value)
    if not names and len(rows) > 1:
        raise BuildError("several rows of defaults cannot be one INSERT; execute_many() inserts them one by one")
    for number, row in enumerate(rows[1:], 2):
        given = _as_dict(row)
        if given is not None and list(given) == names:
            values.extend(given.values())
            continue
        values.extend(_reordered(present_items(row, "values()"), names, number))
    targets = columns.targets(names, "values()")
    checked = _checked_values(values, names)
    if len(rows) > MOST_SPELT_ROWS:
        found = unnested_rows(targets, checked)
        if found is not None:
            return found
    return ValuesRows(targets, len(rows), checked)


def _checked_values(values: list[object], names: list[object]) -> list[object]:
    """The values themselves, and parts of queries as expressions.

    Raises:
        BuildError: one is SKIP, or a part of a query that has no value.
    """
    for index, value in enumerate(values):
        if isinstance(value, (int, str, float)) or value is None:
            continue
        if isinstance(value, (Node, Builder)) or isinstance(value, type):
            values[index] = operand(value)
        elif value is SKIP:
            number, column = divmod(index, len(names))
            raise BuildError(f"row {number + 1} differs from row 1 in its columns: {names[column]}; None is NULL")
    return values


def _as_dict(row: object) -> dict[object, object] | None:
    return cast("dict[object, object]", row) if isinstance(row, dict) else None


def _reordered(pairs: list[tuple[object, object]], names: list[object], number: int) -> list[object]:
    found = dict(pairs)
    if set(found) != set(names):
        different = sorted(str(name) for name in set(found).symmetric_difference(names))
        raise BuildError(f"row {number} differs from row 1 in its columns: {', '.join(different)}; None is NULL")
    return [found[name] for name in names]


def _conflict_element(item: object, columns: Columns) -> Node:
    """A column, or an expression of an index."""
    if not isinstance(item, Expression):
        return columns.named(item)
    return item if not _token(item) else columns.named(cast("object", item))


def _is_among(column: Node, columns: Collection[Node]) -> bool:
    # By shape: past the cap of known names two nodes may stand for one column.
    return any(_token(known) == _token(column) for known in columns)


def _token(column: Node) -> str:
    return column.token if isinstance(column, (ColumnRef, ColumnExpr)) else ""
