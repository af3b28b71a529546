"""Queries that cannot be, with the SQL that a server refuses for the same reason: tables, keys, types, absent rows."""

from __future__ import annotations

from typing import Final

from qail import (
    INT8,
    Qail,
    any_of,
    array_query,
    cast,
    col,
    exists,
    row,
    select,
)
from support.validity_tables import ADDED, ON, OUTER_ON, VISITED, Member, MemberOuter, Pair, Refused, Visit, VisitOuter

REFUSED_ROWS: Final[dict[str, Refused]] = {
    "a table that is not there": Refused(
        lambda: select(Member.id).where(Visit.id == 1),
        "not in FROM",
        "SELECT members.id FROM members WHERE visits.id = 1",
    ),
    "a table by name that is not there": Refused(
        lambda: Qail.get("members").where(col("visits", "id") == 1),
        "'visits', which is not in FROM",
        "SELECT * FROM members WHERE visits.id = 1",
    ),
    "a table under its alias": Refused(
        lambda: Qail.get("members", alias="m").columns(col("members", "id")),
        "'members', which is not in FROM",
        "SELECT members.id FROM members m",
    ),
    "a later table in LATERAL": Refused(
        lambda: select(Member.id).cross_join(
            select(Visit.id).where(Visit.member_id == col("later", "id")).subquery("v", lateral=True)
        ),
        "'later'",
        "SELECT 1 FROM members CROSS JOIN LATERAL (SELECT id FROM visits WHERE member_id = later.id) v",
    ),
    "a conflict of another table's column": Refused(
        lambda: ADDED.on_conflict(Visit.id), "belongs to table 'visits'", ""
    ),
    "a conflict by no key": Refused(
        lambda: ADDED.on_conflict(Member.age).do_nothing(),
        "no unique key over age.*id; name",
        "INSERT INTO members (id, name, age, active) VALUES (1, 'a', 1, true) ON CONFLICT (age) DO NOTHING",
    ),
    "a conflict by half a key": Refused(
        lambda: Qail.add(Pair).values({"a": 1, "b": 1}).on_conflict("a").do_nothing(),
        "no unique key over a",
        "INSERT INTO pairs VALUES (1, 1) ON CONFLICT (a) DO NOTHING",
    ),
    "put by no key": Refused(
        lambda: Qail.put(Member).values({"id": 1, "name": "a", "age": 1, "active": True}, key="age"),
        "no unique key over age",
        "INSERT INTO members (id, name, age, active) VALUES (1, 'a', 1, true) "
        "ON CONFLICT (age) DO UPDATE SET name = 'a'",
    ),
    "a value for another table's column": Refused(
        lambda: Qail.set(Member).values({Visit.id: 1}),  # type: ignore[dict-item]
        "belongs to table 'visits'",
        "",
    ),
    "a number and a text": Refused(
        lambda: select(Member.id).where(Member.id == Member.name),
        "no operator int8 = text: cast",
        "SELECT id FROM members WHERE id = name",
    ),
    "a time and a number": Refused(
        lambda: select(Member.id).where(Member.joined > Member.age),
        "no operator timestamptz > int4",
        "SELECT id FROM members WHERE joined > age",
    ),
    "a text between numbers": Refused(
        lambda: select(Member.id).where(Member.name.between(Member.id, Member.age)),
        "no operator text BETWEEN int8",
        "SELECT id FROM members WHERE name BETWEEN id AND age",
    ),
    "a text in numbers of a query": Refused(
        lambda: select(Member.id).where(Member.name.in_(select(Visit.id))),
        "no operator text IN int8",
        "SELECT id FROM members WHERE name IN (SELECT id FROM visits)",
    ),
    "a document and a text": Refused(
        lambda: select(Member.id).where(Member.data == Member.name),
        "no operator jsonb = text",
        "SELECT id FROM members WHERE data = name",
    ),
    "a number like a text": Refused(
        lambda: select(Member.id).where(cast(Member.name, INT8).like("1%")),  # type: ignore[misc]
        "LIKE is for text",
        "SELECT id FROM members WHERE CAST(name AS bigint) LIKE '1%'",
    ),
    "a sum of texts": Refused(
        lambda: select(Member.name + "x"), "concat.. joins texts", "SELECT name + 'x' FROM members"
    ),
    "a product of booleans": Refused(
        lambda: select(Member.active * 2),  # type: ignore[operator]
        "no operator [*] for bool",
        "SELECT active * 2 FROM members",
    ),
    "a number as a condition": Refused(
        lambda: select(Member.id).where(Member.age),  # type: ignore[arg-type]
        "a condition is a boolean, and this is int4",
        "SELECT id FROM members WHERE age",
    ),
    "a text among conditions": Refused(
        lambda: select(Member.id).where(any_of(Member.active, Member.name)),  # type: ignore[arg-type]
        "a condition is a boolean, and this is text",
        "SELECT id FROM members WHERE active OR name",
    ),
    "NOT of a number": Refused(
        lambda: select(Member.id).where(~Member.age),  # type: ignore[misc]
        "a condition is a boolean",
        "SELECT id FROM members WHERE NOT age",
    ),
    "the plain form behind a left join": Refused(
        lambda: select(Member.id, Visit.place).left_join(VisitOuter, on=OUTER_ON), "twin", ""
    ),
    "the plain form in WHERE": Refused(
        lambda: select(Member.id).left_join(VisitOuter, on=OUTER_ON).where(Visit.place == "a"), "twin", ""
    ),
    "the plain form in a later ON": Refused(
        lambda: select(Member.id).left_join(VisitOuter, on=OUTER_ON).join(Pair, on=Pair.a == Visit.id),
        "twin",
        "",
    ),
    "the plain rows behind a left join": Refused(
        lambda: select(Member.id, Visit).left_join(VisitOuter, on=OUTER_ON), "twin", ""
    ),
    "the plain form in ORDER BY": Refused(
        lambda: select(Member.id).left_join(VisitOuter, on=OUTER_ON).order_by(Visit.at), "twin", ""
    ),
    "the plain form before a right join": Refused(
        lambda: select(Member.name, Visit.id).right_join(Visit, on=ON), "'members' may be absent", ""
    ),
    "the plain rows before a right join": Refused(
        lambda: Qail.get(Member).right_join(Visit, on=ON), "'members' may be absent", ""
    ),
    "the plain form before a full join": Refused(
        lambda: select(Member.name).full_join(VisitOuter, on=OUTER_ON), "'members' may be absent", ""
    ),
    "a joined table before a right join": Refused(
        lambda: (
            select(MemberOuter.id, Visit.id)
            .join(Visit, on=Visit.member_id == MemberOuter.id)
            .from_(MemberOuter)  # type: ignore[arg-type]
            .right_join(Pair, on=Pair.a == Visit.id)
        ),
        "'visits' may be absent",
        "",
    ),
    "the plain form of a subquery": Refused(
        lambda: select(Member.id, VISITED["n"]).left_join(VISITED, on=VISITED[Visit.member_id] == Member.id),
        "visited.outer",
        "",
    ),
    "the plain form in a subquery": Refused(
        lambda: (
            select(Member.id).left_join(VisitOuter, on=OUTER_ON).where(exists(select(Pair.a).where(Pair.a == Visit.id)))
        ),
        "twin",
        "",
    ),
    "a query of two columns in IN": Refused(
        lambda: select(Member.id).where(Member.id.in_(select(Visit.id, Visit.member_id))),
        "IN takes a query of one column, and this one has 2",
        "SELECT id FROM members WHERE id IN (SELECT id, member_id FROM visits)",
    ),
    "a row in a query of one column": Refused(
        lambda: select(Member.id).where(row(Member.id, Member.age).in_(select(Visit.id))),
        "IN takes a query of 2 columns, and this one has 1",
        "SELECT id FROM members WHERE (id, age) IN (SELECT id FROM visits)",
    ),
    "an array of two columns": Refused(
        lambda: select(array_query(Qail.get("visits").columns("id", "place"))),
        r"array_query\(\) takes a query of one column, and this one has 2",
        "SELECT ARRAY(SELECT id, place FROM visits)",
    ),
}
