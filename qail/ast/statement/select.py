"""SelectStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.from_ import JoinExpr, RangeVar
from qail.ast.expression.column import A_Star, WholeRow
from qail.ast.node import Node, Statement
from qail.ast.steps import Steps
from qail.ast.tokens import (
    COLUMNS,
    DISTINCT,
    DISTINCT_ON,
    FROM,
    GET,
    GROUP_BY,
    HAVING,
    JOIN,
    LIMIT,
    OFFSET,
    ORDER_BY,
    SELECT,
    WHERE,
)
from qail.ast.walk import Walk
from qail.errors import BuildError

STAR_NODE: Final[A_Star] = A_Star()


class SelectStmt(Statement):
    """`SELECT targets FROM relation joins WHERE ... GROUP BY ... HAVING ... ORDER BY ... LIMIT ... OFFSET`.

    `relation` is None for a query without FROM. The conditions of `where` and of `having` must all hold.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        started = steps.last(GET)
        columns = [*steps.items(SELECT), *steps.items(COLUMNS)]
        self.joins: Final = [_join(node) for node in steps.all(JOIN)]
        self.targets: Final = columns or [started if isinstance(started, WholeRow) else STAR_NODE]
        self.relation: Final = _relation(started, steps.last(FROM), self.targets, self.joins)
        self.is_distinct: Final = steps.has(DISTINCT)
        self.distinct_on: Final = steps.items(DISTINCT_ON)
        self.where: Final = steps.all(WHERE)
        self.group: Final = steps.items(GROUP_BY)
        self.having: Final = steps.all(HAVING)
        self.sort: Final = steps.items(ORDER_BY)
        self.limit: Final = steps.last(LIMIT)
        self.offset: Final = steps.last(OFFSET)
        steps.finish()
        if self.is_distinct and self.distinct_on:
            raise BuildError("distinct() and distinct_on() exclude each other")


def _join(node: Node) -> JoinExpr:
    assert isinstance(node, JoinExpr), "join() makes nothing else"
    return node


def _relation(started: Node | None, named: Node | None, targets: list[Node], joins: list[JoinExpr]) -> Node | None:
    """FROM: as said, or the table of the first select item whose table no join brings."""
    if named is not None:
        return named
    if isinstance(started, WholeRow):
        return started.relation
    if started is not None:
        return started
    joined = [join.relation.token for join in joins if isinstance(join.relation, RangeVar)]
    for target in targets:
        for relation in relations_of(target):
            if relation.token not in joined:
                return relation
    return None


def relations_of(node: Node) -> list[RangeVar]:
    """The tables whose typed columns a node names, in the order of its tree; those of subqueries are not looked at."""
    walk = Walk(is_flat=True)
    node.shape(walk)
    found: list[RangeVar] = []
    for token in walk.tokens:
        # The token of a typed column or whole row begins with that of its RangeVar; no name holds a NUL.
        if isinstance(token, str) and token[1:4] == "\0r\0" and token[0] in "tw":
            _, _, schema, name, alias, *_ = token.split("\0")
            found.append(RangeVar(name, schema=schema or None, alias=alias or None))
    return found
