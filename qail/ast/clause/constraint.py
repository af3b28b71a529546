"""Constraint: what CREATE TABLE, ALTER TABLE and CREATE DOMAIN say of columns, and the functions that make each kind.

Source: sql-createtable.html
"""

# Functions make what the builders of this file are, by their own methods.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, TypeAlias

from qail.ast.clause.definition import (
    DefElem,
    ObjectName,
    identifier_of,
    listed,
    name_list,
    number,
    object_name,
    storage_options,
    word,
)
from qail.ast.clause.index import IndexElem, OperatorName, index_elem
from qail.ast.expression.boolean import all_of
from qail.ast.expression.parameter import pair_of
from qail.ast.name import Name, Unchecked, optional_name
from qail.ast.node import BoolOperand, Expr, Node
from qail.errors import BuildError

Reaction: TypeAlias = Literal["no action", "restrict", "cascade", "set null", "set default"]
REACTIONS: Final = ("no action", "restrict", "cascade", "set null", "set default")
PRIMARY_KEY: Final = "PRIMARY KEY"
UNIQUE: Final = "UNIQUE"
CHECK: Final = "CHECK"
FOREIGN_KEY: Final = "FOREIGN KEY"
REFERENCES: Final = "REFERENCES"
EXCLUDE: Final = "EXCLUDE"
NOT_DISTINCT_VERSION: Final = 150_000
PERIOD_VERSION: Final = 180_000
NOT_ENFORCED_VERSION: Final = 180_000


# Where each ending stands: PostgreSQL takes them in this order alone.
ENDINGS: Final[dict[str, int]] = {
    "MATCH FULL": 0, "ON DELETE": 1, "ON UPDATE": 1, "INCLUDE": 1, "WITH": 2, "WHERE": 3, "DEFERRABLE": 4,
    "DEFERRABLE INITIALLY DEFERRED": 4, "NOT VALID": 5, "NO INHERIT": 5, "NOT ENFORCED": 5,
}  # fmt: skip
Parts: TypeAlias = tuple[str | Node, ...]


class Constraint(DefElem):
    """One constraint. `has_columns`: it names its own, as those of a whole table do.

    A method adds an ending and returns a new one; the endings are written in the order of SQL.
    """

    def __init__(
        self,
        kind: str,
        core: Parts,
        newer: tuple[int, str] = (0, ""),
        *,
        name: str = "",
        has_columns: bool = False,
        endings: tuple[Parts, ...] = (),
    ) -> None:
        parts = list(core)
        for ending in sorted(endings, key=_place):
            parts.extend(ending)
        super().__init__(kind, tuple(parts), newer[0], newer[1])
        self.core: Final = core
        self.name: Final = name
        self.has_columns: Final = has_columns
        self.endings: Final = endings

    def _and(self, ending: Parts, kinds: tuple[str, ...], needs: int = 0) -> Constraint:
        what = str(ending[0])
        if self.kind not in kinds:
            raise BuildError(f"a {self.kind} constraint has no {what}; {', '.join(kinds)} has")
        if any(known[0] == what for known in self.endings):
            raise BuildError(f"{what} of a {self.kind} constraint is said twice")
        is_newer = needs > self.needs
        return Constraint(
            self.kind,
            self.core,
            (needs, what) if is_newer else (self.needs, self.what),
            name=self.name,
            has_columns=self.has_columns,
            endings=(*self.endings, ending),
        )

    def include(self, column: Name | Expr[Any], /, *more: Name | Expr[Any]) -> Constraint:
        """`INCLUDE (columns)`: they are stored in the index without being part of the key."""
        return self._and(("INCLUDE", *listed(name_list((column, *more), "include()"))), (PRIMARY_KEY, UNIQUE, EXCLUDE))

    def with_options(self, **options: bool | int | float | str | Unchecked) -> Constraint:
        """`WITH (fillfactor = 70)`: parameters of the index behind it."""
        return self._and(("WITH", *storage_options(options, "with_options()")), (PRIMARY_KEY, UNIQUE, EXCLUDE))

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> Constraint:
        """`WHERE (...)` of an exclusion constraint: it holds among these rows alone."""
        return self._and(("WHERE", "(", all_of(condition, *more), ")"), (EXCLUDE,))

    def match_full(self) -> Constraint:
        """`MATCH FULL`: a row refers with all columns or with none."""
        return self._and(("MATCH FULL",), (FOREIGN_KEY, REFERENCES))

    def deferrable(self, *, initially_deferred: bool = False) -> Constraint:
        """`DEFERRABLE`: it can be checked at the end of a transaction, and is with `initially_deferred`."""
        parts = ("DEFERRABLE INITIALLY DEFERRED" if initially_deferred else "DEFERRABLE",)
        return self._and(parts, (PRIMARY_KEY, UNIQUE, FOREIGN_KEY, REFERENCES, EXCLUDE))

    def not_valid(self) -> Constraint:
        """`NOT VALID`: rows that are there are not checked until `validate_constraint()`."""
        return self._and(("NOT VALID",), (CHECK, FOREIGN_KEY))

    def no_inherit(self) -> Constraint:
        """`NO INHERIT`: tables that inherit do not have it."""
        return self._and(("NO INHERIT",), (CHECK,))

    def not_enforced(self) -> Constraint:
        """`NOT ENFORCED`: it says what should hold, and nobody checks. Needs PostgreSQL 18."""
        return self._and(("NOT ENFORCED",), (CHECK, FOREIGN_KEY, REFERENCES), NOT_ENFORCED_VERSION)


def _place(ending: Parts) -> int:
    return ENDINGS[str(ending[0])]


def _named(name: object) -> tuple[str | Node, ...]:
    return () if name is None else ("CONSTRAINT", identifier_of(name, "a constraint's name"))


def _constraint(
    kind: str, name: Name | None, parts: tuple[str | Node, ...], *, has_columns: bool, newer: tuple[int, str] = (0, "")
) -> Constraint:
    own = optional_name(name, "a constraint's name") or ""
    return Constraint(kind, (*_named(name), *parts), newer, name=own, has_columns=has_columns)


def primary_key(*columns: Name | Expr[Any], name: Name | None = None) -> Constraint:
    """`PRIMARY KEY (columns)`; without columns, of the column it is given to.

    >>> print(Qail.create("t").column("a", INT8).column("b", INT8).constraint(primary_key("a", "b")))
    CREATE TABLE "t" ("a" int8 NOT NULL, "b" int8 NOT NULL, PRIMARY KEY ("a", "b"))
    """
    own = listed(name_list(columns, "primary_key()")) if columns else ()
    return _constraint(PRIMARY_KEY, name, ("PRIMARY KEY", *own), has_columns=bool(columns))


def unique(*columns: Name | Expr[Any], nulls_not_distinct: bool = False, name: Name | None = None) -> Constraint:
    """`UNIQUE (columns)`; without columns, of the column it is given to. `nulls_not_distinct` needs PostgreSQL 15."""
    own = listed(name_list(columns, "unique()")) if columns else ()
    words: tuple[str, ...] = ("UNIQUE", "NULLS NOT DISTINCT") if nulls_not_distinct else ("UNIQUE",)
    newer = (NOT_DISTINCT_VERSION, "NULLS NOT DISTINCT") if nulls_not_distinct else (0, "")
    return _constraint(UNIQUE, name, (*words, *own), has_columns=bool(columns), newer=newer)


def check(condition: BoolOperand, /, *more: BoolOperand, name: Name | None = None) -> Constraint:
    """`CHECK (condition)`: no row may make it false. Its values stand in the text.

    >>> print(Qail.create("t").column("a", INT8, check(col("a") > 0)))
    CREATE TABLE "t" ("a" int8 NOT NULL CHECK ("a" > 0))
    """
    return _constraint(CHECK, name, ("CHECK", "(", all_of(condition, *more), ")"), has_columns=True)


def references(
    table: Any,
    /,
    *columns: Name | Expr[Any],
    on_delete: Reaction | Unchecked | None = None,
    on_update: Reaction | Unchecked | None = None,
    name: Name | None = None,
) -> Constraint:
    """`REFERENCES table (columns)` of one column; without columns, the primary key of the table."""
    found = _constraint(REFERENCES, name, _referenced(table, columns), has_columns=False)
    return _reacting(found, on_delete, on_update)


def foreign_key(
    columns: Name | Expr[Any] | Collection[Name | Expr[Any]],
    table: Any,
    referenced: Name | Expr[Any] | Collection[Name | Expr[Any]] = (),
    *,
    on_delete: Reaction | Unchecked | None = None,
    on_update: Reaction | Unchecked | None = None,
    name: Name | None = None,
) -> Constraint:
    """`FOREIGN KEY (columns) REFERENCES table (referenced)`.

    >>> key = foreign_key(["a", "b"], "other", ["x", "y"], on_delete="cascade")
    >>> print(Qail.alter("t").add_constraint(key))
    ALTER TABLE "t" ADD FOREIGN KEY ("a", "b") REFERENCES "other" ("x", "y") ON DELETE CASCADE
    """
    own = name_list(columns, "a column of foreign_key()")
    others = [referenced] if isinstance(referenced, (str, Expr)) else list(referenced)
    if others and len(others) != len(own):
        raise BuildError(f"foreign_key() of {len(own)} columns refers to {len(others)}; they go in pairs")
    parts = ("FOREIGN KEY", *listed(own), *_referenced(table, tuple(others)))
    return _reacting(_constraint(FOREIGN_KEY, name, parts, has_columns=True), on_delete, on_update)


def _referenced(table: object, columns: tuple[Any, ...]) -> Parts:
    parts: list[str | Node] = ["REFERENCES", object_name(table, "a referenced table")]
    if columns:
        parts.extend(listed(name_list(columns, "a referenced column")))
    return tuple(parts)


def _reacting(key: Constraint, on_delete: str | None, on_update: str | None) -> Constraint:
    for keywords, said in (("ON DELETE", on_delete), ("ON UPDATE", on_update)):
        if said is not None:
            reaction = word(said, REACTIONS, keywords.lower().replace(" ", "_"))
            key = key._and((keywords, reaction), (key.kind,))
    return key


def exclude(
    element: tuple[Name | Expr[Any] | IndexElem, Name] | Unchecked,
    /,
    *more: tuple[Name | Expr[Any] | IndexElem, Name] | Unchecked,
    using: Name = "gist",
    name: Name | None = None,
) -> Constraint:
    """`EXCLUDE USING gist (element WITH operator, ...)`: no two rows for which all the operators are true.

    >>> print(Qail.alter("booking").add_constraint(exclude(("room", "="), ("during", "&&"))))
    ALTER TABLE "booking" ADD EXCLUDE USING "gist" ("room" WITH =, "during" WITH &&)
    """
    parts: list[str | Node] = ["EXCLUDE", "USING", identifier_of(using, "an index method"), "("]
    elements: tuple[object, ...] = (element, *more)
    for index, given in enumerate(elements):
        if index:
            parts.append(",")
        item, operator = pair_of(given, 'exclude() takes pairs, ("during", "&&")')
        parts.extend([index_elem(item), "WITH", OperatorName(operator)])
    return _constraint(EXCLUDE, name, (*parts, ")"), has_columns=True)


def identity(
    *,
    always: bool = True,
    start: int | Unchecked | None = None,
    increment: int | Unchecked | None = None,
    min_value: int | Unchecked | None = None,
    max_value: int | Unchecked | None = None,
    cycle: bool = False,
) -> DefElem:
    """`GENERATED ALWAYS AS IDENTITY`: numbers by a sequence of its own; `always=False`: BY DEFAULT.

    >>> print(Qail.create("t").column("id", INT8, identity(start=100), pk=True))
    CREATE TABLE "t" ("id" int8 GENERATED ALWAYS AS IDENTITY (START WITH 100), PRIMARY KEY ("id"))
    """
    options: list[str | Node] = []
    for keywords, value in (
        ("START WITH", start),
        ("INCREMENT BY", increment),
        ("MINVALUE", min_value),
        ("MAXVALUE", max_value),
    ):
        if value is not None:
            options.extend([keywords, number(value, f"{keywords} of an identity")])
    if cycle:
        options.append("CYCLE")
    kind = "GENERATED ALWAYS AS IDENTITY" if always else "GENERATED BY DEFAULT AS IDENTITY"
    return DefElem("IDENTITY", (kind, "(", *options, ")") if options else (kind,))


def generated(expression: Expr[Any] | Unchecked, /, *, virtual: bool = False) -> DefElem:
    """`GENERATED ALWAYS AS (expression) STORED`: computed of the row's other columns, and kept.

    `virtual`: computed when it is read; needs PostgreSQL 18.

    >>> print(Qail.create("t").column("a", INT4).column("twice", INT4, generated(col("a") * 2), null=True))
    CREATE TABLE "t" ("a" int4 NOT NULL, "twice" int4 GENERATED ALWAYS AS ("a" * 2) STORED)
    """
    if not isinstance(expression, Expr):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise BuildError(f"generated() takes an expression of other columns, not {type(expression).__name__}")
    parts = ("GENERATED ALWAYS AS", "(", expression, ")", "VIRTUAL" if virtual else "STORED")
    return DefElem("GENERATED", parts, PERIOD_VERSION if virtual else 0, "a VIRTUAL generated column")


def collation(name: Name | tuple[str, str]) -> DefElem:
    """`COLLATE name` of a column."""
    return DefElem("COLLATE", ("COLLATE", object_name(name, "a collation")))


def storage(kind: Literal["plain", "external", "extended", "main"] | Unchecked) -> DefElem:
    """`STORAGE kind` of a column in CREATE TABLE; needs PostgreSQL 16, ALTER TABLE's `set_storage()` none."""
    found = word(kind, ("plain", "external", "extended", "main"), "storage()")
    return DefElem("STORAGE", ("STORAGE", found), 160_000, "STORAGE in CREATE TABLE")


def compression(method: Literal["pglz", "lz4"] | Unchecked) -> DefElem:
    """`COMPRESSION method` of a column."""
    found = word(method, ("pglz", "lz4"), "compression()").lower()
    return DefElem("COMPRESSION", ("COMPRESSION", ObjectName((found,))))
