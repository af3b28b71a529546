"""Addresses as the server sees them: operators, its own functions, and networks where an inet is asked for."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_address, ip_interface, ip_network
from typing import Any, Final

import pytest

import qail
from qail import CIDR, INET, MACADDR, MACADDR8, MacAddress, Qail, Table, cast, col, func, select
from support.backends import Backend
from support.binary_client import BinaryClient
from support.servers import Server

pytestmark = pytest.mark.feature("CO11")
INET_OID: Final = 869


class Host(Table, name="hosts"):
    id: qail.Col[int] = col(qail.INT4, pk=True)
    address: qail.Col[Any] = col(INET)
    network: qail.Col[Any] = col(CIDR)
    mac: qail.Col[MacAddress] = col(MACADDR)


def test_the_servers_functions_agree_with_ipaddress(client: BinaryClient) -> None:
    value = ip_interface("10.1.2.3/8")

    ((host, network, mask, bits, broadcast),) = client.fetch(
        "SELECT host($1), network($1), netmask($1), masklen($1), broadcast($1)", [value], [INET_OID]
    )

    assert (host, bits) == (str(value.ip), value.network.prefixlen)
    assert (network, mask) == (value.network, value.netmask)
    assert broadcast == ip_interface("10.255.255.255/8")


def test_a_network_may_stand_where_an_inet_is_asked_for(client: BinaryClient) -> None:
    inside, outside = ip_address("10.1.2.3"), ip_address("11.0.0.1")
    sql = "SELECT $1 << $2"

    assert client.fetch(sql, [inside, ip_network("10.0.0.0/8")], [INET_OID] * 2) == [(True,)]
    assert client.fetch(sql, [outside, ip_network("10.0.0.0/8")], [INET_OID] * 2) == [(False,)]


def test_addresses_of_a_table_are_stored_found_and_compared(backend: Backend, server: Server) -> None:
    rows = [
        (1, ip_address("10.1.2.3"), ip_network("10.0.0.0/8"), MacAddress("08:00:2b:01:02:03")),
        (2, ip_interface("2001:db8::1/64"), ip_network("2001:db8::/32"), MacAddress(b"\xff" * 6)),
    ]

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await connection.script("CREATE TEMP TABLE hosts (id int4, address inet, network cidr, mac macaddr)")
            await connection.copy_in("hosts", rows, columns=["id", "address", "network", "mac"])
            found = await connection.fetch_all(select(Host.id, Host.address, Host.network, Host.mac).order_by(Host.id))
            assert [tuple(row) for row in found] == rows
            by_mac = select(Host.id).where(Host.mac == MacAddress("0800.2b01.0203"))
            assert await connection.fetch_value(by_mac) == 1
            by_text = Qail.get("hosts").columns("id").eq("address", "2001:db8::1/64")
            assert await connection.fetch_value(by_text) == 2
            across = select(Host.id).where(Host.address == Host.network)
            assert await connection.fetch_values(across) == []

    backend.run(body)


def test_a_value_stands_for_its_own_type(backend: Backend, server: Server) -> None:
    values = [
        (ip_address("10.1.2.3"), "inet"),
        (ip_interface("::1/64"), "inet"),
        (ip_network("10.0.0.0/8"), "cidr"),
        (MacAddress(bytes(6)), "macaddr"),
        (MacAddress(bytes(8)), "macaddr8"),
        ([ip_address("::1"), None], "inet[]"),
    ]

    async def body() -> None:
        for value, name in values:
            # A connection each: what a query's parameter is taken for is settled by the first value.
            async with backend.connect(server.dsn) as connection:
                assert await connection.fetch_value(select(func.pg_typeof(value))) == name

    backend.run(body)


def test_the_types_are_known_without_asking(backend: Backend, server: Server) -> None:
    query = select(cast("10.0.0.0/8", CIDR), cast("10.0.0.1", INET), cast("08002b:010203", MACADDR8))

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            row = await connection.fetch_one(query)
            assert row == (IPv4Network("10.0.0.0/8"), IPv4Address("10.0.0.1"), MacAddress("08:00:2b:ff:fe:01:02:03"))

    backend.run(body)


def test_an_interface_of_a_whole_prefix_comes_back_as_the_address(client: BinaryClient) -> None:
    found = client.value("SELECT $1", IPv4Interface("10.0.0.1/32"), INET_OID)

    assert type(found) is IPv4Address
    assert found == IPv4Address("10.0.0.1")
