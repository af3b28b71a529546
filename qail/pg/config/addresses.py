"""The lists host, hostaddr and port become addresses to try, in order.

Rule 1: hostaddr or else host says how many there are; a port list has one entry, or one for each.
Rule 2: an empty host means this machine: the usual folders of unix sockets, then localhost.

Source: libpq-connect.html, "Specifying Multiple Hosts"; fe-connect.c, pqConnectOptions2
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Final

from qail.errors import ConfigError
from qail.pg.config.connect_config import DEFAULT_PORT, Address

SOCKET_FOLDERS: Final = () if sys.platform == "win32" else ("/var/run/postgresql", "/tmp")  # noqa: S108  libpq's own
LOCAL_HOSTS: Final = (*SOCKET_FOLDERS, "localhost")
MAX_PORT: Final = 65_535


def match_addresses(host: str, hostaddr: str, port: str) -> tuple[Address, ...]:
    """Each place to try. The texts are comma-separated; an empty one was not given.

    Raises:
        ConfigError: the lists do not fit each other, a port is no port, or an address is no IP address.
    """
    hosts = host.split(",") if host else []
    dialled = hostaddr.split(",") if hostaddr else []
    if hosts and dialled and len(hosts) != len(dialled):
        raise ConfigError(f"host has {len(hosts)} entries and hostaddr has {len(dialled)}")
    count = len(dialled) or len(hosts) or 1
    ports = _read_ports(port, count)
    addresses: list[Address] = []
    for index in range(count):
        name = hosts[index].strip() if hosts else ""
        address = dialled[index].strip() if dialled else ""
        if address:
            addresses.append(Address(name or address, ports[index], _checked_ip(address, index)))
        else:
            addresses += [Address(each, ports[index]) for each in ((name,) if name else LOCAL_HOSTS)]
    return tuple(addresses)


def _read_ports(port: str, count: int) -> list[int]:
    texts = port.split(",") if port else [""]
    if len(texts) not in (1, count):
        raise ConfigError(f"port has {len(texts)} entries for {count} hosts: give one, or one for each host")
    ports = [_read_port(text.strip(), index) for index, text in enumerate(texts)]
    return ports * count if len(ports) == 1 else ports


def _read_port(text: str, index: int) -> int:
    if not text:
        return DEFAULT_PORT
    # Not quoted: in a URL whose password has an unencoded '/', what stands here is a piece of it.
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or not 1 <= int(text) <= MAX_PORT:
        raise ConfigError(f"the port of host {index + 1} is not a number from 1 to {MAX_PORT}")
    return int(text)


def _checked_ip(text: str, index: int) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ConfigError(f"hostaddr {index + 1} is not an IP address; a name goes into host") from None
    return text
