"""Every statement of the golden corpus goes out as JSON and comes back with the same SQL and parameters."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import pytest

import qail
import support.sql_tables
from qail import BuildError, Qail, Query, select
from qail.ast.build.builder import Builder
from qail.ast.node import Statement
from qail.ast.walk import Walk
from qail.compile.compiler import make_plan
from qail.compile.registry import RENDERERS
from qail.json_form.forms import FORMS, REFUSED, SPECIAL, node_types, why_refused
from qail.json_form.steps import CLASSES, HOLDS
from support.source import PACKAGE, ROOT
from support.sql_case import Case
from support.sql_cases import CASES
from support.sql_tables import User

TABLES: Final[list[Any]] = [each for each in vars(support.sql_tables).values() if hasattr(each, "__qail_star__")]
# Statements without a JSON form, by what their refusal says.
WITHOUT: Final = ("definitions and raw SQL have none", "raw SQL, which is text", "Python's own")


def compiled(builder: Builder) -> tuple[str, list[object]]:
    """SQL, and the parameters in the order of `$n`."""
    walk = Walk()
    builder.shape(walk)
    plan = make_plan(builder, walk)
    return plan.sql.decode(), [walk.values[slot] for slot in plan.slots]


def again(builder: Builder) -> Builder:
    found: Builder = qail.from_json(builder.to_json(), trusted=True, tables=TABLES)
    return found


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_comes_back_is_the_same_statement(case: Case) -> None:
    if is_refused(case.query):
        with pytest.raises(BuildError, match="|".join(WITHOUT)):
            case.query.to_json()
        return

    text = case.query.to_json()
    found: Builder = qail.from_json(text, trusted=True, tables=TABLES)

    assert compiled(found) == compiled(case.query)
    assert type(found) is type(case.query)
    assert found.to_json() == text


@pytest.mark.feature("ST9")
def test_nearly_every_statement_has_a_form() -> None:
    mine = [case for case in CASES if type(case.query).__name__ in CLASSES]
    without = [case.name for case in mine if is_refused(case.query)]

    assert len(mine) > 400
    assert len(without) * 50 < len(mine), without


def is_refused(builder: Builder) -> bool:
    try:
        builder.to_json()
    except BuildError:
        return True
    return False


@pytest.mark.feature("ST9")
def test_every_node_class_has_a_form_or_a_reason() -> None:
    types = node_types()
    nodes = [known for known in RENDERERS if not issubclass(known, Statement)]

    nobody = [name for name, known in types.items() if "nobody has said" in (why_refused(name, known) or "")]
    assert nobody == [], "say the kind of each field in KINDS of qail/json_form/forms.py, or why not in REFUSED"
    assert {known.__name__ for known in nodes} <= {*FORMS, *SPECIAL, *REFUSED}
    assert set(REFUSED) <= set(types)
    assert set(REFUSED).isdisjoint(FORMS)


@pytest.mark.feature("ST9")
def test_every_form_and_step_is_seen_in_the_corpus() -> None:
    seen: set[str] = set()
    for case in CASES:
        if not is_refused(case.query):
            collect(json.loads(case.query.to_json()), seen)

    missing = {*FORMS, *SPECIAL, *HOLDS, *CLASSES} - seen
    assert missing <= RARE, missing - RARE


# A step that says nothing but its name has no node; a query of WITH stands in FROM by its name; nothing builds a Query.
RARE: Final = frozenset({"CommonTableReference", "Nothing", "Query"})


def collect(data: Any, seen: set[str]) -> None:
    if isinstance(data, dict):
        seen.update(data[key] for key in ("is", "query", "step") if isinstance(data.get(key), str))
        data = list(data.values())
    if isinstance(data, list):
        for each in data:
            collect(each, seen)


@pytest.mark.feature("ST9")
def test_the_fields_are_those_of_the_source() -> None:
    tool = [sys.executable, str(ROOT / "tools/gen_json_fields.py"), "--check", "--package", str(PACKAGE)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.feature("ST9")
def test_one_object_stays_one_parameter() -> None:
    age = User.age + 1
    query = select(User.id).where(age > 3, age < 9)

    found = again(query)

    assert compiled(found) == compiled(query)
    assert str(query).count("$1") == 2
    assert '"is":"again"' in query.to_json()


@pytest.mark.feature("ST9")
def test_a_query_shows_its_sql_and_its_values_apart_without_a_server() -> None:
    query = select(User.id).where(User.name == "Ada").limit(3)

    assert str(query) == 'SELECT "users"."id" FROM "users" WHERE "users"."name" = $1 LIMIT $2'
    assert "$1 = 'Ada'" in query.explain_shape()
    assert "$2 = 3" in query.explain_shape()


@pytest.mark.feature("ST9")
def test_a_class_asks_for_its_own_kind() -> None:
    union = Qail.get("a").columns("id").union(Qail.get("b").columns("id"))

    with pytest.raises(BuildError, match="that of a Compound, not of a Query"):
        Query.from_json(union.to_json(), trusted=True)
    assert str(qail.Compound.from_json(union.to_json(), trusted=True)) == str(union)
    assert str(qail.QueryExpression.from_json(json.loads(union.to_json()), trusted=True)) == str(union)


@pytest.mark.feature("ST9")
def test_what_rows_become_is_refused_with_the_way_out() -> None:
    mapped = select(User.id).map(lambda ident: ident)

    with pytest.raises(BuildError, match="map, into"):
        mapped.to_json()
    with pytest.raises(BuildError, match="complete"):
        qail.Qail.add("t").to_json()


@pytest.mark.feature("ST9")
def test_whole_rows_need_their_class() -> None:
    text = Qail.get(User).to_json()

    with pytest.raises(BuildError, match="need its table class in tables="):
        qail.from_json(text, trusted=True)
    assert str(qail.from_json(text, trusted=True, tables=[User])) == str(Qail.get(User))


@pytest.mark.feature("ST9")
def test_the_json_schema_describes_every_form() -> None:
    schema = qail.json_schema()

    text = json.dumps(schema)
    assert schema["required"] == ["version", "statement"]
    assert [name for name in [*FORMS, *SPECIAL] if f'"const": "{name}"' not in text] == []
    assert "pydantic" not in text


@pytest.mark.feature("ST9")
def test_pydantic_is_loaded_with_the_first_use_alone() -> None:
    code = (
        "import sys, qail; q = qail.Qail.get('t'); print('pydantic_core' in sys.modules);"
        "q.to_json(); print('pydantic_core' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
