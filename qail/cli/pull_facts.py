"""What `pull` knows of a database: relations, their columns and keys, and the types of those columns."""

from __future__ import annotations

from typing import NamedTuple

ARRAY = "a"  # pg_type.typtype says "b" of arrays; this is ours
BASE = "b"
COMPOSITE = "c"
DOMAIN = "d"
ENUM = "e"
MULTIRANGE = "m"
RANGE = "r"

CAN_UPDATE = 1 << 2  # 1 << CMD_UPDATE, as pg_relation_is_updatable() tells it
CAN_INSERT = 1 << 3
ALWAYS = "a"  # pg_attribute.attidentity


class ColumnFacts(NamedTuple):
    """One column. `default` is its SQL, also of a generated column; `identity` is "", "a" (always) or "d"."""

    name: str
    type_oid: int
    not_null: bool
    default: str | None
    identity: str
    is_generated: bool
    comment: str | None


class ForeignKeyFacts(NamedTuple):
    """Columns that refer to columns of another relation."""

    columns: tuple[str, ...]
    schema: str
    name: str
    targets: tuple[str, ...]


class Relation(NamedTuple):
    """A table, partitioned or foreign table, or view. `can` holds CAN_INSERT and CAN_UPDATE."""

    oid: int
    schema: str
    name: str
    is_table: bool
    can: int
    comment: str | None
    columns: tuple[ColumnFacts, ...]
    primary: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    foreign: tuple[ForeignKeyFacts, ...]


class TypeInfo(NamedTuple):
    """A type that is not one of those qail has a constant for.

    `related` is its element, base type, subtype or range; `parts` are an enum's labels (with OID 0) or a composite's
    attributes.
    """

    oid: int
    array_oid: int
    schema: str
    name: str
    kind: str
    related: int
    not_null: bool
    has_default: bool
    extension: str | None
    comment: str | None
    parts: tuple[tuple[str, int], ...]


class DatabaseFacts(NamedTuple):
    """All of it. `types` are in the order in which each comes behind those it is made of."""

    relations: tuple[Relation, ...]
    types: dict[int, TypeInfo]
