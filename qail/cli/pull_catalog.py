"""Reading the catalogs, by queries that qail itself builds, in one transaction that sees one state of the database.

Source: catalog-pg-class.html, catalog-pg-attribute.html, catalog-pg-index.html, catalog-pg-constraint.html,
catalog-pg-type.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

from qail import (
    BOOL,
    INT2,
    INT4,
    INT8,
    OID,
    TEXT,
    Dyn,
    Qail,
    array_of,
    array_query,
    case,
    cast,
    coalesce,
    exists,
    func,
    rows_from,
)
from qail.cli.pull_facts import (
    ARRAY,
    CAN_INSERT,
    CAN_UPDATE,
    COMPOSITE,
    DOMAIN,
    ENUM,
    MULTIRANGE,
    RANGE,
    ColumnFacts,
    DatabaseFacts,
    ForeignKeyFacts,
    Relation,
    TypeInfo,
)
from qail.cli.pull_types import BUILT_IN
from qail.errors import ConfigError
from qail.sync import Transaction
from qail.table import col

Rows: TypeAlias = list[Any]

CATALOG: Final = "pg_catalog"
PG_CLASS: Final = 1259  # the OIDs of the catalogs themselves never change
PG_TYPE: Final = 1247
KINDS: Final = {"r": True, "p": True, "f": True, "v": False, "m": False}
"""pg_class.relkind of what becomes a class, and whether it is a table."""
MOST_NESTING: Final = 64


class Choice(NamedTuple):
    """What of a database is wanted: schemas by name, tables by patterns of `name` or `schema.name`."""

    schemas: tuple[str, ...] = ("public",)
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    partitions: bool = False

    def has(self, schema: str, name: str) -> bool:
        """Whether this relation is wanted."""
        if self.tables and not _matches(self.tables, schema, name):
            return False
        return not _matches(self.exclude, schema, name)


def read_database(tx: Transaction, choice: Choice) -> DatabaseFacts:
    """Everything that the module says.

    Raises:
        ConfigError: a schema is not there, or no table of it is wanted.
    """
    known = {str(row[0]) for row in tx.fetch_all(_table("pg_namespace", "n").columns("nspname"))}
    missing = [schema for schema in choice.schemas if schema not in known]
    if missing:
        raise ConfigError(f"there is no schema {', '.join(map(repr, missing))} in this database")
    rows = [row for row in tx.fetch_all(_relations(choice)) if choice.has(row[1], row[2])]
    if not rows:
        raise ConfigError(f"no table is wanted of the schemas {', '.join(map(repr, choice.schemas))}")
    oids = [int(row[0]) for row in rows]
    columns = _grouped(tx.fetch_all(_columns(oids)))
    indexes = _grouped(tx.fetch_all(_indexes(oids)))
    foreign = _grouped(tx.fetch_all(_foreign_keys(oids)))
    relations = [_relation(row, columns, indexes, foreign) for row in rows]
    wanted = {column.type_oid for relation in relations for column in relation.columns}
    return DatabaseFacts(tuple(relations), _types(tx, wanted))


def _matches(patterns: Iterable[str], schema: str, name: str) -> bool:
    return any(fnmatchcase(name, pattern) or fnmatchcase(f"{schema}.{name}", pattern) for pattern in patterns)


def _table(name: str, alias: str) -> Dyn:
    return Qail.get((CATALOG, name), alias=alias)


def _catalog(name: str) -> tuple[str, str]:
    return (CATALOG, name)


def _comment(class_oid: int, oid: Any, part: Any = 0) -> Any:
    """The comment on an object; NULL without one."""
    comments = _table("pg_description", "d").columns("description")
    is_its = (col("d", "objoid") == oid) & (col("d", "classoid") == cast(class_oid, OID))
    return comments.where(is_its, col("d", "objsubid") == part).scalar()


def _extension(class_oid: int, oid: Any) -> Dyn:
    """The extension an object belongs to."""
    depends = _table("pg_depend", "d").columns(col("e", "extname"))
    depends = depends.join(_catalog("pg_extension"), on=col("e", "oid") == col("d", "refobjid"), alias="e")
    is_its = (col("d", "classid") == cast(class_oid, OID)) & (col("d", "objid") == oid)
    return depends.where(is_its, col("d", "deptype") == "e")


def _relations(choice: Choice) -> Dyn:
    c = "c"
    oid = col(c, "oid")
    can = func.named("pg_relation_is_updatable", schema=CATALOG)(oid, True)
    query = _table("pg_class", c).join(
        _catalog("pg_namespace"), on=col("n", "oid") == col(c, "relnamespace"), alias="n"
    )
    query = query.columns(
        oid,
        col("n", "nspname"),
        col(c, "relname"),
        col(c, "relkind"),
        case((col(c, "relkind") == "v", can), (col(c, "relkind") == "m", 0), else_=CAN_INSERT | CAN_UPDATE),
        _comment(PG_CLASS, oid),
    )
    query = query.where(
        col("n", "nspname").in_(list(choice.schemas)),
        col(c, "relkind").in_(list(KINDS)),
        col(c, "relpersistence") != "t",
        ~exists(_extension(PG_CLASS, oid)),
    )
    if not choice.partitions:
        query = query.where(~col(c, "relispartition"))
    # By the bytes: the order must not depend on the database's collation.
    return query.order_by(col("n", "nspname").collate("C"), col(c, "relname").collate("C"))


def _columns(oids: list[int]) -> Dyn:
    a, number = "a", col("a", "attnum")
    default = func.named("pg_get_expr", schema=CATALOG)(col("x", "adbin"), col("x", "adrelid"))
    query = _table("pg_attribute", a).left_join(
        _catalog("pg_attrdef"),
        on=(col("x", "adrelid") == col(a, "attrelid")) & (col("x", "adnum") == number),
        alias="x",
    )
    query = query.columns(
        col(a, "attrelid"),
        col(a, "attname"),
        col(a, "atttypid"),
        col(a, "attnotnull"),
        default,
        col(a, "attidentity"),
        col(a, "attgenerated"),
        _comment(PG_CLASS, col(a, "attrelid"), number),
    )
    query = query.where(col(a, "attrelid").in_(oids), number > 0, ~col(a, "attisdropped"))
    return query.order_by(col(a, "attrelid"), number)


def _names_of(relation: Any, numbers: Any) -> Any:
    """The columns of these numbers by name, in the order of the numbers."""
    part = func.unnest(numbers)
    listed = rows_from(part, alias="u", columns=["number"], ordinality="place")
    names = Qail.get(listed).columns(cast(col("a", "attname"), TEXT))
    is_it = (col("a", "attrelid") == relation) & (col("a", "attnum") == col("u", "number"))
    return array_query(names.join(_catalog("pg_attribute"), on=is_it, alias="a").order_by(col("u", "place")))


def _indexes(oids: list[int]) -> Dyn:
    """Unique indexes over plain columns of all rows, checked at once: those that ON CONFLICT can name by columns."""
    i = "i"
    keys = cast(col(i, "indkey"), array_of(INT2)).array.slice(0, col(i, "indnkeyatts") - 1)
    query = _table("pg_index", i).columns(
        col(i, "indrelid"), col(i, "indisprimary"), _names_of(col(i, "indrelid"), keys)
    )
    query = query.where(
        col(i, "indrelid").in_(oids),
        col(i, "indisunique") & col(i, "indisvalid"),
        col(i, "indpred").is_null() & col(i, "indexprs").is_null(),
        col(i, "indimmediate") | col(i, "indisprimary"),
    )
    return query.order_by(col(i, "indrelid"), col(i, "indisprimary"), col(i, "indkey"))


def _foreign_keys(oids: list[int]) -> Dyn:
    k = "k"
    query = _table("pg_constraint", k)
    query = query.join(_catalog("pg_class"), on=col("c", "oid") == col(k, "confrelid"), alias="c")
    query = query.join(_catalog("pg_namespace"), on=col("n", "oid") == col("c", "relnamespace"), alias="n")
    query = query.columns(
        col(k, "conrelid"),
        _names_of(col(k, "conrelid"), col(k, "conkey")),
        col("n", "nspname"),
        col("c", "relname"),
        _names_of(col(k, "confrelid"), col(k, "confkey")),
    )
    # A reference to a partitioned table has a constraint for each partition, too.
    query = query.where(col(k, "conrelid").in_(oids), col(k, "contype") == "f", ~col("c", "relispartition"))
    return query.order_by(col(k, "conrelid"), col(k, "conkey"), col(k, "conname").collate("C"))


def _grouped(rows: Rows) -> dict[int, Rows]:
    return {int(oid): list(group) for oid, group in groupby(rows, key=_first)}


def _first(row: Sequence[Any]) -> Any:
    return row[0]


def _relation(row: Any, columns: dict[int, Rows], indexes: dict[int, Rows], foreign: dict[int, Rows]) -> Relation:
    oid, schema, name, kind, can, comment = row
    keys = [(bool(is_primary), tuple(names)) for _, is_primary, names in indexes.get(oid, [])]
    primary = next((names for is_primary, names in keys if is_primary), ())
    references = [
        ForeignKeyFacts(tuple(own), target_schema, target, tuple(theirs))
        for _, own, target_schema, target, theirs in foreign.get(oid, [])
    ]
    return Relation(
        oid,
        schema,
        name,
        KINDS[kind],
        int(can),
        comment,
        tuple([_column(each) for each in columns.get(oid, [])]),
        primary,
        tuple(sorted({names for is_primary, names in keys if not is_primary and names != primary})),
        tuple(dict.fromkeys(references)),
    )


def _column(row: Any) -> ColumnFacts:
    _, name, type_oid, not_null, default, identity, generated, comment = row
    has_identity = identity.strip("\0")
    return ColumnFacts(name, int(type_oid), bool(not_null), default, has_identity, bool(generated.strip("\0")), comment)


def _types(tx: Transaction, wanted: Collection[int]) -> dict[int, TypeInfo]:
    """The types behind OIDs that qail has no constant for, and what they are made of; each behind its parts."""
    found: dict[int, TypeInfo] = {}
    pending = _unknown(wanted, found)
    for _ in range(MOST_NESTING):
        if not pending:
            break
        infos = _described(tx, pending)
        found |= infos
        inner = {oid for info in infos.values() for oid in (info.related, *[part for _, part in info.parts])}
        pending = _unknown(inner, found)
    ordered: dict[int, TypeInfo] = {}

    def add(oid: int) -> None:
        info = found.pop(oid, None)
        if info is not None:
            for part in (info.related, *[part for _, part in info.parts]):
                add(part)
            ordered[oid] = info

    for info in sorted(found.values(), key=lambda each: (each.schema, each.name)):
        add(info.oid)
    return ordered


def _unknown(oids: Collection[int], found: dict[int, TypeInfo]) -> list[int]:
    return sorted({oid for oid in oids if oid and oid not in BUILT_IN and oid not in found})


def _described(tx: Transaction, oids: list[int]) -> dict[int, TypeInfo]:
    rows: Rows = tx.fetch_all(_type_rows(oids))
    kinds = {int(row[0]): row[4] for row in rows}
    labels = _grouped(tx.fetch_all(_labels([oid for oid in oids if kinds.get(oid) == ENUM])))
    relations = {int(row[10]): int(row[0]) for row in rows if row[4] == COMPOSITE}
    fields = _grouped(tx.fetch_all(_attributes(list(relations))))
    parts: dict[int, Rows] = labels | {relations[oid]: each for oid, each in fields.items()}
    return {int(row[0]): _type(row, parts.get(row[0], [])) for row in rows}


def _type(row: Any, parts: Rows) -> TypeInfo:
    oid, array_oid, schema, name, kind, related, not_null, has_default, extension, comment, _ = row
    members = tuple([(part, int(type_oid)) for _, part, type_oid in parts])
    return TypeInfo(
        oid, array_oid, schema, name, kind, int(related), not_null, has_default, extension, comment, members
    )


def _type_rows(oids: list[int]) -> Dyn:
    t, oid = "t", col("t", "oid")
    is_array = (col(t, "typcategory") == "A") & (col(t, "typelem") != 0)
    query = _table("pg_type", t).join(_catalog("pg_namespace"), on=col("n", "oid") == col(t, "typnamespace"), alias="n")
    query = query.left_join(_catalog("pg_range"), on=col("r", "rngtypid") == oid, alias="r")
    query = query.left_join(_catalog("pg_range"), on=col("m", "rngmultitypid") == oid, alias="m")
    kind = case((is_array, ARRAY), else_=cast(col(t, "typtype"), TEXT))
    related = case(
        (is_array, col(t, "typelem")),
        (col(t, "typtype") == DOMAIN, col(t, "typbasetype")),
        (col(t, "typtype") == RANGE, col("r", "rngsubtype")),
        (col(t, "typtype") == MULTIRANGE, col("m", "rngtypid")),
        else_=cast(0, OID),
    )
    query = query.columns(
        oid,
        col(t, "typarray"),
        col("n", "nspname"),
        col(t, "typname"),
        kind,
        coalesce(related, cast(0, OID)),
        cast(col(t, "typnotnull"), BOOL),
        col(t, "typdefault").is_not_null(),
        _extension(PG_TYPE, oid).scalar(),
        _comment(PG_TYPE, oid),
        col(t, "typrelid"),
    )
    return query.where(oid.in_(oids)).order_by(oid)


def _labels(oids: list[int]) -> Dyn:
    query = _table("pg_enum", "e").columns("enumtypid", "enumlabel", cast(0, INT4))
    return query.where(col("e", "enumtypid").in_(oids)).order_by("enumtypid", "enumsortorder")


def _attributes(oids: list[int]) -> Dyn:
    query = _table("pg_attribute", "a").columns("attrelid", "attname", cast(col("a", "atttypid"), INT8))
    query = query.where(col("a", "attrelid").in_(oids), col("a", "attnum") > 0, ~col("a", "attisdropped"))
    return query.order_by("attrelid", "attnum")
