"""Each value of the case tables against each real server: decoded, encoded, round-tripped; alone, in an array, in a
composite. What is compared is said by the server: `$1 = literal`, and both as text.

A type that a server lacks is skipped there by name. Without an `=` (json, point, xml ...) the text alone is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from qail.errors import EncodeError, QailError
from qail.pg.codec.registry import BUILTIN
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_composite import text_twin
from support.conformance import Conformance, TypeFacts
from support.value_cases import CASES, INPUTS, WRONG, Case, needs_of, same

LEAST_VALUES: Final = 450
LEAST_REFUSALS: Final = 80
# PostgreSQL has no operator `=` for these; box, circle and path have one, which compares their size.
WITHOUT_EQUALS: Final = {
    *("json", "jsonpath", "lquery", "ltxtquery", "pg_snapshot", "point", "polygon", "query_int", "refcursor"),
    *("txid_snapshot", "xml"),
}
N: Final = 7
TEXT_OID: Final = 25
MOST_CHARACTERS: Final = 2000


def names_of(cases: list[Case]) -> list[str]:
    return sorted({case.name for case in cases})


def of_each_type(names: list[str]) -> pytest.MarkDecorator:
    """Parametrize by type names, each marked with its row."""
    rows = {case.name: case.row for case in (*CASES, *INPUTS)}
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.feature(rows[name]) if name in rows else ()) for name in names]
    )


def facts_of(conformance: Conformance, name: str) -> TypeFacts:
    """The type on this server; a server that lacks it skips the test by name."""
    lacking = conformance.lack(needs_of(name))
    if lacking:
        pytest.skip(f"{conformance.server.name} has no {lacking}")
    return conformance.types[name]


def alone(case: Case, facts: TypeFacts) -> dict[str, str]:
    """What is asked of one value, by what it shows: the literal's forms, and the parameter's."""
    literal = f"{case.literal}::{facts.sql}"
    asked = {"literal": literal, "literal as text": f"({literal})::text"}
    if facts.whole:
        asked |= {"back": "$1", "text": "$1::text"}
        if facts.equals:
            asked["equal"] = f"$1 {facts.equals} {literal}"
    return asked


def in_array(case: Case, facts: TypeFacts) -> dict[str, str]:
    """The same of an array of the value and NULL."""
    literal = f"ARRAY[{case.literal}::{facts.sql}, NULL]"
    return {
        "literal in an array": literal,
        "literal as text in an array": f"({literal})::text",
        "back in an array": "$2",
        "text in an array": "$2::text",
    }


def in_composite(case: Case, facts: TypeFacts) -> dict[str, str]:
    """The same of a composite of the value, the array and a number."""
    literal = f"{case.literal}::{facts.sql}"
    many = f"ARRAY[{literal}, NULL], " if facts.array_oid else ""
    whole = f"ROW({literal}, {many}{N})::{facts.whole}"
    number = 3 if facts.array_oid else 2
    return {
        "literal in a composite": whole,
        "literal as text in a composite": f"({whole})::text",
        "back in a composite": f"${number}",
        "text in a composite": f"${number}::text",
    }


def in_text(facts: TypeFacts, number: int) -> dict[str, str]:
    """The same of that composite when all of it went as text, as it does where something in it has no other form."""
    whole = f"${number}::{facts.whole}"
    return {"back in a composite of text": whole, "text in a composite of text": f"({whole})::text"}


def has_text(case: Case) -> bool:
    """Of what stands above ASCII in a "char", the text is a matter of the server's version."""
    return case.name != '"char"' or str(case.value).isascii()


def ask(conformance: Conformance, case: Case) -> dict[str, object]:
    """Every form of a case in one statement; what came for each."""
    facts = facts_of(conformance, case.name)
    asked = alone(case, facts)
    values: list[object] = []
    oids: list[int] = []
    if facts.whole:
        values, oids = [case.value], [facts.oid]
        fields: list[object] = [case.value]
        if facts.array_oid:
            asked |= in_array(case, facts)
            values.append([case.value, None])
            oids.append(facts.array_oid)
            fields.append([case.value, None])
        asked |= in_composite(case, facts)
        values.append((*fields, N))
        oids.append(facts.whole_oid)
        if has_text(case):
            asked |= in_text(facts, len(values) + 1)
            whole = conformance.client.registry.for_parameter(facts.whole_oid)
            values.append(text_of_field(text_twin(whole), (*fields, N)).decode())
            oids.append(TEXT_OID)
    (row,) = conformance.client.fetch(f"SELECT {', '.join(asked.values())}", values, oids)
    return dict(zip(asked, row, strict=True))


def check_text(found: dict[str, object]) -> None:
    """The server reads what we sent as it reads the literal."""
    assert found.get("equal", True) is True
    for where in ("", " in an array", " in a composite"):
        if f"text{where}" in found:
            assert found[f"text{where}"] == found[f"literal as text{where}"], where
    if "text in a composite of text" in found:
        assert found["text in a composite of text"] == found["literal as text in a composite"]


def check_value(found: object, case: Case) -> None:
    assert same(found, case.value), found
    if isinstance(found, datetime) and case.name == "timestamptz":
        assert found.tzinfo is UTC


def check_array(found: object, case: Case) -> None:
    assert isinstance(found, list)
    assert len(found) == 2
    check_value(found[0], case)
    assert found[1] is None


def check_composite(found: Any, case: Case) -> None:
    assert found._fields in (("v", "many", "n"), ("v", "n"))
    assert found.n == N
    check_value(found.v, case)
    if len(found) == 3:
        check_array(found.many, case)


def check_case(conformance: Conformance, case: Case) -> None:
    found = ask(conformance, case)
    check_text(found)
    checks = {"": check_value, " in an array": check_array, " in a composite": check_composite}
    for where, check in checks.items():
        for what in (f"literal{where}", f"back{where}", f"back{where} of text"):
            if what in found:
                check(found[what], case)


def check_input(conformance: Conformance, case: Case) -> None:
    check_text(ask(conformance, case))


def check_all(conformance: Conformance, name: str, cases: list[Case], check: Callable[..., None]) -> None:
    """Each case of a type that this server can show; all that fail are named, with what came."""
    failures: list[str] = []
    for case in cases:
        if case.name == name and not conformance.lack(case.needs):
            try:
                check(conformance, case)
            except (AssertionError, QailError) as error:
                failures.append(f"{case}: {type(error).__name__}: {error}"[:MOST_CHARACTERS])
    assert not failures, "\n".join(failures)


def check_null(conformance: Conformance, facts: TypeFacts) -> None:
    client = conformance.client
    assert client.value(f"SELECT NULL::{facts.sql}") is None
    if facts.whole:
        assert client.fetch("SELECT $1, $1 IS NULL", [None], [facts.oid]) == [(None, True)]
        assert client.fetch("SELECT $1, $1 IS NULL", [None], [facts.whole_oid]) == [(None, True)]
    if facts.array_oid:
        assert client.fetch("SELECT $1, $1 IS NULL", [None], [facts.array_oid]) == [(None, True)]
        assert client.value("SELECT $1", [None, None], facts.array_oid) == [None, None]


@of_each_type(names_of([*CASES, *INPUTS]))
def test_values_and_null_go_both_ways_alone_in_an_array_and_in_a_composite(conformance: Conformance, name: str) -> None:
    facts = facts_of(conformance, name)

    check_null(conformance, facts)
    check_all(conformance, name, CASES, check_case)
    check_all(conformance, name, INPUTS, check_input)


@of_each_type(list(WRONG))
def test_a_wrong_value_is_refused_before_anything_is_sent_and_the_connection_goes_on(
    conformance_with: Callable[[str], Conformance], name: str
) -> None:
    conformance = conformance_with(name)
    facts, client = conformance.types[name], conformance.client

    for value in WRONG[name]:
        with pytest.raises(EncodeError, match=r"^parameter \$1: "):
            client.value("SELECT $1", value, facts.oid)
        # A list in a list is a second dimension.
        if facts.array_oid and not isinstance(value, (list, tuple)):
            with pytest.raises(EncodeError, match=r"^parameter \$1: in "):
                client.value("SELECT $1", [value], facts.array_oid)
    assert client.value("SELECT 1") == 1


def test_only_types_without_an_equality_of_their_own_are_compared_as_text_alone(conformance: Conformance) -> None:
    without = {name.removesuffix("[]") for name, facts in conformance.types.items() if not facts.equals and facts.whole}

    assert without <= WITHOUT_EQUALS


def test_every_codec_is_of_the_type_that_this_server_has_under_its_oid(conformance: Conformance) -> None:
    rows = conformance.client.fetch(
        "SELECT oid, typname, typarray FROM pg_type WHERE oid = ANY($1)", [list(BUILTIN)], [1028]
    )

    for oid, name, array_oid in rows:
        assert isinstance(oid, int)
        codec = BUILTIN[oid]
        expected = "_" + codec.type_name[:-2] if codec.type_name.endswith("[]") else codec.type_name
        assert name == expected.replace('"', "")
        assert not array_oid or BUILTIN[int(str(array_oid))].type_name == codec.type_name + "[]"
    assert {type_oid for type_oid, *_ in rows} == set(BUILTIN)


@pytest.mark.feature("TS3")
def test_there_are_as_many_cases_as_were_promised() -> None:
    assert len({(case.name, case.literal) for case in CASES}) >= LEAST_VALUES
    assert sum(map(len, WRONG.values())) >= LEAST_REFUSALS
    assert set(WRONG) <= {case.name for case in (*CASES, *INPUTS)}
