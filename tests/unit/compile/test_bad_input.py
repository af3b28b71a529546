"""What no query can be: refused where it is built or compiled, by an error that names the thing and the way out.

Nothing here has a connection, so nothing can have been sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import pytest

from qail import (
    INT4,
    INT8,
    SKIP,
    BuildError,
    EncodeError,
    Qail,
    Table,
    all_of,
    any_,
    any_of,
    array,
    array_of,
    case,
    cast,
    coalesce,
    col,
    count,
    default,
    exists,
    extract,
    func,
    groups,
    literal,
    maybe,
    nest,
    not_,
    part,
    preceding,
    row,
    rows,
    rows_from,
    select,
    star,
    tablesample,
    using,
)
from qail.compile.cache import lookup
from qail.ddl import exclude, foreign_key
from support.sql_tables import Boss, Post, User

# Untyped, since most of what stands here is for checkers to refuse as well.
Q: Any = Qail
T: Any = Qail.get("t")
c: Any = col
every: Any = all_of
cast_to: Any = cast
frame_of_groups: Any = groups
nothing_selected: Any = select
Q_func: Any = func
Q_key: Any = foreign_key
array_like: Any = array
array_of_any: Any = array_of
case_of: Any = case
exclude_all: Any = exclude
part_of: Any = extract
counting: Any = count
LONG = "x" * 64
WIDE = "é" * 32
MANY = [{"id": number, "name": "x"} for number in range(32_769)]
X: Any = None
Cases = dict[str, tuple[Callable[[], Any], str]]


class Card(NamedTuple):
    id: int


def nested(make: Callable[[Any], Any], start: Any, levels: int) -> Any:
    found = start
    for _ in range(levels):
        found = make(found)
    return found


NAMES: Cases = {
    f"{what} {how}": (partial(take, name), told)
    for how, name, told in [
        ("of 64 bytes", LONG, "64 bytes.*at most 63"),
        ("of 64 bytes in UTF-8", WIDE, "64 bytes.*at most 63"),
        ("with NUL", "a\0b", "NUL"),
        ("that is empty", "", "empty"),
        ("with a lone surrogate", "a\ud800", "surrogate"),
        ("that is an int", 5, "str|table|column|pair|sort key"),
        ("that is bytes", b"x", "str|table|column|pair|sort key"),
    ]
    for what, take in {
        "table": lambda name: Q.get(name),
        "schema": lambda name: Q.get((name, "t")),
        "alias": lambda name: Q.get("t", alias=name),
        "column": lambda name: Q.get("t").columns(name),
        "qualified column": lambda name: c("t", name),
        "filter": lambda name: Q.get("t").eq(name, 1),
        "sort key": lambda name: Q.get("t").order_by(name),
        "label": lambda name: c("a").as_(name),
        "inserted column": lambda name: Q.add("t").values({name: 1}),
        "updated column": lambda name: Q.set("t").values({name: 1}),
        "conflict constraint": lambda name: Q.add("t").values({"a": 1}).on_conflict(constraint=name),
        "query of WITH": lambda name: T.cte(name),
        "subquery": lambda name: T.subquery(name),
        "window": lambda name: T.window(name, order_by=c("a")),
        "function": lambda name: func.named(name),
        "collation": lambda name: c("a").collate(name),
        "join column": lambda name: using(name),
        "sample method": lambda name: tablesample("t", 5, method=name),
        "named argument's schema": lambda name: func.named("f", schema=name),
        "column of values": lambda name: Q.values({name: INT8}, (1,)),
        "field": lambda name: c("a").field(name),
    }.items()
}  # fmt: skip

NUMBERS: Cases = {
    "negative limit": (lambda: T.limit(-1), r"limit\(-1\) is negative"),
    "negative offset": (lambda: T.offset(-1), r"offset\(-1\) is negative"),
    "negative fetch": (lambda: T.order_by("a").fetch_first(-2, with_ties=True), r"fetch_first\(-2\) is negative"),
    "bool as limit": (lambda: T.limit(True), "limit.*int"),
    "float as limit": (lambda: T.limit(1.5), "limit.*int"),
    "None as limit": (lambda: T.limit(X), "limit.*int"),
    "None as offset": (lambda: T.offset(X), "offset.*int"),
    "page 0": (lambda: T.page(0, size=5), "number of 1 or more"),
    "page of None": (lambda: T.page(1, size=X), "size of 1 or more"),
    "sample of 101 percent": (lambda: tablesample("t", 101), "0 to 100"),
    "frame that ends before it starts": (lambda: rows(3, 1), "ends before it starts"),
    "frame of half a row": (lambda: frame_of_groups(1.5), "int or None"),
    "negative distance": (lambda: preceding(-1), "negative"),
    "ties without an order": (lambda: lookup(T.fetch_first(1, with_ties=True)), "order_by"),
    "array index by name": (lambda: c("a").array.item("x"), "int or an expression"),
}

NOTHING: Cases = {
    "None compared": (lambda: c("a") == None, "is_null"),  # noqa: E711 - what is refused
    "None in a filter": (lambda: T.eq("a", None), "is_null"),
    "None greater": (lambda: T.gt("a", None), "is_null"),
    "None in a list": (lambda: T.in_("a", [1, None]), "None in in_"),
    "None not in a list": (lambda: T.not_in("a", [None]), "None in in_"),
    "None between": (lambda: T.between("a", 1, None), "between.. with None"),
    "None added": (lambda: c("a") + X, "NULL in SQL"),
    "None as a pattern": (lambda: c("a").like(X), "is_null"),
    "None as a condition": (lambda: T.where(X), "not None; maybe"),
    "None beside a condition": (lambda: c("a").is_null() & X, "not None"),
    "None in any_of": (lambda: any_of(X), "not None"),
    "None negated": (lambda: not_(X), "not None"),
    "None in a row": (lambda: row(User.id, User.age).in_([(1, None)]), "no value to compare"),
    "None contained": (lambda: c("a").json.contains(None), "None is NULL"),
    "None as a set": (lambda: c("a").in_(X), "list, tuple or set"),
    "None as a table": (lambda: Q.get(X), "table class or a table's name"),
    "None as a row": (lambda: Q.add("t").values(X), "mappings"),
    "None as a case of a value": (lambda: case((None, 1), of=c("a")), "is_null"),
    "None as a distance": (lambda: preceding(None), "None"),
    "SKIP outside of values": (lambda: c("a") == SKIP, "SKIP"),
    "None as a key": (lambda: Q.set(User).each({"id": None, "age": 1}, key="id"), "row 1 has no key"),
}

EMPTY: Cases = {
    "no columns": (lambda: T.columns(), "at least one column"),
    "no select": (lambda: nothing_selected(), "at least one column"),
    "no returning": (lambda: Q.delete("t").all_rows().returning(), "at least one column"),
    "no update": (lambda: Q.set("t").values({}), "sets no column"),
    "update of SKIP": (lambda: Q.set("t").values({"a": SKIP}), "sets no column"),
    "no rows of values": (lambda: Q.values({"a": INT8}), "at least one row"),
    "no columns of values": (lambda: Q.values({}, (1,)), "columns first"),
    "no bulk rows": (lambda: Q.add("t").bulk([]), "at least one row"),
    "an empty array": (lambda: array(), "of what"),
    "an empty row": (lambda: row(), "at least one element"),
    "update without a condition": (lambda: lookup(Q.set("t").values({"a": 1})), "all_rows"),
    "delete without a condition": (lambda: lookup(Q.delete("t")), "all_rows|not complete"),
    "update with conditions that are all absent": (
        lambda: Q.set("t").values({"a": 1}).where(maybe(None)), "all_rows"),
    "delete with conditions that are all absent": (lambda: Q.delete("t").where(maybe(None), maybe(None)), "all_rows"),
    "insert without rows": (lambda: lookup(Q.add("t")), "no rows|not complete"),
    "merge without a branch": (lambda: lookup(Q.merge("t").using("u", on=c("a") == 1)), "not complete"),
    "conflict without an action": (lambda: lookup(Q.add("t").values({"a": 1}).on_conflict("a")), "query is built"),
    "a write in WITH without a condition": (lambda: Q.set("t").values({"a": 1}).cte("w"), "no attribute|condition"),
}  # fmt: skip

TWICE: Cases = {
    "inserted column twice": (lambda: Q.add(User).values({"id": 1, User.id: 2}), "'id' twice"),
    "updated column twice": (lambda: Q.set("t").values({"a": 1, c("a"): 2}), "'a' twice"),
    "column updated by two calls": (
        lambda: lookup(Q.set("t").values({"a": 1}).values({"a": 2}).eq("b", 1)), "'a' twice"),
    "column updated by a value and a query": (
        lambda: lookup(Q.set("t").values({"a": 1}).values_from(T.columns("x"), "a").all_rows()), "'a' twice"),
    "column of a query twice": (lambda: Q.set("t").values_from(T.columns("x", "y"), "a", "a"), "'a' twice"),
    "column of a selected insert twice": (lambda: Q.add("t").from_select(T.columns("x", "y"), "a", "a"), "twice"),
    "column of a conflict twice": (
        lambda: Q.add("t").values({"a": 1, "b": 2}).on_conflict("a").do_update("b", "b"), "twice"),
    "key of put twice": (lambda: Q.put("t").values({"a": 1, "b": 2}, key=("a", "a")), "twice"),
    "merged column twice": (
        lambda: Q.merge("t").using("u", on=c("x")).when_matched().update({"a": 1, c("a"): 2}), "'a' twice"),
    "names of a subquery twice": (lambda: T.columns("x", "y").subquery("s", "a", "a"), "twice"),
    "columns of a join twice": (lambda: using("a", "a"), "twice"),
    "columns of a function twice": (lambda: rows_from(func.f(), alias="g", columns=["a", "a"]), "twice"),
    "two queries of WITH of a name": (lambda: T.with_(T.cte("a"), T.cte("a")), "two queries named 'a'"),
    "two items of FROM of a name": (lambda: lookup(T.join("t", on=c("a"))), "two items of FROM are named 't'"),
    "two windows of a name": (
        lambda: lookup(T.window("w", order_by=c("a")).window("w", order_by=c("b"))), "two windows"),
    "a key of each twice": (lambda: Q.set(User).each({"id": 1, "age": 1}, {"id": 1, "age": 2}, key="id"), "one key"),
}  # fmt: skip

MISMATCHED: Cases = {
    "rows of other columns": (lambda: Q.add("t").values({"a": 1}, {"b": 1}), "row 2 differs from row 1"),
    "a row of fewer columns": (lambda: Q.add("t").values({"a": 1, "b": 1}, {"a": 1}), "row 2 differs.*b"),
    "a row that skips": (lambda: Q.add("t").values({"a": 1}, {"a": SKIP}), "row 2 differs"),
    "a row as a tuple": (lambda: Q.add("t").values((1, 2)), "mappings"),
    "a row of values too short": (lambda: Q.values({"a": INT8, "b": INT8}, (1,)), "1 values for 2 columns"),
    "rows of two lengths": (lambda: row(User.id, User.age) == (1,), "row of 2 is compared with a row of 1"),
    "a list of rows of two lengths": (lambda: row(User.id, User.age).in_([(1, 2), (1,)]), "row 2 of the list"),
    "too few selected columns": (lambda: Q.add("t").from_select(T.columns("x"), "a", "b"), "2 columns for the 1"),
    "a frame of a number": (lambda: counting().over(frame=5), r"rows\(\), groups\(\) and range_\(\) make, not int"),
    "star as a value": (lambda: lookup(T.columns(Q_func.count(star()))), "star.. is an item of columns"),
    "star to sort by": (lambda: lookup(T.order_by(star())), "star.. is an item of columns"),
    "star beside a table class": (lambda: lookup(T.columns(User, star())), "becomes an object"),
    "star beside a part": (lambda: T.columns(star(), part(Card, c("id"))), "beside a part"),
    "a value in a range": (lambda: c("r").range.contains(3), "contains_element"),
    "a date in a range": (lambda: c("r").range.contains(date(2024, 1, 1)), "contains_element"),
    "star beside objects": (lambda: lookup(T.columns(star(), nest(Qail.get(User)))), "becomes an object"),
    "a result's type as a str": (lambda: Q_func.named("f", returns="int4"), "type object"),
    "elements of a str": (lambda: array_like(1, of="int4"), "type object"),
    "an array of a class": (lambda: array_of_any(int), "type object"),
    "an element of a class": (lambda: c("a").range.contains_element(3, int), "type object"),
    "a case that is no pair": (lambda: case_of("ab"), "pairs"),
    "a case of three": (lambda: case_of((1, 2, 3), of=c("a")), "pairs"),
    "an exclusion that is no pair": (lambda: exclude_all("during"), "pairs"),
    "a list as a name": (lambda: T.eq(["a"], 1), "str, not list"),
    "what becomes of values as a str": (lambda: Q.alter("t").set_type("a", INT8, using="a"), "takes an expression"),
    "columns of a number": (lambda: Q_key(5, "t"), "str, or several in a list, not int"),
    "a part of time of a list": (lambda: part_of([], c("a")), "no field"),
    "a list of raw SQL behind IN": (lambda: Q.sql("SELECT 1 WHERE 1 IN {n}", n=[1, 2]), "= ANY"),
    "a list of raw SQL behind NOT IN": (lambda: Q.sql("SELECT 1 WHERE 1 not in\n{n}", n=(1, 2)), "ALL"),
    "an unknown column": (lambda: Q.add(User).values({"nope": 1}), "no column 'nope'"),
    "an unknown column in SET": (lambda: Q.set(User).values({"nope": 1}), "no column 'nope'"),
    "an unknown column of a subquery": (lambda: select(User.id).subquery("s")["nope"], "no column of 'nope'"),
    "a column of another table": (lambda: lookup(select(User.id).where(Post.id == 1)), "not in FROM"),
    "a column of the table itself beside its alias": (
        lambda: lookup(select(Boss.id).where(User.age == 1)), r"there is 'users as boss'"),
    "a column of a table of another schema": (
        lambda: lookup(Q.get(("shop", "users")).where(User.age == 1)), "there is 'shop.users'"),
    "a window nobody defines": (lambda: lookup(T.columns(count().over("w"))), "window"),
    "a cast to a str": (lambda: cast_to(1, "int4"), "type object"),
    "a cast to a class": (lambda: cast_to(1, int), "type object"),
    "a query as a value": (lambda: c("a") == T, "scalar"),
    "a table as a value": (lambda: coalesce(User, 1), "neither an expression nor a value"),
    "a str as a list": (lambda: c("a").in_("abc"), "not str"),
    "a dict as a list": (lambda: any_({"a": 1}), "not dict"),
    "a value as a condition": (lambda: T.where(True), "not bool"),
    "a str as a condition": (lambda: every("a = 1"), "not str"),
    "a direction of another word": (lambda: T.order_by(("a", "down")), '"asc" or "desc"'),
    "an operator with letters": (lambda: c("a").op("or 1=1")(1), "operator characters"),
    "an operator with a comment": (lambda: c("a").op("--")(1), "comment"),
    "a literal of another type": (lambda: literal(b"x"), "a literal is"),
    "DEFAULT in a filter": (lambda: lookup(T.where(c("a") == default())), r"default\(\)"),
    "maybe inside another": (lambda: lookup(T.where(any_of(maybe(c("a")), c("b")))), "maybe"),
    "exists of a table": (lambda: exists(User), "returns no rows"),
    "a union with a write": (lambda: T.union(Q.delete("t").all_rows()), "stands between queries"),
    "a write as a subquery": (lambda: c("a").in_(Q.delete("t").all_rows()), "returns no rows"),
    "a table class of another kind": (lambda: Q.get(Table), "table|abstract|name"),
}  # fmt: skip

CYCLIC_B: Any = Q.get("a").cte("b")
CYCLIC_A: Any = Q.get(Q.get(CYCLIC_B).cte("a")).cte("a")
DEEP: Cases = {
    "NOT 501 deep": (lambda: nested(lambda found: ~found, c("a").is_null(), 501), "nested .* deep; at most 500"),
    "sum 501 deep on the right": (lambda: nested(lambda found: 1 - (c("a") - found), c("a"), 501), "at most 500"),
    "calls 501 deep": (lambda: nested(func.f, c("a"), 501), "at most 500"),
    "cases 501 deep": (lambda: nested(lambda found: case((c("a"), found)), c("a"), 501), "at most 500"),
    "subqueries 501 deep": (lambda: nested(lambda q: T.where(exists(q)), T, 501), "at most 500"),
    "derived tables 501 deep": (lambda: nested(lambda q: Q.get(q.subquery("s")), T, 501), "at most 500"),
    "AND in OR 501 deep": (lambda: nested(lambda found: (found & c("a")) | c("b"), c("c") == 1, 501), "at most 500"),
    "unions 501 deep on the right": (lambda: nested(lambda q: T.union(q), T, 501), "at most 500"),
    "queries of WITH 501 deep": (lambda: nested(lambda q: Q.get("w").with_(q.cte("w")), T, 501), "at most 500"),
    "a query of WITH that names itself": (
        lambda: lookup(Q.get(CYCLIC_A).with_(CYCLIC_A, CYCLIC_B)),
        "not known|known where|order|before",
    ),
}
TABLES = {
    "names": NAMES, "numbers": NUMBERS, "nothing": NOTHING, "empty": EMPTY, "twice": TWICE, "mismatched": MISMATCHED,
    "deep": DEEP,
}  # fmt: skip


@pytest.mark.feature("PL2")
@pytest.mark.feature("EX2")
@pytest.mark.feature("DM5")
@pytest.mark.parametrize(("group", "name"), [(group, name) for group, cases in TABLES.items() for name in cases])
def test_what_cannot_be_is_refused_by_name(group: str, name: str) -> None:
    build, told = TABLES[group][name]

    with pytest.raises((BuildError, AttributeError), match=f"(?s){told}"):
        build()


@pytest.mark.feature("PA3")
def test_65536_parameters_are_refused_and_65535_are_not() -> None:
    with pytest.raises(EncodeError, match=r"65538 parameters.*65535.*copy_in"):
        lookup(Q.add("t").values(*MANY))
    with pytest.raises(EncodeError, match="65536 parameters"):
        lookup(T.where(any_of(*[c("a") == number for number in range(65_536)])))

    call = lookup(T.where(any_of(*[c("a") == number for number in range(65_535)])))

    assert call.plan.sql.endswith(b'OR "a" = $65535')


@pytest.mark.feature("ST5")
def test_ten_thousand_terms_and_long_left_spines_compile() -> None:
    terms = any_of(*[c("a") == number for number in range(10_000)])
    one_by_one = nested(lambda found: found | (c("a") == 1), c("a") == 0, 10_000)
    total = nested(lambda found: found + c("a"), c("a"), 10_000)
    text = nested(lambda found: found.concat("x"), c("s"), 10_000)
    union = nested(lambda query: query.union_all(T), T, 1_000)

    assert str(T.where(terms)).count(" OR ") == 9_999
    assert str(T.where(one_by_one)).count(" OR ") == 10_000
    assert str(T.columns(total)).count(" + ") == 10_000
    assert str(T.columns(text)).count("||") == 10_000
    assert str(union).count("UNION ALL") == 1_000
    assert str(T.where(~nested(lambda found: ~found, c("a").is_null(), 400))).count("NOT") == 401
    assert str(select(cast(nested(lambda found: found * 2, User.age, 10_000), INT4))).count("*") == 10_000
