"""The plan cache: what shares a plan, what does not, and that it is bounded."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.window import rows
from qail.ast.expression.case import case, coalesce
from qail.ast.expression.function import count, func
from qail.ast.walk import Walk
from qail.compile.cache import PLANS, PlanCache, lookup, statistics
from support.sql_tables import User

HOSTILE = ["", "'", '"; drop table users; --', "$1", "\\", "' or '1'='1", "\n", "a\u0000b", "\ud800", "%_", "{x}", ":x"]


def bound(query: Any) -> list[Any]:
    call = lookup(query)
    return [call.values[slot] for slot in call.plan.slots]


def build_pairs() -> list[tuple[str, Any, Any]]:
    return [
        ("filter", *(Qail.get("t").eq("a", value) for value in (1, "x"))),
        ("limit", *(Qail.get("t").limit(count) for count in (1, 2))),
        ("offset", *(Qail.get("t").offset(count) for count in (0, 99))),
        ("in list", *(Qail.get("t").in_("a", values) for values in ([], list(range(1000))))),
        ("not in", *(Qail.get("t").not_in("a", values) for values in ((1,), {1, 2}))),
        ("between", *(Qail.get("t").between("a", low, 9) for low in (1, 2))),
        ("case", *(select(case((User.age < age, "x"), else_=age)) for age in (1, 2))),
        ("coalesce", *(select(coalesce(User.email, text)) for text in ("a", "b"))),
        ("function", *(select(func.f(value)) for value in (1, None))),
        ("frame", *(select(count().over(frame=rows(-n, n))).from_(User) for n in (1, 2))),
        ("arithmetic", *(select(User.age + n) for n in (1, 2))),
        ("keyset", *(select(User.id).order_by(User.id).after(n) for n in (1, 2))),
        ("insert", *(Qail.add("t").values({"a": value, "b": 1}) for value in (None, "x"))),
        ("upsert", *(Qail.put("t").values({"a": value, "b": value}, key="a") for value in (1, "x"))),
        ("update", *(Qail.set("t").values({"a": value}).eq("b", value) for value in (1, "x"))),
        ("delete", *(Qail.delete("t").eq("b", value) for value in (1, "x"))),
        ("types alike", *(Qail.get("t").eq("a", value) for value in (True, 1))),
    ]


PAIRS = build_pairs()


@pytest.mark.feature("PL3")
@pytest.mark.parametrize(("first", "second"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_queries_that_differ_in_values_share_one_plan(first: Any, second: Any) -> None:
    assert lookup(first).plan is lookup(second).plan


@pytest.mark.feature("PL4")
@pytest.mark.parametrize(("first", "second"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_the_second_build_hits_and_its_own_values_are_bound(first: Any, second: Any) -> None:
    lookup(first)
    before = statistics()

    values = bound(second)

    after = statistics()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
    walk = Walk()
    second.shape(walk)
    assert sorted(map(repr, values)) == sorted(map(repr, walk.values))


@pytest.mark.feature("PL4")
def test_values_are_in_the_order_of_the_text_though_the_walk_goes_backwards() -> None:
    for number in (1, 1000):
        query = (
            Qail.get("t")
            .columns("a")
            .eq("b", number)
            .gt("c", number + 1)
            .order_by("a")
            .limit(number + 2)
            .offset(number + 3)
        )

        assert bound(query) == [number, number + 1, number + 2, number + 3]


@pytest.mark.feature("PA2")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_leave_the_text_as_it_is(hostile: str) -> None:
    plain, attacked = (
        [
            Qail.get("t").eq("a", text).like("b", text).in_("c", [text]).between("d", text, text),
            Qail.get("t").contains("a", text),
            select(User.id, func.f(text), case((User.name == text, text), else_=text)).where(User.name > text),
            Qail.add("t").values({"a": text}).on_conflict("a").do_update("a"),
            Qail.put("t").values({"a": text, "b": text}, key="a"),
            Qail.set("t").values({"a": text}).eq("b", text),
            Qail.delete("t").eq("b", text),
        ]
        for text in ("plain", hostile)
    )

    for before, after in zip(plain, attacked, strict=True):
        assert lookup(after).plan is lookup(before).plan


class OnlyId(NamedTuple):
    id: int


@pytest.mark.feature("PL3")
def test_different_queries_do_not_share_a_plan() -> None:
    queries = [
        Qail.get("t"),
        Qail.get(("s", "t")),
        Qail.get("t", alias="u"),
        Qail.get("t").columns("a"),
        Qail.get("t").columns("a", "b"),
        Qail.get("t").columns("b", "a"),
        Qail.get("t").columns("a\x01b"),
        Qail.get("t").eq("a", 1),
        Qail.get("t").ne("a", 1),
        Qail.get("t").eq("a", 1).eq("b", 1),
        Qail.get("t").limit(1),
        Qail.get("t").offset(1),
        Qail.get("t").order_by("a"),
        Qail.get("t").order_by(("a", "desc")),
        Qail.get("t").distinct(),
        Qail.add("t").values({"a": 1}),
        Qail.add("t").values({"a": 1}, {"a": 2}),
        Qail.add("t").values({"a": 1}).on_conflict("a").do_nothing(),
        Qail.add("t").values({"a": 1}).on_conflict("a").do_update("a"),
        Qail.set("t").values({"a": 1}).all_rows(),
        Qail.delete("t").all_rows(),
        Qail.delete("t").all_rows().returning("a"),
    ]

    texts = {lookup(query).plan.sql for query in queries}
    plans = {id(lookup(query).plan) for query in queries}

    assert len(texts) == len(plans) == len(queries)


def test_one_value_object_and_two_of_the_same_value_are_different_shapes() -> None:
    shared = User.age / 10
    one = select(shared).order_by(shared)
    two = select(User.age / 10).order_by(User.age / 10)

    assert lookup(one).plan.sql.endswith(b'ORDER BY "users"."age" / $1')
    assert lookup(two).plan.sql.endswith(b'ORDER BY "users"."age" / $2')
    assert len(lookup(one).values) == 1


def test_one_value_object_among_many_repeats_its_parameter() -> None:
    shared = User.age + 1
    others = [User.id == number for number in range(50)]

    call = lookup(select(shared).where(*others, shared > 3, *others, shared < 4))

    assert len(call.values) == 53


def test_what_rows_become_is_no_part_of_the_shape() -> None:
    query = select(User.id)

    assert lookup(query.map(lambda number: number)).plan is lookup(query.map(str)).plan
    assert lookup(query.into(OnlyId)).plan is lookup(query).plan


@pytest.mark.feature("PL4")
def test_the_cache_is_bounded_and_keeps_what_is_used() -> None:
    cache = PlanCache(most_plans=20)
    kept = cache.lookup(Qail.get("kept")).plan

    for number in range(1000):
        cache.lookup(Qail.get(f"t{number}"))
        assert cache.lookup(Qail.get("kept")).plan is kept

    counts = cache.statistics()
    assert counts.plans <= counts.most_plans == 20
    assert (counts.hits, counts.misses) == (1000, 1001)


def test_an_unused_plan_is_dropped() -> None:
    cache = PlanCache(most_plans=4)
    first = cache.lookup(Qail.get("t")).plan
    for number in range(10):
        cache.lookup(Qail.get(f"t{number}"))

    assert cache.lookup(Qail.get("t")).plan is not first


def test_a_refused_query_is_not_kept() -> None:
    before = statistics().plans

    for _ in range(3):
        with pytest.raises(Exception, match="without a condition"):
            PLANS.lookup(Qail.delete("some_table"))

    assert statistics().plans == before


def test_showing_a_query_does_not_count() -> None:
    before = statistics()

    str(Qail.get("t").eq("a", 1))

    assert (statistics().hits, statistics().misses) == (before.hits, before.misses)
