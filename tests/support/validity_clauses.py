"""Clauses that cannot be, with the SQL that a server refuses for the same reason: LIMIT, VALUES, windows, locks."""

from __future__ import annotations

from typing import Final

from qail import (
    INT4,
    Qail,
    any_,
    col,
    count,
    exists,
    following,
    func,
    grouping,
    max_,
    preceding,
    rollup,
    row,
    rows,
    rows_from,
    select,
    tablesample,
)
from support.validity_tables import ADDED, Accepted, Member, Refused, Visit

ONE: Final = Qail.values({"a": INT4}, (1,))
TWO: Final = select(Visit.id, Visit.member_id)
FOUND: Final = select(Member.id).cte("found")
SERIES: Final = rows_from(func.generate_series(1, 3), alias="g", columns=[("n", INT4)])

REFUSED_CLAUSES: Final[dict[str, Refused]] = {
    "a column in LIMIT": Refused(
        lambda: select(Member.id).limit(Member.age),
        "column 'age' cannot stand in LIMIT: it is one number for all rows",
        "SELECT id FROM members LIMIT age",
    ),
    "a column of names in OFFSET": Refused(
        lambda: Qail.get("members").offset(col("age") + 1),
        "column 'age' cannot stand in OFFSET",
        "SELECT * FROM members OFFSET age + 1",
    ),
    "a column in a subquery in LIMIT": Refused(
        lambda: select(Member.id).limit(select(Visit.id).where(Visit.id == Member.id).scalar()),
        "column 'id' cannot stand in LIMIT",
        "SELECT id FROM members m LIMIT (SELECT v.id FROM visits v WHERE v.id = m.id)",
    ),
    "a column in LIMIT of a set operation": Refused(
        lambda: select(Member.id).union(select(Visit.id)).limit(col("id")),
        "column 'id' cannot stand in LIMIT",
        "SELECT id FROM members UNION SELECT id FROM visits LIMIT id",
    ),
    "an aggregate in LIMIT": Refused(
        lambda: select(Member.id).limit(count()),
        "count.. cannot stand in LIMIT: a subquery's scalar",
        "SELECT id FROM members LIMIT count(*)",
    ),
    "an aggregate in LIMIT of VALUES": Refused(
        lambda: ONE.limit(count()), "cannot stand in LIMIT", "VALUES (1) LIMIT count(*)"
    ),
    "a window in LIMIT": Refused(
        lambda: select(Member.id).limit(func.row_number().over()),
        "stands in LIMIT",
        "SELECT id FROM members LIMIT row_number() OVER ()",
    ),
    "an aggregate in VALUES by itself": Refused(
        lambda: Qail.values({"a": INT4}, (count(),)), "cannot stand in VALUES", "VALUES (count(*))"
    ),
    "a window in VALUES by itself": Refused(
        lambda: Qail.values({"a": INT4}, (count().over(),)), "stands in VALUES", "VALUES (count(*) OVER ())"
    ),
    "a name in VALUES by itself": Refused(
        lambda: Qail.values({"a": INT4}, (col("age"),)), "'age' cannot stand in VALUES", "VALUES (age)"
    ),
    "a name in VALUES of INSERT": Refused(
        lambda: Qail.add("visits").values({"id": col("age")}),
        "'age' cannot stand in VALUES: it makes rows",
        "INSERT INTO visits (id) VALUES (age)",
    ),
    "an aggregate in a function in FROM": Refused(
        lambda: select(Member.id).cross_join(rows_from(func.generate_series(1, max_(Member.age)), alias="g")),
        "cannot stand in a function in FROM",
        "SELECT 1 FROM members CROSS JOIN generate_series(1, max(age))",
    ),
    "an aggregate in TABLESAMPLE": Refused(
        lambda: Qail.get(tablesample("members", count())),
        "cannot stand in a function in FROM",
        "SELECT 1 FROM members TABLESAMPLE bernoulli (count(*))",
    ),
    "a column in a frame": Refused(
        lambda: select(count().over(order_by=Member.id, frame=rows(preceding(Member.age)))),
        "'age' cannot stand in the frame of a window",
        "SELECT count(*) OVER (ORDER BY id ROWS age PRECEDING) FROM members",
    ),
    "an aggregate in a frame": Refused(
        lambda: select(count().over(order_by=Member.id, frame=rows(preceding(count())))).group_by(Member.id),
        "cannot stand in the frame",
        "SELECT count(*) OVER (ORDER BY id ROWS count(*) PRECEDING) FROM members GROUP BY id",
    ),
    "a frame from behind the row to before it": Refused(
        lambda: select(count().over(order_by=Member.id, frame=rows(following(2), preceding(1)))),
        "ends before it starts",
        "SELECT count(*) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 1 PRECEDING) FROM members",
    ),
    "a frame from the row to before it": Refused(
        lambda: select(count().over(order_by=Member.id, frame=rows(0, preceding(1)))),
        "ends before it starts",
        "SELECT count(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM members",
    ),
    "a frame from behind the row to it": Refused(
        lambda: select(count().over(order_by=Member.id, frame=rows(following(1), 0))),
        "ends before it starts",
        "SELECT count(*) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW) FROM members",
    ),
    "a window sorted twice": Refused(
        lambda: select(count().over("w", order_by=Member.id)).window("w", order_by=Member.age),
        "has its ORDER BY",
        "SELECT count(*) OVER (w ORDER BY id) FROM members WINDOW w AS (ORDER BY age)",
    ),
    "a window sorted twice, over another": Refused(
        lambda: (
            select(count().over("v", order_by=Member.id))
            .window("w", order_by=Member.age)
            .window("v", "w", frame=rows(-1, 0))
        ),
        "'v' has a frame",
        "SELECT count(*) OVER (v ORDER BY id) FROM members WINDOW w AS (ORDER BY age), v AS (w ROWS 1 PRECEDING)",
    ),
    "a window of a window that is sorted": Refused(
        lambda: (
            select(count().over("v"))
            .from_(Member)
            .window("w", order_by=Member.age)
            .window("v", "w", order_by=Member.id)
        ),
        "'w' has its ORDER BY",
        "SELECT count(*) OVER v FROM members WINDOW w AS (ORDER BY age), v AS (w ORDER BY id)",
    ),
    "a window of a window that has a frame": Refused(
        lambda: select(count().over("v")).from_(Member).window("w", frame=rows(-1, 0)).window("v", "w"),
        "'w' has a frame",
        "SELECT count(*) OVER v FROM members WINDOW w AS (ROWS 1 PRECEDING), v AS (w)",
    ),
    "windows that add to each other": Refused(
        lambda: select(count().over("v", order_by=Member.id)).from_(Member).window("v", "w").window("w", "v"),
        "has to define before it",
        "SELECT count(*) OVER (v ORDER BY id) FROM members WINDOW v AS (w), w AS (v)",
    ),
    "a window function as the key of a named window": Refused(
        lambda: select(count().over("w")).from_(Member).window("w", partition_by=count().over()),
        "no key",
        "SELECT count(*) OVER w FROM members WINDOW w AS (PARTITION BY count(*) OVER ())",
    ),
    "a lock of rows that a function makes": Refused(
        lambda: select(Member.id, func.generate_series(Member.age, 3)).for_update(),
        r"rows with generate_series\(\) are no rows of a table",
        "SELECT id, generate_series(1, 3) FROM members FOR UPDATE",
    ),
    "a lock of a query of WITH": Refused(
        lambda: Qail.get(FOUND).with_(FOUND).for_update(of="found"),
        "'found', which is a query of WITH",
        "WITH found AS (SELECT id FROM members) SELECT * FROM found FOR UPDATE OF found",
    ),
    "a lock of a query of WITH under an alias": Refused(
        lambda: Qail.get(FOUND.as_("f")).with_(FOUND).for_update(of="f"),
        "'f', which is a query of WITH",
        "WITH found AS (SELECT id FROM members) SELECT * FROM found f FOR UPDATE OF f",
    ),
    "a lock of a function in FROM": Refused(
        lambda: Qail.get(SERIES).for_update(of="g"),
        "'g', which is a function",
        "SELECT * FROM generate_series(1, 3) g FOR UPDATE OF g",
    ),
    "a lock in a set operation": Refused(
        lambda: select(Member.id).union(select(Visit.id).for_update()),
        "rows of a set operation",
        "SELECT id FROM members UNION (SELECT id FROM visits FOR UPDATE)",
    ),
    "a scalar of two columns": Refused(
        lambda: select(TWO.scalar()),
        r"scalar\(\) takes a query of one column, and this one has 2",
        "SELECT (SELECT id, member_id FROM visits)",
    ),
    "a scalar of a table's rows": Refused(
        lambda: select(Member.id).where(Member.id == select(Visit).scalar()),
        "one column, and this one has 4",
        "SELECT id FROM members WHERE id = (SELECT * FROM visits)",
    ),
    "a scalar of VALUES of two columns": Refused(
        lambda: select(Qail.values({"a": INT4, "b": INT4}, (1, 2)).scalar()),
        "one column, and this one has 2",
        "SELECT (VALUES (1, 2))",
    ),
    "ANY of a query of two columns": Refused(
        lambda: select(Member.id).where(Member.id == any_(TWO)),
        "ANY takes a query of one column",
        "SELECT id FROM members WHERE id = ANY (SELECT id, member_id FROM visits)",
    ),
    "a row compared with a query of three columns": Refused(
        lambda: select(Member.id).where(row(Member.id, Member.age) == select(Visit.id, Visit.id, Visit.id).scalar()),
        "a row of 2 takes a query of 2 columns, and this one has 3",
        "SELECT id FROM members WHERE (id, age) = (SELECT id, id, id FROM visits)",
    ),
    "a row of two that is distinct from a query's": Refused(
        lambda: select(Member.id).where(row(Member.id, Member.age).is_distinct_from(TWO.scalar())),
        "one column, and this one has 2",
        "SELECT id FROM members WHERE (id, age) IS DISTINCT FROM (SELECT id, member_id FROM visits)",
    ),
    "excluded in RETURNING": Refused(
        lambda: ADDED.on_conflict("id").do_update("age").returning(col("excluded", "age")),
        "asked of 'excluded'",
        "INSERT INTO members (id, name, age, active) VALUES (1, 'a', 1, true) "
        "ON CONFLICT (id) DO UPDATE SET age = 1 RETURNING excluded.age",
    ),
}

ACCEPTED_CLAUSES: Final[dict[str, Accepted]] = {
    "LIMIT of a subquery": lambda: select(Member.id).limit(select(max_(Member.as_("m").age)).scalar()),
    "LIMIT by a column of the outer query": lambda: select(Member.id).cross_join(
        select(Visit.id).limit(Member.age).offset(Member.id).subquery("v", lateral=True)
    ),
    "LIMIT by what may be a column of the outer query": lambda: select(Member.id).where(
        exists(Qail.get("visits").limit(col("age")))
    ),
    "VALUES of the outer query": lambda: select(Member.id).cross_join(
        Qail.values({"a": INT4}, (Member.age,)).subquery("v", lateral=True)
    ),
    "VALUES of subqueries": lambda: Qail.values({"a": INT4}, (select(max_(Member.age)).scalar(),)),
    "frames of all kinds": lambda: select(
        *[
            count().over(order_by=Member.id, frame=rows(start, end))
            for start, end in [
                (None, None),
                (None, preceding(1)),
                (preceding(2), following(1)),
                (preceding(1), preceding(2)),
                (0, None),
                (following(1), None),
            ]
        ]
    ),
    "a window that adds to one": lambda: (
        select(count().over("v", frame=rows(-1, 0)), count().over("w", order_by=Member.name))
        .from_(Member)
        .window("w", partition_by=Member.active)
        .window("v", "w", order_by=Member.age)
    ),
    "a window with a frame as it is": lambda: select(count().over("w")).from_(Member).window("w", frame=rows(-1, 0)),
    "an aggregate as the key of a named window": lambda: (
        select(count().over("w")).from_(Member).window("w", partition_by=max_(Member.id))
    ),
    "a lock beside a query of WITH": lambda: (
        select(Member.id).with_(FOUND).from_(Member).cross_join(FOUND).for_update()
    ),
    "a lock beside a function in FROM": lambda: select(Member.id).from_(Member).cross_join(SERIES).for_update(),
    "a lock in a subquery of a set operation": lambda: select(Member.id).union(
        Qail.get(select(Visit.id).for_update().subquery("v"))
    ),
    "a row in a query's": lambda: select(Member.id).where(
        (row(Member.id, Member.age) == TWO.limit(1).scalar()) | (row(Member.id, Member.age) < any_(TWO))
    ),
    "a row of comparisons in a query's": lambda: select(Member.id).where(
        row(Member.id == select(Visit.id).limit(1).scalar(), Member.age)
        == select(Visit.id == 1, Visit.member_id).limit(1).scalar()
    ),
    "grouping sets of raw SQL": lambda: Qail.sql(
        "SELECT age, {told} FROM members GROUP BY {keys}", told=grouping(col("age")), keys=rollup(col("age"))
    ),
    "calls of all kinds in raw SQL": lambda: Qail.sql(
        "SELECT {first}, {second}, {third} FROM members WHERE {fourth} GROUP BY id LIMIT {fifth}",
        first=count().over(order_by=col("id"), frame=rows(preceding(1), 0)),
        second=func.percentile_cont(0.5).within_group(col("age")),
        third=count().filter(col("active")),
        fourth=col("id").in_(select(func.unnest([1, 2]))),
        fifth=select(count()).from_(Visit).scalar(),
    ),
    "a row between queries": lambda: select(Member.id).where(
        row(Member.id, Member.age).between(TWO.limit(1).scalar(), TWO.offset(1).limit(1).scalar())
    ),
    "a row by an operator": lambda: select(Member.id).where(row(Member.id, Member.age).op("=")(TWO.limit(1).scalar())),
    "exists of any columns": lambda: select(Member.id).where(exists(TWO)),
    "a scalar of a set operation": lambda: select(select(Member.id).union(select(Visit.id)).limit(1).scalar()),
    "excluded by its name": lambda: ADDED.on_conflict("id").do_update(
        set={"age": col("excluded", "age")}, where=col("excluded", "age") > 1
    ),
    "a table that is called excluded": lambda: Qail.get("members", alias="excluded").columns(col("excluded", "id")),
}
