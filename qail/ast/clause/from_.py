"""What stands in FROM: RangeVar (a table), RangeSubselect (a query), JoinExpr."""

from __future__ import annotations

from typing import Final, cast

from qail.ast.build.builder import Builder
from qail.ast.expression.subquery import query_depth
from qail.ast.name import Name, checked_name
from qail.ast.node import Node, depth_over
from qail.ast.tokens import CROSS_JOIN_NODE, JOIN_NODE, SUBSELECT
from qail.ast.walk import Walk
from qail.errors import BuildError

KNOWN_TABLES: Final[dict[str, RangeVar]] = {}
MOST_KNOWN_TABLES: Final = 10_000

INNER: Final = "JOIN"
LEFT: Final = "LEFT JOIN"
RIGHT: Final = "RIGHT JOIN"
FULL: Final = "FULL JOIN"


class RangeVar(Node):
    """A table in FROM: `"schema"."name" AS "alias"`. `is_nullable`: it is an outer twin, whose rows may be absent."""

    def __init__(
        self, name: Name, *, schema: Name | None = None, alias: Name | None = None, is_nullable: bool = False
    ) -> None:
        super().__init__(1)
        self.name: Final = checked_name(name, "a table name")
        self.schema: Final = None if schema is None else checked_name(schema, "a schema name")
        self.alias: Final = None if alias is None else checked_name(alias, "an alias")
        self.is_nullable: Final = is_nullable
        self.token: Final = f"r\0{schema or ''}\0{name}\0{alias or ''}"

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(self.token)

    def with_alias(self, alias: str) -> RangeVar:
        """The same table under another name."""
        return RangeVar(self.name, schema=self.schema, alias=alias, is_nullable=self.is_nullable)


class RangeSubselect(Node):
    """A query in FROM, under the name `alias`."""

    def __init__(self, query: Builder, alias: Name) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query
        self.alias: Final = checked_name(alias, "an alias")

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SUBSELECT)
        walk.tokens.append(self.alias)
        self.query.shape(walk)


class JoinExpr(Node):
    """`INNER|LEFT|RIGHT|FULL JOIN relation ON condition`; CROSS JOIN without a condition."""

    def __init__(self, kind: str, relation: Node, condition: Node | None) -> None:
        super().__init__(relation.depth + 1 if condition is None else depth_over(relation, condition))
        self.kind: Final = kind
        self.relation: Final = relation
        self.condition: Final = condition

    def shape(self, walk: Walk) -> None:
        condition = self.condition
        if condition is None:
            walk.tokens.append(CROSS_JOIN_NODE)
            self.relation.shape(walk)
            return
        walk.tokens.append(JOIN_NODE)
        walk.tokens.append(self.kind)
        self.relation.shape(walk)
        condition.shape(walk)


def table_named(name: object, alias: str | None = None) -> RangeVar:
    """The RangeVar of a name or of a (schema, name) pair; without an alias the same object for the same name."""
    if isinstance(name, tuple):
        pair = cast("tuple[object, ...]", name)
        if len(pair) != 2:
            raise BuildError(f"a qualified table name is a pair (schema, name), not {len(pair)} parts")
        return RangeVar(
            checked_name(pair[1], "a table name"), schema=checked_name(pair[0], "a schema name"), alias=alias
        )
    table = checked_name(name, "a table name")
    if alias is not None:
        return RangeVar(table, alias=alias)
    found = KNOWN_TABLES.get(table)
    if found is None:
        found = RangeVar(table)
        if len(KNOWN_TABLES) < MOST_KNOWN_TABLES:
            KNOWN_TABLES[table] = found
    return found
