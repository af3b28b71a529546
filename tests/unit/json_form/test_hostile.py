"""The JSON form of whoever wants harm: BuildError with the place, or a statement that compiles; nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qail
import support.sql_tables
from qail import BuildError, Qail, count, func, select
from qail.json_form.limits import MAX_BYTES, MAX_NESTING, MAX_VALUES
from qail.json_form.rules import (
    SAFE_BUILDERS,
    SAFE_FUNCTIONS,
    SAFE_NODES,
    SAFE_OPERATORS,
    SAFE_STEPS,
    SAFE_TYPES,
    Rules,
)
from qail.json_form.values import CLASSES, LISTS, TEXTS
from support.hostile import HOSTILE_TEXTS
from support.sql_cases import CASES
from support.sql_tables import Post, User

TABLES: Final[list[Any]] = [each for each in vars(support.sql_tables).values() if hasattr(each, "__qail_star__")]


def documents() -> list[Any]:
    found: list[Any] = []
    for case in CASES:
        try:
            found.append(json.loads(case.query.to_json()))
        except BuildError:
            continue
    return found


DOCUMENTS: Final = documents()
WORDS: Final = sorted(
    {*SAFE_NODES, *SAFE_STEPS, *SAFE_BUILDERS, *TEXTS, *LISTS, *CLASSES, "insert", "WholeRow", "again"}
)
SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([2**31, 2**63, 2**70, -1, 10**30]),
    st.floats(),
    st.sampled_from([*HOSTILE_TEXTS, *WORDS, "\0", "a" * 64, "\ud800"]),
    st.text(max_size=8),
)
JUNK: Final = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from(["is", "type", "value", "kind", "id", "query", "steps", "step", "node"]), SCALARS),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """A document with one to three places changed: another value, another place's, a key gone, renamed, or added."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        spots = places(document)
        path = draw(st.sampled_from(spots))
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        how = draw(st.sampled_from(["junk", "swap", "drop", "rename", "add"]))
        if how == "swap":
            other = document
            for key in draw(st.sampled_from(spots)):
                other = other[key]
            holder[path[-1]] = copy.deepcopy(other)
        elif how == "drop":
            del holder[path[-1]]
        elif how == "junk" or isinstance(holder, list):
            holder[path[-1]] = draw(JUNK)
        elif how == "rename":
            holder[draw(st.sampled_from(WORDS))] = holder.pop(path[-1])
        else:
            holder[draw(st.sampled_from(["id", "kind", "name", "schema", *WORDS]))] = draw(JUNK)
        if not places(document):
            break
    return document


@pytest.mark.feature("ST9")
@settings(max_examples=150, deadline=None)
@given(mutations(), st.booleans())
def test_a_changed_document_is_refused_or_is_a_statement(document: Any, trusted: bool) -> None:
    try:
        found = qail.from_json(document, trusted=trusted, tables=TABLES)
    except BuildError:
        return
    try:
        assert str(found)
    except BuildError:  # what is newer than the rules of a text without a server
        return


@pytest.mark.feature("ST9")
@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60), JUNK))
def test_what_is_no_document_is_refused(data: Any) -> None:
    with pytest.raises(BuildError):
        qail.from_json(data, trusted=True)


USERS: Final = {"step": "get", "node": {"is": "RangeVar", "name": "users"}}


def document(*steps: Any, query: str = "Dyn") -> dict[str, Any]:
    return {"version": 1, "statement": {"query": query, "steps": [USERS, *steps]}}


def where(condition: Any) -> dict[str, Any]:
    return document({"step": "where", "node": condition})


def column(*names: str) -> dict[str, Any]:
    return {"is": "ColumnRef", "fields": list(names)}


def compared(operator: str, value: Any) -> dict[str, Any]:
    right = {"is": "ParamRef", "value": value}
    return where({"is": "A_Expr", "operator": operator, "left": column("a"), "right": right})


@pytest.mark.feature("ST9")
@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "version: Field required"),
        ({"version": 2, "statement": {}}, "version: Input should be 1"),
        (document({"step": "sql", "node": "x"}), "steps.1"),
        (document({"step": "limit", "node": {"is": "ParamRef", "value": 1, "x": 1}}), "Extra inputs"),
        (document({"step": "where", "node": {"is": "JoinExpr"}}), "steps.1.where.node"),
        (document({"step": "get", "node": {"is": "RangeVar", "name": "users"}}), "begins a statement"),
        (document(query="Insert"), "does not begin with"),
        (compared("= 1; DROP TABLE users; --", 1), "A_Expr.operator"),
        (compared("=", {"type": "numeric", "value": "abc"}), "value.tagged.numeric"),
        (compared("=", {"type": "builtins.eval", "value": []}), "builtins.eval"),
        (compared("=", {"type": "point", "value": [1]}), "value.tagged.point"),
        (compared("=", {"type": "interval", "value": [10**30, 0, 0]}), "value.tagged.interval"),
        (compared("=", {"type": "int", "value": "9" * 5000}), "too long"),
        (where(column("a\0b")), "holds a NUL"),
        (where(column("a" * 64)), "at most 63 characters"),
        (where(column()), "at least 1 item"),
        (where({"is": "again", "id": 1}), "nothing before it has the id 1"),
        (where({"is": "BoolExpr", "operator": "and", "arguments": []}), "at least 1 item"),
        (
            where({"is": "FuncCall", "kind": "function star", "name": "count", "arguments": [column("a")]}),
            "no arguments",
        ),
        (where({"is": "TypeCast", "argument": column("a"), "pg": "int8; DROP"}), "there is no type"),
        (document({"step": "offset", "node": {"is": "SetToDefault"}}), "not trusted"),
    ],
)
def test_the_place_is_told(data: Any, told: str) -> None:
    with pytest.raises(BuildError) as refused:
        qail.from_json(data, tables=["users"])
    assert told in str(refused.value)


def inserted(rows: Any) -> dict[str, Any]:
    made = {**document({"step": "rows", "node": rows}, query="Insert")}
    made["statement"]["steps"][0] = {**USERS, "step": "insert"}
    return made


ONE: Final = {"is": "ParamRef", "value": 1}
TWO_OF_ONE: Final = {"is": "ValuesRows", "columns": [column("a")], "row_count": 1, "values": [1, 2]}


@pytest.mark.feature("ST9")
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (inserted(TWO_OF_ONE), "1 rows of 1 columns have 1 values"),
        (inserted({**TWO_OF_ONE, "columns": [], "values": [], "row_count": 2}), "stands alone"),
        (where({"is": "A_Indirection", "kind": "field", "argument": column("a")}), "a field has a name"),
        (where({"is": "A_Indirection", "kind": "item", "argument": column("a"), "last": ONE}), "an item has one index"),
        (where({"is": "A_Indirection", "kind": "slice", "argument": column("a"), "name": "b"}), "an index has no name"),
        (where({"is": "FuncCall", "kind": "function distinct", "name": "f", "arguments": []}), "DISTINCT needs"),
        (where({"is": "QuantifiedExpr", "is_all": True}), "of members or of a query"),
        (where(column("a", "b", "c", "d")), "at most three names"),
        (
            document({"step": "join", "node": {"is": "JoinExpr", "kind": "JOIN", "relation": USERS["node"]}}),
            "a condition",
        ),
        (document({"step": "all rows"}), "clauses this statement does not take"),
        (document({"step": "limit", "node": ONE}, {"step": "with ties", "node": ONE}), "exclude each other"),
    ],
)
def test_fields_that_do_not_fit_each_other_are_refused(data: Any, told: str) -> None:
    with pytest.raises(BuildError) as refused:
        qail.from_json(data, trusted=True)
    assert told in str(refused.value)


@pytest.mark.feature("ST9")
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (" " * (MAX_BYTES + 1), "at most"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 50_000, "no JSON"),
        (b'{"a": NaN}', "no JSON"),
        (b"\xff", "no JSON"),
        ("[]", "is an object"),
        (7, "is an object"),
        (compared("=", [0] * MAX_VALUES), "holds more than"),
    ],
    ids=["long", "arrays", "objects", "nan", "bytes", "array", "number", "many"],
)
def test_limits_hold_before_anything_is_built(data: Any, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        qail.from_json(data, trusted=True)


@pytest.mark.feature("ST9")
def test_depth_is_bounded_both_ways() -> None:
    deep: Any = column("a")
    for _ in range(MAX_NESTING):
        deep = {"is": "NotExpr", "argument": deep}
    condition: Any = qail.col("a")
    for _ in range(MAX_NESTING):
        condition = ~condition
    endless: dict[str, Any] = {}
    endless["a"] = endless

    for data in (where(deep), endless):
        with pytest.raises(BuildError, match="nested deeper"):
            qail.from_json(data, trusted=True)
    with pytest.raises(BuildError, match="nested deeper"):
        Qail.get("t").where(condition).to_json()


@pytest.mark.feature("ST9")
def test_a_long_list_of_conditions_is_flat() -> None:
    condition: Any = qail.col("a") == 0
    for number in range(2_000):
        condition = condition | (qail.col("a") == number)

    query = Qail.get("t").where(condition)

    assert str(qail.from_json(query.to_json(), trusted=True)) == str(query)


READABLE: Final = (
    Qail.get(User).where(User.age > 3).order_by(User.id).limit(5),
    select(User.name, count(Post.id)).join(Post, on=Post.author_id == User.id).group_by(User.name).having(count() > 1),
    Qail.get("users").columns("id").union(Qail.get("posts").columns("id")).limit(1),
    Qail.get("users").where(qail.exists(Qail.get("posts").columns("id").where(qail.col("id") == 1))),
    select(func.lower(User.name), qail.cast(User.age, qail.TEXT), qail.coalesce(User.email, "")).distinct(),
    Qail.get(Qail.get("users").columns("id").subquery("u")).columns("id"),
    select(User.id).where(User.id.in_([1, 2]), User.name.ilike("a%"), User.age.between(1, 2), ~User.active),
)
U: Final = "users"
FORBIDDEN: Final = (
    (Qail.get("pg_shadow"), "'pg_shadow' is none of those"),
    (Qail.get(("pg_catalog", "users")), "'pg_catalog.users' is none of those"),
    (Qail.get(U).where(qail.exists(Qail.get("secrets"))), "'secrets' is none of those"),
    (Qail.get(U).join("secrets", on=qail.col("a") == 1), "'secrets' is none of those"),
    (Qail.get(U).for_update(), "LockingClause is not for clients"),
    (Qail.get(U).columns(func.pg_sleep(10)), "'pg_sleep' is not for clients"),
    (Qail.get(U).columns(func.named("lower", schema="evil")("x")), "schema's functions"),
    (Qail.get(U).columns(qail.cast("users", qail.type_("regclass"))), "type regclass is not"),
    (Qail.get(U).where(qail.col("a").op("+", qail.type_("regclass"))("pg_shadow") == 1), "type regclass"),
    (Qail.get(U).columns(qail.literal(1)), "Literal is not for clients"),
    (Qail.get(U).columns(qail.col("a").op("<->")(1)), "operator <-> is not for clients"),
    (Qail.get(U).columns(qail.col("a").op("+", schema="evil")(1)), "schema's functions and operators"),
    (Qail.get(U).columns(qail.col("a").collate("C")), "CollateClause is not for clients"),
    (Qail.get(U).columns(count().over()), "WindowDef is not for clients"),
    (Qail.get(qail.rows_from(func.generate_series(1, 10**9), alias="g")), "'generate_series' is not for clients"),
    (Qail.get(qail.only(U)), "RangeOnly is not for clients"),
    (Qail.add(U).values({"a": 1}), "is not for clients"),
    (Qail.set(U).values({"a": 1}).all_rows(), "is not for clients"),
    (Qail.delete(U).all_rows(), "is not for clients"),
    (Qail.values({"a": qail.INT8}, (1,)), "is not for clients"),
    (Qail.get(U).with_(Qail.delete(U).all_rows().returning("a").cte("d")), "is not for clients"),
)


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("query", READABLE, ids=str)
def test_clients_may_read_what_they_are_given(query: Any) -> None:
    assert str(qail.from_json(query.to_json(), tables=[User, Post, "users", "posts"])) == str(query)


@pytest.mark.feature("ST9")
@pytest.mark.parametrize(("query", "told"), FORBIDDEN, ids=str)
def test_clients_may_do_nothing_else(query: Any, told: str) -> None:
    text = query.to_json()

    with pytest.raises(BuildError) as refused:
        qail.from_json(text, tables=[U])
    assert told in str(refused.value)
    assert str(qail.from_json(text, trusted=True)) == str(query)


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("kind", ["with", "derived"])
def test_no_other_name_in_from_stands_for_a_table(kind: str) -> None:
    item = {"is": "RangeVar", "name": "secrets", "kind": kind}
    join = {"is": "JoinExpr", "kind": "CROSS JOIN", "relation": item}

    for data in (document({"step": "join", "node": join}), document({"step": "from", "node": item})):
        with pytest.raises(BuildError, match="none of the tables that were given"):
            qail.from_json(data, tables=[U])


@pytest.mark.feature("ST9")
def test_functions_may_be_added() -> None:
    text = Qail.get(U).columns(func.similarity("a", "b")).to_json()

    with pytest.raises(BuildError, match="similarity"):
        qail.from_json(text, tables=[U])
    assert qail.from_json(text, tables=[U], functions=["similarity"])


@pytest.mark.feature("ST9")
def test_the_documented_subset_is_the_one_that_holds() -> None:
    from support.source import ROOT

    page = (ROOT / "docs/reference/json-form.md").read_text(encoding="utf-8")

    for names in (SAFE_NODES, SAFE_STEPS, SAFE_FUNCTIONS, SAFE_OPERATORS, SAFE_TYPES):
        assert [name for name in sorted(names) if f"`{name}`" not in page] == []


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("name", ["Delete", "Insert", "Update", "Upsert", "Merge", "Returning", "Values"])
def test_a_query_that_does_more_than_read_is_refused_by_its_name_alone(name: str) -> None:
    with pytest.raises(BuildError, match=f"{name} is not for clients"):
        Rules(trusted=False, tables=(), functions=()).check_builder(name)
    Rules(trusted=True, tables=(), functions=()).check_builder(name)
