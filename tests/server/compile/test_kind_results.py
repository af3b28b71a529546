"""Arrays, ranges, networks, text search, operators of extensions, and casts, against hand-written SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from qail import (
    BOOL,
    DATE,
    DATEMULTIRANGE,
    DATERANGE,
    FLOAT8,
    INET,
    INT4,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8,
    INTERVAL,
    NUMMULTIRANGE,
    NUMRANGE,
    TEXT,
    TIMESTAMPTZ,
    TSQUERY,
    TSTZRANGE,
    TSVECTOR,
    Expr,
    Interval,
    Multirange,
    PgType,
    Qail,
    Range,
    all_,
    any_,
    array,
    array_of,
    case,
    cast,
    coalesce,
    col,
    extract,
    func,
    greatest,
    least,
    literal,
    nullif,
    pgtype,
    rows_from,
    select,
    type_,
)
from support.library import Loan, Reader, assert_same, fetch
from support.servers import Database, Server


def text(value: Expr[Any]) -> Expr[str]:
    """In PostgreSQL's own form, as the SQL beside it gives it."""
    return cast(value, TEXT)


def ranges(low: int, high: int) -> list[tuple[PgType[Any], Any, str]]:
    one = Range(low, high)
    return [
        (INT4RANGE, one, f"'[{low},{high})'::int4range"),
        (INT4MULTIRANGE, Multirange([one, Range(high + 10, high + 12)]),
         f"'{{[{low},{high}),[{high + 10},{high + 12})}}'::int4multirange"),
    ]  # fmt: skip


TESTS = {
    "contains": "@>",
    "contained_by": "<@",
    "overlaps": "&&",
    "left_of": "<<",
    "right_of": ">>",
    "not_right_of": "&<",
    "not_left_of": "&>",
    "adjacent_to": "-|-",
}


@pytest.mark.feature("EX8")
@pytest.mark.parametrize(("method", "operator"), TESTS.items())
def test_every_range_operator_is_that_of_the_sql(library: Database, method: str, operator: str) -> None:
    """Of each pair of ranges and multiranges, lying before, beside, over and inside of each other."""
    columns: list[Any] = []
    expected: list[str] = []
    places = [(1, 5), (5, 9), (2, 3), (3, 8), (1, 5), (30, 40)]
    for left_type, left, left_sql in ranges(1, 5):
        for low, high in places:
            for right_type, right, right_sql in ranges(low, high):
                ours = getattr(cast(left, left_type).range, method)
                columns += [ours(right), ours(cast(right, right_type))]
                expected += [f"{left_sql} {operator} {right_sql}"] * 2
    assert_same(library, select(*columns), f"SELECT {', '.join(expected)}")


@pytest.mark.feature("EX8")
def test_range_arithmetic_bounds_and_functions_are_those_of_the_sql(library: Database) -> None:
    during, many = cast(Range(1, 9), INT4RANGE), cast(Multirange([Range(1, 3), Range(5, 9)]), INT4MULTIRANGE)
    whole = cast(literal("(,5.5]"), NUMRANGE)
    query = select(
        text(during.range.union(Range(9, 12))),
        text(during.range.intersection(Range(4, 20))),
        text(during.range.difference(Range(4, 20))),
        text(many.range.union(Multirange([Range(3, 4)]))),
        text(many.range.intersection(Multirange([Range(2, 6)]))),
        text(many.range.difference(Multirange([Range(2, 6)]))),
        during.range.lower(), during.range.upper(), many.range.upper(), during.range.is_empty(),
        during.range.has_lower(), during.range.has_upper(), whole.range.is_lower_infinite(),
        whole.range.is_upper_infinite(), whole.range.has_upper(), many.range.is_lower_infinite(),
        during.range.contains_element(8, INT4), many.range.contains_element(4, INT4),
        text(func.int4range(1, 5, "[]")), text(func.daterange(cast(dt.date(2024, 1, 1), DATE), None)),
        text(func.nummultirange(cast(Range(1, 2), NUMRANGE))), text(func.range_merge(during, func.int4range(20, 21))),
        text(func.multirange(during)), text(cast(Multirange(), NUMMULTIRANGE)), during == Range(1, 9),
        many < Multirange([Range(7, 8)]),
        cast(Range(dt.date(2024, 1, 1), None), DATERANGE).range.overlaps(Range(None, dt.date(2024, 1, 2))),
        cast(Multirange([Range(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]), DATEMULTIRANGE).range.contains_element(
            dt.date(2024, 1, 31), DATE
        ),
        cast(Range(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None), TSTZRANGE).range.contains_element(
            dt.datetime(2025, 1, 1, tzinfo=dt.UTC), TIMESTAMPTZ
        ),
    )  # fmt: skip
    expected = """VALUES ('[1,12)', '[4,9)', '[1,4)', '{[1,4),[5,9)}', '{[2,3),[5,6)}', '{[1,2),[6,9)}',
        1, 9, 9, false, true, false, true, false, true, false, true, false, '[1,6)', '[2024-01-01,)', '{[1,2)}',
        '[1,21)', '{[1,9)}', '{}', true, true, true, true, true)"""
    assert_same(library, query, expected)


@pytest.mark.feature("EX8")
def test_arrays_are_those_of_the_sql(library: Database) -> None:
    numbers = array(1, 2, 3, of=INT8)
    unnested = rows_from(
        func.unnest(cast(Multirange([Range(1, 3), Range(5, 9)]), INT4MULTIRANGE)), alias="u", columns=["r"]
    )
    query = select(
        numbers.array.item(2), numbers.array.item(9), text(numbers.array.slice(2)), text(numbers.array.slice(None, 2)),
        text(array(array(1, 2, of=INT4), array(3, 4, of=INT4)).array.item(2).array.item(1)),
        numbers.array.contains([2, 3]), numbers.array.contained_by([1, 2]), numbers.array.overlaps([3, 9]),
        text(numbers.array.concat([4])), text(numbers.array.append(None)), numbers.array.length(),
        cast(4, INT8) > all_(numbers),
        text(array(of=TEXT)), cast(2, INT8) == any_(numbers), cast(2, INT8).not_in(numbers),
        text(func.array_position(numbers, cast(3, INT8))), text(func.array_remove(numbers, cast(2, INT8))),
    )  # fmt: skip
    expected = """VALUES (2, NULL::bigint, '{2,3}', '{1,2}', '3', true, false, true, '{1,2,3,4}', '{1,2,3,NULL}', 3,
        true, '{}', true, false, '3', '{1,3}')"""
    assert_same(library, query, expected)
    assert_same(library, select(text(unnested["r"])).from_(unnested), "VALUES ('[1,3)'), ('[5,9)')")


@pytest.mark.feature("EX9")
def test_text_search_and_networks_are_those_of_the_sql(library: Database) -> None:
    words = func.to_tsvector("english", Loan.title)
    wanted = func.websearch_to_tsquery("english", "engine or notes")
    found = select(Loan.id, text(func.ts_rank(words, wanted))).where(words.search.matches(wanted))
    assert_same(
        library,
        found,
        """SELECT id, ts_rank(to_tsvector('english', title), q)::text FROM loans,
            websearch_to_tsquery('english', 'engine or notes') q WHERE to_tsvector('english', title) @@ q""",
    )
    cat, rat = cast("cat", TSQUERY), cast("rat", TSQUERY)
    weighted = func.setweight(func.to_tsvector("simple", "the cat"), cast("A", type_("char")))
    address, network = cast("10.1.2.3", INET), cast("10.1.0.0/16", INET)
    query = select(
        text(cat.search.and_(rat)), text(cat.search.concat(rat)), text(cat.search.followed_by(rat)),
        text(cat.search.not_()), cat.search.contains(rat), cat.search.contained_by(cat.search.and_(rat)),
        text(weighted),
        func.ts_headline("english", "A cat sat", cat), text(cast("a:1", TSVECTOR).search.concat(cast("b:1", TSVECTOR))),
        address.network.within("10.0.0.0/8"), address.network.within_or_equal("10.1.2.3"),
        network.network.contains(address), network.network.contains_or_equals(network),
        network.network.overlaps("10.1.5.0/24"), text(address.network.plus(300)), text(address.network.minus(4)),
        address.network.distance("10.1.2.1"), text(address.bits.and_(cast("255.255.0.0", INET))),
        text(address.bits.or_(cast("0.0.0.255", INET))), text(cast("0.0.0.1", INET).bits.not_()),
        text(func.set_masklen(network, 8)), func.host(network), func.family(address),
    )  # fmt: skip
    expected = """VALUES ('''cat'' & ''rat''', '''cat'' | ''rat''', '''cat'' <-> ''rat''', '!''cat''', false, true,
        '''cat'':2A ''the'':1A', 'A <b>cat</b> sat', '''a'':1 ''b'':2', true, true, true, true, true, '10.1.3.47/32',
        '10.1.1.255/32', 2, '10.1.0.0/32', '10.1.2.255/32', '255.255.255.254/32', '10.1.0.0/8', '10.1.0.0', 4)"""
    assert_same(library, query, expected)


EXTENSIONS: dict[str, tuple[str, Any, str]] = {
    "pg_trgm": ("", select(text(cast("word", TEXT).op("<->", FLOAT8)("words")),
                           cast("word", TEXT).op("%", BOOL)("words"),
                           cast("word", TEXT).op("<<%", BOOL, schema="elsewhere")("two words")),
                "SELECT ('word' <-> 'words'::text)::text, 'word' % 'words', 'word' <<% 'two words'"),
    "cube": ("", select(text(cast(literal("(1,2)"), type_("elsewhere", "cube")).op("<->", FLOAT8)(
                 cast(literal("(4,6)"), type_("elsewhere", "cube"))))), "VALUES ('5')"),
    "vector": ("", select(text(cast(literal("[1,2]"), type_("elsewhere", "vector")).op("<->", FLOAT8)(
                 cast(literal("[4,6]"), type_("elsewhere", "vector"))))), "VALUES ('5')"),
}  # fmt: skip


@pytest.mark.feature("EX9")
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_operators_of_extensions_are_those_of_the_sql(any_server: Server, extension: str) -> None:
    """In a schema that the search path names last; on each server that has the extension."""
    if not any_server.sql(f"SELECT 1 FROM pg_available_extensions WHERE name = '{extension}'"):
        pytest.skip(f"{any_server.name} has no {extension}")
    _, query, sql = EXTENSIONS[extension]
    with any_server.fresh_database() as database:
        database.sql(f"""CREATE SCHEMA elsewhere; CREATE EXTENSION {extension} SCHEMA elsewhere;
            ALTER DATABASE "{database.name}" SET search_path = public, elsewhere""")
        assert_same(database, query, sql)


def constants() -> Iterator[PgType[Any]]:
    for name in dir(pgtype):
        found = getattr(pgtype, name)
        if isinstance(found, PgType) and found.name != "record":
            yield found


@pytest.mark.feature("EX5")
def test_a_cast_to_each_type_is_of_that_type(library: Database) -> None:
    types = list(constants())
    assert len(types) > 70
    sent = [select(*[text(func.pg_typeof(cast(None, pg))) for pg in part]) for part in (types[:40], types[40:])]
    arrays = [array_of(pg) for pg in types if pg.array_oid]
    sent += [select(*[text(func.pg_typeof(cast([], pg))) for pg in arrays[:40]])]
    names = [str(name) for query in sent for name in fetch(library, query)[0]]

    known = library.sql("SELECT t.typname, t.oid::regtype::text, t.typarray::regtype::text FROM pg_type t")
    spelled = {str(name): (str(plain), str(of)) for name, plain, of in known}
    assert names == [spelled[pg.name][0] for pg in types] + [spelled[str(pg.name)[:-2]][1] for pg in arrays[:40]]


@pytest.mark.feature("EX5")
def test_choices_are_those_of_the_sql(library: Database) -> None:
    query = select(
        Reader.id, coalesce(Reader.city, "none"), nullif(Reader.age, 36), greatest(Reader.age, 40),
        text(least(Reader.score, 1.5, None)), case((Reader.age < 30, "young"), (Reader.age < 70, "ripe"), else_="old"),
        case((36, 1), else_=Reader.id, of=Reader.age),
    )  # fmt: skip
    expected = """SELECT id, coalesce(city, 'none'), nullif(age, 36), greatest(age, 40), least(score, 1.5)::text,
        CASE WHEN age < 30 THEN 'young' WHEN age < 70 THEN 'ripe' ELSE 'old' END, CASE age WHEN 36 THEN 1 ELSE id END
        FROM readers"""
    assert_same(library, query, expected)


@pytest.mark.feature("EX5")
def test_casts_to_types_of_the_database_times_and_named_arguments(fresh_database: Database) -> None:
    fresh_database.sql("""CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('sad', 'glad');
        CREATE DOMAIN shop.price AS numeric(6, 2) CHECK (VALUE > 0);
        CREATE TYPE shop.part AS (name text, price shop.price);""")
    mood, price, part = type_("shop", "mood"), type_("shop", "price"), type_("shop", "part")
    noon: Any = cast(dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC), TIMESTAMPTZ)
    last: Any = cast(dt.date(2024, 1, 31), DATE)
    span: Any = cast(Interval(1, 2, 3), INTERVAL)
    query = select(
        text(cast("glad", mood)), text(cast(["sad", None], array_of(mood))), text(cast(3, price)),
        text(cast(("pen", 2), part)), text(cast([("pen", 2)], array_of(part))), text(cast(None, mood)),
        text(cast(cast("sad", TEXT), mood)), text(extract("month", noon.at_time_zone("Europe/Rome"))),
        text(noon.at_time_zone("America/New_York")), text(last + cast(literal("1 mon"), INTERVAL)),
        text(cast(dt.timedelta(days=1, hours=2), INTERVAL)), text(span * 2),
        text(extract("epoch", cast(dt.timedelta(minutes=1), INTERVAL))), text(func.make_interval(days=2, hours=3)),
        text(func.make_date(2024, 2, 29)), text(noon - dt.timedelta(hours=1)),
    )  # fmt: skip
    expected = """VALUES ('glad', '{sad,NULL}', '3.00', '(pen,2.00)', '{"(pen,2.00)"}', NULL, 'sad', '3',
        '2024-03-05 07:00:00', '2024-02-29 00:00:00', '1 day 02:00:00', '2 mons 4 days 00:00:00.000006', '60.000000',
        '2 days 03:00:00', '2024-02-29', (timestamptz '2024-03-05 11:00+00')::text)"""
    assert_same(fresh_database, query, expected)
    assert fetch(fresh_database, select(cast("glad", mood), cast(3, price))) == [("glad", 3)]
    assert fetch(fresh_database, Qail.values({"m": mood}, ("sad",), ("glad",)).order_by("m")) == [("sad",), ("glad",)]
    assert fetch(
        fresh_database,
        select(func.cardinality(array("sad", of=mood)), col("x")).from_(
            rows_from(func.unnest(array("sad", "glad", of=mood)), alias="u", columns=["x"])
        ),
    ) == [(1, "sad"), (1, "glad")]
