"""Sockets of the proxy and of the scripted server: listening, dialling, and what the kernel still holds."""

from __future__ import annotations

import array
import socket
import ssl
import struct
import sys
from typing import Final
from urllib.parse import quote, urlencode

from qail.pg.config.connect_config import Address
from qail.pg.config.dsn import parse_dsn
from qail.pg.config.load import load_config

LOOPBACK: Final = "127.0.0.1"
UNIX_PORT: Final = 5432
BACKLOG: Final = 128
DIAL_SECONDS: Final = 10.0
# SIOCOUTQ of Linux: for a unix socket, what its peer has not read yet.
_SIOCOUTQ: Final = 0x5411
_RESET: Final = struct.pack("ii", 1, 0)


def listen_on_path(path: str) -> socket.socket:
    """A unix socket that listens."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def bind_to_loopback(port: int = 0) -> socket.socket:
    """A TCP socket on 127.0.0.1, on a free port unless one is given. Until it listens, who dials there is refused."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((LOOPBACK, port))
    return bound


def listen_on_loopback() -> socket.socket:
    """A TCP socket that listens on 127.0.0.1, on a free port."""
    listening = bind_to_loopback()
    begin_listening(listening)
    return listening


def begin_listening(bound: socket.socket) -> None:
    """Take clients from now on."""
    bound.listen(BACKLOG)
    bound.setblocking(False)


def narrow(sock: socket.socket, buffer_bytes: int | None) -> None:
    """Give a socket small buffers, or leave it."""
    if buffer_bytes is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)


def send_at_once(sock: socket.socket) -> None:
    """No waiting for more to send together (TCP)."""
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def dial(address: Address) -> socket.socket:
    """A connection to the first place an address stands for.

    Raises:
        OSError: it cannot be reached.
    """
    if address.is_unix:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(DIAL_SECONDS)
        try:
            sock.connect(address.socket_path)
        except BaseException:
            sock.close()
            raise
    else:
        sock = socket.create_connection((address.hostaddr or address.host, address.port), DIAL_SECONDS)
        send_at_once(sock)
    sock.setblocking(False)
    return sock


def first_address(dsn: str) -> Address:
    """The first address that a DSN stands for, with the PG* variables where it says nothing.

    Raises:
        ConfigError: it is no DSN.
    """
    return load_config(dsn, {}).addresses[0]


def dsn_at(base: str, host: str, port: int) -> str:
    """The DSN `base` as a URL that leads to another place, with all else as it was.

    Raises:
        ConfigError: it is no DSN.
    """
    found = parse_dsn(base)
    user = quote(found.pop("user", ""), safe="")
    password = quote(found.pop("password", ""), safe="")
    database = quote(found.pop("dbname", ""), safe="")
    found.pop("hostaddr", None)
    where = {**found, "host": host, "port": str(port)}
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return f"postgresql://{login}/{database}?{urlencode(where, quote_via=quote, safe='/')}"


def receive(sock: socket.socket, most_bytes: int) -> bytes:
    """What has come; with TLS all that was deciphered with it, since no selector tells of that; `b""` at the end.

    Raises:
        BlockingIOError: nothing has.
        OSError: the connection broke, or TLS did.
    """
    try:
        data = sock.recv(most_bytes)
        while data and isinstance(sock, ssl.SSLSocket) and sock.pending():
            data += sock.recv(most_bytes)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError):
        raise BlockingIOError from None
    return data


def send(sock: socket.socket, data: bytes) -> int:
    """Send what goes at once.

    Raises:
        BlockingIOError: nothing does.
        OSError: the connection broke.
    """
    try:
        return sock.send(data)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        raise BlockingIOError from None


def unread_bytes(sock: socket.socket) -> int:
    """Whether the peer has yet to read what was sent: above 0 if so. Known on Linux, for unix sockets; else 0."""
    if sys.platform != "linux" or sock.family != socket.AF_UNIX:
        return 0
    import fcntl

    count = array.array("i", [0])
    fcntl.ioctl(sock, _SIOCOUTQ, count)
    return count[0]


def reset(sock: socket.socket) -> None:
    """Close by a reset. A unix socket has none: its peer reads the end, or a reset if we had not read everything."""
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    sock.close()
