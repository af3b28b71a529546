"""The lists of hosts, addresses and ports."""

from __future__ import annotations

import pytest

from qail.errors import ConfigError
from qail.pg.config.addresses import LOCAL_HOSTS, match_addresses
from qail.pg.config.connect_config import Address


@pytest.mark.parametrize(
    ("host", "hostaddr", "port", "expected"),
    [
        ("h", "", "", [Address("h", 5432)]),
        ("h", "", "6000", [Address("h", 6000)]),
        ("h,g", "", "1", [Address("h", 1), Address("g", 1)]),
        ("h,g", "", "1,2", [Address("h", 1), Address("g", 2)]),
        ("h,g", "", ",2", [Address("h", 5432), Address("g", 2)]),
        ("h", "10.0.0.1", "", [Address("h", 5432, "10.0.0.1")]),
        ("", "10.0.0.1,::1", "", [Address("10.0.0.1", 5432, "10.0.0.1"), Address("::1", 5432, "::1")]),
        ("h,g", ",10.0.0.1", "", [Address("h", 5432), Address("g", 5432, "10.0.0.1")]),
        ("/tmp", "", "7", [Address("/tmp", 7)]),
        ("", "", "", [Address(host, 5432) for host in LOCAL_HOSTS]),
        ("h,", "", "1,2", [Address("h", 1), *(Address(host, 2) for host in LOCAL_HOSTS)]),
        (" h , g ", "", " 1 , 2 ", [Address("h", 1), Address("g", 2)]),
    ],
)
def test_lists_become_addresses(host: str, hostaddr: str, port: str, expected: list[Address]) -> None:
    assert match_addresses(host, hostaddr, port) == tuple(expected)


@pytest.mark.parametrize(
    ("host", "hostaddr", "port", "message"),
    [
        ("a,b,c", "", "1,2", "port has 2 entries for 3 hosts"),
        ("", "", "1,2", "port has 2 entries for 1 hosts"),
        ("a,b", "10.0.0.1", "", "host has 2 entries and hostaddr has 1"),
        ("a", "example.com", "", "hostaddr 1 is not an IP address"),
        *[("a,b", "", f"1,{port}", "port of host 2") for port in ("0", "65536", "-1", "1e3", "²", "99999999", "5432x")],
    ],
)
def test_lists_that_do_not_fit_are_refused(host: str, hostaddr: str, port: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        match_addresses(host, hostaddr, port)
