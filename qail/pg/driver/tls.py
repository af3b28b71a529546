"""TLS contexts from a configuration: what each mode checks, and how its failures are told.

Rule 1: `verify-full` checks chain and name; `verify-ca` forgives the name; the other modes check nothing.
Rule 2: TLS 1.2 is the least, whatever the system's own default is.

Source: libpq-ssl.html, "SSL Mode Descriptions"; the `ssl` module's "Security considerations"
"""

from __future__ import annotations

import ipaddress
import ssl

from qail.errors import ConfigError, TlsError
from qail.pg.config.connect_config import SYSTEM_ROOTS, Address, ConnectConfig, SslMode
from qail.pg.protocol.settings import TLS_DISABLE, TLS_PREFER, TLS_REQUIRE


def session_tls(mode: SslMode) -> str:
    """What the session asks of the server: nothing, TLS if there is some, or TLS or nothing."""
    if mode in ("disable", "allow"):
        return TLS_DISABLE
    return TLS_PREFER if mode == "prefer" else TLS_REQUIRE


def is_verified(mode: SslMode) -> bool:
    """Whether a connection in this mode has proven the server by its certificate."""
    return mode in ("verify-ca", "verify-full")


def make_context(config: ConnectConfig, mode: SslMode) -> ssl.SSLContext:
    """A fresh context for `mode`.

    Raises:
        ConfigError: the root certificates cannot be read, or a protocol version is unknown.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if is_verified(mode) else ssl.CERT_NONE
    context.minimum_version = _version(config.ssl_min_protocol_version)
    if config.ssl_max_protocol_version is not None:
        context.maximum_version = _version(config.ssl_max_protocol_version)
    if is_verified(mode):
        _load_roots(context, config.sslrootcert)
    return context


def server_hostname(address: Address, mode: SslMode) -> str | None:
    """The name for SNI and for the check. An IP address is checked, and never sent as SNI."""
    try:
        ipaddress.ip_address(address.host)
    except ValueError:
        return address.host
    return address.host if mode == "verify-full" else None


def tls_failure(error: Exception, address: Address, mode: SslMode) -> TlsError:
    """The handshake's error as one of ours, saying what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = (
            f"the certificate of {address} was refused: {error.verify_message}; name the right host, or give the "
            f"certificate of its authority as sslrootcert (sslmode is {mode})"
        )
        failure = TlsError(text, reason="certificate")
    else:
        failure = TlsError(f"the TLS handshake with {address} failed: {error}")
    failure.__cause__ = error
    return failure


def _load_roots(context: ssl.SSLContext, roots: str) -> None:
    try:
        if roots == SYSTEM_ROOTS:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        elif "-----BEGIN" in roots:
            context.load_verify_locations(cadata=roots)
        else:
            context.load_verify_locations(cafile=roots)
    except (OSError, ssl.SSLError) as error:
        shown = "the given PEM text" if "-----BEGIN" in roots else repr(roots)
        raise ConfigError(f"sslrootcert: {shown} cannot be read as certificates: {error}") from error


def _version(name: str) -> ssl.TLSVersion:
    try:
        return ssl.TLSVersion[name.replace(".", "_")]
    except KeyError:
        raise ConfigError(f"{name!r} is no TLS version: write TLSv1.2 or TLSv1.3") from None
