"""Paging: the clauses that every query can have, whatever its rows come from: WITH, ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from typing import Final

from qail.ast.node import Node
from qail.ast.steps import Steps
from qail.ast.tokens import LIMIT, OFFSET, ORDER_BY, WITH, WITH_TIES
from qail.errors import BuildError


class Paging:
    """`with_` are CommonTableExprs. `has_ties`: LIMIT is written FETCH FIRST ... WITH TIES."""

    def __init__(self, steps: Steps) -> None:
        self.with_: Final[list[Node]] = steps.items(WITH)
        self.sort: Final[list[Node]] = steps.items(ORDER_BY)
        limit = steps.last(LIMIT)
        ties = steps.last(WITH_TIES)
        if limit is not None and ties is not None:
            raise BuildError("limit() and fetch_first(with_ties=True) exclude each other")
        if ties is not None and not self.sort:
            raise BuildError("WITH TIES needs order_by(): rows are tied when their sort keys are equal")
        self.limit: Final[Node | None] = limit if ties is None else ties
        self.has_ties: Final = ties is not None
        self.offset: Final[Node | None] = steps.last(OFFSET)
