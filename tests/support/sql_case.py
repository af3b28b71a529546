"""Case: one query of the golden corpus."""

from __future__ import annotations

from typing import Any, NamedTuple

from qail.ast.build.builder import Builder


class Case(NamedTuple):
    """What it shows, the query, its exact text, and its parameters in the order of `$n`."""

    name: str
    query: Builder
    sql: str
    parameters: list[Any]
