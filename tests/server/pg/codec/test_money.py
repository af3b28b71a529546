"""money: refused by name where its digits are unknown, exact by way of numeric, and a Decimal where they are told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qail import MONEY, NUMERIC, DecodeError, EncodeError, array_of, cast, money_as_decimal, select, sum_
from qail.errors import PostgresError
from qail.pg.codec.array import ArrayCodec
from qail.pg.codec.money import MoneyCodec
from support.backends import Backend
from support.binary_client import BinaryClient
from support.servers import Server

pytestmark = pytest.mark.feature("CO12")
MONEY_OID, NUMERIC_OID = 790, 1700
INT8_MAX = 2**63 - 1
DIGITS = {"C": 2, "en_US.UTF-8": 2, "ja_JP.UTF-8": 0, "ar_TN.UTF-8": 3}


def in_each_locale(server: Server) -> Iterator[tuple[BinaryClient, int]]:
    """A connection whose lc_monetary is each of some that this server's system has, and its fraction digits."""
    for locale, digits in DIGITS.items():
        with BinaryClient(server) as client:
            try:
                client.fetch("SELECT set_config('lc_monetary', $1, false)", [locale], [25])
            except PostgresError:
                assert locale != "C"
            else:
                yield client, digits


def amounts(digits: int) -> list[Decimal]:
    units = (0, 1, -1, 99, 100, 123_456, 10**15, INT8_MAX, -INT8_MAX)
    return [Decimal(f"{each}E-{digits}") for each in units]


def test_the_casts_that_errors_name_are_exact_in_every_locale(any_server: Server) -> None:
    for client, digits in in_each_locale(any_server):
        for amount in amounts(digits):
            sql = "SELECT CAST(CAST(CAST($1 AS numeric) AS money) AS numeric)"
            assert client.value(sql, amount, NUMERIC_OID) == amount


def test_where_the_digits_are_told_money_goes_both_ways(any_server: Server) -> None:
    for client, digits in in_each_locale(any_server):
        codec = MoneyCodec("money", MONEY_OID, digits)
        client.registry.register(codec)
        client.registry.register(ArrayCodec("money[]", 791, codec))
        for amount in amounts(digits):
            ((back, number, is_equal),) = client.fetch(
                "SELECT $1, $1::numeric, $1 = $2::numeric::money", [amount, amount], [MONEY_OID, NUMERIC_OID]
            )
            assert (str(back), number, is_equal) == (format(amount, "f"), amount, True)
        assert client.value("SELECT $1", [*amounts(digits), None], 791) == [*amounts(digits), None]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(units=st.integers(-INT8_MAX - 1, INT8_MAX))
def test_any_amount_of_dollars_goes_both_ways(server: Server, units: int) -> None:
    amount = Decimal(f"{units}E-2")
    with BinaryClient(server) as client:
        client.registry.register(MoneyCodec("money", MONEY_OID, 2))
        client.fetch("SELECT set_config('lc_monetary', 'C', false)", [], [])

        back, number = client.fetch("SELECT $1, $1::numeric", [amount], [MONEY_OID])[0]

    assert back == number == amount


def test_money_of_an_unknown_locale_is_refused_both_ways_and_the_connection_goes_on(client: BinaryClient) -> None:
    with pytest.raises(DecodeError, match=r"lc_monetary.*cast it to numeric"):
        client.value("SELECT '12.34'::money")
    with pytest.raises(EncodeError, match=r"^parameter \$1: money cannot be sent.*numeric"):
        client.value("SELECT $1", Decimal("12.34"), MONEY_OID)
    assert client.fetch("SELECT NULL::money, $1 IS NULL", [None], [MONEY_OID]) == [(None, True)]


def test_a_pool_that_is_told_the_digits_has_decimals(backend: Backend, server: Server) -> None:
    amounts_of_two = [Decimal("12.34"), None, Decimal("-0.01")]

    async def body() -> None:
        async with backend.pool(server.dsn, types={"money": money_as_decimal(2)}) as pool:
            query = select(cast(Decimal("12.3"), MONEY), cast(amounts_of_two, array_of(MONEY)))
            assert tuple(await pool.fetch_one(query)) == (Decimal("12.30"), amounts_of_two)
            with pytest.raises(EncodeError, match=r"money refuses Decimal.*is outside money"):
                await pool.fetch_value(select(cast(Decimal("0.001"), MONEY)))

    backend.run(body)


def test_the_advice_holds_for_queries(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            price = cast(cast(Decimal("12.34"), NUMERIC), MONEY)
            with pytest.raises(DecodeError, match="cast it to numeric"):
                await connection.fetch_value(select(price))
            assert await connection.fetch_value(select(cast(price, NUMERIC))) == Decimal("12.34")
            assert await connection.fetch_value(select(cast(sum_(price), NUMERIC))) == Decimal("12.34")
            with pytest.raises(EncodeError, match="send it as numeric"):
                await connection.fetch_value(select(cast(Decimal("12.34"), MONEY)))

    backend.run(body)
