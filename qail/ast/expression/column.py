"""ColumnRef, and its typed form ColumnExpr; WholeRow: all columns of a table as one item; A_Star."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from qail.ast.name import Name, checked_name
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import STAR, VERSION
from qail.ast.valued import Valued
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import PgType

if TYPE_CHECKING:
    from qail.ast.clause.column_def import ColumnDef
    from qail.ast.clause.from_ import RangeVar

T = TypeVar("T")

EXCLUDED: Final = "EXCLUDED"
OLD: Final = "OLD"
NEW: Final = "NEW"

NO_NAMES: Final[frozenset[str]] = frozenset()

KNOWN_COLUMNS: Final[dict[str, ColumnRef]] = {}
MOST_KNOWN_COLUMNS: Final = 10_000  # names may come from outside; past this they are made anew each time


class ColumnRef(Expr[Any]):
    """A column by name: `("name",)`, `("table or alias", "name")` or `("schema", "table", "name")`."""

    def __init__(self, fields: tuple[Name, ...]) -> None:
        super().__init__(1)
        self.fields: Final = tuple([checked_name(field, "a column name") for field in fields])
        self.token: Final = "c\0" + "\0".join(self.fields)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)


class ColumnExpr(Expr[T]):
    """A column of a table class: where it is from, its PostgreSQL type, and if it may be NULL there.

    `null` is True on an outer twin; `own_null` is whether it may be NULL where its row is there. The type is part of
    the shape: it decides how parameters beside it are sent.
    """

    def __init__(
        self, relation: RangeVar, name: str, pg: PgType[Any], *, null: bool = False, own_null: bool | None = None
    ) -> None:
        super().__init__(1)
        self.relation: Final = relation
        self.name: Final = checked_name(name, "a column name")
        self.pg: Final = pg
        self.null: Final = null
        self.own_null: Final[bool] = null if own_null is None else own_null
        self.token: Final = f"t\0{relation.token}\0{name}\0{pg.key}\0{pg.oid}\0{null:d}"

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)

    def result_type(self) -> PgType[Any] | None:
        return self.pg


class WholeRow(Expression):
    """A whole row of a table class as an item of a select list: its columns, listed by name.

    `table` is the class whose objects the rows become; `definitions` are the columns as CREATE TABLE needs them. With
    `relation.is_nullable` the row may be absent (the outer side of a join) and is then None. `keys` are the names in
    each of the unique keys, the primary one first; None where the class does not tell. `generated` are the columns
    that only the server writes. `known_targets` are the columns of lists of names that have been checked once.
    """

    def __init__(
        self,
        table: type,
        relation: RangeVar,
        columns: tuple[ColumnExpr[Any], ...],
        definitions: tuple[ColumnDef, ...],
        keys: tuple[tuple[str, ...], ...] | None = None,
        generated: frozenset[str] = NO_NAMES,
    ) -> None:
        super().__init__(1)
        self.table: Final = table
        self.relation: Final = relation
        self.columns: Final = columns
        self.definitions: Final = definitions
        self.keys: Final = keys
        self.generated: Final = generated
        self._by_name: Final = {column.name: column for column in columns}
        self.known_targets: Final[dict[tuple[object, ...], tuple[Node, ...]]] = {}
        # Every column's token has the same number of NULs, so that the joined text can be taken apart in one way only.
        self.token: Final = "w\0" + relation.token + "\0" + "\0".join([column.token for column in columns])

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)

    def column(self, name: str) -> ColumnExpr[Any] | None:
        """The column of this name; None when the table has none."""
        return self._by_name.get(name)


class A_Star(Expression):
    """`*`: every column the FROM list has. It has no value that could be compared or named."""

    def __init__(self) -> None:
        super().__init__(1)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(STAR)


class VersionColumn(Expr[Any]):
    """`EXCLUDED.name`: what a row of INSERT that met a conflict would have stored; `OLD.name` and `NEW.name`: what was
    stored before and after a change. `version` is EXCLUDED, OLD or NEW.
    """

    def __init__(self, version: str, column: Node) -> None:
        super().__init__(1)
        self.version: Final = version
        self.column: Final = column

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(VERSION)
        walk.tokens.append(self.version)
        self.column.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return self.column.result_type() if isinstance(self.column, Expression) else None


def star() -> A_Star:
    """`*`, beside other items of `columns()` or `returning()`: every column, as the server counts them.

    >>> print(Qail.get("t").columns(star(), func.row_number().over(order_by=col("a")).as_("n")))
    SELECT *, row_number() OVER (ORDER BY "a") AS "n" FROM "t"
    >>> print(Qail.delete("t").eq("a", 1).returning(star()))
    DELETE FROM "t" WHERE "a" = $1 RETURNING *
    """
    return A_Star()


@overload
def excluded(column: Expr[T], /) -> Expr[T]: ...
@overload
def excluded(column: str, /) -> Expr[Any]: ...
def excluded(column: Any, /) -> Any:
    """`EXCLUDED.column`: in do_update() the value that would have been inserted."""
    return VersionColumn(EXCLUDED, _column(column, "excluded()"))


@overload
def old(column: Valued[T], /) -> Expr[T | None]: ...
@overload
def old(column: str, /) -> Expr[Any]: ...
def old(column: Any, /) -> Any:
    """`OLD.column` in RETURNING: what was there before; None where nothing was. Needs PostgreSQL 18."""
    return VersionColumn(OLD, _column(column, "old()"))


@overload
def new(column: Valued[T], /) -> Expr[T | None]: ...
@overload
def new(column: str, /) -> Expr[Any]: ...
def new(column: Any, /) -> Any:
    """`NEW.column` in RETURNING: what is there now; None of a row that was deleted. Needs PostgreSQL 18."""
    return VersionColumn(NEW, _column(column, "new()"))


def _column(column: object, method: str) -> Node:
    if isinstance(column, str):
        return column_named(column)
    if isinstance(column, (ColumnRef, ColumnExpr)):
        return cast("Node", column)
    raise BuildError(f"{method} takes a column or its name, not {type(column).__name__}")


def col(*fields: str) -> Expr[Any]:
    """A column by name, untyped: `col("id")`, `col("u", "id")`. Each str is one identifier."""
    return ColumnRef(fields)


def column_named(name: Name) -> ColumnRef:
    """The ColumnRef of an unqualified name; the same object for the same name, most of the time."""
    try:
        found = KNOWN_COLUMNS.get(name)
    except TypeError:  # a list: no key of a dict, and refused below as any other that is no str
        found = None
    if found is None:
        found = ColumnRef((name,))
        if len(KNOWN_COLUMNS) < MOST_KNOWN_COLUMNS:
            KNOWN_COLUMNS[name] = found
    return found
