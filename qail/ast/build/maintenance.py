"""Vacuum, Analyze, Reindex, Cluster, Explain and Copy.

Source: sql-vacuum.html; sql-analyze.html; sql-reindex.html; sql-cluster.html; sql-explain.html; sql-copy.html
"""

from __future__ import annotations

from typing import Any, Final, Literal, Self, cast

from qail.ast.build.builder import Builder, Fetchable
from qail.ast.build.definition import Defining, kind_clause, name_of_table
from qail.ast.clause.definition import (
    DefElem,
    defined,
    identifier_of,
    listed,
    name_list,
    number,
    object_name,
    text,
    word,
)
from qail.ast.clause.target import NodeList
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.node import Node
from qail.ast.tokens import ANALYZE, CLAUSE, CLUSTER, COPY, EXPLAIN, REINDEX, VACUUM
from qail.errors import BuildError

PG16: Final = 160_000
PG17: Final = 170_000
AUTO: Final = ("auto", "on", "off")
REINDEXED: Final = ("index", "table", "schema", "database", "system")
SERIALIZED: Final = ("none", "text", "binary")


class MaintenanceOptions(Defining):
    """What VACUUM and ANALYZE have in common."""

    def verbose(self) -> Self:
        """`VERBOSE`: it tells what it does, in notices."""
        return self._clause("VERBOSE", "VERBOSE")

    def skip_locked(self) -> Self:
        """`SKIP_LOCKED`: tables that are locked are left out."""
        return self._clause("SKIP_LOCKED", "SKIP_LOCKED")

    def buffer_usage_limit(self, size: str | Unchecked) -> Self:
        """`BUFFER_USAGE_LIMIT '256 kB'`. Needs PostgreSQL 16."""
        found = text(size, "buffer_usage_limit()")
        return self._clause("BUFFER_USAGE_LIMIT", "BUFFER_USAGE_LIMIT", found, needs=PG16, what="BUFFER_USAGE_LIMIT")


class Vacuum(MaintenanceOptions):
    """`Qail.vacuum(tables...)`. Not in a transaction."""

    def full(self) -> Vacuum:
        """`FULL`: the table is written anew, and locked meanwhile."""
        return self._clause("FULL", "FULL")

    def freeze(self) -> Vacuum:
        """`FREEZE`: rows are marked so that no later VACUUM need look at them."""
        return self._clause("FREEZE", "FREEZE")

    def analyze(self) -> Vacuum:
        """`ANALYZE`: the planner's statistics are renewed as well."""
        return self._clause("ANALYZE", "ANALYZE")

    def disable_page_skipping(self) -> Vacuum:
        """`DISABLE_PAGE_SKIPPING`: every page is read."""
        return self._clause("DISABLE_PAGE_SKIPPING", "DISABLE_PAGE_SKIPPING")

    def index_cleanup(self, how: Literal["auto", "on", "off"] | Unchecked) -> Vacuum:
        """`INDEX_CLEANUP`: whether the indexes are cleaned."""
        return self._clause("INDEX_CLEANUP", "INDEX_CLEANUP", word(how, AUTO, "index_cleanup()"))

    def no_truncate(self) -> Vacuum:
        """`TRUNCATE FALSE`: empty pages at the end stay, so no exclusive lock is taken."""
        return self._clause("TRUNCATE", "TRUNCATE FALSE")

    def parallel(self, workers: int | Unchecked) -> Vacuum:
        """`PARALLEL number`: workers for the indexes."""
        return self._clause("PARALLEL", "PARALLEL", number(workers, "parallel()"))

    def skip_database_stats(self) -> Vacuum:
        """`SKIP_DATABASE_STATS`. Needs PostgreSQL 16."""
        return self._clause("SKIP_DATABASE_STATS", "SKIP_DATABASE_STATS", needs=PG16, what="SKIP_DATABASE_STATS")


class Analyze(MaintenanceOptions):
    """`Qail.analyze(tables...)`."""


class Reindex(Defining):
    """`Qail.reindex(kind, name)`."""

    def concurrently(self) -> Reindex:
        """`CONCURRENTLY`: writes go on. Not in a transaction."""
        return self._clause("CONCURRENTLY", "CONCURRENTLY")

    def verbose(self) -> Reindex:
        """`VERBOSE`: it tells what it does, in notices."""
        return self._clause("VERBOSE", "VERBOSE")

    def tablespace(self, name: Name) -> Reindex:
        """`TABLESPACE name`: where the indexes go."""
        return self._clause("TABLESPACE", "TABLESPACE", identifier_of(name, "a tablespace"))


class Cluster(Defining):
    """`Qail.cluster(table, index)`."""


class Explain(Fetchable[tuple[Any]]):
    """`Qail.explain(query)`: the plan as data, in one row of one value."""

    def _clause(self, kind: str, *parts: str | Node, needs: int = 0, what: str = "") -> Self:
        return type(self)(self, CLAUSE, DefElem(kind, parts, needs, what))

    def analyze(self) -> Self:
        """`ANALYZE`: the statement is run, with all it does, and measured."""
        return self._clause("ANALYZE", "ANALYZE")

    def verbose(self) -> Self:
        """`VERBOSE`: the columns of each step, and more."""
        return self._clause("VERBOSE", "VERBOSE")

    def settings(self) -> Self:
        """`SETTINGS`: those that differ and matter to the planner."""
        return self._clause("SETTINGS", "SETTINGS")

    def buffers(self, is_on: bool = True) -> Self:
        """`BUFFERS`: what was read and written."""
        return self._clause("BUFFERS", "BUFFERS", "TRUE" if is_on else "FALSE")

    def wal(self) -> Self:
        """`WAL`: what was logged; with `analyze()`."""
        return self._clause("WAL", "WAL")

    def no_costs(self) -> Self:
        """`COSTS FALSE`: without estimates."""
        return self._clause("COSTS", "COSTS FALSE")

    def no_timing(self) -> Self:
        """`TIMING FALSE`: steps are counted and not timed; with `analyze()`."""
        return self._clause("TIMING", "TIMING FALSE")

    def summary(self, is_on: bool = True) -> Self:
        """`SUMMARY`: how long planning took."""
        return self._clause("SUMMARY", "SUMMARY", "TRUE" if is_on else "FALSE")

    def generic_plan(self) -> Self:
        """`GENERIC_PLAN`: the plan for any values. Needs PostgreSQL 16."""
        return self._clause("GENERIC_PLAN", "GENERIC_PLAN", needs=PG16, what="EXPLAIN (GENERIC_PLAN)")

    def memory(self) -> Self:
        """`MEMORY`: what planning took of it. Needs PostgreSQL 17."""
        return self._clause("MEMORY", "MEMORY", needs=PG17, what="EXPLAIN (MEMORY)")

    def serialize(self, how: Literal["none", "text", "binary"] | Unchecked) -> Self:
        """`SERIALIZE`: what it costs to send the rows; with `analyze()`. Needs PostgreSQL 17."""
        words = word(how, SERIALIZED, "serialize()")
        return self._clause("SERIALIZE", "SERIALIZE", words, needs=PG17, what="EXPLAIN (SERIALIZE)")


class Copy(Defining):
    """`COPY (query) TO STDOUT`; `copy_out()` runs it."""


def vacuum(tables: tuple[object, ...]) -> Vacuum:
    """VACUUM."""
    return Vacuum(None, VACUUM, _tables(tables, "vacuum()"))


def analyze(tables: tuple[object, ...]) -> Analyze:
    """ANALYZE."""
    return Analyze(None, ANALYZE, _tables(tables, "analyze()"))


def _tables(tables: tuple[object, ...], method: str) -> Node:
    """Tables, each with its columns where it is a (table, [columns]) pair; none is all of the database."""
    found: list[Node] = []
    for table in tables:
        with_columns = _with_columns(table, method)
        found.append(name_of_table(table, method) if with_columns is None else with_columns)
    return NodeList(tuple(found)) if found else DefElem("ALL", ())


def _with_columns(table: object, method: str) -> DefElem | None:
    pair = cast("tuple[object, ...]", table) if isinstance(table, tuple) else ()
    if len(pair) != 2 or not isinstance(pair[1], list):
        return None
    columns = name_list(cast("object", pair[1]), f"a column of {method}")
    return DefElem("TABLE", (name_of_table(pair[0], method), *listed(columns)))


def reindex(
    kind: Literal["index", "table", "schema", "database", "system"] | Unchecked, name: TableName | Unchecked
) -> Reindex:
    """REINDEX."""
    start = Reindex(None, REINDEX, object_name(name, "what is reindexed"))
    return Reindex(start, CLAUSE, kind_clause(word(kind, REINDEXED, "the kind of object")))


def cluster(table: object, index: Name | None) -> Cluster:
    """CLUSTER."""
    start = Cluster(None, CLUSTER, name_of_table(table, "cluster()"))
    if index is None:
        return start
    return Cluster(start, CLAUSE, DefElem("USING", ("USING", identifier_of(index, "an index name"))))


def explain(query: object) -> Explain:
    """EXPLAIN, as JSON."""
    if isinstance(query, Explain):
        raise BuildError("explain() takes a statement, and this is an EXPLAIN already")
    start = Explain(None, EXPLAIN, defined(query, "explain()", is_any=True))
    return Explain(start, CLAUSE, DefElem("FORMAT", ("FORMAT JSON",)))


def copy_of(query: Builder | Unchecked, form: str | Unchecked) -> Copy:
    """`COPY (query) TO STDOUT (FORMAT form)`, with the values of the query in the text."""
    words = word(form, ("binary", "text", "csv"), "the format of a COPY")
    subject = DefElem("QUERY", ("(", defined(query, "copy_out()", is_any=True), ")"))
    start = Copy(Copy(None, COPY, subject), CLAUSE, DefElem("DIRECTION", ("TO STDOUT",)))
    return Copy(start, CLAUSE, DefElem("FORMAT", ("FORMAT", words)))
