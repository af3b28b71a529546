"""What B13 measures of qail: from a query to the bytes of its segment, as the pool does it for a plan that is bound."""

from __future__ import annotations

from qail.ast.build.builder import Builder
from qail.compile.cache import lookup
from qail.compile.frames import PREPARED, BoundPlan, bind_known, bind_plan
from qail.compile.plan import Plan
from qail.pg.codec.registry import CodecRegistry

REGISTRY = CodecRegistry()
BOUND: dict[Plan, BoundPlan] = {}


def segment_of(query: Builder) -> bytes:
    """Plan from the process's cache, BoundPlan from a dict, Bind with the values, Execute, Sync."""
    call = lookup(query)
    bound = BOUND.get(call.plan)
    if bound is None:
        bound = BOUND[call.plan] = bind(call.plan)
    return bound.segment(call.values, PREPARED)


def bind(plan: Plan) -> BoundPlan:
    """By the types the tree knows; a statement with an unknown one is no case of this benchmark."""
    bound = bind_known(plan, REGISTRY)
    if bound is None:
        oids = [0 if pg is None else pg.oid for pg in plan.parameter_types]
        return bind_plan(plan, REGISTRY, oids, None)
    return bound
