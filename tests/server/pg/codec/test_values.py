"""Each type against real servers: its literal arrives as the Python value, and the Python value as `$1` is the literal.

A case is shown five ways: literal to Python, Python to binary `$1`, NULL, array of it, and wrong input raises locally.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from qail.errors import EncodeError
from qail.pg.codec.registry import BUILTIN
from support.binary_client import BinaryClient
from support.codecs import CODECS
from support.value_cases import CASES, WRONG, Case, same


def of_each_case() -> Callable[[Callable[..., None]], pytest.MarkDecorator]:
    """Parametrize by the cases, each marked with its row of the feature table."""
    partial = {"CO3": "the largest sizes have tests of their own", "CO8": "more dates come with issue 3"}
    marked = [
        pytest.param(
            case,
            id=str(case),
            marks=pytest.mark.feature(case.row, partial=partial[case.row])
            if case.row in partial
            else pytest.mark.feature(case.row),
        )
        for case in CASES
    ]
    return pytest.mark.parametrize("case", marked)


each_case = of_each_case()


@each_case
def test_the_literal_arrives_as_the_value(client: BinaryClient, case: Case) -> None:
    found = client.value(f"SELECT {case.literal}::{case.name}")

    assert same(found, case.value), found
    if isinstance(found, datetime) and case.name == "timestamptz":
        assert found.tzinfo is UTC


@each_case
def test_the_value_as_a_parameter_is_the_literal(client: BinaryClient, case: Case) -> None:
    oid = CODECS[case.name].type_oid

    ((as_text, literal_text, back),) = client.fetch(
        f"SELECT $1::text, {case.literal}::{case.name}::text, $1", [case.value], [oid]
    )

    assert as_text == literal_text
    assert same(back, case.value), back


@each_case
def test_an_array_of_it_goes_both_ways(client: BinaryClient, case: Case) -> None:
    array_oid = CODECS[case.name + "[]"].type_oid
    sql = f"SELECT ARRAY[{case.literal}::{case.name}, NULL]"
    expected = [case.value, None]

    literal = client.value(sql)
    ((as_text, literal_text, back),) = client.fetch(
        f"SELECT $1::text, (ARRAY[{case.literal}::{case.name}, NULL])::text, $1", [expected], [array_oid]
    )

    assert as_text == literal_text
    for found in (literal, back):
        assert isinstance(found, list)
        assert same(found[0], case.value), found
        assert found[1] is None


@pytest.mark.feature("CO1")
@pytest.mark.feature("CO2")
@pytest.mark.feature("CO4")
@pytest.mark.feature("CO5")
@pytest.mark.feature("CO6")
@pytest.mark.parametrize("name", [name for name in CODECS if name not in ("xml", "xml[]", "unknown")])
def test_null_goes_both_ways(client: BinaryClient, name: str) -> None:
    oid = CODECS[name].type_oid

    assert client.value(f"SELECT NULL::{name}") is None
    assert client.fetch("SELECT $1, $1 IS NULL", [None], [oid]) == [(None, True)]


@pytest.mark.feature("CO1")
@pytest.mark.feature("CO2")
@pytest.mark.feature("CO4")
@pytest.mark.feature("CO5")
@pytest.mark.feature("CO6")
@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_raises_before_anything_is_sent_and_the_connection_goes_on(client: BinaryClient, name: str) -> None:
    oid = CODECS[name].type_oid

    for value in WRONG[name]:
        with pytest.raises(EncodeError, match=r"^parameter \$1: "):
            client.value("SELECT $1", value, oid)
        with pytest.raises(EncodeError, match=r"^parameter \$1: in "):
            client.value("SELECT $1", [value], CODECS[name + "[]"].type_oid)
    assert client.value("SELECT 1") == 1


def test_every_codec_is_of_the_type_that_this_server_has_under_its_oid(client: BinaryClient) -> None:
    rows = client.fetch("SELECT oid, typname, typarray FROM pg_type WHERE oid = ANY($1)", [list(BUILTIN)], [1028])

    assert len(rows) == len(BUILTIN)
    for oid, name, array_oid in rows:
        assert isinstance(oid, int)
        codec = BUILTIN[oid]
        expected = "_" + codec.type_name[:-2] if codec.type_name.endswith("[]") else codec.type_name
        assert name == expected.replace('"', "")
        assert not array_oid or BUILTIN[int(str(array_oid))].type_name == codec.type_name + "[]"
