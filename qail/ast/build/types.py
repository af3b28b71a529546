"""CreateEnum, AlterEnum, CreateDomain, AlterDomain, CreateComposite and CreateRange: types of one's own.

Source: sql-createtype.html; sql-altertype.html; sql-createdomain.html; sql-alterdomain.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from qail.ast.build.definition import Defining, kind_clause
from qail.ast.clause.constraint import CHECK, Constraint
from qail.ast.clause.definition import (
    AlterTableCmd,
    DefElem,
    identifier_of,
    listed,
    object_name,
    text,
    type_of_object,
    value_of,
)
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Node
from qail.ast.tokens import (
    ALTER_DOMAIN,
    ALTER_ENUM,
    ALTER_TABLE,
    CLAUSE,
    CREATE_COMPOSITE,
    CREATE_DOMAIN,
    CREATE_ENUM,
    CREATE_RANGE,
)
from qail.errors import BuildError
from qail.pgtype import PgType

LABEL_BYTES = 63


class CreateEnum(Defining):
    """`Qail.create_enum(name, labels...)`."""


class AlterEnum(Defining):
    """`Qail.alter_enum(name)`: `add_value` or `rename_value`, once."""

    def add_value(
        self,
        label: str | Unchecked,
        /,
        *,
        before: str | Unchecked | None = None,
        after: str | Unchecked | None = None,
        if_not_exists: bool = False,
    ) -> AlterEnum:
        """`ADD VALUE label`: at the end, or beside another label."""
        if before is not None and after is not None:
            raise BuildError("add_value() goes before one label or after one, not both")
        parts: list[str | Node] = ["ADD VALUE IF NOT EXISTS" if if_not_exists else "ADD VALUE", _label(label)]
        if before is not None:
            parts.extend(["BEFORE", _label(before)])
        if after is not None:
            parts.extend(["AFTER", _label(after)])
        return self._once(parts)

    def rename_value(self, label: str | Unchecked, to: str | Unchecked, /) -> AlterEnum:
        """`RENAME VALUE label TO label`: rows that hold it have the new one."""
        return self._once(["RENAME VALUE", _label(label), "TO", _label(to)])

    def _once(self, parts: list[str | Node]) -> AlterEnum:
        if self.previous is not None:
            raise BuildError("ALTER TYPE changes one value of an enum: a statement for each")
        return self._clause("CHANGE", *parts)


class CreateDomain(Defining):
    """`Qail.create_domain(name, type)`."""

    def default(self, value: Any) -> CreateDomain:
        """`DEFAULT value`, which stands in the text, or an expression."""
        return self._clause("DEFAULT", "DEFAULT", value_of(value))

    def not_null(self) -> CreateDomain:
        """`NOT NULL`."""
        return self._clause("NOT NULL", "NOT NULL")

    def collation(self, name: Name | tuple[str, str]) -> CreateDomain:
        """`COLLATE name`."""
        return self._clause("COLLATE", "COLLATE", object_name(name, "a collation"))

    def constraint(self, constraint: Constraint | Unchecked) -> CreateDomain:
        """`CHECK (...)`: `check(domain_value() > 0)`."""
        return CreateDomain(self, CLAUSE, _domain_check(constraint))


class AlterDomain(Defining):
    """`Qail.alter_domain(name)`: one change."""

    def set_default(self, value: Any) -> AlterDomain:
        """`SET DEFAULT value`."""
        return self._once("SET DEFAULT", value_of(value))

    def drop_default(self) -> AlterDomain:
        """`DROP DEFAULT`."""
        return self._once("DROP DEFAULT")

    def set_not_null(self) -> AlterDomain:
        """`SET NOT NULL`."""
        return self._once("SET NOT NULL")

    def drop_not_null(self) -> AlterDomain:
        """`DROP NOT NULL`."""
        return self._once("DROP NOT NULL")

    def add_constraint(self, constraint: Constraint | Unchecked) -> AlterDomain:
        """`ADD CHECK (...)`."""
        return self._once("ADD", _domain_check(constraint))

    def drop_constraint(self, name: Name, /, *, if_exists: bool = False) -> AlterDomain:
        """`DROP CONSTRAINT name`."""
        words = "DROP CONSTRAINT IF EXISTS" if if_exists else "DROP CONSTRAINT"
        return self._once(words, identifier_of(name, "a constraint's name"))

    def validate_constraint(self, name: Name, /) -> AlterDomain:
        """`VALIDATE CONSTRAINT name`."""
        return self._once("VALIDATE CONSTRAINT", identifier_of(name, "a constraint's name"))

    def _once(self, *parts: str | Node) -> AlterDomain:
        if self.previous is not None:
            raise BuildError("ALTER DOMAIN makes one change: a statement for each")
        return self._clause("CHANGE", *parts)


class CreateComposite(Defining):
    """`Qail.create_type(name, attributes)`."""


class AlterType(Defining):
    """`Qail.alter_type(name)`: a composite type's attributes."""

    def add_attribute(self, name: Name, pg: PgType[Any] | Unchecked, /, *, cascade: bool = False) -> AlterType:
        """`ADD ATTRIBUTE name type`; `cascade`: of the tables of this type as well, here and below."""
        return self._act("ADD ATTRIBUTE", name, type_of_object(pg, "add_attribute()"), cascade=cascade)

    def drop_attribute(self, name: Name, /, *, if_exists: bool = False, cascade: bool = False) -> AlterType:
        """`DROP ATTRIBUTE name`."""
        return self._act("DROP ATTRIBUTE IF EXISTS" if if_exists else "DROP ATTRIBUTE", name, cascade=cascade)

    def set_attribute_type(self, name: Name, pg: PgType[Any] | Unchecked, /, *, cascade: bool = False) -> AlterType:
        """`ALTER ATTRIBUTE name TYPE type`."""
        found = type_of_object(pg, "set_attribute_type()")
        return self._act("ALTER ATTRIBUTE", name, "TYPE", found, cascade=cascade)

    def _act(self, words: str, name: object, *more: str | Node, cascade: bool) -> AlterType:
        parts = (words, identifier_of(name, "an attribute"), *more, *(("CASCADE",) if cascade else ()))
        return AlterType(self, CLAUSE, AlterTableCmd("ACTION", parts))


class CreateRange(Defining):
    """`Qail.create_range(name, subtype)`."""

    def collation(self, name: Name | tuple[str, str]) -> CreateRange:
        """`COLLATION = name`: how the bounds are sorted."""
        return self._clause("COLLATION", "COLLATION", "=", object_name(name, "a collation"))

    def operator_class(self, name: Name | tuple[str, str]) -> CreateRange:
        """`SUBTYPE_OPCLASS = name`: a btree operator class for the bounds."""
        return self._clause("SUBTYPE_OPCLASS", "SUBTYPE_OPCLASS", "=", object_name(name, "an operator class"))

    def multirange(self, name: TableName | Unchecked) -> CreateRange:
        """`MULTIRANGE_TYPE_NAME = name`."""
        found = object_name(name, "a multirange type's name")
        return self._clause("MULTIRANGE_TYPE_NAME", "MULTIRANGE_TYPE_NAME", "=", found)


def _domain_check(constraint: object) -> Constraint:
    if not isinstance(constraint, Constraint) or constraint.kind != CHECK:
        raise BuildError("a domain takes check(...) of domain_value()")
    return constraint


def _label(label: object) -> Node:
    found = text(label.value if isinstance(label, Enum) else label, "a label of an enum")
    byte_count = len(str(found.value).encode(errors="surrogatepass"))
    if not 0 < byte_count <= LABEL_BYTES:
        raise BuildError(f"a label of an enum has 1 to {LABEL_BYTES} bytes, not {byte_count}: {found.value!r:.40}")
    return found


def create_enum(name: TableName | Unchecked, labels: tuple[str, ...]) -> CreateEnum:
    """CREATE TYPE ... AS ENUM."""
    if len(set(labels)) < len(labels):
        raise BuildError("a label of an enum is there twice")
    start = CreateEnum(None, CREATE_ENUM, object_name(name, "a type's name"))
    return CreateEnum(start, CLAUSE, DefElem("LABELS", listed([_label(label) for label in labels])))


def alter_enum(name: TableName | Unchecked) -> AlterEnum:
    """ALTER TYPE of an enum."""
    return AlterEnum(None, ALTER_ENUM, object_name(name, "a type's name"))


def create_domain(name: TableName | Unchecked, pg: PgType[Any] | Unchecked) -> CreateDomain:
    """CREATE DOMAIN."""
    start = CreateDomain(None, CREATE_DOMAIN, object_name(name, "a domain's name"))
    return CreateDomain(start, CLAUSE, DefElem("AS", (type_of_object(pg, "create_domain()"),)))


def alter_domain(name: TableName | Unchecked) -> AlterDomain:
    """ALTER DOMAIN."""
    return AlterDomain(None, ALTER_DOMAIN, object_name(name, "a domain's name"))


def create_type(name: TableName | Unchecked, attributes: Mapping[str, PgType[Any]] | Unchecked) -> CreateComposite:
    """CREATE TYPE ... AS (attributes)."""
    start = CreateComposite(None, CREATE_COMPOSITE, object_name(name, "a type's name"))
    if not isinstance(attributes, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise BuildError(f"create_type() takes a mapping of names to types, not {type(attributes).__name__}")
    found: list[Node] = []
    for attribute, pg in attributes.items():
        parts = (identifier_of(attribute, "an attribute"), type_of_object(pg, f"attribute {attribute!r}"))
        found.append(DefElem("ATTRIBUTE", parts))
    return CreateComposite(start, CLAUSE, DefElem("ATTRIBUTES", listed(found)))


def alter_type(name: TableName | Unchecked) -> AlterType:
    """ALTER TYPE of a composite type."""
    start = AlterType(None, ALTER_TABLE, object_name(name, "a type's name"))
    return AlterType(start, CLAUSE, kind_clause("TYPE"))


def create_range(name: TableName | Unchecked, subtype: PgType[Any] | Unchecked) -> CreateRange:
    """CREATE TYPE ... AS RANGE."""
    start = CreateRange(None, CREATE_RANGE, object_name(name, "a type's name"))
    return CreateRange(start, CLAUSE, DefElem("SUBTYPE", ("SUBTYPE", "=", type_of_object(subtype, "create_range()"))))
