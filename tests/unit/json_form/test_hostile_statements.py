"""Documents written by hand that would change or read what they must not: each is refused, and the error says why."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

import qail
from qail import BuildError

pytestmark = pytest.mark.feature("ST9")

USERS: Final = {"is": "RangeVar", "name": "users"}
ID: Final = {"is": "ColumnRef", "fields": ["id"]}
ONE: Final = {"is": "ParamRef", "value": 1}
GET: Final = {"step": "get", "node": USERS}
DELETE: Final = {"step": "delete", "node": USERS}
UPDATE: Final = {"step": "update", "node": USERS}
SET: Final = {"step": "set", "node": {"is": "Assignments", "columns": [ID], "values": [ONE]}}
IS_ONE: Final = {"is": "A_Expr", "operator": "=", "left": ID, "right": ONE}
WHERE: Final = {"step": "where", "node": IS_ONE}
ALL_ROWS: Final = {"step": "all rows"}
RETURNING: Final = {"step": "returning", "node": {"is": "NodeList", "items": [ID]}}


def document(query: str, *steps: Any) -> str:
    return json.dumps({"version": 1, "statement": {"query": query, "steps": steps}})


def where(condition: Any, query: str = "Delete", first: Any = DELETE) -> str:
    return document(query, first, {"step": "where", "node": condition})


def selected(node: Any) -> str:
    return document("Dyn", GET, {"step": "columns", "node": {"is": "NodeList", "items": [node]}})


CHANGES: Final = {
    "delete": (document("Delete", DELETE), "DELETE of 'users' without a condition"),
    "delete, returning": (document("DynReturning", DELETE, RETURNING), "DELETE of 'users' without a condition"),
    "update": (document("Update", UPDATE, SET), "UPDATE 'users' without a condition"),
    "update, returning": (document("DynReturning", UPDATE, SET, RETURNING), "UPDATE 'users' without a condition"),
    "update of nothing": (document("Update", UPDATE, WHERE), "values"),
    "delete in WITH": (
        document(
            "Dyn",
            GET,
            {
                "step": "with",
                "node": {
                    "is": "NodeList",
                    "items": [
                        {
                            "is": "CommonTableExpr",
                            "name": "d",
                            "query": {"query": "DynReturning", "steps": [DELETE, RETURNING]},
                        }
                    ],
                },
            },
        ),
        "without a condition",
    ),
    "no condition": (document("Delete", DELETE, {"step": "where"}), "where.node: Field required"),
    "null": (where(None), "where.node"),
    "a list": (where([]), "where.node"),
    "no terms": (where({"is": "BoolExpr", "operator": "and", "arguments": []}), "at least 1 item"),
    "nothing": (where({"is": "Nothing"}), "'Nothing'"),
    "two beginnings": (document("Delete", DELETE, GET, WHERE), "begins a statement"),
    "a query of another kind": (document("Dyn", DELETE, WHERE), "does not begin with"),
}


@pytest.mark.feature("DM5")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_a_condition_is_refused_even_of_who_is_trusted(name: str) -> None:
    text, told = CHANGES[name]

    with pytest.raises(BuildError) as refused:
        qail.from_json(text, trusted=True, tables=["users"])
    assert told in str(refused.value)


@pytest.mark.feature("DM5")
@pytest.mark.parametrize("name", CHANGES)
def test_any_change_is_refused_of_who_is_not(name: str) -> None:
    with pytest.raises(BuildError):
        qail.from_json(CHANGES[name][0], tables=["users"])


@pytest.mark.feature("DM5")
def test_whoever_is_trusted_changes_all_rows_on_purpose_and_nobody_else() -> None:
    for text, sql in (
        (document("Delete", DELETE, ALL_ROWS), 'DELETE FROM "users"'),
        (document("Update", UPDATE, SET, ALL_ROWS), 'UPDATE "users" SET "id" = $1'),
        (document("Delete", DELETE, WHERE), 'DELETE FROM "users" WHERE "id" = $1'),
    ):
        assert str(qail.from_json(text, trusted=True)) == sql
        with pytest.raises(BuildError, match="not for clients that are not trusted"):
            qail.from_json(text, tables=["users"])


TEXT: Final = "1; DROP TABLE users"
RAW: Final = {
    "a statement of raw SQL": document("Sql", {"step": "sql", "node": {"is": "SqlText", "text": TEXT}}),
    "a step of raw SQL": document("Dyn", GET, {"step": "sql", "node": {"is": "SqlText", "text": TEXT}}),
    "raw SQL as a condition": where({"is": "SqlExpr", "text": TEXT}, "Dyn", GET),
    "raw SQL under another name": where({"is": "Trusted", "text": TEXT}, "Dyn", GET),
    "a definition": document("Dyn", {"step": "drop", "node": USERS}),
    "a script": document("Script", GET),
    "an operator": where({**IS_ONE, "operator": f"= {TEXT} --"}, "Dyn", GET),
    "a keyword": where({"is": "CoalesceExpr", "keyword": f"{TEXT}(", "arguments": [ID]}, "Dyn", GET),
    "a type": selected({"is": "TypeCast", "argument": ID, "pg": TEXT}),
    "a lock": document("Dyn", GET, {"step": "locking", "node": {"is": "LockingClause", "strength": TEXT}}),
    "a join": document("Dyn", GET, {"step": "join", "node": {"is": "JoinExpr", "kind": TEXT, "relation": USERS}}),
    "a direction": document(
        "Dyn",
        GET,
        {
            "step": "order by",
            "node": {"is": "NodeList", "items": [{"is": "SortBy", "node": ID, "direction": TEXT}]},
        },
    ),
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("trusted", [False, True])
def test_no_document_brings_text_of_its_own(name: str, trusted: bool) -> None:
    with pytest.raises(BuildError, match=r"statement\.query.*(Input should be|Input tag|there is no type)"):
        qail.from_json(RAW[name], trusted=trusted, tables=["users"])


@pytest.mark.parametrize(
    "name", ["pg_sleep", "pg_read_file", "lo_import", "dblink", "set_config", "query_to_xml", "pg_terminate_backend"]
)
def test_a_function_beyond_the_subset_is_named(name: str) -> None:
    call = {"is": "FuncCall", "name": name, "arguments": [ONE]}

    for text in (selected(call), where({**IS_ONE, "left": call}, "Dyn", GET)):
        with pytest.raises(BuildError, match=f"the function '{name}' is not for clients that are not trusted"):
            qail.from_json(text, tables=["users"])


def test_hostile_text_in_a_name_is_that_name() -> None:
    for name in ('x" FROM secrets --', "x'; DROP TABLE users; --", "é$1\n"):
        text = selected({"is": "ColumnRef", "fields": [name]})

        quoted = '"' + name.replace('"', '""') + '"'
        assert str(qail.from_json(text, tables=["users"])) == f'SELECT {quoted} FROM "users"'
