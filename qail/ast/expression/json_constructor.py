"""What makes JSON: JsonObjectConstructor, JsonArrayConstructor, JsonArrayQueryConstructor, JsonParseExpr,
JsonScalarExpr and JsonSerializeExpr. JsonIsPredicate, which tells what a text or document is.

Source: functions-json.html#FUNCTIONS-JSON-CREATION-TABLE, #FUNCTIONS-SQLJSON-MISC
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast, overload

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.expression.arithmetic import type_token
from qail.ast.expression.json_clause import NULLS, JsonKeyValue, checked_type, typed_operand, word_of
from qail.ast.expression.parameter import operand
from qail.ast.expression.subquery import query_depth
from qail.ast.name import Unchecked
from qail.ast.node import Cond, Expr, Expression, Node, depth_of
from qail.ast.walk import Walk
from qail.errors import BuildError
from qail.pgtype import BYTEA, JSON, TEXT, PgType, TypeOf

T = TypeVar("T")

Nulls: TypeAlias = Literal["null", "absent"] | Unchecked | None
KINDS: Final[dict[str, str]] = {"value": "", "object": " OBJECT", "array": " ARRAY", "scalar": " SCALAR"}


class JsonObjectConstructor(Expr[Any]):
    """`JSON_OBJECT(key : value, ...)`; `on_null` is a word of NULLS or "", `returning` None where json is meant."""

    def __init__(
        self, members: tuple[JsonKeyValue, ...], on_null: str, returning: PgType[Any] | None, *, unique_keys: bool
    ) -> None:
        super().__init__(depth_of(members))
        self.members: Final = members
        self.on_null: Final = on_null
        self.returning: Final = returning
        self.unique_keys: Final = unique_keys

    def shape(self, walk: Walk) -> None:
        said = f"{len(self.members)}\0{self.on_null}\0{type_token(self.returning)}\0{self.unique_keys:d}"
        walk.tokens.append("J\0object\0" + said)
        for member in self.members:
            member.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return JSON if self.returning is None else self.returning


class JsonArrayConstructor(Expr[Any]):
    """`JSON_ARRAY(value, ...)`; `types` are those of values that are parameters."""

    def __init__(
        self,
        values: tuple[Node, ...],
        types: tuple[PgType[Any] | None, ...],
        on_null: str,
        returning: PgType[Any] | None,
    ) -> None:
        super().__init__(depth_of(values))
        self.values: Final = values
        self.types: Final = types
        self.on_null: Final = on_null
        self.returning: Final = returning

    def shape(self, walk: Walk) -> None:
        types = "\0".join([type_token(pg) for pg in self.types])
        said = f"{len(self.values)}\0{self.on_null}\0{type_token(self.returning)}"
        walk.tokens.append(f"J\0array\0{said}\0{types}")
        for value in self.values:
            value.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return JSON if self.returning is None else self.returning


class JsonArrayQueryConstructor(Expr[Any]):
    """`JSON_ARRAY(SELECT ...)`: the one column of the query's rows."""

    def __init__(self, query: Builder, returning: PgType[Any] | None) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query
        self.returning: Final = returning

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("J\0array of\0" + type_token(self.returning))
        self.query.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return JSON if self.returning is None else self.returning


class JsonParseExpr(Expr[Any]):
    """`JSON(text WITH UNIQUE KEYS)`: a text as json."""

    def __init__(self, argument: Node, *, unique_keys: bool) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.unique_keys: Final = unique_keys

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0parse\0{self.unique_keys:d}")
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return JSON


class JsonScalarExpr(Expr[Any]):
    """`JSON_SCALAR(value)`: a number, a boolean, or else a string of its text."""

    def __init__(self, argument: Node, pg: PgType[Any] | None) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("J\0scalar\0" + type_token(self.pg))
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return JSON


class JsonSerializeExpr(Expr[Any]):
    """`JSON_SERIALIZE(document RETURNING type)`: a document as text or bytea."""

    def __init__(self, argument: Node, returning: PgType[Any] | None) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.returning: Final = returning

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("J\0serialize\0" + type_token(self.returning))
        self.argument.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return TEXT if self.returning is None else self.returning


class JsonIsPredicate(Cond):
    """`argument IS [NOT] JSON kind WITH UNIQUE KEYS`, with a kind of KINDS."""

    def __init__(self, argument: Node, kind: str, *, unique_keys: bool, negated: bool) -> None:
        super().__init__(argument.depth + 1)
        self.argument: Final = argument
        self.kind: Final = kind
        self.unique_keys: Final = unique_keys
        self.negated: Final = negated

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0is\0{self.kind}\0{self.unique_keys:d}\0{self.negated:d}")
        self.argument.shape(walk)


@overload
def json_object(
    members: Mapping[str, Any] | Collection[tuple[Any, Any]], /, *, returning: PgType[T], on_null: Nulls = ...,
    unique_keys: bool = ...,
) -> Expr[T]: ...  # fmt: skip
@overload
def json_object(
    members: Mapping[str, Any] | Collection[tuple[Any, Any]] = ..., /, *, on_null: Nulls = ..., unique_keys: bool = ...
) -> Expr[Any]: ...
def json_object(
    members: Mapping[str, Any] | Collection[tuple[Any, Any]] | Unchecked = (),
    /,
    *,
    returning: Any = None,
    on_null: Nulls = None,
    unique_keys: bool = False,
) -> Expr[Any]:
    """`JSON_OBJECT(key : value, ...)` of a mapping, or of (key, value) pairs, whose keys may be expressions.

    With `on_null="absent"` a member that is NULL is left out; else it is JSON's null. `unique_keys` makes a key that
    comes twice an error. The result is json; `returning=JSONB` says otherwise. Needs PostgreSQL 16.

    >>> print(Qail.get("t").columns(json_object({"id": col("id"), "kind": "user"})))
    SELECT JSON_OBJECT($1 : "id", $2 : $3) FROM "t"
    """
    return JsonObjectConstructor(
        _members(members),
        word_of(on_null, NULLS, "on_null="),
        checked_type(returning, "returning="),
        unique_keys=unique_keys,
    )


@overload
def json_array(query: Fetchable[Any], /, *, returning: TypeOf[T]) -> Expr[T | None]: ...
@overload
def json_array(*values: Any, returning: PgType[T], on_null: Nulls = ...) -> Expr[T]: ...
@overload
def json_array(*values: Any, on_null: Nulls = ...) -> Expr[Any]: ...
def json_array(*values: Any, returning: Any = None, on_null: Nulls = None) -> Expr[Any]:
    """`JSON_ARRAY(value, ...)`, or of one query: `JSON_ARRAY(SELECT ...)`, the one column of its rows in their order.

    NULL is left out unless `on_null="null"` says otherwise, which a query cannot. Of a query without rows PostgreSQL
    makes NULL, and no empty array. Needs PostgreSQL 16.

    >>> print(Qail.get("t").columns(json_array(col("a"), 1, on_null="null")))
    SELECT JSON_ARRAY("a", $1 NULL ON NULL) FROM "t"
    """
    pg, nulls = checked_type(returning, "returning="), word_of(on_null, NULLS, "on_null=")
    if len(values) == 1 and isinstance(values[0], Builder):
        if nulls:
            raise BuildError("json_array() of a query leaves NULL out and takes no on_null=: json_arrayagg() does")
        return JsonArrayQueryConstructor(values[0], pg)
    pairs = [typed_operand(value) for value in values]
    return JsonArrayConstructor(tuple([node for node, _ in pairs]), tuple([known for _, known in pairs]), nulls, pg)


def json_parse(text: Any, /, *, unique_keys: bool = False) -> Expr[Any]:
    """`JSON(text)`: a text as json; `unique_keys` makes a key that comes twice an error. Needs PostgreSQL 17.

    >>> print(Qail.get("t").columns(json_parse(col("body"), unique_keys=True)))
    SELECT JSON("body" WITH UNIQUE KEYS) FROM "t"
    """
    if not isinstance(text, (str, Expression)):
        raise BuildError(f"json_parse() takes a text or an expression, not {type(text).__name__}")
    return JsonParseExpr(operand(text), unique_keys=unique_keys)


def json_scalar(value: Any, /) -> Expr[Any]:
    """`JSON_SCALAR(value)`: a number or boolean as JSON's own, anything else as a string. Needs PostgreSQL 17."""
    node, pg = typed_operand(value)
    return JsonScalarExpr(node, pg)


@overload
def json_serialize(document: Any, /) -> Expr[str]: ...
@overload
def json_serialize(document: Any, /, *, returning: PgType[T]) -> Expr[T]: ...
def json_serialize(document: Any, /, *, returning: PgType[Any] | Unchecked | None = None) -> Expr[Any]:
    """`JSON_SERIALIZE(document)`: its text; `returning=BYTEA`: the bytes of that. Needs PostgreSQL 17."""
    pg = checked_type(returning, "returning=")
    if pg is not None and pg.family != "string" and pg.oid != BYTEA.oid:
        raise BuildError(f"json_serialize() returns a string type or BYTEA, not {pg.name}")
    if document is None:
        raise BuildError("json_serialize() of None is NULL in SQL; Json(None) is JSON's null")
    return JsonSerializeExpr(operand(document), pg)


def is_json(argument: Node, kind: object, *, unique_keys: bool, negated: bool) -> Cond:
    """`argument IS [NOT] JSON kind`."""
    return JsonIsPredicate(argument, word_of(kind, KINDS, "is_json()"), unique_keys=unique_keys, negated=negated)


def member_of(key: object, value: object, method: str) -> JsonKeyValue:
    """`key : value`; a str key is a parameter.

    Raises:
        BuildError: the key is neither a str nor an expression.
    """
    if not isinstance(key, (str, Expression)):
        raise BuildError(f"{method} takes keys that are str or expressions, not {type(key).__name__}")
    node, pg = typed_operand(value)
    return JsonKeyValue(operand(key), node, pg)


def _members(members: object) -> tuple[JsonKeyValue, ...]:
    found: list[JsonKeyValue] = []
    if isinstance(members, Mapping):
        for key, value in cast("Mapping[object, object]", members).items():
            found.append(member_of(key, value, "json_object()"))
        return tuple(found)
    if isinstance(members, (str, Expression)) or not isinstance(members, Collection):
        raise BuildError(f"json_object() takes a mapping or (key, value) pairs, not {type(members).__name__}")
    for pair in cast("Collection[object]", members):
        parts = list(cast("Collection[object]", pair)) if isinstance(pair, (tuple, list)) else []
        if len(parts) != 2:
            raise BuildError(f"json_object() takes a mapping or (key, value) pairs, and one is {pair!r:.60}")
        found.append(member_of(parts[0], parts[1], "json_object()"))
    return tuple(found)
