"""Bit strings that nobody chose, against every server; and columns with a length of their own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qail import BIT, TEXT, BitString, cast, func, select
from qail.sqlstate import StringDataLengthMismatch, StringDataRightTruncation
from support.backends import Backend
from support.binary_client import BinaryClient
from support.servers import Server

pytestmark = pytest.mark.feature("CO12")
BIT_OID, VARBIT_OID = 1560, 1562
# The client is one for all examples: it has no state that a value could change.
each = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TEXTS = st.text("01", max_size=100)


@pytest.mark.parametrize(("name", "oid"), [('"bit"', BIT_OID), ("varbit", VARBIT_OID)])
@each
@given(text=TEXTS)
def test_any_bits_are_what_their_text_says(client: BinaryClient, name: str, oid: int, text: str) -> None:
    value = BitString(text)
    sql = f"SELECT $1 = $2::{name}, $1::text, length($1), $1"

    assert client.fetch(sql, [value, text], [oid, 25]) == [(True, text, len(text), value)]


@each
@given(left=TEXTS, right=TEXTS)
def test_bits_are_ordered_as_the_server_does(client: BinaryClient, left: str, right: str) -> None:
    ours, theirs = BitString(left), BitString(right)

    row = client.fetch("SELECT $1 < $2, $1 = $2, $1 > $2", [ours, theirs], [VARBIT_OID, VARBIT_OID])

    assert row == [(ours < theirs, ours == theirs, ours > theirs)]


@each
@given(text=st.text("01", min_size=1, max_size=64), data=st.data())
def test_a_bit_is_the_servers_bit(client: BinaryClient, text: str, data: st.DataObject) -> None:
    value, index = BitString(text), data.draw(st.integers(0, len(text) - 1))

    assert client.value(f"SELECT get_bit($1, {index})", value, BIT_OID) == value[index]
    assert client.value(f"SELECT substring($1 from {index + 1})", value, BIT_OID) == value[index:]


def test_a_million_bits_go_both_ways(client: BinaryClient) -> None:
    value = BitString("110" * 333_333 + "1")

    assert client.fetch("SELECT length($1), $1", [value], [VARBIT_OID]) == [(1_000_000, value)]


def test_a_column_checks_its_own_length(client: BinaryClient) -> None:
    client.fetch("CREATE TEMP TABLE IF NOT EXISTS flags (three bit(3), most varbit(3), bare bit)", [], [])

    client.fetch(
        "INSERT INTO flags VALUES ($1, $2, $3)", [BitString("101"), BitString("1"), BitString("1")], [1560, 1562, 1560]
    )
    assert client.fetch("SELECT * FROM flags", [], []) == [(BitString("101"), BitString("1"), BitString("1"))]
    for length in (2, 4):
        with pytest.raises(StringDataLengthMismatch):
            client.fetch("INSERT INTO flags (three) VALUES ($1)", [BitString(0, length)], [BIT_OID])
    with pytest.raises(StringDataLengthMismatch):
        client.fetch("INSERT INTO flags (bare) VALUES ($1)", [BitString("10")], [BIT_OID])
    with pytest.raises(StringDataRightTruncation):
        client.fetch("INSERT INTO flags (most) VALUES ($1)", [BitString("1011")], [VARBIT_OID])
    client.fetch("DROP TABLE flags", [], [])


def test_a_cast_to_bit_keeps_every_bit(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            assert await connection.fetch_value(select(cast(BitString("1011"), BIT))) == BitString("1011")
            own_type = cast(func.pg_typeof(BitString("101")), TEXT)
            assert await connection.fetch_value(select(own_type)) == "bit varying"

    backend.run(body)
