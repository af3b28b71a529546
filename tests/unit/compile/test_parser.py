"""PostgreSQL's own parser over the golden corpus: one statement each, of the node names we claim.

`pglast` is the parser of PostgreSQL 17 or newer; without it these tests are skipped. What is newer than it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from qail.ast.clause.output import first_step
from qail.ast.clause.set_operation import SetOperation
from qail.ast.statement.statements import statement_of
from qail.ast.tokens import SET_OPERATION
from support.sql_case import Case
from support.sql_cases import CASES
from support.sql_cases_changes import MERGES, UPSERTS
from support.sql_cases_from import FROM_ITEMS, LOCKS
from support.sql_cases_json import JSON
from support.sql_cases_queries import SET_OPERATIONS, WITHS
from support.sql_cases_windows import AGGREGATES, WINDOWS

pglast: Any = pytest.importorskip("pglast", reason="pglast, PostgreSQL's own parser, is a part of the test extra")
PARSER_VERSION = pglast.get_postgresql_version()[0]
PARSED = [case for case in CASES if case.needs <= PARSER_VERSION]
COMBINED = [case for case in SET_OPERATIONS if first_step(case.query).step == SET_OPERATION]
# PostgreSQL's tree has a SelectStmt for each of these.
QUERIES = {"SetOperationStmt": "SelectStmt", "ValuesStmt": "SelectStmt", "SqlStmt": "SelectStmt"}


def nodes(node: Any) -> Iterator[Any]:
    """Every node of a tree."""
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from nodes(item)
    elif isinstance(node, pglast.ast.Node):
        yield node
        for name in node:
            yield from nodes(getattr(node, name))


def names(sql: str) -> set[str]:
    return {type(node).__name__ for node in nodes(pglast.parse_sql(sql))}


@pytest.mark.feature("PL1")
@pytest.mark.parametrize("case", PARSED, ids=[case.name for case in PARSED])
def test_a_text_is_one_statement_of_the_name_we_claim(case: Case) -> None:
    parsed = pglast.parse_sql(case.sql)

    own = type(statement_of(case.query)).__name__
    assert [type(raw.stmt).__name__ for raw in parsed] == [QUERIES.get(own, own)]


@pytest.mark.parametrize("case", PARSED, ids=[case.name for case in PARSED])
def test_parameters_are_those_of_the_plan_and_no_other_text_is_a_value(case: Case) -> None:
    found = [node for node in nodes(pglast.parse_sql(case.sql)) if isinstance(node, pglast.ast.ParamRef)]

    assert {node.number for node in found} == set(range(1, len(case.parameters) + 1))


@pytest.mark.parametrize(
    ("cases", "name"),
    [
        (WITHS, "CommonTableExpr"),
        (LOCKS[:5], "LockingClause"),
        (WINDOWS, "WindowDef"),
        ([case for case in MERGES if case.needs <= PARSER_VERSION], "MergeWhenClause"),
        ([case for case in UPSERTS if "CONFLICT" in case.sql], "OnConflictClause"),
        ([case for case in FROM_ITEMS if "TABLESAMPLE" in case.sql], "RangeTableSample"),
        ([case for case in FROM_ITEMS if "generate_series" in case.sql], "RangeFunction"),
        ([case for case in AGGREGATES if "GROUP BY" in case.sql], "GroupingSet"),
        ([case for case in JSON if re.search("JSON_(EXISTS|VALUE|QUERY)", case.sql)], "JsonFuncExpr"),
        ([case for case in JSON if "JSON_TABLE(" in case.sql], "JsonTable"),
        ([case for case in JSON if "COLUMNS (" in case.sql], "JsonTableColumn"),
        ([case for case in JSON if "JSON_OBJECT(" in case.sql], "JsonObjectConstructor"),
        ([case for case in JSON if "JSON_ARRAY(" in case.sql and "SELECT" not in case.sql[7:]], "JsonArrayConstructor"),
        ([case for case in JSON if "JSON_ARRAY(SELECT" in case.sql], "JsonArrayQueryConstructor"),
        ([case for case in JSON if "JSON_OBJECTAGG(" in case.sql], "JsonObjectAgg"),
        ([case for case in JSON if "JSON_ARRAYAGG(" in case.sql], "JsonArrayAgg"),
        ([case for case in JSON if "IS JSON" in case.sql], "JsonIsPredicate"),
        ([case for case in JSON if "JSON_SCALAR(" in case.sql], "JsonScalarExpr"),
        ([case for case in JSON if "JSON_SERIALIZE(" in case.sql], "JsonSerializeExpr"),
        ([case for case in JSON if " JSON(" in case.sql], "JsonParseExpr"),
        ([case for case in JSON if "DEFAULT" in case.sql], "JsonBehavior"),
        ([case for case in JSON if "PASSING" in case.sql], "JsonArgument"),
        ([case for case in JSON if " : " in case.sql], "JsonKeyValue"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_clause_is_the_node_it_is_named_after(cases: list[Case], name: str) -> None:
    assert cases
    for case in cases:
        assert name in names(case.sql), case.name


@pytest.mark.feature("JN6")
@pytest.mark.parametrize("case", COMBINED, ids=[case.name for case in COMBINED])
def test_a_set_operation_nests_as_it_was_built(case: Case) -> None:
    def ours(query: Any) -> Any:
        start = first_step(query).node
        if not isinstance(start, SetOperation):
            return "query"
        return (start.operator, ours(start.left), ours(start.right))

    def theirs(stmt: Any) -> Any:
        if stmt.op.name == "SETOP_NONE":
            return "query"
        operator = stmt.op.name.removeprefix("SETOP_") + (" ALL" if stmt.all else "")
        return (operator, theirs(stmt.larg), theirs(stmt.rarg))

    assert theirs(pglast.parse_sql(case.sql)[0].stmt) == ours(case.query)
