"""Utilities: the constructors of utility statements, which `Qail` has.

Rule: a family of builders is loaded when it is first asked for, as in `Definitions`.

Source: sql-commands.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from qail.ast.name import Name, TableName, Unchecked

if TYPE_CHECKING:
    from qail.ast.build import maintenance, utility
    from qail.ast.build.builder import Builder
    from qail.ast.node import Expr
    from qail.table import Table


class Utilities:
    """Each takes a table class or a name; a name is a str or a (schema, name) pair."""

    @staticmethod
    def truncate(table: type[Table[Any, Any]] | TableName | Unchecked, /, *more: Any) -> utility.Truncate:
        """TRUNCATE: every row of the tables goes."""
        from qail.ast.build.utility import truncate_tables

        return truncate_tables((table, *more))

    @staticmethod
    def lock(
        table: type[Table[Any, Any]] | TableName | Unchecked,
        /,
        *more: Any,
        mode: utility.LockMode | Unchecked = "access exclusive",
    ) -> utility.Lock:
        """LOCK TABLE, until the transaction ends."""
        from qail.ast.build.utility import lock_tables

        return lock_tables((table, *more), mode)

    @staticmethod
    def call(procedure: TableName | Expr[Any] | Unchecked, /, *arguments: Any) -> utility.Call:
        """CALL: of a name and values, or of `func.name(...)`. OUT arguments are given as None, and come as a row.

        >>> print(Qail.call("transfer", 1, 2))
        CALL "transfer"($1, $2)
        """
        from qail.ast.build.utility import call

        return call(procedure, arguments)

    @staticmethod
    def do(body: str | Unchecked, /, *, language: Name = "plpgsql") -> utility.Do:
        """DO: code that is run once. The text goes through the one quoting function and is not read."""
        from qail.ast.build.utility import do

        return do(body, language)

    @staticmethod
    def set_parameter(
        name: TableName | Unchecked, value: bool | int | float | str | Unchecked, /, *more: str | Unchecked
    ) -> utility.SetParameter:
        """SET: a setting of the session, with `local()` of the transaction. A search_path has several values."""
        from qail.ast.build.utility import set_parameter

        return set_parameter(name, (value, *more))

    @staticmethod
    def reset(name: TableName | Unchecked | None = None, /) -> utility.Reset:
        """RESET of a setting; without a name, of all."""
        from qail.ast.build.utility import reset

        return reset(name)

    @staticmethod
    def show(name: TableName | Unchecked, /) -> utility.Show:
        """SHOW of a setting."""
        from qail.ast.build.utility import show

        return show(name)

    @staticmethod
    def set_constraints(*names: TableName, deferred: bool) -> utility.SetConstraints:
        """SET CONSTRAINTS: when deferrable constraints are checked in this transaction; without names, all of them."""
        from qail.ast.build.utility import set_constraints

        return set_constraints(names, deferred=deferred)

    @staticmethod
    def vacuum(*tables: Any) -> maintenance.Vacuum:
        """VACUUM of tables, or of ("table", ["column", ...]) to analyze; without any, of the database."""
        from qail.ast.build.maintenance import vacuum

        return vacuum(tables)

    @staticmethod
    def analyze(*tables: Any) -> maintenance.Analyze:
        """ANALYZE of tables, or of ("table", ["column", ...]); without any, of the database."""
        from qail.ast.build.maintenance import analyze

        return analyze(tables)

    @staticmethod
    def reindex(
        kind: Literal["index", "table", "schema", "database", "system"] | Unchecked, name: TableName | Unchecked, /
    ) -> maintenance.Reindex:
        """REINDEX."""
        from qail.ast.build.maintenance import reindex

        return reindex(kind, name)

    @staticmethod
    def cluster(table: Any, index: Name | None = None, /) -> maintenance.Cluster:
        """CLUSTER: a table in the order of an index."""
        from qail.ast.build.maintenance import cluster

        return cluster(table, index)

    @staticmethod
    def explain(query: Builder | Unchecked, /) -> maintenance.Explain:
        """EXPLAIN: the plan of a statement as data; `db.explain(query)` runs it.

        >>> print(Qail.explain(Qail.get("users").eq("id", 1)))
        EXPLAIN (FORMAT JSON) SELECT * FROM "users" WHERE "id" = $1
        """
        from qail.ast.build.maintenance import explain

        return explain(query)
