"""Catalog: what namespaces share, and when they stop sharing."""

from __future__ import annotations

from qail.ast.build.qail import Qail
from qail.compile.cache import lookup
from qail.compile.frames import BoundPlan, bind_plan
from qail.compile.plan import Plan
from qail.pg.catalog import MAX_BOUND_PLANS, Catalog, Namespace
from qail.pg.codec.registry import CodecRegistry

REGISTRY = CodecRegistry()


def plan_of(name: str) -> Plan:
    return lookup(Qail.get(name).columns("id")).plan


def bound_of(plan: Plan) -> BoundPlan:
    return bind_plan(plan, REGISTRY, [], None)


def test_a_lent_namespace_shares_both_ways_until_it_leaves() -> None:
    catalog = Catalog(REGISTRY)
    one, two = plan_of("one"), plan_of("two")
    catalog.default.keep(one, bound_of(one))
    lent = catalog.lend()
    lent.keep(two, bound_of(two))

    assert lent.find(one) is catalog.default.find(one)
    assert catalog.default.find(two) is lent.find(two)
    assert [lent.is_own, catalog.default.is_own] == [False, False]

    assert lent.leave() == []
    assert lent.is_own
    assert (lent.find(one), lent.find(two), len(lent), len(catalog.default)) == (None, None, 0, 2)


def test_what_it_keeps_and_drops_on_its_own_touches_nobody() -> None:
    catalog = Catalog(REGISTRY)
    one = plan_of("one")
    shared, own = bound_of(one), bound_of(one)
    catalog.default.keep(one, shared)
    lent, other = catalog.lend(), catalog.lend()
    lent.leave()

    lent.keep(one, own)
    assert (lent.find(one), other.find(one), catalog.default.find(one)) == (own, shared, shared)

    lent.drop(one)
    assert (lent.find(one), catalog.default.find(one)) == (None, shared)


def test_leaving_again_names_the_statements_that_were_its_own() -> None:
    one = plan_of("one")
    namespace = Namespace()
    namespace.leave()
    namespace.keep(one, bound_of(one))

    assert namespace.leave() == [bound_of(one).statement_name]
    assert namespace.find(one) is None
    assert namespace.leave() == []


def test_it_is_bounded() -> None:
    namespace = Namespace()
    plans = [plan_of(f"table_{number}") for number in range(MAX_BOUND_PLANS + 1)]
    bound = bound_of(plans[0])

    for plan in plans:
        namespace.keep(plan, bound)

    assert len(namespace) == MAX_BOUND_PLANS
    assert namespace.find(plans[0]) is None
    assert namespace.find(plans[1]) is not None
    assert namespace.find(plans[-1]) is not None
