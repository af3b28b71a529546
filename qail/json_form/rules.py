"""What may be loaded: everything that has a form, or the subset for clients that nobody trusts.

The subset reads rows of the tables it is given and nothing else: SELECT, joins, subqueries in FROM and in conditions,
set operations, grouping, ordering, paging; comparisons, arithmetic, CASE, COALESCE, casts to plain types; the functions
of SAFE_FUNCTIONS and those that are named. No writing, no locks, no WITH, no tables but those given, no function or
operator beyond the lists, no literals in the text, no collations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, cast

from qail.ast.build.items import whole_row_of
from qail.ast.clause.from_ import TABLE_KIND, RangeVar
from qail.ast.clause.output import output_columns
from qail.ast.expression.column import WholeRow
from qail.ast.name import checked_name
from qail.ast.tokens import FIELD
from qail.errors import BuildError
from qail.pgtype import PgType

SAFE_NODES: Final = frozenset(
    {
        "A_ArrayExpr", "A_Expr", "A_Indirection", "A_Star", "BetweenExpr", "BoolExpr", "BooleanTest", "CallForm",
        "CaseExpr", "CoalesceExpr", "ColumnExpr", "ColumnRef", "ExistsExpr", "ExtractExpr", "FuncCall", "JoinExpr",
        "JoinUsing", "NegateExpr", "NodeList", "NotExpr", "NotNull", "Nothing", "NullTest", "OpExpr", "OperatorTest",
        "ParamRef", "QuantifiedExpr", "QueryMembership", "RangeSubselect", "RangeVar", "ResTarget", "RowExpr",
        "RowMembership", "ScalarArrayOpExpr", "SetOperation", "SortBy", "SubLink", "TypeCast", "WholeRow",
    }
)  # fmt: skip
SAFE_BUILDERS: Final = frozenset({"Compound", "Dyn", "From", "Query", "Select"})
SAFE_STEPS: Final = frozenset(
    {
        "columns", "distinct", "distinct on", "from", "get", "group by", "having", "join", "limit", "offset",
        "order by", "reversed", "select", "set operation", "where",
    }
)  # fmt: skip
SAFE_FUNCTIONS: Final = frozenset(
    {
        "abs", "avg", "bool_and", "bool_or", "ceil", "char_length", "count", "date_trunc", "floor", "length", "lower",
        "max", "min", "mod", "now", "round", "sign", "strpos", "sum", "trunc", "upper",
    }
)  # fmt: skip
SAFE_OPERATORS: Final = frozenset(
    {
        "=", "<>", "<", "<=", ">", ">=", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "IS DISTINCT FROM",
        "IS NOT DISTINCT FROM", "+", "-", "*", "/", "%", "||", "@>", "<@", "&&", "->", "->>", "#>", "#>>", "?", "?|",
        "?&",
    }
)  # fmt: skip
SAFE_TYPES: Final = frozenset(
    {
        "bool", "bytea", "date", "float4", "float8", "int2", "int4", "int8", "interval", "json", "jsonb", "numeric",
        "text", "time", "timestamp", "timestamptz", "timetz", "uuid", "varchar",
    }
)  # fmt: skip

TableKey = tuple[str | None, str]
Columns = frozenset[str]


class Tables:
    """The table classes and names that were given, by schema and name, and the columns of those that have them said."""

    def __init__(self, given: Iterable[object]) -> None:
        self.classes: Final[dict[tuple[TableKey, str | None, bool], WholeRow]] = {}
        self.names: Final[set[TableKey]] = set()
        self.columns: Final[dict[TableKey, Columns]] = {}
        said: dict[Any, Any] = dict(cast("Mapping[object, Any]", given)) if isinstance(given, Mapping) else {}
        for table in given:
            row = whole_row_of(table)
            if row is not None:
                relation = row.relation
                key = (relation.schema, relation.name)
                self.classes[key, relation.alias, relation.is_nullable] = row
                self.columns[key] = frozenset([column.name for column in row.columns])
            else:
                key = _name_of(table)
                if said.get(table) is not None:
                    self.columns[key] = _columns_of(said[table])
            self.names.add(key)

    def row(self, key: TableKey, alias: str | None, *, is_outer: bool) -> WholeRow:
        """The whole row of a table class that was given, under its alias.

        Raises:
            BuildError: no such class was given.
        """
        found = self.classes.get((key, alias, is_outer))
        if found is None:
            plain = self.classes.get((key, None, is_outer))
            if plain is None or alias is None:
                raise BuildError(
                    f"whole rows of {key[1]!r} need its table class{' (outer)' if is_outer else ''} in tables="
                )
            table: Any = plain.table
            if is_outer or not hasattr(table, "as_"):
                raise BuildError(f"whole rows of {key[1]!r} as {alias!r} need that alias of its class in tables=")
            found = cast("WholeRow", table.as_(alias).__qail_star__)
        return found


def _columns_of(names: object) -> Columns:
    if isinstance(names, (str, bytes)) or not isinstance(names, Collection):
        raise BuildError(f"tables= as a mapping says the columns of each name in a list, not {names!r:.60}")
    return frozenset([checked_name(name, "a column name") for name in cast("Collection[object]", names)])


def _name_of(table: object) -> TableKey:
    if isinstance(table, str):
        return (None, table)
    pair: Any = table
    if isinstance(table, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
        return (pair[0], pair[1])
    raise BuildError(f"tables= takes table classes, names and (schema, name) pairs, not {table!r:.60}")


class Rules:
    """The rules of one call of `from_json`."""

    def __init__(self, *, trusted: bool, tables: Iterable[object], functions: Collection[str]) -> None:
        self.trusted: Final = trusted
        self.tables: Final = Tables(tables)
        self._functions: Final = SAFE_FUNCTIONS | frozenset(functions)
        self._items: Final[list[tuple[str, Columns | None]]] = []
        """The items of FROM by their names there, with their columns where these are known."""
        self._columns: Final[list[tuple[str, str]]] = []
        """The columns that are named with their tables."""

    def check_node(self, name: str, fields: Mapping[str, Any]) -> None:
        """Raise BuildError when this node may not be made of these fields."""
        if self.trusted:
            return
        if name not in SAFE_NODES:
            raise BuildError(f"{name} is not for clients that are not trusted")
        for value in fields.values():
            found: Any = value
            if isinstance(value, PgType):
                self._check_type_of(name, found)
        if name == "RangeVar" and fields.get("kind", TABLE_KIND) == TABLE_KIND:
            key = (fields.get("schema"), fields["name"])
            self._check_table(key)
            self._items.append((fields.get("alias") or fields["name"], self.tables.columns.get(key)))
        self._note_columns(name, fields)
        if name == "JoinExpr":
            check_item(fields["relation"])
        if name in ("A_Expr", "OpExpr", "OperatorTest") and fields["operator"] not in SAFE_OPERATORS:
            raise BuildError(f"the operator {fields['operator']} is not for clients that are not trusted")
        if name == "CallForm" or (fields.get("schema") is not None and name == "OpExpr"):
            self._check_form(fields)
        if name == "FuncCall":
            self._check_call(fields)
        if name == "TypeCast":
            check_type(fields["pg"])
        if name == "A_ArrayExpr" and fields.get("of") is not None:
            check_type(fields["of"])

    def _note_columns(self, name: str, fields: Mapping[str, Any]) -> None:
        """Keep what `check_columns` is about.

        Raises:
            BuildError: an attribute of a row is asked for, which may be a function's name.
        """
        if name == "RangeSubselect":
            found = output_columns(fields["query"], tuple(fields.get("columns", ())))
            known = None if found is None else frozenset([column.name for column in found])
            self._items.append((fields["alias"], known))
        if name == "ColumnExpr":
            relation = fields["relation"]
            self._columns.append((relation.alias or relation.name, fields["name"]))
        if name == "ColumnRef" and len(fields["fields"]) > 1:
            self._columns.append((fields["fields"][-2], fields["fields"][-1]))
        if name == "A_Indirection" and fields["kind"] == FIELD:
            raise BuildError(
                "an attribute of a row is not for clients that are not trusted: it may be a function's name"
            )

    def whole_row(self, key: TableKey, alias: str | None, *, is_outer: bool) -> WholeRow:
        """The whole row of a table class that was given.

        Raises:
            BuildError: no such class was given.
        """
        found = self.tables.row(key, alias, is_outer=is_outer)
        self._items.append((alias or key[1], self.tables.columns.get(key)))
        return found

    def check_columns(self) -> None:
        """Raise BuildError when a name behind a table's may be no column: PostgreSQL takes `t.f` for `f(t)` as well."""
        if self.trusted:
            return
        for table, column in self._columns:
            for item, known in self._items:
                if item != table:
                    continue
                if known is None:
                    raise BuildError(
                        f"{table}.{column} may be a function, since the columns of {table!r} are not known: give its "
                        "table class in tables=, or its columns: tables={name: [column, ...]}"
                    )
                if column not in known:
                    raise BuildError(f"{table!r} has no column {column!r} that clients may read")

    def _check_type_of(self, name: str, pg: PgType[Any]) -> None:
        """Refuse a type that looks names up in the catalog, and any of the database's own but a column's."""
        base = pg if pg.element is None else pg.element
        if base.name.startswith("reg") or (not base.oid and name != "ColumnExpr"):
            raise BuildError(f"the type {pg.name} is not for clients that are not trusted")

    def _check_table(self, key: TableKey) -> None:
        if key not in self.tables.names:
            shown = ".".join([part for part in key if part])
            raise BuildError(f"the table {shown!r} is none of those that clients may read: tables= names them")

    def _check_call(self, fields: Mapping[str, Any]) -> None:
        if fields["name"] not in self._functions:
            raise BuildError(f"the function {fields['name']!r} is not for clients that are not trusted")
        if fields.get("window") is not None:
            raise BuildError("windows are not for clients that are not trusted")

    def _check_form(self, fields: Mapping[str, Any]) -> None:
        if fields.get("schema") is not None:
            raise BuildError("a schema's functions and operators are not for clients that are not trusted")

    def check_step(self, step: str, node: Any) -> None:
        """Raise BuildError when a query may not have this step."""
        if self.trusted:
            return
        if step not in SAFE_STEPS:
            raise BuildError(f"{step!r} is not for clients that are not trusted")
        if step in ("get", "from"):
            check_item(node)

    def check_builder(self, name: str) -> None:
        """Raise BuildError when no such query may be made."""
        if not self.trusted and name not in SAFE_BUILDERS:
            raise BuildError(f"{name} is not for clients that are not trusted: they only read")


def check_item(item: object) -> None:
    """Refuse a name in FROM that is none of a table: it could be any table's that was not given."""
    if isinstance(item, RangeVar) and item.kind != TABLE_KIND:
        raise BuildError(f"{item.name!r} in FROM is none of the tables that were given")


def check_type(pg: PgType[Any]) -> None:
    """Refuse a cast to a type that tells of the catalog, or runs code of an extension."""
    known = pg if pg.element is None else pg.element
    if known.name not in SAFE_TYPES or known.schema is not None or not known.oid:
        raise BuildError(f"a cast to {pg.name} is not for clients that are not trusted")
