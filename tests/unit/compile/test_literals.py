"""Values as text, for where PostgreSQL takes no parameter: the text of their type, quoted and cast."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Any, Final
from uuid import UUID as PyUUID

import pytest
from hypothesis import given

from qail import (
    BYTEA,
    DATE,
    FLOAT8,
    INET,
    INT4,
    INT8,
    INTERVAL,
    JSON,
    JSONB,
    MONEY,
    NUMERIC,
    PG_LSN,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    VARBIT,
    VARCHAR,
    BitString,
    BuildError,
    Interval,
    Json,
    PgArray,
    PgDate,
    PgLsn,
    Qail,
    Range,
    array_of,
)
from qail.compile.cache import literal_plan
from qail.compile.quote import exact_literal, typed_literal
from qail.pgtype import PgType
from support.hostile import HOSTILE_TEXTS, TEXTS


class Mood(Enum):
    SAD = "it's"


LITERALS: Final[list[tuple[Any, PgType[Any] | None, str]]] = [
    (None, DATE, "NULL"),
    (5, INT8, "5"),
    (-5, None, "(-5)"),
    (True, None, "TRUE"),
    (1.5, FLOAT8, "1.5"),
    ("it's", TEXT, "'it''s'"),
    ("\\", None, "E'\\\\'"),
    (Mood.SAD, TEXT, "CAST('it''s' AS text)"),
    (date(2024, 2, 29), DATE, "CAST('2024-02-29' AS date)"),
    (date(2024, 2, 29), None, "CAST('2024-02-29' AS date)"),
    (PgDate(10_000_000), DATE, "CAST('29379-01-26' AS date)"),
    (datetime(2024, 1, 1, 2, 3, 4, 5), None, "CAST('2024-01-01 02:03:04.000005' AS timestamp)"),
    (datetime(2024, 1, 1), TIMESTAMP, "CAST('2024-01-01 00:00:00' AS timestamp)"),
    (datetime(2024, 1, 1, tzinfo=UTC), TIMESTAMPTZ, "CAST('2024-01-01 00:00:00+00:00' AS timestamptz)"),
    (time(1, 2), TIME, "CAST('01:02:00' AS time)"),
    (timedelta(days=-1, seconds=1), INTERVAL, "CAST('+0 mons -1 days +1.000000 seconds' AS interval)"),
    (Interval(-1, 2, -3_000_001), None, "CAST('-1 mons +2 days -3.000001 seconds' AS interval)"),
    (Decimal("1.50"), NUMERIC, "CAST('1.50' AS numeric)"),
    (Decimal("1.50"), MONEY, "CAST(CAST('1.50' AS numeric) AS money)"),
    (PyUUID(int=1), UUID, "CAST('00000000-0000-0000-0000-000000000001' AS uuid)"),
    (b"\x00'\\", BYTEA, "CAST(E'\\\\x00275c' AS bytea)"),
    (bytearray(b"a"), None, "CAST(E'\\\\x61' AS bytea)"),
    ({"it's": [1, None]}, JSONB, "CAST('{\"it''s\": [1, null]}' AS jsonb)"),
    ("text", JSON, "CAST('\"text\"' AS json)"),
    (Json(None), None, "CAST('null' AS jsonb)"),
    ([1, None, 3], array_of(INT8), 'CAST(\'{"1",NULL,"3"}\' AS int8[])'),
    (["it's", 'a"b', "\\", "NULL"], None, 'E\'{"it\'\'s","a\\\\"b","\\\\\\\\","NULL"}\''),
    ([[1, 2], [3, 4]], array_of(INT4), 'CAST(\'{{"1","2"},{"3","4"}}\' AS int4[])'),
    ([True, 1.5], None, '\'{"true","1.5"}\''),
    ([{"a": 1}], array_of(JSONB), 'CAST(E\'{"{\\\\"a\\\\": 1}"}\' AS jsonb[])'),
    (PgArray([1, 2], [0]), array_of(INT4), 'CAST(\'[0:1]={"1","2"}\' AS int4[])'),
    (Range(1, 5), None, "'[1,5)'"),
    (IPv4Address("10.0.0.1"), INET, "CAST('10.0.0.1' AS inet)"),
    (BitString("101"), VARBIT, "CAST('101' AS varbit)"),
    (PgLsn("0/16"), PG_LSN, "CAST('0/16' AS \"pg_lsn\")"),
    ("a", VARCHAR.sized(3), "'a'"),
]
REFUSED: Final[list[tuple[Any, PgType[Any] | None, str]]] = [
    ({"a": 1}, None, "cast"),
    ({"a": 1}, TEXT, "of type text"),
    (object(), None, "object has no literal form"),
    (int, None, "no literal form"),
    ([object()], array_of(TEXT), "no literal form"),
    ({"a": object()}, JSONB, "as JSON"),
    (float("nan"), JSONB, "as JSON"),
    ("a\0b", TEXT, "NUL"),
    (["a\0b"], array_of(TEXT), "NUL"),
    ("\ud800", None, "surrogate"),
    ([[[[[[[1]]]]]]], array_of(INT4), "at most 6 dimensions"),
]


@pytest.mark.feature("DD3")
@pytest.mark.parametrize(("value", "pg", "text"), LITERALS, ids=[text for _, _, text in LITERALS])
def test_a_value_is_the_text_of_its_type(value: Any, pg: PgType[Any] | None, text: str) -> None:
    assert typed_literal(value, pg) == text


@pytest.mark.feature("DD3")
@pytest.mark.parametrize(("value", "pg", "told"), REFUSED, ids=[told for _, _, told in REFUSED])
def test_what_has_no_text_is_refused(value: Any, pg: PgType[Any] | None, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        typed_literal(value, pg)


def test_in_rows_of_values_the_type_is_said_where_the_text_does_not() -> None:
    assert exact_literal(1, INT8) == "CAST(1 AS int8)"
    assert exact_literal(None, DATE) == "CAST(NULL AS date)"
    assert exact_literal("a", TEXT) == "'a'"
    assert exact_literal(date(2024, 1, 1), DATE) == "CAST('2024-01-01' AS date)"
    assert exact_literal("a", None) == "'a'"


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_query_with_its_values_in_the_text_has_no_parameters(text: str) -> None:
    plan = literal_plan(Qail.get("t").eq("a", text).in_("b", [text]).limit(3))

    assert plan.slots == []
    assert not plan.is_kept
    assert "$" not in plan.sql.decode().replace(text.replace("'", "''"), "") or "$" in text


@given(TEXTS)
def test_any_text_can_be_read_back(text: str) -> None:
    literal = typed_literal(text, TEXT)

    inner = literal[2:-1].replace("\\\\", "\\") if literal.startswith("E") else literal[1:-1]
    assert inner.replace("''", "'") == text
