"""Every query that cannot be; and what looks like one of them, and every server takes."""

from __future__ import annotations

from typing import Final

from qail import (
    INT4,
    TEXT,
    Qail,
    any_,
    avg,
    case,
    cast,
    col,
    count,
    exists,
    func,
    grouping,
    literal,
    max_,
    min_,
    natural,
    rollup,
    row,
    select,
    sum_,
    using,
)
from support.validity_calls import ACCEPTED_CALLS, REFUSED_FORMS, REFUSED_SETS
from support.validity_clauses import ACCEPTED_CLAUSES, REFUSED_CLAUSES
from support.validity_groups import REFUSED_GROUPS
from support.validity_rows import REFUSED_ROWS
from support.validity_tables import (
    ADDED,
    ON,
    OUTER_ON,
    VISITED,
    Accepted,
    Member,
    MemberOuter,
    Pair,
    Refused,
    Visit,
    VisitOuter,
)

FIRST_LETTER: Final = func.substr(Member.name, 1, 1)
REFUSED: Final[dict[str, Refused]] = REFUSED_GROUPS | REFUSED_ROWS | REFUSED_FORMS | REFUSED_SETS | REFUSED_CLAUSES
ACCEPTED: Final[dict[str, Accepted]] = {
    **ACCEPTED_CALLS,
    **ACCEPTED_CLAUSES,
    "columns of groups": lambda: select(Member.age, count()).group_by(Member.age),
    "a column that depends on the key": lambda: select(Member, count()).group_by(Member.id),
    "columns that depend on a whole key": lambda: select(Pair.note, count()).group_by(Pair.b, Pair.a),
    "a key of names": lambda: Qail.get("members").columns("name", count()).group_by(col("id")),
    "a typed column by a key of names": lambda: select(Member.name, count()).group_by(col("id")),
    "a key of a join": lambda: (
        select(Member.name, count()).from_(Member).join(Visit, on=ON).group_by(Member.id).order_by(Member.name)
    ),
    "a key of an outer twin": lambda: (
        select(VisitOuter.place, count()).from_(Member).left_join(VisitOuter, on=OUTER_ON).group_by(VisitOuter.id)
    ),
    "an expression as a key": lambda: select(func.lower(Member.name), count()).group_by(func.lower(Member.name)),
    "more than an expression that is a key": lambda: select(func.length(func.lower(Member.name)), count()).group_by(
        func.lower(Member.name)
    ),
    "what is written like a key, of columns that are keys": lambda: select(Member.age + 1, count()).group_by(
        Member.age, Member.age + 1
    ),
    "what is written like a key, of columns that depend on one": lambda: (
        select(Member.age + 1, count()).group_by(Member.id, Member.age + 1).order_by(Member.age + 1)
    ),
    "a key by its alias": lambda: (
        Qail.get("members").columns(func.lower(col("name")).as_("low"), count()).group_by(col("low")).order_by("low")
    ),
    "a key by its number": lambda: select(Member.name, count()).group_by(literal(1)),
    "keys of a rollup": lambda: select(Member.age, Member.active, count(), grouping(Member.age)).group_by(
        rollup(Member.age, Member.active)
    ),
    "aggregates of all rows": lambda: select(count(), max_(Member.age), avg(Member.age)).having(min_(Member.age) > 0),
    "sorted by an aggregate": lambda: select(Member.age).group_by(Member.age).order_by(count().desc()),
    "an aggregate over a window": lambda: select(Member.age, sum_(count()).over()).group_by(Member.age),
    "a window beside columns": lambda: select(Member.name, count().over(partition_by=Member.age)),
    "a window sorted by a group": lambda: select(Member.age, func.rank().over(order_by=count().desc())).group_by(
        Member.age
    ),
    "aggregates of a subquery": lambda: select(Member.name).where(
        Member.age == select(max_(Member.as_("m").age)).scalar()
    ),
    "an aggregate of the outer query in a subquery": lambda: (
        select(Member.age).group_by(Member.age).having(exists(select(Visit.id).where(Visit.id > max_(Member.id))))
    ),
    "a group key in a subquery": lambda: select(
        Member.id, count(), select(count()).from_(Visit).where(Visit.member_id == Member.id).scalar()
    ).group_by(Member.id),
    "an ordered set": lambda: select(
        func.percentile_cont(0.5).within_group(Member.age), func.rank(3).within_group(Member.age)
    ),
    "FILTER of columns": lambda: select(count().filter(Member.active)).from_(Member),
    "a row in a query of as many columns": lambda: select(Member.id).where(
        row(Member.id, Member.name).in_(select(Visit.id, Visit.place))
    ),
    "a row compared with a query of one row": lambda: select(Member.id).where(
        row(Member.id, Member.name) == select(Visit.id, Visit.place).limit(1).scalar()
    ),
    "a star in IN": lambda: select(Member.id).where(Member.id.in_(Qail.get(select(Visit.id).subquery("s")))),
    "DISTINCT by its items": lambda: (
        select(Member.id, Member.age, FIRST_LETTER).distinct().order_by(Member.age, col("id").desc(), FIRST_LETTER)
    ),
    "DISTINCT by the names of its items": lambda: (
        select(Member.id.as_("n"), count().as_("c")).group_by(Member.id).distinct().order_by(col("n"), col("c"))
    ),
    "DISTINCT by the name of a function": lambda: select(func.upper(Member.name)).distinct().order_by(col("upper")),
    "DISTINCT by a number": lambda: select(Member.id).distinct().order_by(literal(1)),
    "DISTINCT of whole rows": lambda: Qail.get("members").columns("id", "name", "age").distinct().order_by("age"),
    "DISTINCT by a cast that changes nothing": lambda: (
        select(Member.id, Member.age).distinct().order_by(cast(Member.age, INT4))
    ),
    "DISTINCT of a star": lambda: Qail.get("members").distinct().order_by("name"),
    "DISTINCT ON and its keys in another order": lambda: (
        select(Member.id).distinct_on(Member.age, Member.name).order_by(Member.name, Member.age.desc(), Member.id)
    ),
    "DISTINCT ON with fewer sort keys": lambda: (
        select(Member.id).distinct_on(Member.age, Member.name).order_by(Member.age)
    ),
    "DISTINCT ON by names and aliases": lambda: (
        Qail.get("members").columns(col("age").as_("years")).distinct_on(col("age")).order_by("years")
    ),
    "DISTINCT ON of a typed column sorted by its name": lambda: (
        select(Member.id, Member.age).distinct_on(Member.age).order_by(col("age"))
    ),
    "a set in a grouped update": lambda: (
        Qail.set(Member).values({"age": select(max_(Visit.id)).scalar()}).where(Member.id == 1)
    ),
    "a LATERAL that sees what is before it": lambda: select(Member.id).cross_join(
        select(Visit.id).where(Visit.member_id == Member.id).subquery("v", lateral=True)
    ),
    "conflicts by a key": lambda: ADDED.on_conflict(Member.name).do_update("age"),
    "conflicts by a whole key": lambda: Qail.add(Pair).values({"a": 1, "b": 2}).on_conflict("b", "a").do_nothing(),
    "texts of one family": lambda: select(Member.id).where(Member.name == cast(Member.id, TEXT)),
    "numbers of one family": lambda: select(Member.id).where(Member.id > Member.age),
    "a document less a key": lambda: select(Member.data - literal("a")),
    "a member of an array": lambda: select(Member.id).where(Member.id == any_([1, 2])),
    "an untyped case as a condition": lambda: select(Member.id).where(case((Member.active, True), else_=False)),
    "the outer form behind a left join": lambda: (
        select(Member.id, VisitOuter.place).left_join(VisitOuter, on=OUTER_ON).where(VisitOuter.id.is_null())
    ),
    "the plain form in its own ON": lambda: select(Member.id).left_join(VisitOuter, on=ON),
    "outer forms around a right join": lambda: select(MemberOuter.name, Visit.id).right_join(
        Visit, on=Visit.member_id == MemberOuter.id
    ),
    "outer forms around a full join": lambda: select(MemberOuter, VisitOuter).full_join(
        VisitOuter, on=VisitOuter.member_id == MemberOuter.id
    ),
    "the outer form of a subquery": lambda: select(Member.id, VISITED.outer("n")).left_join(
        VISITED, on=VISITED[Visit.member_id] == Member.id
    ),
    "plain forms of inner joins": lambda: select(Member.name, Visit.place).join(Visit, on=using("id")),
    "plain forms of natural joins": lambda: select(Member.name, Visit.place).join(Visit, on=natural()),
    "names of a target": lambda: (
        Qail.add("pairs")
        .values({"a": 1, "b": 1})
        .on_conflict("a", "b")
        .do_update(set={"note": col("excluded", "note")})
    ),
}
