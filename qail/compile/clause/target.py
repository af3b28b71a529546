"""ResTarget and NodeList as SQL; the select list and RETURNING."""

from __future__ import annotations

from typing import Any

from qail.ast.clause.target import NodeList, Nothing, ResTarget
from qail.ast.expression.arithmetic import type_of
from qail.ast.expression.column import A_Star, WholeRow
from qail.ast.expression.nest import NestedRows
from qail.ast.node import Node
from qail.compile.quote import identifier
from qail.compile.sql_writer import SqlWriter, unwrapped
from qail.errors import BuildError
from qail.pgtype import PgType


def write_targets(writer: SqlWriter, targets: list[Node]) -> None:
    """The items of a select list, with their names where they have one.

    Raises:
        BuildError: what becomes an object stands beside `*`, whose columns only the server counts.
    """
    if len(targets) > 1 and any(isinstance(target, A_Star) for target in targets):
        for target in targets:
            item = unwrapped(target)
            if isinstance(item, WholeRow) or (isinstance(item, NestedRows) and item.is_formed):
                raise BuildError("star() stands beside what becomes an object: list the columns, whose places tell it")
    separator = ""
    for target in targets:
        writer.put(separator)
        writer.item = unwrapped(target)
        writer.write(target)
        if isinstance(target, ResTarget):
            writer.put(" AS " + identifier(target.name))
        separator = ", "


def target_types(targets: list[Node]) -> list[PgType[Any] | None] | None:
    """The types of the result's columns; None when the tree does not tell each of them."""
    types: list[PgType[Any] | None] = []
    for target in targets:
        if isinstance(target, WholeRow):
            types.extend([column.pg for column in target.columns])
            continue
        known = type_of(target)
        if known is None:
            return None
        types.append(known)
    return types


def write_target(writer: SqlWriter, node: ResTarget) -> None:
    """Outside a select list a name is no part of the text."""
    writer.write(node.value)


def write_node_list(writer: SqlWriter, node: NodeList) -> None:
    """The items with commas between them."""
    writer.write_list(list(node.items))


def write_nothing(writer: SqlWriter, node: Nothing) -> None:
    """Nothing."""
