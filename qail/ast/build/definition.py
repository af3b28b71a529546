"""Defining: what the builders of data definition and utility statements share."""

from __future__ import annotations

from typing import Self

from qail.ast.build.builder import Command
from qail.ast.build.items import relation_of
from qail.ast.clause.definition import DefElem, ObjectName
from qail.ast.clause.from_ import RangeVar
from qail.ast.clause.option import Option
from qail.ast.clause.target import NodeList
from qail.ast.name import Unchecked
from qail.ast.node import Node
from qail.ast.tokens import CLAUSE, OPTION
from qail.errors import BuildError


class Defining(Command):
    """A definition. Each method returns a new one."""

    def _option(self, word: str) -> Self:
        return type(self)(self, OPTION, Option(word))

    def _clause(self, kind: str, *parts: str | Node, needs: int = 0, what: str = "") -> Self:
        return type(self)(self, CLAUSE, DefElem(kind, parts, needs, what))


def definition_table(table: object, method: str | Unchecked) -> RangeVar:
    """The table that a definition is about.

    Raises:
        BuildError: it is an alias or an outer twin, which are names in a query.
    """
    relation = relation_of(table)
    if relation.alias is not None or relation.is_nullable:
        raise BuildError(f"{method} takes the table {relation.name!r} itself, not an alias or an outer twin of it")
    return relation


def tables_of(tables: tuple[object, ...], method: str | Unchecked) -> Node:
    """One table by itself, so that its columns may be named; several as a list.

    Raises:
        BuildError: there is none, or one is there twice.
    """
    if not tables:
        raise BuildError(f"{method} needs at least one table")
    relations = [definition_table(table, method) for table in tables]
    tokens = [relation.token for relation in relations]
    if len(set(tokens)) < len(tokens):
        raise BuildError(f"{method} names a table twice")
    return relations[0] if len(relations) == 1 else NodeList(tuple(relations))


def name_of_table(table: object, method: str | Unchecked) -> ObjectName:
    """The name of a table where no column of it is named."""
    relation = definition_table(table, method)
    return ObjectName((relation.name,) if relation.schema is None else (relation.schema, relation.name))


def kind_clause(kind: str | Unchecked) -> DefElem:
    """The clause that says which kind of object a statement is about."""
    return DefElem("KIND", (kind,))
