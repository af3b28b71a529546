"""AlterTable: `Qail.alter(table)` and its actions.

Source: sql-altertable.html
"""

from __future__ import annotations

from typing import Any, Literal

from qail.ast.build.alter import alter_schema, rename
from qail.ast.build.create import checked_bound, table_constraint
from qail.ast.build.definition import Defining, definition_table, kind_clause, name_of_table
from qail.ast.clause.column_def import ColumnDef, column_of
from qail.ast.clause.constraint import Constraint, identity
from qail.ast.clause.definition import (
    AlterTableCmd,
    DefElem,
    ObjectName,
    identifier_of,
    listed,
    name_list,
    number,
    object_name,
    storage_options,
    type_of_object,
    value_of,
    word,
)
from qail.ast.clause.partition import PartitionBoundSpec
from qail.ast.name import Name, Unchecked
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import ALTER_TABLE, CLAUSE
from qail.errors import BuildError
from qail.pgtype import PgType

SECURITY = ("enable", "disable", "force", "no force")
STORAGES = ("plain", "external", "extended", "main", "default")


class AlterTable(Defining):
    """`Qail.alter(table)`: one action or several, all at once. What renames or moves the table stands alone."""

    def _act(self, *parts: str | Node) -> AlterTable:
        return AlterTable(self, CLAUSE, AlterTableCmd("ACTION", parts))

    def if_exists(self) -> AlterTable:
        """`IF EXISTS`: nothing happens when there is no such table."""
        return self._option("IF EXISTS")

    def only(self) -> AlterTable:
        """`ONLY`: without the tables that inherit from it."""
        return self._option("ONLY")

    def add_column(
        self,
        name: Name,
        pg: PgType[Any] | Unchecked,
        *parts: DefElem | Unchecked,
        null: bool = False,
        default: Any = None,
        if_not_exists: bool = False,
    ) -> AlterTable:
        """`ADD COLUMN`: as `column()` of CREATE TABLE."""
        column = column_of(ColumnDef(name, pg, null=null, default=default), parts)
        return self._act("ADD COLUMN IF NOT EXISTS" if if_not_exists else "ADD COLUMN", column)

    def drop_column(self, name: Name | Expr[Any], /, *, if_exists: bool = False, cascade: bool = False) -> AlterTable:
        """`DROP COLUMN`: with all that is in it."""
        return self._drop("COLUMN", identifier_of(name, "a column name"), if_exists=if_exists, cascade=cascade)

    def set_type(
        self,
        column: Name | Expr[Any],
        pg: PgType[Any] | Unchecked,
        /,
        *,
        using: Expr[Any] | Unchecked | None = None,
        collation: Name | tuple[str, str] | None = None,
    ) -> AlterTable:
        """`ALTER COLUMN ... TYPE`: `using` says what becomes of the values, where no cast does.

        >>> print(Qail.alter("t").set_type("a", INT4, using=cast(col("a"), INT4)))
        ALTER TABLE "t" ALTER COLUMN "a" TYPE int4 USING CAST("a" AS int4)
        """
        parts: list[str | Node] = ["TYPE", type_of_object(pg, "set_type()")]
        if collation is not None:
            parts.extend(["COLLATE", object_name(collation, "a collation")])
        made: object = using
        if made is not None:
            if not isinstance(made, Expression):  # pyright: ignore[reportUnnecessaryIsInstance] - no checker, no type
                raise BuildError(f"set_type(using=...) takes an expression, not {type(made).__name__}")
            parts.extend(["USING", made])
        return self._alter(column, *parts)

    def set_default(self, column: Name | Expr[Any], value: Any, /) -> AlterTable:
        """`SET DEFAULT`: a value, which stands in the text, or an expression such as `func.now()`."""
        return self._alter(column, "SET DEFAULT", value_of(value))

    def drop_default(self, column: Name | Expr[Any], /) -> AlterTable:
        """`DROP DEFAULT`."""
        return self._alter(column, "DROP DEFAULT")

    def set_not_null(self, column: Name | Expr[Any], /) -> AlterTable:
        """`SET NOT NULL`: refused when a row holds NULL."""
        return self._alter(column, "SET NOT NULL")

    def drop_not_null(self, column: Name | Expr[Any], /) -> AlterTable:
        """`DROP NOT NULL`."""
        return self._alter(column, "DROP NOT NULL")

    def add_identity(self, column: Name | Expr[Any], /, *, always: bool = True) -> AlterTable:
        """`ADD GENERATED ALWAYS AS IDENTITY`; `always=False`: BY DEFAULT."""
        return self._alter(column, "ADD", identity(always=always))

    def drop_identity(self, column: Name | Expr[Any], /, *, if_exists: bool = False) -> AlterTable:
        """`DROP IDENTITY`."""
        return self._alter(column, "DROP IDENTITY IF EXISTS" if if_exists else "DROP IDENTITY")

    def drop_expression(self, column: Name | Expr[Any], /) -> AlterTable:
        """`DROP EXPRESSION`: a generated column becomes one like any other, with the values it has."""
        return self._alter(column, "DROP EXPRESSION")

    def set_statistics(self, column: Name | Expr[Any], target: int | Unchecked, /) -> AlterTable:
        """`SET STATISTICS`: how closely ANALYZE looks at the column."""
        return self._alter(column, "SET STATISTICS", number(target, "set_statistics()"))

    def set_storage(
        self,
        column: Name | Expr[Any],
        kind: Literal["plain", "external", "extended", "main", "default"] | Unchecked,
        /,
    ) -> AlterTable:
        """`SET STORAGE`: whether long values are compressed, and stored elsewhere."""
        return self._alter(column, "SET STORAGE", word(kind, STORAGES, "set_storage()"))

    def add_constraint(self, constraint: Constraint | Unchecked, /) -> AlterTable:
        """`ADD CONSTRAINT`: with `.not_valid()`, of new rows alone until it is validated."""
        return self._act("ADD", table_constraint(constraint))

    def drop_constraint(self, name: Name, /, *, if_exists: bool = False, cascade: bool = False) -> AlterTable:
        """`DROP CONSTRAINT`."""
        found = identifier_of(name, "a constraint's name")
        return self._drop("CONSTRAINT", found, if_exists=if_exists, cascade=cascade)

    def validate_constraint(self, name: Name, /) -> AlterTable:
        """`VALIDATE CONSTRAINT`: the rows that are there are checked."""
        return self._act("VALIDATE CONSTRAINT", identifier_of(name, "a constraint's name"))

    def attach_partition(self, table: Any, bound: PartitionBoundSpec | Unchecked, /) -> AlterTable:
        """`ATTACH PARTITION table bound`: an existing table becomes a partition."""
        found = checked_bound(bound, "attach_partition()")
        return self._act("ATTACH PARTITION", name_of_table(table, "attach_partition()"), found)

    def detach_partition(self, table: Any, /, *, concurrently: bool = False) -> AlterTable:
        """`DETACH PARTITION table`; `concurrently` not in a transaction."""
        name = name_of_table(table, "detach_partition()")
        return self._act("DETACH PARTITION", name, *(("CONCURRENTLY",) if concurrently else ()))

    def inherit(self, table: Any, /) -> AlterTable:
        """`INHERIT table`: its rows are among those of the other from now on."""
        return self._act("INHERIT", name_of_table(table, "inherit()"))

    def no_inherit(self, table: Any, /) -> AlterTable:
        """`NO INHERIT table`."""
        return self._act("NO INHERIT", name_of_table(table, "no_inherit()"))

    def row_level_security(self, how: Literal["enable", "disable", "force", "no force"] | Unchecked) -> AlterTable:
        """`ENABLE ROW LEVEL SECURITY`: policies decide who sees which rows; `force`: for its owner as well."""
        return self._act(word(how, SECURITY, "row_level_security()"), "ROW LEVEL SECURITY")

    def enable_trigger(self, name: Name, /, *, mode: Literal["", "always", "replica"] | Unchecked = "") -> AlterTable:
        """`ENABLE [ALWAYS|REPLICA] TRIGGER`."""
        found = "ENABLE TRIGGER" if mode == "" else f"ENABLE {word(mode, ('always', 'replica'), 'mode')} TRIGGER"
        return self._act(found, identifier_of(name, "a trigger's name"))

    def disable_trigger(self, name: Name, /) -> AlterTable:
        """`DISABLE TRIGGER`."""
        return self._act("DISABLE TRIGGER", identifier_of(name, "a trigger's name"))

    def set_options(self, **options: bool | int | float | str | Unchecked) -> AlterTable:
        """`SET (fillfactor = 70)`: parameters of storage."""
        return self._act("SET", *storage_options(options, "set_options()"))

    def reset_options(self, name: Name, /, *more: Name) -> AlterTable:
        """`RESET (names)`: parameters of storage are their defaults again."""
        return self._act("RESET", *listed(name_list((name, *more), "reset_options()")))

    def set_logged(self, is_logged: bool = True) -> AlterTable:
        """`SET LOGGED`, `SET UNLOGGED`."""
        return self._act("SET LOGGED" if is_logged else "SET UNLOGGED")

    def set_tablespace(self, name: Name, /) -> AlterTable:
        """`SET TABLESPACE name`: its files are moved there."""
        return self._act("SET TABLESPACE", identifier_of(name, "a tablespace"))

    def owner_to(self, role: Name, /) -> AlterTable:
        """`OWNER TO role`."""
        return self._act("OWNER TO", identifier_of(role, "a role"))

    def rename_to(self, name: Name, /) -> Defining:
        """`RENAME TO name`; by itself."""
        return rename(self._alone("rename_to()"), "TABLE", self._name(), name)

    def rename_column(self, name: Name | Expr[Any], to: Name, /) -> Defining:
        """`RENAME COLUMN name TO name`; by itself."""
        return rename(
            self._alone("rename_column()"), "TABLE", self._name(), to, ("COLUMN", identifier_of(name, "a column name"))
        )

    def rename_constraint(self, name: Name, to: Name, /) -> Defining:
        """`RENAME CONSTRAINT name TO name`; by itself."""
        found = ("CONSTRAINT", identifier_of(name, "a constraint's name"))
        return rename(self._alone("rename_constraint()"), "TABLE", self._name(), to, found)

    def set_schema(self, schema: Name, /) -> Defining:
        """`SET SCHEMA schema`; by itself."""
        return alter_schema(self._alone("set_schema()"), "TABLE", self._name(), schema)

    def _alter(self, column: object, *parts: str | Node) -> AlterTable:
        return self._act("ALTER COLUMN", identifier_of(column, "a column name"), *parts)

    def _drop(self, what: str, name: ObjectName, *, if_exists: bool, cascade: bool) -> AlterTable:
        words = f"DROP {what} IF EXISTS" if if_exists else f"DROP {what}"
        return self._act(words, name, *(("CASCADE",) if cascade else ()))

    def _name(self) -> ObjectName:
        first: Any = self
        while first.previous is not None and first.step != ALTER_TABLE:
            first = first.previous
        return name_of_table((first.node.schema, first.node.name) if first.node.schema else first.node.name, "alter()")

    def _alone(self, method: str) -> bool:
        """Whether IF EXISTS was said. Raises BuildError behind an action."""
        is_optional = False
        current: Any = self
        while current.step != ALTER_TABLE:
            if isinstance(current.node, DefElem) and current.node.kind == "ACTION":
                raise BuildError(f"{method} is a statement of its own: PostgreSQL takes no other action beside it")
            is_optional = is_optional or getattr(current.node, "word", "") == "IF EXISTS"
            current = current.previous
        return is_optional


def alter_table(table: object) -> AlterTable:
    """ALTER TABLE."""
    start = AlterTable(None, ALTER_TABLE, definition_table(table, "alter()"))
    return AlterTable(start, CLAUSE, kind_clause("TABLE"))


def alter_relation(kind: str | Unchecked, name: Node) -> AlterTable:
    """ALTER of another kind of relation, whose actions PostgreSQL keeps as those of a table."""
    return AlterTable(AlterTable(None, ALTER_TABLE, name), CLAUSE, kind_clause(kind))
