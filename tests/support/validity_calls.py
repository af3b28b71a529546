"""Calls that cannot be, with the SQL that a server refuses for the same reason: what they hold, where they stand."""

from __future__ import annotations

from typing import Any, Final

from qail import (
    INT4,
    Qail,
    array_query,
    case,
    cast,
    coalesce,
    col,
    count,
    func,
    grouping,
    json_arrayagg,
    literal,
    max_,
    not_,
    preceding,
    rollup,
    rows,
    rows_from,
    select,
    sum_,
)
from support.validity_tables import ADDED, ON, Accepted, Member, Refused, Visit

NUMBERS: Final[Any] = func.generate_series(cast(1, INT4), cast(3, INT4))
ORDERED: Final = func.percentile_cont(0.5)
BODY: Final = {"id": 1, "member_id": 1, "place": "a"}

REFUSED_FORMS: Final[dict[str, Refused]] = {
    "FILTER of a function of one row": Refused(
        lambda: select(func.lower(Member.name).filter(Member.active)),
        r"lower\(\) is no aggregate: filter\(\) is not for it.*func.named\('lower', schema",
        "SELECT lower(name) FILTER (WHERE active) FROM members",
    ),
    "DISTINCT of a function of one row": Refused(
        lambda: select(func.lower(Member.name, distinct=True)),
        "distinct=True is not for it",
        "SELECT lower(DISTINCT name) FROM members",
    ),
    "ORDER BY of a function of one row": Refused(
        lambda: select(func.abs(Member.age, order_by=Member.id)),
        "order_by= is not for it",
        "SELECT abs(age ORDER BY id) FROM members",
    ),
    "a function of one row over a window": Refused(
        lambda: select(func.lower(Member.name).over()),
        "neither an aggregate nor a window function",
        "SELECT lower(name) OVER () FROM members",
    ),
    "DISTINCT over a window": Refused(
        lambda: select(count(Member.age, distinct=True).over()),
        "no DISTINCT over a window",
        "SELECT count(DISTINCT age) OVER () FROM members",
    ),
    "DISTINCT over a window, of anybody's aggregate": Refused(
        lambda: select(func.own(Member.age, distinct=True).over()),
        "no DISTINCT over a window",
        "SELECT sum(DISTINCT age) OVER () FROM members",
    ),
    "ORDER BY of an aggregate over a window": Refused(
        lambda: select(func.array_agg(Member.id, order_by=Member.age).over()),
        "over.order_by",
        "SELECT array_agg(id ORDER BY age) OVER () FROM members",
    ),
    "ORDER BY of a JSON aggregate over a window": Refused(
        lambda: select(json_arrayagg(Member.id, order_by=Member.age).over()),
        "no ORDER BY in the arguments of json_arrayagg",
        "SELECT json_agg(id ORDER BY age) OVER () FROM members",
    ),
    "FILTER of a window function": Refused(
        lambda: select(func.rank().filter(Member.active).over(order_by=Member.id)),
        "no FILTER for the window function rank",
        "SELECT rank() FILTER (WHERE active) OVER (ORDER BY id) FROM members",
    ),
    "an ordered set without its order": Refused(
        lambda: select(ORDERED).from_(Member), "within_group.key.", "SELECT percentile_cont(0.5) FROM members"
    ),
    "mode without its order": Refused(
        lambda: select(func.mode()).from_(Member), "within_group", "SELECT mode() FROM members"
    ),
    "WITHIN GROUP of a plain aggregate": Refused(
        lambda: select(func.sum(Member.age).within_group(Member.id)),
        "no aggregate of sorted rows, as mode",
        "SELECT sum(age) WITHIN GROUP (ORDER BY id) FROM members",
    ),
    "WITHIN GROUP of all rows": Refused(
        lambda: select(count().within_group(Member.id)),
        "no aggregate of sorted rows",
        "SELECT count(*) WITHIN GROUP (ORDER BY id) FROM members",
    ),
    "WITHIN GROUP of a function of one row": Refused(
        lambda: select(func.lower(Member.name).within_group(Member.id)),
        "no aggregate of sorted rows",
        "SELECT lower(name) WITHIN GROUP (ORDER BY id) FROM members",
    ),
    "WITHIN GROUP of a mere window function": Refused(
        lambda: select(func.row_number().within_group(Member.id)),
        "no aggregate of sorted rows",
        "SELECT row_number() WITHIN GROUP (ORDER BY id) FROM members",
    ),
    "WITHIN GROUP and DISTINCT": Refused(
        lambda: select(func.percentile_cont(0.5, distinct=True).within_group(Member.age)),
        "both distinct=True and within_group",
        "SELECT percentile_cont(DISTINCT 0.5) WITHIN GROUP (ORDER BY age) FROM members",
    ),
    "grouping() without groups": Refused(
        lambda: select(grouping(Member.age)), "no group_by", "SELECT GROUPING(age) FROM members"
    ),
    "grouping() in WHERE": Refused(
        lambda: select(count()).from_(Member).where(grouping(Member.age) == 1).group_by(rollup(Member.age)),
        "cannot stand in WHERE",
        "SELECT count(*) FROM members WHERE GROUPING(age) = 1 GROUP BY ROLLUP (age)",
    ),
    "a rollup that is selected": Refused(
        lambda: select(rollup(Member.age)),
        "is a key of group_by",
        "SELECT ROLLUP (age) FROM members",
    ),
}

REFUSED_SETS: Final[dict[str, Refused]] = {
    f"a set of rows in {place}": Refused(build, f"generate_series.. gives a set.*cannot stand in {told}", sql)
    for place, told, build, sql in [
        ("WHERE", "WHERE", lambda: select(Member.id).where(NUMBERS == Member.age),
         "SELECT id FROM members WHERE generate_series(1, 3) = age"),
        ("HAVING", "HAVING", lambda: select(Member.age).group_by(Member.age).having(NUMBERS == 1),
         "SELECT age FROM members GROUP BY age HAVING generate_series(1, 3) = 1"),
        ("ON", "JOIN", lambda: select(Member.id).join(Visit, on=NUMBERS == Visit.id),
         "SELECT 1 FROM members JOIN visits ON generate_series(1, 3) = visits.id"),
        ("LIMIT", "LIMIT", lambda: select(Member.id).limit(NUMBERS),
         "SELECT id FROM members LIMIT generate_series(1, 3)"),
        ("CASE", "CASE", lambda: select(case((Member.active, NUMBERS), else_=1)),
         "SELECT CASE WHEN active THEN generate_series(1, 3) ELSE 1 END FROM members"),
        ("a condition of CASE", "CASE", lambda: select(case((NUMBERS == 1, 2), else_=1)),
         "SELECT CASE WHEN generate_series(1, 3) = 1 THEN 2 ELSE 1 END"),
        ("COALESCE", "COALESCE", lambda: select(coalesce(NUMBERS, 1)), "SELECT coalesce(generate_series(1, 3), 1)"),
        ("a sort key's COALESCE", "COALESCE", lambda: select(Member.id).order_by(coalesce(NUMBERS, 1)),
         "SELECT id FROM members ORDER BY coalesce(generate_series(1, 3), 1)"),
        ("NOT", "a condition", lambda: select(not_(NUMBERS == 1)), "SELECT NOT generate_series(1, 3) = 1"),
        ("AND", "a condition", lambda: select((NUMBERS == 1) & Member.active),
         "SELECT generate_series(1, 3) = 1 AND active FROM members"),
        ("IS TRUE", "IS TRUE", lambda: select((NUMBERS == 1).is_true()), "SELECT (generate_series(1, 3) = 1) IS TRUE"),
        ("an aggregate", r"an argument of sum", lambda: select(sum_(NUMBERS)), "SELECT sum(generate_series(1, 3))"),
        ("a function in an aggregate", r"an argument of sum", lambda: select(sum_(func.abs(NUMBERS))),
         "SELECT sum(abs(generate_series(1, 3)))"),
        ("FILTER", r"an argument of count", lambda: select(count().filter(NUMBERS == 1)).from_(Member),
         "SELECT count(*) FILTER (WHERE generate_series(1, 3) = 1) FROM members"),
        ("a window function", r"an argument of lag", lambda: select(func.lag(NUMBERS).over()),
         "SELECT lag(generate_series(1, 3)) OVER ()"),
        ("a frame", "the frame", lambda: select(count().over(order_by=Member.id, frame=rows(preceding(NUMBERS)))),
         "SELECT count(*) OVER (ORDER BY id ROWS generate_series(1, 3) PRECEDING) FROM members"),
        ("VALUES", "VALUES", lambda: Qail.values({"a": INT4}, (NUMBERS,)), "VALUES (generate_series(1, 3))"),
        ("several rows of INSERT", "VALUES of several rows",
         lambda: Qail.add(Visit).values({**BODY, "id": NUMBERS}, {**BODY, "id": 7}),
         "INSERT INTO visits (id, member_id, place) VALUES (generate_series(1, 3), 1, 'a'), (7, 1, 'a')"),
        ("SET", "SET", lambda: Qail.set(Visit).values({"id": NUMBERS}).all_rows(),
         "UPDATE visits SET id = generate_series(1, 3)"),
        ("DO UPDATE", "DO UPDATE", lambda: ADDED.on_conflict("id").do_update(set={"age": NUMBERS}),
         "INSERT INTO pairs VALUES (1, 1, '') ON CONFLICT (a, b) DO UPDATE SET a = generate_series(1, 3)"),
        ("RETURNING", "RETURNING", lambda: Qail.delete(Visit).all_rows().returning(NUMBERS),
         "DELETE FROM visits RETURNING generate_series(1, 3)"),
        ("a function in FROM", "an argument of a function in FROM",
         lambda: Qail.get(rows_from(func.abs(NUMBERS), alias="g")), "SELECT * FROM abs(generate_series(1, 3))"),
    ]
}  # fmt: skip

ACCEPTED_CALLS: Final[dict[str, Accepted]] = {
    "FILTER of an aggregate over a window": lambda: select(count().filter(Member.active).over(order_by=Member.id)),
    "FILTER of an ordered set": lambda: select(ORDERED.within_group(Member.age).filter(Member.active)),
    "several percentiles": lambda: select(func.percentile_cont([0.25, 0.75]).within_group(Member.age)),
    "a hypothetical set": lambda: select(func.rank(5).within_group(Member.age)),
    "count of nothing": lambda: select(func.count()).from_(Member),
    "count of nothing over a window": lambda: select(func.count().over()).from_(Member),
    "grouping() in a window, HAVING and ORDER BY": lambda: (
        select(Member.age, count().over(partition_by=grouping(Member.age)))
        .group_by(rollup(Member.age))
        .having(grouping(Member.age) == 0)
        .order_by(grouping(Member.age))
    ),
    "a set of rows as an item": lambda: select(Member.id, NUMBERS),
    "a set of rows in a function": lambda: select(func.abs(NUMBERS), func.generate_series(NUMBERS, cast(5, INT4))),
    "a set of rows compared": lambda: select(NUMBERS == 1, NUMBERS.is_null()),
    "a set of rows as a key": lambda: select(NUMBERS, count()).from_(Member).group_by(NUMBERS).order_by(NUMBERS),
    "a set of rows once": lambda: select(NUMBERS).from_(Member).distinct().order_by(NUMBERS),
    "a set of rows as the key of a window": lambda: select(count().over(partition_by=NUMBERS, order_by=NUMBERS)),
    "a set of rows in the one row of INSERT": lambda: (
        Qail.add(Visit).values({**BODY, "id": NUMBERS}).returning(Visit.id)
    ),
    "a set of rows in a subquery in WHERE": lambda: select(Member.id).where(Member.id.in_(select(NUMBERS))),
    "a set of rows in a subquery in CASE": lambda: select(
        case((Member.active, array_query(select(NUMBERS))), else_=None)
    ),
    "a set of rows in a subquery in SET": lambda: (
        Qail.set(Visit).values({"id": select(NUMBERS).limit(1).scalar()}).all_rows()
    ),
    "a set of rows in a subquery in an aggregate": lambda: select(func.array_agg(array_query(select(NUMBERS)))),
    "a set of rows in a subquery in a function in FROM": lambda: Qail.get(
        rows_from(func.generate_series(cast(1, INT4), select(NUMBERS).limit(1).scalar()), alias="g")
    ),
    "two sets of rows in FROM": lambda: Qail.get(rows_from(NUMBERS, func.string_to_table("a,b", ","), alias="g")),
    "an aggregate of the outer query in a function in FROM": lambda: select(
        Member.id,
        select(count()).from_(rows_from(func.generate_series(cast(1, INT4), max_(Member.age)), alias="g")).scalar(),
    ).group_by(Member.id),
    "an aggregate of the outer query in VALUES": lambda: select(
        Member.id, Qail.values({"a": INT4}, (max_(Member.age),)).scalar()
    ).group_by(Member.id),
    "a function's name from another schema": lambda: select(func.named("lower", schema="pg_catalog")(Member.name)),
    "a join by a set of rows in a subquery": lambda: select(Member.id).join(
        Visit, on=ON & Visit.id.in_(select(NUMBERS))
    ),
    "a literal beside a set of rows": lambda: select(literal(1), NUMBERS),
    "a name that FROM may have": lambda: select(Member.id).cross_join(
        Qail.values({"a": INT4}, (col("age"),)).subquery("v", lateral=True)
    ),
}
