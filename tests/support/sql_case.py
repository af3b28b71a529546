"""Case: one query of the golden corpus."""

from __future__ import annotations

from typing import Any, NamedTuple

from qail.ast.build.builder import Builder


class Case(NamedTuple):
    """What it shows, the query, its exact text, and its parameters in the order of `$n`.

    `needs` is the major version it needs, 0 for any; `setup` is SQL that has to run before it on a server. `once`: it
    cannot run a second time. `alone`: it does not run in a transaction.
    """

    name: str
    query: Builder
    sql: str
    parameters: list[Any]
    needs: int = 0
    setup: str = ""
    once: bool = False
    alone: bool = False
