"""SelectStmt."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.from_ import TABLE_KIND, WITH_KIND, FromItem, JoinExpr, RangeVar
from qail.ast.clause.locking import LockingClause
from qail.ast.clause.window import NamedWindow
from qail.ast.expression.column import A_Star, WholeRow
from qail.ast.node import Node, Statement
from qail.ast.statement.paging import Paging
from qail.ast.steps import Steps
from qail.ast.tokens import (
    COLUMNS,
    DISTINCT,
    DISTINCT_ON,
    FROM,
    GET,
    GROUP_BY,
    GROUP_DISTINCT,
    HAVING,
    JOIN,
    LOCKING,
    SELECT,
    WHERE,
    WINDOWS,
)
from qail.ast.walk import Walk
from qail.errors import BuildError

STAR_NODE: Final[A_Star] = A_Star()
NAMED_KINDS: Final = (f"\0{TABLE_KIND}\0", f"\0{WITH_KIND}\0")


class SelectStmt(Statement):
    """`WITH ... SELECT targets FROM relation joins WHERE ... GROUP BY ... HAVING ... WINDOW ... ORDER BY ... LIMIT`.

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
        self.is_group_distinct: Final = steps.has(GROUP_DISTINCT)
        self.having: Final = steps.all(HAVING)
        self.windows: Final = [node for node in steps.all(WINDOWS) if isinstance(node, NamedWindow)]
        self.paging: Final = Paging(steps)
        self.locks: Final = [node for node in steps.all(LOCKING) if isinstance(node, LockingClause)]
        steps.finish()
        if self.is_distinct and self.distinct_on:
            raise BuildError("distinct() and distinct_on() exclude each other")
        self._check_locks()

    def _check_locks(self) -> None:
        """Refuse locks where rows of the result are no rows of a table.

        Source: src/backend/parser/analyze.c, CheckSelectLocking
        """
        if not self.locks:
            return
        clauses = [
            ("distinct()", self.is_distinct or bool(self.distinct_on)),
            ("group_by()", bool(self.group)),
            ("having()", bool(self.having)),
        ]
        for method, is_there in clauses:
            if is_there:
                raise BuildError(
                    f"rows behind {method} are no rows of a table that could be locked: lock in a subquery"
                )
        if self.paging.has_ties and any(lock.skip_locked for lock in self.locks):
            raise BuildError("WITH TIES and SKIP LOCKED exclude each other")


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
    brought = [named_relation(join.relation) for join in joins]
    joined = [relation.token for relation in brought if relation is not None]
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
        if isinstance(token, str) and token[1:4] in NAMED_KINDS and token[0] in "tw":
            _, kind, schema, name, alias, *_ = token.split("\0")
            found.append(RangeVar(name, schema=schema or None, alias=alias or None, kind=kind))
    return found


def named_relation(item: Node) -> RangeVar | None:
    """The name by which columns know an item of FROM."""
    if isinstance(item, FromItem):
        return item.relation
    return item if isinstance(item, RangeVar) else None
