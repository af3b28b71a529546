"""Table classes: `User.id` is a column expression, `user.id` a value, a row of `Qail.get(User)` is a `User`.

Rule 1: the columns stand in a mixin derived from `Columns`; the table and its outer twin are one line each and share
them.
Rule 2: rows are read-only for type checkers, compared by value, hashable where their values are, and picklable.
Rule 3: generated code is made of checked identifiers only; a column whose name is none gets an attribute by
`col(..., name="odd name")`.

    class _User(Columns):
        id: Col[int] = col(INT8, pk=True)
        name: Col[str] = col(TEXT)

    class User(_User, Table, name="users"): ...
    class UserOuter(_User, Outer[User], name="users"): ...
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import repeat, starmap
from operator import contains, is_, itemgetter
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    Never,
    Self,
    TypeAlias,
    dataclass_transform,
    get_args,
    overload,
)

from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.from_ import RangeVar
from qail.ast.expression.column import ColumnExpr, WholeRow
from qail.ast.expression.column import col as untyped_column
from qail.ast.node import Expr
from qail.errors import BuildError, DecodeError
from qail.pgtype import PgType
from qail.table_row import checked_attribute, facts_of, pydantic_schema, row_methods

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Ins = TypeVar("Ins", default=Mapping[str, Any])
    Upd = TypeVar("Upd", default=Mapping[str, Any])
else:
    from typing import TypeVar  # typing_extensions takes longer to import than all of qail's tables

    Ins = TypeVar("Ins")
    Upd = TypeVar("Upd")

T = TypeVar("T")
RowT_co = TypeVar("RowT_co", covariant=True)

Val: TypeAlias = T | Expr[T]
NullVal: TypeAlias = T | Expr[T] | Expr[T | None] | None

# Columns, the table or (schema, table) they refer to, and the columns there.
ForeignKey: TypeAlias = tuple[tuple[str, ...], str | tuple[str, str], tuple[str, ...]]

MOST_ALIASES: Final = 1_000  # per table; an alias may come from a loop
_ROW_CLASS_LOCK: Final = threading.Lock()

if TYPE_CHECKING:

    class Col(ColumnExpr[T]):
        """A column for type checkers: `User.id` an expression, `user.id` a value, `UserOuter.id` may be NULL."""

        @overload
        def __get__(self, obj: None, owner: type[Outer[Any]]) -> ColumnExpr[T | None]: ...
        @overload
        def __get__(self, obj: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, obj: Outer[Any], owner: type[Any]) -> T | None: ...
        @overload
        def __get__(self, obj: object, owner: type[Any]) -> T: ...
        def __get__(self, obj: object, owner: type[Any]) -> Any: ...

        # `Never` makes rows read-only; the type of the value is that of the parameter of `__init__`.
        def __set__(self, obj: Never, value: T) -> None: ...

else:
    Col = ColumnExpr  # no descriptor at run time: rows keep their values in slots of a class of their own


class ColumnSpec:
    """What `col()` says of one column. `name` is None where the attribute's name is the column's."""

    __slots__ = ("default", "generated", "name", "null", "pg", "pk", "references")

    def __init__(self, pg: PgType[Any], options: Mapping[str, Any]) -> None:
        self.pg: Final = pg
        self.null: Final[bool] = options["null"]
        self.pk: Final[bool] = options["pk"]
        self.default: Final = options["default"]
        self.references: Final[tuple[str, ...] | None] = options["references"]
        self.name: Final[str | None] = options["name"]
        self.generated: Final[bool] = options["generated"]


@overload
def col(
    pg: PgType[T],
    /,
    *,
    pk: bool = ...,
    null: Literal[False] = ...,
    default: Any = ...,
    references: tuple[str, ...] | None = ...,
    name: str | None = ...,
    generated: bool = ...,
) -> Col[T]: ...
@overload
def col(
    pg: PgType[T],
    /,
    *,
    null: Literal[True],
    default: Any = ...,
    references: tuple[str, ...] | None = ...,
    name: str | None = ...,
    generated: bool = ...,
) -> Col[T | None]: ...
@overload
def col(field: str, /, *fields: str) -> Expr[Any]: ...
def col(first: Any, /, *fields: str, **options: Any) -> Any:
    """In a table class: a column of this type. Elsewhere, of names: an untyped column, `col("u", "age")`.

    Args:
        pk: part of the primary key.
        null: may be NULL; the annotation is then `Col[T | None]`.
        default: a bool, int, float or str, for CREATE TABLE and for rows made in Python.
        references: (table, column) or (schema, table, column).
        name: the column's name, where it is not the attribute's.
        generated: GENERATED ALWAYS AS: the server computes it, and writing it is refused.
    """
    pg: Any = first
    if isinstance(first, PgType):
        known = {"pk": False, "null": False, "default": None, "references": None, "name": None, "generated": False}
        unknown = options.keys() - known.keys()
        if fields or unknown:
            raise BuildError(f"col() of a type takes {', '.join(known)}, not {', '.join([*fields, *sorted(unknown)])}")
        return ColumnSpec(pg, known | options)
    if options:
        raise BuildError("col() of names takes names alone; of a type: col(INT8, pk=True)")
    return untyped_column(first, *fields)


@dataclass_transform(kw_only_default=True, field_specifiers=(col,))
class TableMeta(type):
    """Makes column expressions of `col()` calls, and rows of calls."""

    __qail_columns__: dict[str, ColumnSpec]
    __qail_star__: WholeRow
    __qail_entity__: Any
    __qail_aliases__: dict[str, Any]

    def __new__(
        cls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str | tuple[str, str] | None = None,
        unique: tuple[tuple[str, ...], ...] | None = None,
        foreign_keys: tuple[ForeignKey, ...] = (),
    ) -> Any:
        columns: dict[str, ColumnSpec] = {}
        for base in reversed(bases):
            columns.update(getattr(base, "__qail_columns__", {}))
        for attribute in [key for key, value in namespace.items() if isinstance(value, ColumnSpec)]:
            columns[checked_attribute(attribute, class_name)] = namespace.pop(attribute)
        namespace.setdefault("__slots__", ())
        namespace["__qail_columns__"] = columns
        alias: str | None = namespace.pop("__qail_alias__", None)
        if unique is not None:
            namespace["__qail_unique__"] = unique
        if foreign_keys:
            namespace["__qail_foreign_keys__"] = foreign_keys
        made = super().__new__(cls, class_name, bases, namespace)
        # A subclass that adds methods is the same table, and its rows are objects of the subclass.
        inherited = getattr(_entity_of_twin(made) or made, "__qail_relation__", None)
        known = inherited if name is None else name
        if known is not None:
            describe(made, known, alias)
        return made

    def __init__(
        cls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str | tuple[str, str] | None = None,
        unique: tuple[tuple[str, ...], ...] | None = None,
        foreign_keys: tuple[ForeignKey, ...] = (),
    ) -> None:
        super().__init__(class_name, bases, namespace)

    if not TYPE_CHECKING:

        def __call__(cls, /, **values):  # a column may be named `cls`
            if not issubclass(cls, Table) or "__qail_star__" not in cls.__dict__:
                raise BuildError(f"{cls.__name__} makes no rows: call the table class itself")
            given = {**cls.__qail_defaults__, **values}
            if given.keys() != cls.__qail_columns__.keys():
                missing = ", ".join([f"{name}=" for name in cls.__qail_columns__ if name not in given])
                unknown = ", ".join([f"{name}=" for name in given if name not in cls.__qail_columns__])
                told = [f"needs {missing}" if missing else "", f"has no {unknown}" if unknown else ""]
                raise TypeError(f"{cls.__name__}() {' and '.join(filter(None, told))}")
            return row_class(cls.__qail_entity__)(**given)


class RowMeta(TableMeta):
    """The class of row classes: calling one makes a row, without the detour of `TableMeta.__call__`."""

    if not TYPE_CHECKING:
        __call__ = type.__call__


def describe(table: Any, name: str | tuple[str, str], alias: str | None) -> None:
    """Give a new table class its relation and the expressions of its columns."""
    if not table.__qail_columns__:
        raise BuildError(f"{table.__name__} has no columns: id: Col[int] = col(INT8, pk=True)")
    schema, relation_name = name if isinstance(name, tuple) else (None, name)
    outer_of = _entity_of_twin(table)
    if outer_of is None and alias is None and issubclass(table, Outer):
        raise BuildError(
            f"{table.__name__} does not say whose outer twin it is: class UserOuter(_User, Outer[User], ...)"
        )
    key = tuple(spec.name or attribute for attribute, spec in table.__qail_columns__.items() if spec.pk)
    relation = RangeVar(relation_name, schema=schema, alias=alias, is_nullable=issubclass(table, Outer), key=key)
    expressions: list[ColumnExpr[Any]] = []
    definitions: list[ColumnDef] = []
    for attribute, spec in table.__qail_columns__.items():
        column_name = attribute if spec.name is None else spec.name
        if any(column_name == before.name for before in definitions):
            raise BuildError(f"{table.__name__} has two columns named {column_name!r}")
        is_nullable = spec.null or relation.is_nullable
        expression: ColumnExpr[Any] = ColumnExpr(relation, column_name, spec.pg, null=is_nullable, own_null=spec.null)
        expressions.append(expression)
        definitions.append(
            ColumnDef(
                column_name, spec.pg, null=spec.null, is_key=spec.pk, default=spec.default, references=spec.references
            )
        )
        setattr(table, attribute, expression)
    # An alias's rows are those of the table itself: `isinstance(row, User)`, and equal to any other User.
    entity = getattr(table, "__qail_entity__", None) if alias is not None else outer_of
    table.__qail_entity__ = table if entity is None else entity
    table.__qail_relation__ = name
    table.__qail_aliases__ = {}
    columns = table.__qail_columns__.items()
    table.__qail_defaults__ = {attribute: spec.default for attribute, spec in columns if spec.default is not None}
    table.__qail_star__ = WholeRow(
        table.__qail_entity__, relation, tuple(expressions), tuple(definitions), *facts_of(table, definitions)
    )


def _entity_of_twin(table: type) -> Any:
    for base in table.__dict__.get("__orig_bases__", ()):
        for argument in get_args(base):
            if isinstance(argument, TableMeta):
                return argument
    return None


def row_class(table: Any) -> Any:
    """The class of a table's rows: a subclass of it with a slot for each column, made on first use."""
    found = table.__dict__.get("__qail_row__")
    if found is None:
        fields: tuple[str, ...] = tuple(table.__qail_columns__)
        body: dict[str, Any] = {
            "__slots__": fields,
            "__module__": table.__module__,
            "__qualname__": table.__qualname__,
            "__doc__": table.__doc__,
            **row_methods(fields),
        }
        # type.__new__ and not RowMeta(...): its columns are the table's, not new ones.
        made = type.__new__(RowMeta, table.__name__, (table,), body)
        with _ROW_CLASS_LOCK:  # two threads must not get two classes: rows of one would not equal rows of the other
            found = table.__dict__.get("__qail_row__", made)
            table.__qail_row__ = found
    return found


class Relation(metaclass=TableMeta):
    """What a table and its outer twin have in common."""

    __qail_columns__: ClassVar[dict[str, ColumnSpec]]
    __qail_star__: ClassVar[WholeRow]
    __qail_relation__: ClassVar[str | tuple[str, str]]
    __qail_unique__: ClassVar[tuple[tuple[str, ...], ...] | None] = None
    __qail_foreign_keys__: ClassVar[tuple[ForeignKey, ...]] = ()

    @classmethod
    def as_(cls, alias: str) -> type[Self]:
        """The same table under another name, for self joins: its columns are those of `alias`."""
        aliases: dict[str, type[Self]] = cls.__qail_aliases__
        found = aliases.get(alias)
        if found is None:
            meta: Any = TableMeta
            namespace = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__qail_alias__": alias}
            found = meta(cls.__name__, (cls,), namespace, name=cls.__qail_relation__)
            if len(aliases) < MOST_ALIASES:
                aliases[alias] = found
        return found


class Columns(Relation):
    """Base of the class that holds one table's columns; the table and its outer twin share it."""


class Table(Relation, Generic[Ins, Upd]):
    """Base of table classes: `class User(_User, Table[UserInsert, UserUpdate], name="users")`.

    `Ins` and `Upd` are TypedDicts of what may be inserted and updated; any mapping without them.
    """

    @classmethod
    def __qail_item__(cls) -> Self:
        raise TypeError("__qail_item__ is for type checkers")

    @classmethod
    def __qail_rows__(cls, rows: list[tuple[Any, ...]]) -> list[Self]:
        """Rows of tuples in column order as objects.

        Raises:
            DecodeError: NULL in a column that is defined NOT NULL.
        """
        if _may_have_none(rows):
            _check_nulls(cls, rows)
        return list(starmap(row_class(cls), rows))

    if not TYPE_CHECKING:
        # Before Python 3.13 a type variable has no default: `Table[UserInsert]` would be an error.
        def __class_getitem__(cls, items):
            given = items if isinstance(items, tuple) else (items,)
            return super().__class_getitem__((*given, Mapping[str, Any])[: max(len(given), 2)])

        def __repr__(self):
            fields = zip(self.__qail_columns__, self.__qail_values__(), strict=True)
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"

        def __eq__(self, other):
            if type(self) is not type(other):
                return NotImplemented
            return self.__qail_values__() == other.__qail_values__()

        def __hash__(self):
            return hash(self.__qail_values__())

        def __reduce__(self):
            return (_load_row, (type(self).__bases__[0], self.__qail_values__()))

        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            return pydantic_schema(cls, handler)


def _load_row(table: Any, values: tuple[Any, ...]) -> Any:
    return row_class(table)(*values)


def _may_have_none(rows: list[tuple[Any, ...]]) -> bool:
    try:
        return True in map(contains, rows, repeat(None))
    except Exception:  # noqa: BLE001 - a value whose == gives no bool, such as an array of numpy
        return True


def _check_nulls(table: Any, rows: list[tuple[Any, ...]]) -> None:
    columns: dict[str, ColumnSpec] = table.__qail_columns__
    for place, (name, spec) in enumerate(columns.items()):
        if spec.null or True not in map(is_, map(itemgetter(place), rows), repeat(None)):
            continue
        number = next(number for number, row in enumerate(rows, 1) if row[place] is None)
        raise DecodeError(
            f"column {name!r} of {table.__name__} is NULL in row {number} and defined NOT NULL: "
            "write null=True and Col[... | None] if that is right"
        )


class Outer(Relation, Generic[RowT_co]):
    """Base of the outer twin: the same table as the side of a join that may be absent."""

    @classmethod
    def __qail_item__(cls) -> RowT_co | None:
        raise TypeError("__qail_item__ is for type checkers")
