"""The operators of json and jsonb. Keys, indexes and paths are values like any other: they become parameters.

Source: functions-json.html#FUNCTIONS-JSON-PROCESSING
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, cast

from qail.ast.expression.arithmetic import OpExpr, type_of
from qail.ast.expression.array import A_Indirection
from qail.ast.expression.json_constructor import is_json
from qail.ast.expression.operation import OperatorTest, given
from qail.ast.expression.parameter import operand
from qail.ast.name import Unchecked
from qail.ast.node import Cond, Expr, Expression, Node
from qail.ast.tokens import ITEM, KEY
from qail.errors import BuildError
from qail.pgtype import INT4, TEXT, PgType, array_of

TEXT_ARRAY: Final[PgType[Any]] = array_of(TEXT)


class JsonOperators:
    """`expression.json`. What changes or searches a document is for jsonb alone, as in PostgreSQL."""

    def __init__(self, argument: Node) -> None:
        self._argument: Final = argument

    def get(self, key: str | int | Expr[Any] | Unchecked) -> Expr[Any]:
        """`-> key`: the member of an object, or the element of an array (from 0; from the end when negative)."""
        return self._part("->", key, "get()", type_of(self._argument))

    def text(self, key: str | int | Expr[Any] | Unchecked) -> Expr[str | None]:
        """`->> key`: as `get`, as text; NULL where there is none and for a JSON null.

        >>> print(Qail.get("users").where(col("data").json.text("city") == "Rome"))
        SELECT * FROM "users" WHERE "data" ->> $1 = $2
        """
        return self._part("->>", key, "text()", TEXT)

    def at(self, *keys: str | int | Expr[Any] | Unchecked) -> Expr[Any]:
        """`[key][key]` of jsonb: what is found by going down key by key, as `get` of each; NULL where there is none.

        >>> print(Qail.get("users").columns(col("data").json.at("phones", 0)))
        SELECT "data"[$1][$2] FROM "users"
        """
        out: Expr[Any] = _subscripted(self._argument, keys)
        return out

    def path(self, *keys: str | int) -> Expr[Any]:
        """`#> keys`: what is found by going down key by key."""
        return self._operation("#>", _keys(keys, "path()"), TEXT_ARRAY, type_of(self._argument))

    def path_text(self, *keys: str | int) -> Expr[str | None]:
        """`#>> keys`: as `path`, as text."""
        return self._operation("#>>", _keys(keys, "path_text()"), TEXT_ARRAY, TEXT)

    def contains(self, document: Any) -> Cond:
        """`@> document`: every member and element of `document` is in it."""
        return OperatorTest("@>", self._argument, given("@>", document), type_of(self._argument))

    def contained_by(self, document: Any) -> Cond:
        """`<@ document`."""
        return OperatorTest("<@", self._argument, given("<@", document), type_of(self._argument))

    def has_key(self, key: str | Expr[Any] | Unchecked) -> Cond:
        """`? key`: a member of this name, or an element that is this string."""
        return OperatorTest("?", self._argument, _text_key(key, "has_key()"), TEXT)

    def has_any_key(self, keys: Collection[str] | Expr[Any] | Unchecked) -> Cond:
        """`?| keys`."""
        return OperatorTest("?|", self._argument, _key_list(keys, "has_any_key()"), TEXT_ARRAY)

    def has_all_keys(self, keys: Collection[str] | Expr[Any] | Unchecked) -> Cond:
        """`?& keys`."""
        return OperatorTest("?&", self._argument, _key_list(keys, "has_all_keys()"), TEXT_ARRAY)

    def merge(self, document: Any) -> Expr[Any]:
        """`|| document`: the members of both, those of `document` where both have one; arrays are joined."""
        known = type_of(self._argument)
        return self._operation("||", document, known, known)

    def without(self, key: str | int | Expr[Any] | Unchecked) -> Expr[Any]:
        """`- key`: without the member of this name, or the element of this index."""
        return self._part("-", key, "without()", type_of(self._argument))

    def without_keys(self, keys: Collection[str] | Expr[Any] | Unchecked) -> Expr[Any]:
        """`- keys`: without the members of these names."""
        return self._operation("-", _key_list(keys, "without_keys()"), TEXT_ARRAY, type_of(self._argument))

    def without_path(self, *keys: str | int) -> Expr[Any]:
        """`#- keys`: without what is at this path."""
        return self._operation("#-", _keys(keys, "without_path()"), TEXT_ARRAY, type_of(self._argument))

    def is_json(
        self, kind: Literal["value", "object", "array", "scalar"] | Unchecked = "value", *, unique_keys: bool = False
    ) -> Cond:
        """`IS JSON`, of a text, bytea or document: it is JSON, and of this kind. Needs PostgreSQL 16.

        With `unique_keys` no object in it may have a key twice.

        >>> print(Qail.get("t").columns("id").where(col("body").json.is_json("object")))
        SELECT "id" FROM "t" WHERE "body" IS JSON OBJECT
        """
        return is_json(self._argument, kind, unique_keys=unique_keys, negated=False)

    def is_not_json(
        self, kind: Literal["value", "object", "array", "scalar"] | Unchecked = "value", *, unique_keys: bool = False
    ) -> Cond:
        """`IS NOT JSON`: the contrary of `is_json`."""
        return is_json(self._argument, kind, unique_keys=unique_keys, negated=True)

    def path_exists(self, path: str | Expr[Any] | Unchecked) -> Cond:
        """`@? path`: the SQL/JSON path finds something."""
        return OperatorTest("@?", self._argument, given("@?", path))

    def path_matches(self, path: str | Expr[Any] | Unchecked) -> Cond:
        """`@@ path`: the SQL/JSON path, a predicate, is true."""
        return OperatorTest("@@", self._argument, given("@@", path))

    def _part(self, operator: str, key: object, method: str, pg: PgType[Any] | None) -> Expr[Any]:
        if isinstance(key, Expression):
            return self._operation(operator, key, None, pg)
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise BuildError(f"{method} takes a key (str) or an index (int), not {type(key).__name__}")
        return self._operation(operator, key, TEXT if isinstance(key, str) else INT4, pg)

    def _operation(
        self, operator: str, right: object, right_type: PgType[Any] | None, pg: PgType[Any] | None
    ) -> Expr[Any]:
        return OpExpr(operator, self._argument, given(operator, right), pg=pg, right_type=right_type)


def _subscripted(document: Any, keys: tuple[object, ...]) -> Any:
    """`document[key][key]`."""
    if not keys:
        raise BuildError("at() needs at least one key")
    for key in keys:
        if not isinstance(key, Expression) and (isinstance(key, bool) or not isinstance(key, (int, str))):
            raise BuildError(f"at() takes keys (str) and indexes (int), not {type(key).__name__}")
        document = A_Indirection(KEY if isinstance(key, str) else ITEM, document, operand(key), None)
    return document


def _keys(keys: tuple[object, ...], method: str) -> list[str]:
    """A path as PostgreSQL takes it: an array of text, indexes as digits."""
    if not keys:
        raise BuildError(f"{method} needs at least one key")
    found: list[str] = []
    for key in keys:
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            raise BuildError(f"{method} takes keys (str) and indexes (int), not {type(key).__name__}")
        found.append(str(key))
    return found


def _text_key(key: object, method: str) -> Node:
    if not isinstance(key, (str, Expression)):
        raise BuildError(f"{method} takes a str, not {type(key).__name__}")
    return given("?", key)


def _key_list(keys: object, method: str) -> Node:
    if isinstance(keys, Expression):
        return keys
    if isinstance(keys, str) or not isinstance(keys, Collection):
        raise BuildError(f"{method} takes a list of str, not {type(keys).__name__}")
    found: list[str] = []
    for key in cast("Collection[object]", keys):
        if not isinstance(key, str):
            raise BuildError(f"{method} takes a list of str, and one is a {type(key).__name__}")
        found.append(key)
    return given("?|", found)
