"""SelectStmt as SQL."""

from __future__ import annotations

from qail.ast.clause.from_ import WITH_KIND
from qail.ast.clause.locking import LockingClause
from qail.ast.clause.table_function import RangeFunction
from qail.ast.node import Node
from qail.ast.statement.select import SelectStmt, named_relation, relations_of
from qail.compile.clause.from_ import scope_of, write_from
from qail.compile.clause.sort import write_order_by
from qail.compile.clause.target import write_targets
from qail.compile.clause.with_ import write_with
from qail.compile.distinct import check_distinct, check_distinct_on
from qail.compile.expression.boolean import write_conditions
from qail.compile.level import (
    GROUP_CLAUSE,
    HAVING_CLAUSE,
    WHERE_CLAUSE,
    Level,
    optional_relations,
)
from qail.compile.sql_writer import WINDOW_NAME, SqlWriter
from qail.compile.statement.paging import write_limits
from qail.errors import BuildError


def write_select(writer: SqlWriter, node: SelectStmt) -> None:
    """The clauses in the order of SQL."""
    before = write_with(writer, node.paging.with_)
    if node.windows:
        writer.allow([WINDOW_NAME + window.name for window in node.windows])
    writer.push_scope(scope_of(_items(node), list(node.joins)))
    level = _level(node)
    writer.levels.append(level)
    writer.put("SELECT ")
    if node.is_distinct:
        check_distinct(node.paging.sort, list(node.targets))
        writer.put("DISTINCT ")
    if node.distinct_on:
        check_distinct_on(list(node.distinct_on), node.paging.sort, list(node.targets))
        writer.put("DISTINCT ON (")
        writer.write_list(node.distinct_on)
        writer.put(") ")
    write_targets(writer, node.targets)
    optional, level.optional = level.optional, []
    level.is_collecting = False
    _write_from(writer, node)
    level.optional = optional
    _write_choice(writer, node, level)
    _write_end(writer, node)
    level.check_groups()
    call = level.aggregate or level.window or level.row_source
    if node.locks and call:
        raise BuildError(f"rows with {call}() are no rows of a table that could be locked: lock in a subquery")
    writer.levels.pop()
    writer.pop_scope()
    writer.forget(before)


def _write_choice(writer: SqlWriter, node: SelectStmt, level: Level) -> None:
    """` WHERE ... GROUP BY ... HAVING ...`."""
    if node.where:
        level.clause = WHERE_CLAUSE
        writer.put(" WHERE ")
        write_conditions(writer, node.where)
    if node.group:
        level.clause = GROUP_CLAUSE
        writer.put(" GROUP BY DISTINCT " if node.is_group_distinct else " GROUP BY ")
        writer.write_list(node.group)
    level.is_collecting = True
    if node.having:
        level.clause = HAVING_CLAUSE
        writer.put(" HAVING ")
        write_conditions(writer, node.having)
    level.clause = ""


def _level(node: SelectStmt) -> Level:
    """What is known of the query before its text is."""
    items, joins = _items(node), list(node.joins)
    level = Level(scope_of(items, list(joins)))
    level.first_items = items
    level.optional = optional_relations(items, joins)
    level.has_groups = bool(node.group or node.having)
    for window in node.windows:
        level.windows[window.name] = window.definition
    level.group_by(list(node.group), list(node.targets))
    level.is_collecting = True
    return level


def _write_end(writer: SqlWriter, node: SelectStmt) -> None:
    if node.windows:
        _check_windows(node)
        writer.put(" WINDOW ")
        writer.levels[-1].inside_windows += 1
        writer.write_list(list(node.windows))
        writer.levels[-1].inside_windows -= 1
    if node.paging.sort:
        write_order_by(writer, node.paging.sort, node.targets)
    write_limits(writer, node.paging)
    for lock in node.locks:
        _check_lock(lock, _named_items(node))
        writer.write(lock)


def _check_lock(lock: LockingClause, items: dict[str, Node]) -> None:
    for name in lock.names:
        item = items.get(name)
        if item is None:
            raise BuildError(f"a lock is OF {name!r}, and FROM has {', '.join(items) or 'nothing'}")
        relation = named_relation(item)
        is_of_with = relation is not None and relation.kind == WITH_KIND
        if is_of_with or isinstance(item, RangeFunction):
            source = "a query of WITH" if is_of_with else "a function"
            raise BuildError(f"a lock is OF {name!r}, which is {source}: its rows are no rows of a table")


def _items(node: SelectStmt) -> list[Node]:
    return [] if node.relation is None else [node.relation]


def _write_from(writer: SqlWriter, node: SelectStmt) -> None:
    if node.relation is None:
        if node.joins:
            raise BuildError(_without_from(node))
        return
    writer.put(" FROM ")
    # The columns of an item are known to what comes behind it in FROM, and to every clause but FROM.
    writer.pop_scope()
    writer.push_scope([])
    write_from(writer, [node.relation], list(node.joins))


def _without_from(node: SelectStmt) -> str:
    """Why nothing is there to be joined to: no table is selected from, or only the one that is joined."""
    joined = scope_of([], list(node.joins))
    for target in node.targets:
        for relation in relations_of(target):
            if relation.token in joined:
                return f"{relation.name!r} is joined to itself: one of the two needs another name, as_()"
    return "the select list does not tell what to join to; from_() does"


def _check_windows(node: SelectStmt) -> None:
    names = [window.name for window in node.windows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BuildError(f"two windows are named {', '.join(twice)}")
    for index, window in enumerate(node.windows):
        base = window.definition.base
        if base and base not in names[:index]:
            raise BuildError(f"window {window.name!r} adds to {base!r}, which window() has to define before it")


def _named_items(node: SelectStmt) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for item in [*_items(node), *[join.relation for join in node.joins]]:
        relation = named_relation(item)
        if relation is not None:
            found[relation.alias or relation.name] = item
    return found
