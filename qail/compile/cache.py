"""From a builder to its Plan and values: the shape is looked up, and compiled only when it is met for the first time.

Rule 1: one cache for the process. A hit makes no text.
Rule 2: it is bounded: plans live in two generations; a full young one becomes the old one, and what is used again moves
back. What has not been used for a whole generation is dropped. A hit among the young costs one dict look-up.
Rule 3: threads are safe by single dict operations; at worst a plan is compiled twice.
"""

from __future__ import annotations

from typing import Any, Final, cast

from mypy_extensions import mypyc_attr

from qail.ast.build.builder import INSTALLED, Builder, Display
from qail.ast.build.prepared import Bound, BoundCommand, Trace
from qail.ast.name import Unchecked
from qail.ast.tokens import BOUND
from qail.ast.walk import Walk
from qail.compile.compiler import make_plan
from qail.compile.plan import Plan
from qail.errors import BuildError

MOST_PLANS: Final = 8_192


@mypyc_attr(free_list_len=1)
class Call:
    """One execution: the plan and this call's values, in the order of the walk (`plan.slots` points into them).

    `trace` is there for a call of a prepared function: it reads sets of arguments.
    """

    def __init__(self, plan: Plan, values: list[object], trace: Trace | None = None) -> None:
        self.plan: Final = plan
        self.trace: Final = trace
        # The last: a freed Call is used again, and giving up values may run code of theirs that makes the next one.
        self.values: Final = values


class Statistics:
    """What the cache has done since the process began, and how many plans it holds of at most `most_plans`."""

    def __init__(self, hits: int, misses: int, plans: int, most_plans: int) -> None:
        self.hits: Final = hits
        self.misses: Final = misses
        self.plans: Final = plans
        self.most_plans: Final = most_plans

    def __repr__(self) -> str:
        return f"<plan cache: {self.hits} hits, {self.misses} misses, {self.plans} of {self.most_plans} plans>"


class PlanCache:
    """A bounded map from shape to Plan."""

    def __init__(self, most_plans: int = MOST_PLANS) -> None:
        self._generation_size: Final = most_plans // 2 if most_plans > 1 else 1
        self._young: dict[tuple[object, ...], Plan] = {}
        self._old: dict[tuple[object, ...], Plan] = {}
        self._hits = 0
        self._misses = 0

    def lookup(self, builder: Builder) -> Call:
        """The Plan and the values of a statement.

        Raises:
            BuildError: the query cannot be; nothing is kept of it.
        """
        walk = Walk()
        builder.shape(walk)
        key = tuple(walk.tokens)
        plan = self._young.get(key)
        if plan is None:
            plan = self._find_old(key)
            if plan is None:
                self._misses += 1
                plan = make_plan(builder, walk)
                if plan.is_kept:
                    self._keep(key, plan)
                return Call(plan, walk.values)
        self._hits += 1
        return Call(plan, walk.values)

    def statistics(self) -> Statistics:
        """The counts."""
        plans = len(self._young) + len(self._old)
        return Statistics(self._hits, self._misses, plans, 2 * self._generation_size)

    def clear(self) -> None:
        """Forget every plan; the counts go on."""
        self._young = {}
        self._old = {}

    def _find_old(self, key: tuple[object, ...]) -> Plan | None:
        plan = self._old.pop(key, None)
        if plan is not None:
            self._keep(key, plan)
        return plan

    def _keep(self, key: tuple[object, ...], plan: Plan) -> None:
        if len(self._young) >= self._generation_size:
            self._old = self._young
            self._young = {}
        self._young[key] = plan


PLANS: Final = PlanCache()
UNFINISHED: Final[dict[str, str]] = {
    "MergeMatched": ": update(...), delete() or do_nothing() says what becomes of a match",
    "MergeNotMatched": ": insert(...) or do_nothing() says what becomes of a row without a match",
    "OnConflict": ": do_nothing() or do_update(...) says what becomes of a conflict",
    "Prepared": ": call it; where sets of arguments follow, with any of its own",
    "TableMeta": ": Qail.get(...) reads a table",
    "str": ": Qail.sql(...) takes text",
}
"""By class: what becomes a query, and how."""


def lookup(statement: Builder | Unchecked) -> Call:
    """The Plan and the values of a statement, from the process's cache.

    Raises:
        BuildError: it is no query, or cannot be one.
    """
    if not isinstance(statement, Builder):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise _no_query(statement)
    builder: Builder = statement  # each use of what is narrowed would be checked again
    if builder.step == BOUND:
        return _bound_call(builder)
    return PLANS.lookup(builder)


def _no_query(value: object) -> BuildError:
    kind = type(value).__name__
    return BuildError(f"a query is built with Qail or select(), and this is of class {kind}{UNFINISHED.get(kind, '')}")


def _bound_call(statement: Builder) -> Call:
    """The Call of a prepared function's: nothing is looked up."""
    if isinstance(statement, Bound):
        bound: Bound[Any] = statement  # pyright: ignore[reportUnknownVariableType]  # of any rows
        return Call(cast("Plan", bound.trace.plan), bound.values, bound.trace)
    assert isinstance(statement, BoundCommand), "nothing else is such a step"
    return Call(cast("Plan", statement.trace.plan), statement.values, statement.trace)


def literal_plan(statement: Builder | Unchecked) -> Plan:
    """The Plan of a statement with its values in the text, for where PostgreSQL takes no parameters; not kept.

    Raises:
        BuildError: it is no query, or a value has no literal form.
    """
    if not isinstance(statement, Builder):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise _no_query(statement)
    walk = Walk()
    statement.shape(walk)
    return make_plan(statement, walk, writes_literals=True)


def statistics() -> Statistics:
    """Hits, misses and size of the process's cache."""
    return PLANS.statistics()


class SqlDisplay(Display):
    """Shows builders by compiling them, without touching the counts of the cache."""

    def sql(self, builder: Builder) -> str:
        return self._compiled(builder).plan.sql.decode()

    def explanation(self, builder: Builder) -> str:
        from qail.compile.explain import explained  # with all codecs: of no use to who only builds queries

        call = self._compiled(builder)
        return explained(call.plan, call.values)

    def _compiled(self, builder: Builder) -> Call:
        if builder.step == BOUND:
            return _bound_call(builder)
        walk = Walk()
        builder.shape(walk)
        return Call(make_plan(builder, walk), walk.values)


INSTALLED.display = SqlDisplay()
