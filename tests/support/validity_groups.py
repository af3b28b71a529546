"""Queries that cannot be, with the SQL that a server refuses for the same reason: groups, windows, sort keys."""

from __future__ import annotations

from typing import Final

from qail import (
    Qail,
    col,
    count,
    exists,
    func,
    literal,
    max_,
    select,
    sum_,
)
from support.validity_tables import ON, VISITED, Member, Pair, Refused, Visit

REFUSED_GROUPS: Final[dict[str, Refused]] = {
    "aggregate beside a column": Refused(
        lambda: select(Member.name, count()), "'name' stands beside count", "SELECT name, count(*) FROM members"
    ),
    "aggregate beside a whole row": Refused(
        lambda: select(Member, count()), "is no group key", "SELECT id, count(*) FROM members"
    ),
    "aggregate beside an untyped column": Refused(
        lambda: Qail.get("members").columns("name", count()), "'name' stands", "SELECT name, count(*) FROM members"
    ),
    "aggregate beside a column in an expression": Refused(
        lambda: select(Member.age + max_(Member.age)),  # type: ignore[operator]
        "'age' stands",
        "SELECT age + max(age) FROM members",
    ),
    "another group key": Refused(
        lambda: select(Member.name, count()).group_by(Member.age),
        "group_by",
        "SELECT name, count(*) FROM members GROUP BY age",
    ),
    "a part of a group key": Refused(
        lambda: select(Member.age).group_by(Member.age + 1), "'age'", "SELECT age FROM members GROUP BY age + 1"
    ),
    "a group key written anew, with a parameter of its own": Refused(
        lambda: select(Member.age + 1, count()).group_by(Member.age + 1), "make the expression once", ""
    ),
    "a group key of names written anew": Refused(
        lambda: Qail.get("members").columns(count()).group_by(col("age") + 1).order_by(col("age") + 1),
        "make the expression once",
        "",
    ),
    "half of a primary key": Refused(
        lambda: select(Pair.note, count()).group_by(Pair.a), "'note'", "SELECT note, count(*) FROM pairs GROUP BY a"
    ),
    "the key of another table": Refused(
        lambda: select(Visit.place, count()).join(Member, on=ON).from_(Visit).group_by(Member.id),
        "'place'",
        "SELECT place, count(*) FROM visits v JOIN members m ON v.member_id = m.id GROUP BY m.id",
    ),
    "a key of a subquery": Refused(
        lambda: select(VISITED["n"], count()).group_by(VISITED[Visit.member_id]),
        "'n'",
        "SELECT n, count(*) FROM (SELECT member_id, count(*) AS n FROM visits GROUP BY 1) v GROUP BY member_id",
    ),
    "having without groups": Refused(
        lambda: select(Member.id).having(count() > 1), "'id'", "SELECT id FROM members HAVING count(*) > 1"
    ),
    "a column of having": Refused(
        lambda: select(count()).from_(Member).having(Member.age > 1),
        "'age'",
        "SELECT count(*) FROM members HAVING age > 1",
    ),
    "sorted by a column of no group": Refused(
        lambda: select(count()).from_(Member).order_by(Member.age),
        "'age'",
        "SELECT count(*) FROM members ORDER BY age",
    ),
    "a window over columns of no group": Refused(
        lambda: select(Member.age, count(), func.rank().over(order_by=Member.name)).group_by(Member.age),
        "'name'",
        "SELECT age, count(*), rank() OVER (ORDER BY name) FROM members GROUP BY age",
    ),
    "aggregate in WHERE": Refused(
        lambda: select(Member.id).where(Member.age == max_(Member.age)),
        "max.. cannot stand in WHERE: having",
        "SELECT id FROM members WHERE age = max(age)",
    ),
    "aggregate in WHERE of names": Refused(
        lambda: Qail.get("members").where(count() > 1),
        "cannot stand in WHERE",
        "SELECT * FROM members WHERE count(*) > 1",
    ),
    "aggregate in ON": Refused(
        lambda: select(Member.id).join(Visit, on=count() > 1),
        "cannot stand in JOIN",
        "SELECT 1 FROM members JOIN visits ON count(*) > 1",
    ),
    "aggregate in GROUP BY": Refused(
        lambda: select(count()).from_(Member).group_by(max_(Member.age)),
        "cannot stand in GROUP BY",
        "SELECT count(*) FROM members GROUP BY max(age)",
    ),
    "aggregate in an aggregate": Refused(
        lambda: select(sum_(max_(Member.age))), "inside another aggregate", "SELECT sum(max(age)) FROM members"
    ),
    "aggregate in FILTER": Refused(
        lambda: select(count().filter(count() > 1)).from_(Member),
        "inside another aggregate",
        "SELECT count(*) FILTER (WHERE count(*) > 1) FROM members",
    ),
    "aggregate of an outer query in its WHERE": Refused(
        lambda: select(Member.id).where(exists(select(Visit.id).where(Visit.id == max_(Member.id)))),
        "cannot stand in WHERE",
        "SELECT id FROM members m WHERE EXISTS (SELECT 1 FROM visits v WHERE v.id = max(m.id))",
    ),
    "aggregate in SET": Refused(
        lambda: Qail.set(Member).values({"age": max_(Member.age)}).all_rows(),
        "cannot stand in INSERT, UPDATE",
        "UPDATE members SET age = max(age)",
    ),
    "aggregate in WHERE of a delete": Refused(
        lambda: Qail.delete(Member).where(Member.age == max_(Member.age)),
        "cannot stand in WHERE",
        "DELETE FROM members WHERE age = max(age)",
    ),
    "aggregate in RETURNING": Refused(
        lambda: Qail.delete(Member).all_rows().returning(max_(Member.age)),
        "cannot stand in",
        "DELETE FROM members RETURNING max(age)",
    ),
    "aggregate in VALUES": Refused(
        lambda: Qail.add(Member).values({"id": max_(literal(1))}),
        "cannot stand in",
        "INSERT INTO members (id) VALUES (max(1))",
    ),
    "window in WHERE": Refused(
        lambda: select(Member.id).where(func.row_number().over(order_by=Member.id) == 1),
        "stands in WHERE",
        "SELECT id FROM members WHERE row_number() OVER (ORDER BY id) = 1",
    ),
    "window in GROUP BY": Refused(
        lambda: select(count()).from_(Member).group_by(func.ntile(4).over(order_by=Member.id)),
        "stands in GROUP BY",
        "SELECT count(*) FROM members GROUP BY ntile(4) OVER (ORDER BY id)",
    ),
    "window in HAVING": Refused(
        lambda: select(Member.age).group_by(Member.age).having(count().over() > 1),
        "stands in HAVING",
        "SELECT age FROM members GROUP BY age HAVING count(*) OVER () > 1",
    ),
    "window in ON": Refused(
        lambda: select(Member.id).join(Visit, on=count().over() > 1),
        "stands in JOIN",
        "SELECT 1 FROM members JOIN visits ON count(*) OVER () > 1",
    ),
    "window in SET": Refused(
        lambda: Qail.set(Member).values({"age": count().over()}).all_rows(),
        "stands in INSERT, UPDATE",
        "UPDATE members SET age = count(*) OVER ()",
    ),
    "window in a window": Refused(
        lambda: select(func.sum(count().over()).over()).from_(Member),
        "no argument of another",
        "SELECT sum(count(*) OVER ()) OVER () FROM members",
    ),
    "window in an aggregate": Refused(
        lambda: select(func.sum(count().over())).from_(Member),
        "no argument of an aggregate",
        "SELECT sum(count(*) OVER ()) FROM members",
    ),
    "window function without a window": Refused(
        lambda: select(Member.id, func.rank()), "is a window function: .over", "SELECT id, rank() FROM members"
    ),
    "DISTINCT ON sorted by another key": Refused(
        lambda: select(Member.id).distinct_on(Member.age).order_by(Member.name),
        "order_by.. has to begin with those keys",
        "SELECT DISTINCT ON (age) id FROM members ORDER BY name",
    ),
    "DISTINCT ON with a key too late": Refused(
        lambda: select(Member.id).distinct_on(Member.age, Member.name).order_by(Member.age, Member.id, Member.name),
        "has to begin",
        "SELECT DISTINCT ON (age, name) id FROM members ORDER BY age, id, name",
    ),
    "DISTINCT ON with a key left out": Refused(
        lambda: select(Member.id).distinct_on(Member.age, Member.name).order_by(Member.age, Member.id),
        "has to begin",
        "SELECT DISTINCT ON (age, name) id FROM members ORDER BY age, id",
    ),
    "DISTINCT ON, untyped": Refused(
        lambda: Qail.get("members").distinct_on(col("age")).order_by("name"),
        "has to begin",
        "SELECT DISTINCT ON (age) * FROM members ORDER BY name",
    ),
    "DISTINCT ON sorted by its key written once more": Refused(
        lambda: select(Member.id).distinct_on(func.substr(Member.name, 1)).order_by(func.substr(Member.name, 1)),
        "written like a key of distinct_on.. and has parameters of its own",
        "SELECT DISTINCT ON (substr(name, 1)) id FROM members ORDER BY substr(name, 2)",
    ),
    "DISTINCT sorted by its item written once more": Refused(
        lambda: select(func.substr(Member.name, 1)).distinct().order_by(func.substr(Member.name, 1)),
        "written like an item of the select list and has parameters of its own",
        "SELECT DISTINCT substr(name, 1) FROM members ORDER BY substr(name, 2)",
    ),
    "DISTINCT sorted by what is not selected": Refused(
        lambda: select(Member.id).distinct().order_by(Member.name),
        "column 'name' is not: select it",
        "SELECT DISTINCT id FROM members ORDER BY name",
    ),
    "DISTINCT sorted by what is not selected, untyped": Refused(
        lambda: Qail.get("members").columns("id").distinct().order_by("name"),
        "column 'name' is not: select it",
        "SELECT DISTINCT id FROM members ORDER BY name",
    ),
}
