"""Sql: raw SQL of a constant template. The overload block is written by tools/gen_overloads.py.

Rule 1: what stands in a template becomes what it is: a value a parameter, an expression or a query a part of the text,
a name after `:i` an identifier. No value is ever text.
Rule 2: the template is a constant of the program. A type checker holds callers to it: `Trusted` is the one way for
text that was made at run time, and easy to search for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, TypeVarTuple, cast, overload

from mypy_extensions import mypyc_attr

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.build.items import whole_row_of
from qail.ast.build.query_expression import MAP, RowTarget
from qail.ast.build.returning import DynReturning, MappedReturning, Returning
from qail.ast.clause.from_ import FromItem, RangeSubselect, RangeVar
from qail.ast.clause.sort import SortBy
from qail.ast.clause.sql import SqlColumn, SqlExpression, SqlNames, SqlQuery, SqlTemplate, SqlType
from qail.ast.clause.target import NodeList
from qail.ast.expression.arithmetic import is_type
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.expression.parameter import ParamRef, operand
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Expr, Expression, Node
from qail.ast.sql_text import NAMES_SPEC, Place, check, checked_spec, template_of
from qail.ast.tokens import RETURNING, SQL, TARGET
from qail.ast.valued import Item
from qail.errors import BuildError
from qail.pgtype import PgType

M = TypeVar("M")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
# type variables: tools/gen_overloads.py
T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
T8 = TypeVar("T8")
T9 = TypeVar("T9")
T10 = TypeVar("T10")
T11 = TypeVar("T11")
T12 = TypeVar("T12")
T13 = TypeVar("T13")
T14 = TypeVar("T14")
T15 = TypeVar("T15")
# end of type variables

Column: TypeAlias = PgType[T] | Item[T]
"""What says the type of a raw query's column: a type, `TEXT | None` where it may be NULL; a column; a table class."""


@mypyc_attr(native_class=False)
class Trusted(str):
    """Marks text as SQL that its author answers for: `Qail.sql(Trusted(text))`.

    Type checkers take a constant alone for raw SQL. This is the one way around, and easy to search for.
    """

    __slots__ = ()


class TemplateString(Protocol):
    """What a t-string makes (Python 3.14): the texts, and what stands between them."""

    @property
    def strings(self) -> tuple[str, ...]:
        """The texts."""
        ...

    @property
    def interpolations(self) -> tuple[Any, ...]:
        """What stands between them: each has value, expression, conversion and format_spec."""
        ...


class SqlRows(Returning[*Ts], Generic[*Ts]):
    """A raw query whose columns were promised by `returns()`: its rows are checked against the promise."""

    def subquery(self, alias: Name, *columns: str, lateral: bool = False) -> RangeSubselect:
        """This query as an item of FROM, under the name `alias`."""
        return RangeSubselect(self, alias, columns, is_lateral=lateral)


class Sql(DynReturning):
    """Raw SQL: a statement, whose rows are `Row` objects, or a piece of one for another template or a typed query.

    >>> print(Qail.sql("SELECT * FROM {table:i} WHERE id = {id}", table="users", id=5))
    SELECT * FROM "users" WHERE id = $1
    """

    # overloads of returns: tools/gen_overloads.py
    # fmt: off
    @overload
    def returns(self, c0: Column[T0], /) -> SqlRows[T0]: ...
    @overload
    def returns(self, c0: Column[T0], c1: Column[T1], /) -> SqlRows[T0, T1]: ...
    @overload
    def returns(self, c0: Column[T0], c1: Column[T1], c2: Column[T2], /) -> SqlRows[T0, T1, T2]: ...
    @overload
    def returns(self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], /) -> SqlRows[T0, T1, T2, T3]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], /
    ) -> SqlRows[T0, T1, T2, T3, T4]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], c11: Column[T11], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], c11: Column[T11],
        c12: Column[T12], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], c11: Column[T11],
        c12: Column[T12], c13: Column[T13], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], c11: Column[T11],
        c12: Column[T12], c13: Column[T13], c14: Column[T14], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14]: ...
    @overload
    def returns(
        self, c0: Column[T0], c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5],
        c6: Column[T6], c7: Column[T7], c8: Column[T8], c9: Column[T9], c10: Column[T10], c11: Column[T11],
        c12: Column[T12], c13: Column[T13], c14: Column[T14], c15: Column[T15], /
    ) -> SqlRows[T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15]: ...
    @overload
    def returns(
        self, c0: Column[Any], c1: Column[Any], c2: Column[Any], c3: Column[Any], c4: Column[Any], c5: Column[Any],
        c6: Column[Any], c7: Column[Any], c8: Column[Any], c9: Column[Any], c10: Column[Any], c11: Column[Any],
        c12: Column[Any], c13: Column[Any], c14: Column[Any], c15: Column[Any], c16: Column[Any], /,
        *more: Column[Any]
    ) -> SqlRows[*tuple[Any, ...]]: ...
    # fmt: on

    def returns(self, *columns: Any) -> Any:
        """The types of its columns, so that rows are tuples: `returns(INT8, TEXT | None)`. Each result is checked.

        Raises:
            BuildError: there is none, or one is no type, column or table class.
        """
        rows: SqlRows[*tuple[Any, ...]] = SqlRows(self, RETURNING, _promised(columns))
        return rows

    def map(self, function: Callable[..., M]) -> Fetchable[M]:
        """Rows become what `function` returns for their values, by position."""
        out: MappedReturning[M] = MappedReturning(self, TARGET, RowTarget(MAP, function))
        return out

    def expression(self, pg: PgType[T] | Unchecked, /) -> Expr[T]:
        """This piece as an expression of type `pg`, for any place of a typed query. `BOOL` makes it a condition.

        >>> near = Qail.sql("{a} <-> {b}", a=col("place"), b="(1,2)").expression(FLOAT8)
        >>> print(Qail.get("shops").order_by(near).limit(3))
        SELECT * FROM "shops" ORDER BY ("place" <-> $1) LIMIT $2
        """
        if not is_type(pg):
            raise BuildError(f"expression() takes a type object such as INT8, not {type(pg).__name__}")
        return SqlExpression(_template(self), pg)

    def subquery(self, alias: Name, *columns: str, lateral: bool = False) -> RangeSubselect:
        """This query as an item of FROM, under the name `alias`; `columns` name its first columns."""
        return RangeSubselect(self, alias, columns, is_lateral=lateral)


def sql_of(template: object, parts: Mapping[str, object]) -> Sql:
    """Raw SQL of a template and what is to stand in it.

    Raises:
        BuildError: a place has no value, a value no place, or one stands where it cannot.
    """
    if isinstance(template, str):
        return Sql(None, SQL, _named(template, parts))
    if hasattr(template, "strings") and hasattr(template, "interpolations"):
        if parts:
            raise BuildError(f"a t-string has its values in it, and {', '.join(parts)} come besides")
        return Sql(None, SQL, _interpolated(template))
    raise BuildError(f"sql() takes a text, not {type(template).__name__}")


def _named(text: str, parts: Mapping[str, object]) -> SqlTemplate:
    # A plain str, whatever class of str it came in: it is a part of the shape.
    template = template_of(str.__str__(text))
    made: dict[str, Node] = {}
    nodes: list[Node] = []
    for place in template.places:
        if place.name not in parts:
            known = ", ".join(parts) or "none"
            raise BuildError(f"raw SQL has a place {{{place.name}}} and no value for it; it was given {known}")
        key = f"{place.name}:{place.spec}"
        if key not in made:
            made[key] = _part(parts[place.name], place)
        nodes.append(made[key])
    used = {place.name for place in template.places}
    unused = [name for name in parts if name not in used]
    if unused:
        raise BuildError(f"raw SQL has no place for {', '.join(unused)}: {{{unused[0]}}} in the text makes one")
    _check_lists(template.texts, nodes)
    return SqlTemplate(tuple(template.texts), tuple(nodes))


def _interpolated(template: Any) -> SqlTemplate:
    texts = [str(text) for text in cast("Sequence[object]", template.strings)]
    places: list[Place] = []
    nodes: list[Node] = []
    for found in cast("Sequence[Any]", template.interpolations):
        name = str(found.expression)
        if found.conversion is not None:
            raise BuildError(
                f"{{{name}!{found.conversion}}}: a value of raw SQL is sent as it is, without a conversion"
            )
        place = Place(name, checked_spec(name, str(found.format_spec)))
        places.append(place)
        nodes.append(_part(found.value, place))
    check(texts, places)
    _check_lists(texts, nodes)
    return SqlTemplate(tuple(texts), tuple(nodes))


def _check_lists(texts: list[str], nodes: list[Node]) -> None:
    """Refuse a list straight behind IN, which takes no parameter there."""
    for index, node in enumerate(nodes):
        if isinstance(node, ParamRef) and isinstance(node.value, (list, tuple)):
            before = texts[index].rstrip()
            if before[-2:].lower() == "in" and not before[-3:-2].isalnum() and before[-3:-2] != "_":
                raise BuildError("IN takes no list of raw SQL: write = ANY({name}), and <> ALL({name}) for NOT IN")


def _part(value: object, place: Place) -> Node:
    """What stands at a place, by what it is."""
    if place.spec == NAMES_SPEC:
        return SqlNames(_names(value, place.name))
    if isinstance(value, Sql):
        return _template(value)
    if isinstance(value, Builder):
        return SqlQuery(value)
    if is_type(value):
        return SqlType(value)
    if isinstance(value, (FromItem, SortBy)):
        return cast("Node", value)
    row = whole_row_of(value)
    return operand(value) if row is None else row.relation


def _template(fragment: Sql) -> SqlTemplate:
    found = fragment.node
    assert isinstance(found, SqlTemplate), "sql() makes nothing else"
    return found


def _names(value: object, place: str) -> tuple[tuple[str, ...], ...]:
    """The names of `{place:i}`: one, or a list of them; a tuple is a qualified one."""
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    if not items:
        raise BuildError(f"{{{place}:i}} is an empty list of names")
    return tuple([_name(item, place) for item in items])


def _name(value: object, place: str) -> tuple[str, ...]:
    row = whole_row_of(value)
    if row is not None:
        return _relation_name(row.relation)
    if isinstance(value, ColumnExpr):
        return (value.name,)
    if isinstance(value, ColumnRef):
        return value.fields
    parts = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    if not parts:
        raise BuildError(f"{{{place}:i}} is an empty name")
    return tuple([checked_name(part, f"the name {{{place}:i}}") for part in parts])


def _relation_name(relation: RangeVar) -> tuple[str, ...]:
    return (relation.name,) if relation.schema is None else (relation.schema, relation.name)


def _promised(columns: tuple[object, ...]) -> NodeList:
    if not columns:
        raise BuildError("returns() needs the type of at least one column")
    nodes: list[Node] = []
    for column in columns:
        row = whole_row_of(column)
        if is_type(column):
            nodes.append(SqlColumn(column))
        elif row is not None:
            nodes.append(row)
        elif isinstance(column, Expression):
            nodes.append(column)
        else:
            raise BuildError(f"returns() takes types such as INT8, columns and table classes, not {column!r:.40}")
    return NodeList(tuple(nodes))
