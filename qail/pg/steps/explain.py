"""EXPLAIN as a verb: its options, the plan out of its answer, and the guard of the cost. No I/O.

Source: sql-explain.html
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from qail.ast.build.builder import Builder
from qail.ast.build.maintenance import Explain
from qail.ast.build.maintenance import explain as explained
from qail.errors import CostExceeded, UsageError


class ExplainOptions(TypedDict, total=False):
    """What EXPLAIN can be asked for besides; `serialize` and `memory` need PostgreSQL 17, `generic_plan` 16."""

    verbose: bool
    settings: bool
    buffers: bool
    wal: bool
    costs: bool
    timing: bool
    summary: bool
    generic_plan: bool
    memory: bool
    serialize: Literal["none", "text", "binary"]


def explain_query(query: Builder, options: ExplainOptions, *, analyze: bool) -> Explain:
    """The EXPLAIN of a statement.

    Raises:
        UsageError: there is no such option.
    """
    unknown = sorted(options.keys() - ExplainOptions.__annotations__.keys())
    if unknown:
        known = ", ".join(ExplainOptions.__annotations__)
        raise UsageError(f"explain() has no option {', '.join(unknown)}; it has analyze, max_cost, {known}")
    found = explained(query)
    if analyze:
        found = found.analyze()
    for name in ("verbose", "settings", "wal", "generic_plan", "memory"):
        if options.get(name):
            found = getattr(found, name)()
    for name in ("buffers", "summary"):
        if name in options:
            found = getattr(found, name)(bool(options.get(name)))
    if not options.get("costs", True):
        found = found.no_costs()
    if not options.get("timing", True):
        found = found.no_timing()
    return found.serialize(options["serialize"]) if "serialize" in options else found


def plan_of(answer: Any) -> dict[str, Any]:
    """The plan in the answer to an EXPLAIN: `Plan`, and with it what was measured."""
    found: dict[str, Any] = answer[0]
    return found


def check_cost(plan: dict[str, Any], max_cost: float) -> None:
    """Raise CostExceeded when the planner expects a statement to cost more."""
    cost = plan["Plan"]["Total Cost"]
    if cost > max_cost:
        error = CostExceeded(
            f"the planner expects this statement to cost {cost}, and at most {max_cost} was allowed: it was not run"
        )
        error.cost, error.max_cost = cost, max_cost
        raise error
