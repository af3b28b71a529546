"""Golden SQL: windows and aggregates."""

from __future__ import annotations

from typing import Final

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.clause.window import following, groups, preceding, range_, rows
from qail.ast.expression.case import cast
from qail.ast.expression.function import count, func, sum_
from qail.ast.expression.grouping import cube, grouping, grouping_sets, rollup
from qail.ast.expression.parameter import literal
from qail.pgtype import INTERVAL
from support.sql_case import Case
from support.sql_tables import Doc, User

DURING: Final = Doc.during.range
BY_AGE: Final = rollup(User.age, User.active)

WINDOWS: Final = (
    Case(
        "named window",
        select(User.id, func.rank().over("w"), sum_(User.age).over("w")).window(
            "w", partition_by=User.active, order_by=User.age
        ),
        'SELECT "users"."id", rank() OVER "w", sum("users"."age") OVER "w" FROM "users" WINDOW "w" AS (PARTITION BY '
        '"users"."active" ORDER BY "users"."age")',
        [],
    ),
    Case(
        "window over a window",
        select(
            func.first_value(User.id).over("b"),
            func.last_value(User.id).over("a", order_by=User.id.desc(), frame=rows()),
        )
        .window("a", partition_by=[User.active, User.age])
        .window("b", "a", order_by=User.id),
        'SELECT "first_value"("users"."id") OVER "b", "last_value"("users"."id") OVER ("a" ORDER BY "users"."id" '
        'DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM "users" WINDOW "a" AS (PARTITION BY '
        '"users"."active", "users"."age"), "b" AS ("a" ORDER BY "users"."id")',
        [],
    ),
    Case(
        "frame of rows",
        select(sum_(User.age).over(order_by=User.id, frame=rows(-2, 3, exclude="current row"))),
        'SELECT sum("users"."age") OVER (ORDER BY "users"."id" ROWS BETWEEN $1 PRECEDING AND $2 FOLLOWING EXCLUDE '
        'CURRENT ROW) FROM "users"',
        [2, 3],
    ),
    Case(
        "frame of groups, peers left out",
        select(sum_(User.age).over(order_by=User.age, frame=groups(-1, None, exclude="group"))),
        'SELECT sum("users"."age") OVER (ORDER BY "users"."age" GROUPS BETWEEN $1 PRECEDING AND UNBOUNDED FOLLOWING '
        'EXCLUDE GROUP) FROM "users"',
        [1],
    ),
    Case(
        "frame of a range",
        select(sum_(User.age).over(order_by=User.age, frame=range_(-10, 10, exclude="ties"))),
        'SELECT sum("users"."age") OVER (ORDER BY "users"."age" RANGE BETWEEN $1 PRECEDING AND $2 FOLLOWING EXCLUDE '
        'TIES) FROM "users"',
        [10, 10],
    ),
    Case(
        "frame of a range of time",
        select(
            count().over(
                order_by=User.joined,
                frame=range_(preceding(cast(literal("1 day"), INTERVAL)), following(cast(literal("1 hour"), INTERVAL))),
            )
        ),
        'SELECT count(*) OVER (ORDER BY "users"."joined" RANGE BETWEEN CAST(\'1 day\' AS interval) PRECEDING AND '
        "CAST('1 hour' AS interval) FOLLOWING) FROM \"users\"",
        [],
    ),
    Case(
        "frame by an expression",
        select(count().over(order_by=User.id, frame=rows(preceding(literal(1) + 1), 0, exclude="no others"))),
        'SELECT count(*) OVER (ORDER BY "users"."id" ROWS BETWEEN 1 + $1 PRECEDING AND CURRENT ROW EXCLUDE NO '
        'OTHERS) FROM "users"',
        [1],
    ),
    Case(
        "unbounded range",
        select(count().over(order_by=User.id, frame=range_(None, None))),
        'SELECT count(*) OVER (ORDER BY "users"."id" RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) '
        'FROM "users"',
        [],
    ),
    Case(
        "window of a filtered aggregate",
        select(count().filter(User.active).over(partition_by=User.age)),
        'SELECT count(*) FILTER (WHERE "users"."active") OVER (PARTITION BY "users"."age") FROM "users"',
        [],
    ),
)

AGGREGATES: Final = (
    Case(
        "aggregate of sorted rows",
        select(func.string_agg(User.name, ", ", order_by=User.name)),
        'SELECT "string_agg"("users"."name", $1 ORDER BY "users"."name") FROM "users"',
        [", "],
    ),
    Case(
        "aggregate of different sorted rows",
        select(func.array_agg(User.age, distinct=True, order_by=[User.age.desc().nulls_last()])),
        'SELECT "array_agg"(DISTINCT "users"."age" ORDER BY "users"."age" DESC NULLS LAST) FROM "users"',
        [],
    ),
    Case(
        "sorted and filtered",
        select(func.array_agg(User.id, order_by=[User.age, User.id.desc()]).filter(User.active, User.age > 18)),
        'SELECT "array_agg"("users"."id" ORDER BY "users"."age", "users"."id" DESC) FILTER (WHERE "users"."active" '
        'AND "users"."age" > $1) FROM "users"',
        [18],
    ),
    Case(
        "within group",
        select(
            func.percentile_cont(literal(0.5)).within_group(User.age).filter(User.active),
            func.mode().within_group(User.name.desc()),
        ),
        'SELECT "percentile_cont"(0.5) WITHIN GROUP (ORDER BY "users"."age") FILTER (WHERE "users"."active"), '
        '"mode"() WITHIN GROUP (ORDER BY "users"."name" DESC) FROM "users"',
        [],
    ),
    Case(
        "different values of any aggregate",
        select(func.count(User.age, distinct=True), func.bool_or(User.active, distinct=True)),
        'SELECT count(DISTINCT "users"."age"), "bool_or"(DISTINCT "users"."active") FROM "users"',
        [],
    ),
    Case(
        "rollup",
        select(User.age, User.active, count()).group_by(BY_AGE).order_by(User.age, User.active),
        'SELECT "users"."age", "users"."active", count(*) FROM "users" GROUP BY ROLLUP ("users"."age", '
        '"users"."active") ORDER BY "users"."age", "users"."active"',
        [],
    ),
    Case(
        "cube",
        select(User.age, User.active, count()).group_by(cube(User.age, User.active)),
        'SELECT "users"."age", "users"."active", count(*) FROM "users" GROUP BY CUBE ("users"."age", "users"."active")',
        [],
    ),
    Case(
        "grouping sets",
        select(User.age, User.active, count()).group_by(grouping_sets((User.age, User.active), User.age, ())),
        'SELECT "users"."age", "users"."active", count(*) FROM "users" GROUP BY GROUPING SETS (("users"."age", '
        '"users"."active"), "users"."age", ())',
        [],
    ),
    Case(
        "grouping sets in grouping sets",
        select(User.age, count()).group_by(grouping_sets(rollup(User.age, (User.active, User.name)), cube(User.age))),
        'SELECT "users"."age", count(*) FROM "users" GROUP BY GROUPING SETS (ROLLUP ("users"."age", '
        '("users"."active", "users"."name")), CUBE ("users"."age"))',
        [],
    ),
    Case(
        "grouping sets by name",
        Qail.get("users").columns("age", "active", count()).group_by(grouping_sets(("age", "active"), "age")),
        'SELECT "age", "active", count(*) FROM "users" GROUP BY GROUPING SETS (("age", "active"), "age")',
        [],
    ),
    Case(
        "grouping()",
        select(User.age, grouping(User.age, User.active)).group_by(BY_AGE).having(grouping(User.age) == 0),
        'SELECT "users"."age", GROUPING("users"."age", "users"."active") FROM "users" GROUP BY ROLLUP '
        '("users"."age", "users"."active") HAVING GROUPING("users"."age") = $1',
        [0],
    ),
)
