"""Set operations, WITH, items of FROM, windows, grouping sets and operators, compared with hand-written SQL."""

from __future__ import annotations

from typing import Any

import pytest

from qail import (
    INT4,
    INT8,
    JSONB,
    TEXT,
    TIMESTAMPTZ,
    Qail,
    all_,
    any_,
    array,
    array_of,
    array_query,
    case,
    cast,
    count,
    cube,
    extract,
    func,
    grouping,
    grouping_sets,
    groups,
    literal,
    natural,
    only,
    preceding,
    range_,
    rollup,
    row,
    rows,
    rows_from,
    select,
    sum_,
    tablesample,
    using,
)
from support.library import Loan, Reader, assert_same
from support.servers import Database

CITIES = select(Reader.city)
NAMES, TITLES = select(Reader.name), select(Loan.title)
ALIAS = Reader.as_("other")
PER_READER = select(Loan.reader_id, count().as_("n")).group_by(Loan.reader_id).cte("per_reader")
LATEST = (
    select(Loan.title, Loan.day)
    .where(Loan.reader_id == Reader.id)
    .order_by(Loan.day.desc(), Loan.id)
    .limit(2)
    .subquery("latest", lateral=True)
)
OLDER = (
    select(Reader.id, Reader.age)
    .where(Reader.id == 1)
    .recursive("older", lambda older: select(ALIAS.id, ALIAS.age).join(older, on=ALIAS.id == older[Reader.id] + 1))
)
PEOPLE = Qail.values({"id": INT8, "nick": TEXT}, (1, "Countess"), (2, "Admiral"), (77, "Nobody")).subquery("p")
SERIES = rows_from(func.generate_series(cast(1, INT4), Reader.age / 20), alias="g", columns=[("n", INT4)])
WORDS = rows_from(func.unnest(cast(["b", "a"], array_of(TEXT))), alias="w", columns=[("w", TEXT)], ordinality="i")
PAIRS = rows_from(
    func.unnest(cast([1, 2], array_of(INT8))), func.unnest(cast(["x"], array_of(TEXT))), alias="z", columns=["a", "b"]
)
DOCUMENT = cast({"a": {"b": [1, 2]}, "c": "x"}, JSONB).json

SAME: list[tuple[str, str, Any, str]] = [
    ("JN6", "union", CITIES.union(NAMES), "SELECT city FROM readers UNION SELECT name FROM readers"),
    ("JN6", "union all", CITIES.union_all(CITIES), "SELECT city FROM readers UNION ALL SELECT city FROM readers"),
    (
        "JN6",
        "nested, sorted, limited",
        NAMES.union(TITLES.except_(TITLES.where(Loan.price > 10)))
        .intersect(NAMES.union_all(TITLES))
        .order_by(Reader.name.desc())
        .limit(5)
        .offset(1),
        (
            "((SELECT name FROM readers) UNION ((SELECT title FROM loans) EXCEPT (SELECT title FROM loans WHERE "
            "price > 10))) INTERSECT ((SELECT name FROM readers) UNION ALL (SELECT title FROM loans)) ORDER BY name "
            "DESC LIMIT 5 OFFSET 1"
        ),
    ),
    (
        "JN6",
        "operands with limits",
        NAMES.order_by(Reader.name).limit(2).union_all(TITLES.order_by(Loan.title).limit(1)),
        "(SELECT name FROM readers ORDER BY name LIMIT 2) UNION ALL (SELECT title FROM loans ORDER BY title LIMIT 1)",
    ),
    (
        "JN6",
        "all that count",
        CITIES.intersect_all(CITIES.where(Reader.active)).except_all(CITIES.where(Reader.id == 1)),
        (
            "(SELECT city FROM readers INTERSECT ALL SELECT city FROM readers WHERE active) EXCEPT ALL "
            "SELECT city FROM readers WHERE id = 1"
        ),
    ),
    (
        "JN6",
        "whole rows",
        Qail.get(Reader).where(Reader.id < 3).union(Qail.get(Reader).where(Reader.id < 4)),
        "SELECT * FROM readers WHERE id < 4",
    ),
    (
        "JN4",
        "a query of WITH, joined",
        select(Reader.name, PER_READER["n"])
        .with_(PER_READER)
        .join(PER_READER, on=PER_READER[Loan.reader_id] == Reader.id),
        "SELECT name, n FROM readers JOIN (SELECT reader_id, count(*) n FROM loans GROUP BY 1) l ON reader_id = id",
    ),
    (
        "JN4",
        "recursive",
        Qail.get(OLDER).with_(OLDER).order_by("id"),
        "SELECT id, age FROM readers ORDER BY id",
    ),
    (
        "JN4",
        "recursive, depth first",
        Qail.get("older").columns("id").order_by("o").with_(OLDER.search_depth_first("id", into="o")),
        "SELECT id FROM readers ORDER BY id",
    ),
    (
        "JN4",
        "recursive, with a circle",
        Qail.get("ring")
        .columns("id", "again")
        .with_(
            select(Reader.id)
            .where(Reader.id == 1)
            .recursive("ring", lambda ring: select(ring[Reader.id] % 3 + 1).from_(ring))
            .cycle("id", mark="again", path="way")
        ),
        "VALUES (1, false), (2, false), (3, false), (1, true)",
    ),
    (
        "JN2",
        "lateral",
        select(Reader.name, LATEST[Loan.title]).cross_join(LATEST),
        (
            "SELECT name, title FROM readers r, LATERAL (SELECT title FROM loans l WHERE l.reader_id = r.id "
            "ORDER BY day DESC, id LIMIT 2) x"
        ),
    ),
    (
        "JN2",
        "left join lateral",
        select(Reader.name, LATEST.outer(Loan.title)).left_join(LATEST, on=literal(True)),
        (
            "SELECT name, title FROM readers r LEFT JOIN LATERAL (SELECT title FROM loans l WHERE l.reader_id = r.id "
            "ORDER BY day DESC, id LIMIT 2) x ON true"
        ),
    ),
    (
        "JN2",
        "values",
        select(Reader.name, PEOPLE["nick"]).join(PEOPLE, on=PEOPLE["id"] == Reader.id),
        (
            "SELECT name, nick FROM readers JOIN (VALUES (1, 'Countess'), (2, 'Admiral'), (77, 'Nobody')) p (id, nick) "
            "USING (id)"
        ),
    ),
    (
        "JN2",
        "a function of a column",
        select(Reader.id, SERIES["n"]).cross_join(SERIES),
        "SELECT id, n FROM readers, generate_series(1, age / 20) n",
    ),
    (
        "JN2",
        "a function with ordinality",
        select(WORDS["w"], WORDS["i"]).from_(WORDS),
        "VALUES ('b', 1), ('a', 2)",
    ),
    ("JN2", "two functions side by side", Qail.get(PAIRS), "VALUES (1, 'x'), (2, NULL)"),
    (
        "JN1",
        "using",
        Qail.get("readers").columns("id", "name", "title").join("loans", on=using("id")),
        "SELECT id, name, title FROM readers JOIN loans USING (id)",
    ),
    (
        "JN1",
        "natural",
        Qail.get("readers").columns("id", "title").left_join("loans", on=natural()),
        "SELECT id, title FROM readers NATURAL LEFT JOIN loans",
    ),
    ("ST8", "only", select(Reader.id).from_(only(Reader)), "SELECT id FROM ONLY readers"),
    ("ST8", "every row sampled", Qail.get(tablesample("readers", 100)), "SELECT * FROM readers"),
    (
        "JN5",
        "named windows",
        select(Reader.id, func.rank().over("w"), sum_(Reader.age).over("v"))
        .window("w", partition_by=Reader.active, order_by=Reader.age)
        .window("v", "w", frame=rows(-1, 1, exclude="current row")),
        (
            "SELECT id, rank() OVER w, sum(age) OVER (PARTITION BY active ORDER BY age ROWS BETWEEN 1 PRECEDING AND 1 "
            "FOLLOWING EXCLUDE CURRENT ROW) FROM readers WINDOW w AS (PARTITION BY active ORDER BY age)"
        ),
    ),
    (
        "JN5",
        "a range",
        select(Reader.id, count().over(order_by=Reader.age, frame=range_(-10, 15, exclude="ties"))),
        "SELECT id, count(*) OVER (ORDER BY age RANGE BETWEEN 10 PRECEDING AND 15 FOLLOWING EXCLUDE TIES) FROM readers",
    ),
    (
        "JN5",
        "a range of days",
        select(Loan.id, count().over(order_by=Loan.day, frame=range_(preceding(func.make_interval(days=31)), 0))),
        "SELECT id, count(*) OVER (ORDER BY day RANGE BETWEEN '31 days' PRECEDING AND CURRENT ROW) FROM loans",
    ),
    (
        "JN5",
        "groups",
        select(Reader.id, sum_(Reader.id).over(order_by=Reader.age, frame=groups(-1, 1, exclude="group"))),
        "SELECT id, sum(id) OVER (ORDER BY age GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP) FROM readers",
    ),
    (
        "EX6",
        "sorted inside",
        select(
            func.string_agg(Reader.name, "/", order_by=[Reader.age.desc(), Reader.name]),
            func.array_to_string(func.array_agg(Reader.age, distinct=True, order_by=Reader.age.desc()), ","),
            func.percentile_cont(literal(0.5)).within_group(Reader.age).filter(Reader.active),
            func.mode().within_group(Reader.city),
        ),
        (
            "SELECT string_agg(name, '/' ORDER BY age DESC, name), array_to_string(array_agg(DISTINCT age ORDER BY age "
            "DESC), ','), percentile_cont(0.5) WITHIN GROUP (ORDER BY age) FILTER (WHERE active), mode() WITHIN GROUP "
            "(ORDER BY city) FROM readers"
        ),
    ),
    (
        "ST6",
        "rollup",
        select(Reader.city, Reader.active, grouping(Reader.city, Reader.active), count()).group_by(
            rollup(Reader.city, Reader.active)
        ),
        "SELECT city, active, grouping(city, active), count(*) FROM readers GROUP BY ROLLUP (city, active)",
    ),
    (
        "ST6",
        "cube",
        select(Reader.city, Reader.active, sum_(Reader.age)).group_by(cube(Reader.city, Reader.active)),
        "SELECT city, active, sum(age) FROM readers GROUP BY CUBE (city, active)",
    ),
    (
        "ST6",
        "grouping sets",
        select(Reader.city, Reader.age, count())
        .group_by(grouping_sets((Reader.city, Reader.age), Reader.age, ()))
        .having(grouping(Reader.age) == 0)
        .order_by(Reader.city, Reader.age),
        "SELECT city, age, count(*) FROM readers GROUP BY GROUPING SETS ((city, age), age) ORDER BY 1, 2",
    ),
    (
        "EX3",
        "patterns",
        NAMES.where(
            Reader.name.similar_to("(A|G)%") | Reader.name.matches("^B.*a$") | Reader.name.not_matches("[a-z]")
        ),
        "SELECT name FROM readers WHERE name SIMILAR TO '(A|G)%' OR name ~ '^B.*a$' OR name !~ '[a-z]'",
    ),
    (
        "EX4",
        "rows and symmetric bounds",
        NAMES.where(
            row(Reader.age, Reader.active).in_([(36, True), (41, False), (1, True)]),
            Reader.age.between(41, 36, symmetric=True),
        ),
        "SELECT name FROM readers WHERE (age, active) IN ((36, true), (41, false)) AND age BETWEEN 36 AND 41",
    ),
    (
        "EX2",
        "truth",
        select(
            Reader.id, (Reader.score > 7).is_true(), (Reader.score > 7).is_unknown(), (Reader.score > 7).is_not_false()
        ),
        "SELECT id, score > 7 IS TRUE, score > 7 IS UNKNOWN, score > 7 IS NOT FALSE FROM readers",
    ),
    (
        "EX10",
        "any, all and array of queries",
        select(
            Reader.id,
            func.array_to_string(
                array_query(select(Loan.id).where(Loan.reader_id == Reader.id).order_by(Loan.id)), ","
            ),
        ).where(
            Reader.id == any_(select(Loan.reader_id)),
            (Reader.age <= all_(select(Reader.age * 1))) | (Reader.age > any_([50, 60])),
        ),
        (
            "SELECT id, array_to_string(ARRAY(SELECT id FROM loans l WHERE l.reader_id = r.id ORDER BY id), ',') FROM "
            "readers r WHERE id IN (SELECT reader_id FROM loans) AND (age <= (SELECT min(age) FROM readers) OR age > 50"
            ")"
        ),
    ),
    (
        "EX5",
        "cases and times",
        select(
            Reader.id,
            case((36, "a"), (20, "b"), else_="c", of=Reader.age),
            extract("month", cast(literal("2024-03-05"), Loan.day.pg)),
            cast(literal("2024-03-05 12:00+02"), TIMESTAMPTZ).at_time_zone("UTC"),
            cast(literal("2024-03-05"), Loan.day.pg) + func.make_interval(days=2),
        ),
        (
            "SELECT id, CASE age WHEN 36 THEN 'a' WHEN 20 THEN 'b' ELSE 'c' END, 3, timestamp '2024-03-05 10:00', "
            "timestamp '2024-03-07 00:00' FROM readers"
        ),
    ),
    (
        "EX8",
        "arrays",
        select(
            array(1, 2, 3, of=INT8).array.item(2),
            func.array_to_string(array(1, 2, 3, of=INT8).array.slice(2, 3), ","),
            array(1, 2, of=INT8).array.contains([2]),
            array(1, 2, of=INT8).array.overlaps([3]),
            array(1, of=INT8).array.append(7).array.length(),
        ),
        "VALUES (2, '2,3', true, false, 2)",
    ),
    (
        "EX7",
        "documents",
        select(
            DOCUMENT.text("c"),
            DOCUMENT.get("a").json.get("b").json.text(-1),
            DOCUMENT.path_text("a", "b", 0),
            DOCUMENT.contains({"c": "x"}),
            DOCUMENT.has_any_key(["y", "a"]),
            DOCUMENT.without("a").json.has_key("a"),
            DOCUMENT.without_path("a", "b").json.path("a").json.has_key("b"),
            DOCUMENT.merge({"d": 1}).json.has_all_keys(["c", "d"]),
            DOCUMENT.path_exists("$.a.b[*] ? (@ == 2)"),
        ),
        "VALUES ('x', '2', '1', true, true, false, false, true, true)",
    ),
    (
        "EX1",
        "bits",
        select(
            Reader.age.bits.and_(36),
            Reader.age.bits.or_(1),
            Reader.age.bits.xor(5),
            Reader.age.bits.not_(),
            Reader.age.bits.shift_left(2),
            Reader.id.bits.shift_right(1),
        ),
        "SELECT age & 36, age | 1, age # 5, ~ age, age << 2, id >> 1 FROM readers",
    ),
    (
        "ST4",
        "collations",
        NAMES.where(Reader.name.collate("C") < "a").order_by(Reader.name.collate("C").desc()),
        'SELECT name FROM readers WHERE name COLLATE "C" < \'a\' ORDER BY name COLLATE "C" DESC',
    ),
]


@pytest.mark.parametrize(
    ("query", "sql"),
    [pytest.param(query, sql, id=name, marks=pytest.mark.feature(row_id)) for row_id, name, query, sql in SAME],
)
def test_rows_are_those_of_the_sql(library: Database, query: Any, sql: str) -> None:
    assert_same(library, query, sql, is_ordered="ORDER BY" in sql.rsplit(")", 1)[-1])
