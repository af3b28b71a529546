"""JsonFuncExpr: JSON_EXISTS, JSON_VALUE and JSON_QUERY, which look into a document by a path of the SQL/JSON language.

Source: functions-json.html#SQLJSON-QUERY-FUNCTIONS
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, TypedDict, TypeVar, Unpack, overload

from qail.ast.expression.json_clause import (
    OF_EXISTS,
    OF_VALUE,
    JsonForm,
    arguments,
    behavior,
    checked_type,
    piece_form,
)
from qail.ast.expression.parameter import operand
from qail.ast.name import Unchecked
from qail.ast.node import Expr, Expression, Node, depth_of
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import BOOL, JSONB, TEXT, PgType, TypeOf

T = TypeVar("T")

EXISTS: Final = "JSON_EXISTS"
VALUE: Final = "JSON_VALUE"
QUERY: Final = "JSON_QUERY"

Truth: TypeAlias = Literal["error", "true", "false", "unknown"] | Unchecked | None
Scalar: TypeAlias = Literal["error", "null"] | Expr[Any] | Unchecked | None
Piece: TypeAlias = Literal["error", "null", "empty array", "empty object"] | Expr[Any] | Unchecked | None


class JsonFuncExpr(Expr[Any]):
    """`function(document, path PASSING ... RETURNING ...)`; `function` is EXISTS, VALUE or QUERY."""

    def __init__(self, function: str, document: Node, path: Node, form: JsonForm) -> None:
        super().__init__(depth_of([document, path, *form.parts()]))
        self.function: Final = function
        self.document: Final = document
        self.path: Final = path
        self.form: Final = form

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("J\0" + self.function)
        self.document.shape(walk)
        self.path.shape(walk)
        self.form.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        if self.function == EXISTS:
            return BOOL
        if self.form.returning is not None:
            return self.form.returning
        return TEXT if self.function == VALUE else JSONB


def json_exists(
    document: Any,
    path: str | Expr[Any] | Unchecked,
    /,
    *,
    passing: Mapping[str, Any] | None = None,
    on_error: Truth = None,
) -> Expr[bool | None]:
    """`JSON_EXISTS(document, path)`: the path finds something. Needs PostgreSQL 17, as all three of its family.

    `passing` are the variables of the path: `{"least": 3}` is `$least` in it. `on_error` is what an error in the path
    gives; PostgreSQL's own answer is false.

    >>> print(Qail.get("t").columns("id").where(json_exists(col("data"), "$.a[*] ? (@ > $n)", passing={"n": 3})))
    SELECT "id" FROM "t" WHERE JSON_EXISTS("data", $1 PASSING $2 AS "n")
    """
    form = JsonForm(passing=arguments(passing), on_error=behavior(on_error, OF_EXISTS, "on_error of json_exists()"))
    return JsonFuncExpr(EXISTS, document_of(document, "json_exists()"), _path(path, "json_exists()"), form)


@overload
def json_value(
    document: Any, path: str | Expr[Any], /, *,
    passing: Mapping[str, Any] | None = ..., on_empty: Scalar = ..., on_error: Scalar = ...,
) -> Expr[str | None]: ...  # fmt: skip
@overload
def json_value(
    document: Any, path: str | Expr[Any], /, *, returning: TypeOf[T],
    passing: Mapping[str, Any] | None = ..., on_empty: Scalar = ..., on_error: Scalar = ...,
) -> Expr[T | None]: ...  # fmt: skip
def json_value(
    document: Any,
    path: str | Expr[Any] | Unchecked,
    /,
    *,
    returning: Any = None,
    passing: Mapping[str, Any] | None = None,
    on_empty: Scalar = None,
    on_error: Scalar = None,
) -> Expr[Any]:
    """`JSON_VALUE(document, path RETURNING type)`: the one scalar that the path finds, as SQL's own value.

    `on_empty` and `on_error` are "error", "null", or `literal(...)`, a default; PostgreSQL's own answer is NULL.

    >>> print(Qail.get("t").columns(json_value(col("data"), "$.age", returning=INT4, on_empty=literal(0))))
    SELECT JSON_VALUE("data", $1 RETURNING int4 DEFAULT 0 ON EMPTY) FROM "t"
    """
    form = JsonForm(
        passing=arguments(passing),
        returning=checked_type(returning, "returning="),
        on_empty=behavior(on_empty, OF_VALUE, "on_empty of json_value()"),
        on_error=behavior(on_error, OF_VALUE, "on_error of json_value()"),
    )
    return JsonFuncExpr(VALUE, document_of(document, "json_value()"), _path(path, "json_value()"), form)


class QueryOptions(TypedDict, total=False):
    """What `json_query()` takes by name, and `json_column()`, which has no variables of its own."""

    passing: Mapping[str, Any] | None
    wrapper: Literal["without", "conditional", "unconditional"] | None
    quotes: Literal["keep", "omit"] | None
    on_empty: Piece
    on_error: Piece


@overload
def json_query(document: Any, path: str | Expr[Any], /, **options: Unpack[QueryOptions]) -> Expr[Any]: ...
@overload
def json_query(
    document: Any, path: str | Expr[Any], /, *, returning: TypeOf[T], **options: Unpack[QueryOptions]
) -> Expr[T | None]: ...
def json_query(
    document: Any, path: str | Expr[Any] | Unchecked, /, *, returning: Any = None, **options: Any
) -> Expr[Any]:
    """`JSON_QUERY(document, path RETURNING type)`: what the path finds, as a document: jsonb unless said.

    Args:
        options: `passing=`, the variables of the path. `wrapper=` puts what is found into an array: always
            ("unconditional") or unless it is one thing ("conditional"). `quotes="omit"` takes a string's quotes away,
            not together with a wrapper. `on_empty=` and `on_error=` are "error", "null", "empty array", "empty object"
            or a default, `literal(...)`.

    >>> print(Qail.get("t").columns(json_query(col("data"), "$.a[*].b", wrapper="unconditional")))
    SELECT JSON_QUERY("data", $1 WITH UNCONDITIONAL WRAPPER) FROM "t"
    """
    form = piece_form("json_query()", options, returning=returning)
    return JsonFuncExpr(QUERY, document_of(document, "json_query()"), _path(path, "json_query()"), form)


def document_of(document: object, method: str) -> Node:
    """The document a path looks into: an expression, or a value, which is sent as jsonb.

    Raises:
        BuildError: it is None.
    """
    if document is None:
        raise BuildError(f"{method} of None is NULL in SQL; Json(None) is JSON's null")
    return operand(document)


def _path(path: object, method: str) -> Node:
    if not isinstance(path, (str, Expression)):
        raise BuildError(f"{method} takes a path as a str or an expression, not {type(path).__name__}")
    return operand(path)
