"""JsonTable: what is in a document as rows, as an item of FROM. JsonTableColumn: one of its columns.

Rule: PostgreSQL takes the paths of JSON_TABLE as string constants alone, so that they stand in the text; the document
and the variables of the path are values like any other.

Source: functions-json.html#FUNCTIONS-SQLJSON-TABLE
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack, overload

from qail.ast.clause.from_ import DERIVED_KIND, FromItem, RangeVar, checked_columns
from qail.ast.clause.output import OutputColumn
from qail.ast.expression.arithmetic import type_token
from qail.ast.expression.json_clause import (
    AS_IT_IS,
    OF_EXISTS,
    OF_TABLE,
    JsonBehavior,
    JsonForm,
    arguments,
    behavior,
    checked_type,
    piece_form,
)
from qail.ast.expression.json_query import Piece, Truth, document_of
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Expr, Node, depth_of
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import BOOL, INT4, PgType, TypeOf

T = TypeVar("T")

ORDINALITY: Final = "FOR ORDINALITY"
REGULAR: Final = ""
FORMATTED: Final = "FORMAT JSON"
EXISTS: Final = "EXISTS"
NESTED: Final = "NESTED"


class JsonTableColumn(Expr[Any]):
    """A column of JSON_TABLE: `kind` says which. NESTED has no name, and `columns` of its own.

    The column itself is asked for by `item[column]`; it stands nowhere but in `json_table()`.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        pg: PgType[Any] | None,
        path: str,
        form: JsonForm = AS_IT_IS,
        columns: tuple[JsonTableColumn, ...] = (),
    ) -> None:
        super().__init__(depth_of([*form.parts(), *columns]))
        self.kind: Final = kind
        self.name: Final = name
        self.pg: Final = pg
        self.path: Final = path
        self.form: Final = form
        self.columns: Final = columns

    def shape(self, walk: Walk) -> None:
        said = f"{self.kind}\0{self.name}\0{type_token(self.pg)}\0{len(self.columns)}\0{self.path}"
        walk.tokens.append("J\0column\0" + said)
        self.form.shape(walk)
        for column in self.columns:
            column.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return self.pg

    def flat(self) -> list[JsonTableColumn]:
        """Itself, or the columns below a NESTED one, in the order they have in the result."""
        if self.kind != NESTED:
            return [self]
        return [found for column in self.columns for found in column.flat()]


class JsonTable(FromItem):
    """`JSON_TABLE(document, path PASSING ... COLUMNS (...) ON ERROR) AS alias`."""

    def __init__(
        self,
        document: Node,
        path: str,
        columns: tuple[JsonTableColumn, ...],
        alias: Name,
        form: JsonForm = AS_IT_IS,
    ) -> None:
        super().__init__(depth_of([document, *columns, *form.parts()]), RangeVar(alias, kind=DERIVED_KIND))
        self.document: Final = document
        self.path: Final = path
        self.columns: Final = columns
        self.form: Final = form

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0table\0{self.relation.name}\0{len(self.columns)}\0{self.path}")
        self.document.shape(walk)
        self.form.shape(walk)
        for column in self.columns:
            column.shape(walk)

    def known_columns(self) -> list[OutputColumn] | None:
        found: list[OutputColumn] = []
        for column in self.columns:
            found.extend([OutputColumn(known.name, known, known.pg, null=True) for known in column.flat()])
        return found


class ColumnOptions(TypedDict, total=False):
    """What `json_column()` takes by name."""

    format_json: bool
    wrapper: Literal["without", "conditional", "unconditional"] | None
    quotes: Literal["keep", "omit"] | None
    on_empty: Piece
    on_error: Piece


@overload
def json_column(name: Name, pg: TypeOf[T], /, **options: Unpack[ColumnOptions]) -> Expr[T | None]: ...
@overload
def json_column(
    name: Name, pg: TypeOf[T], /, *, path: str | None, **options: Unpack[ColumnOptions]
) -> Expr[T | None]: ...
def json_column(name: Name, pg: Any, /, *, path: Any = None, **options: Any) -> Expr[Any]:
    """A column of `json_table()`: what `path` finds in each row, as a `pg`; `$.name` where it is not said.

    Args:
        options: `format_json=True` of a text column: what is found as JSON text, whatever it is, not as the string it
            is. `wrapper=`, `quotes=`, `on_empty=` and `on_error=` are those of `json_query()`.
    """
    known = checked_type(pg, "json_column()")
    if known is None:
        raise BuildError(f"json_column({name!r:.60}) needs a type object such as TEXT")
    if "passing" in options:
        raise BuildError("passing= is of the whole json_table(), whose columns use its variables")
    form = piece_form("json_column()", options, extra=("format_json",))
    where = "" if path is None else checked_path(path, "json_column()")
    kind = FORMATTED if options.get("format_json") else REGULAR
    return JsonTableColumn(kind, checked_name(name, "a column name"), known, where, form)


def json_exists_column(
    name: Name, /, *, path: str | Unchecked | None = None, on_error: Truth = None
) -> Expr[bool | None]:
    """A column of `json_table()`: whether `path` finds something in the row; `$.name` where it is not said."""
    form = JsonForm(on_error=behavior(on_error, OF_EXISTS, "on_error of json_exists_column()"))
    where = "" if path is None else checked_path(path, "json_exists_column()")
    return JsonTableColumn(EXISTS, checked_name(name, "a column name"), BOOL, where, form)


def json_ordinality(name: Name, /) -> Expr[int]:
    """A column of `json_table()` that counts the rows of its level from 1."""
    return JsonTableColumn(ORDINALITY, checked_name(name, "a column name"), INT4, "")


def json_nested(path: str | Unchecked, /, *columns: Expr[Any] | Unchecked) -> Expr[Any]:
    """`NESTED PATH path COLUMNS (...)`: a row for each thing that `path` finds in a row; one of NULLs without any."""
    return JsonTableColumn(
        NESTED, "", None, checked_path(path, "json_nested()"), AS_IT_IS, _columns(columns, "json_nested()")
    )


def json_table(
    document: Any,
    path: str | Unchecked,
    /,
    *columns: Expr[Any] | Unchecked,
    alias: Name,
    passing: Mapping[str, Any] | None = None,
    on_error: Literal["error", "empty"] | Unchecked | None = None,
) -> JsonTable:
    """`JSON_TABLE(...)`, an item of FROM: a row for each thing that `path` finds in the document. Needs PostgreSQL 17.

    The document may be a column of what stands before it in FROM. The columns are `json_column`, `json_exists_column`,
    `json_ordinality` and `json_nested`; `table[column]` is the column in a query, of its own type.

    >>> size = json_column("size", INT4)
    >>> parts = json_table(col("body"), "$.p[*]", json_ordinality("line"), size, alias="p")
    >>> print(Qail.get(parts).columns(parts["line"], parts[size]))
    SELECT "p"."line", "p"."size" FROM JSON_TABLE("body", '$.p[*]' COLUMNS ("line" FOR ORDINALITY, "size" int4)) AS "p"
    """
    checked = _columns(columns, "json_table()")
    checked_columns([known.name for column in checked for known in column.flat()])
    error: JsonBehavior | None = behavior(on_error, OF_TABLE, "on_error of json_table()")
    form = JsonForm(passing=arguments(passing), on_error=error)
    return JsonTable(document_of(document, "json_table()"), checked_path(path, "json_table()"), checked, alias, form)


def checked_path(path: object, method: str) -> str:
    """A path that can be a string constant.

    Raises:
        BuildError: it is no str, empty, or holds a NUL.
    """
    if not isinstance(path, str):
        raise BuildError(
            f"{method} takes its path as a str, which PostgreSQL wants in the text, not {type(path).__name__}"
        )
    if not path or "\0" in path:
        raise BuildError(f"{method} takes a path of the SQL/JSON language such as '$.items[*]', not {path!r:.60}")
    return path


def _columns(columns: tuple[object, ...], method: str) -> tuple[JsonTableColumn, ...]:
    if not columns:
        raise BuildError(f"{method} needs at least one column: json_column(name, type)")
    found: list[JsonTableColumn] = []
    for column in columns:
        if not isinstance(column, JsonTableColumn):
            raise BuildError(f"{method} takes columns made by json_column() and its kin, not {type(column).__name__}")
        found.append(column)
    return tuple(found)
