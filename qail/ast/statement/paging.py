"""Paging: the clauses that every query can have, whatever its rows come from: WITH, ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.sort import SortBy
from qail.ast.node import Node
from qail.ast.steps import Steps
from qail.ast.tokens import LIMIT, OFFSET, ORDER_BY, REVERSED, WITH, WITH_TIES
from qail.errors import BuildError


class Paging:
    """`with_` are CommonTableExprs. `has_ties`: LIMIT is written FETCH FIRST ... WITH TIES.

    A reversed query, which before() makes, is sorted by the opposite of each of its sort keys.
    """

    def __init__(self, steps: Steps) -> None:
        self.with_: Final[list[Node]] = steps.items(WITH)
        keys = steps.items(ORDER_BY)
        self.sort: Final[list[Node]] = _reversed(keys) if steps.has(REVERSED) else keys
        limit = steps.last(LIMIT)
        ties = steps.last(WITH_TIES)
        if limit is not None and ties is not None:
            raise BuildError("limit() and fetch_first(with_ties=True) exclude each other")
        if ties is not None and not self.sort:
            raise BuildError("WITH TIES needs order_by(): rows are tied when their sort keys are equal")
        self.limit: Final[Node | None] = limit if ties is None else ties
        self.has_ties: Final = ties is not None
        self.offset: Final[Node | None] = steps.last(OFFSET)


def _reversed(keys: list[Node]) -> list[Node]:
    return [key.reversed() if isinstance(key, SortBy) else key for key in keys]
