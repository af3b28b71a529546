"""Connecting: the addresses in order, TLS, authentication, until the server is ready; `qail.connect`.

Rule 1: one deadline covers lookup, dialling, TLS, authentication and startup of an address.
Rule 2: every attempt starts from fresh state under the same policy. A refused login or certificate ends the search:
the next host would be asked under weaker terms, or in vain.
Rule 3: the SCRAM proof is made in a worker thread; its iterations are capped before.
Rule 4: where the server rejects the protocol version in so many words, and for nothing else, the attempt is made once
more with 3.0, within the same deadline; `elders` remembers it for a while, for whoever connects to that address again.

Source: libpq-connect.html, "Specifying Multiple Hosts"; protocol-flow.html, "Start-up"
"""

from __future__ import annotations

import random
import secrets
import socket as sockets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from qail.errors import AuthError, ConfigError, ConnectError, QailError
from qail.pg.catalog import Catalog
from qail.pg.codec.json import json_codecs
from qail.pg.codec.registry import CodecRegistry
from qail.pg.config.connect_config import Address, ConnectConfig, SslMode, TargetSessionAttrs
from qail.pg.driver.elders import Elders
from qail.pg.driver.link import Link
from qail.pg.driver.target import fits
from qail.pg.driver.tls import is_verified, make_context, server_hostname, session_tls, tls_failure
from qail.pg.driver.transport import DeadlinePassed, Runtime, Transport
from qail.pg.protocol.session import Session
from qail.pg.protocol.settings import AuthPolicy, NeedPassword, NeedTls, StartupSettings
from qail.pg.protocol.state import READY, SPENT
from qail.pg.wire.constants import PROTOCOL_3_0

T = TypeVar("T")

_NEXT_HOST: Final = ("dns", "refused", "timeout", "not_ready", "too_many", "target", "lost", "version")
MEND: Final = " (does the server run there? host= and port= say where else; qail.embedded.start() starts one)"
_BOTH_WAYS: Final[dict[SslMode, tuple[SslMode, ...]]] = {"allow": ("allow", "require"), "prefer": ("prefer", "disable")}


async def open_link(config: ConnectConfig, runtime: Runtime, elders: Elders | None = None) -> Link:
    """A ready link to the first address that takes us.

    `elders` are the addresses known to reject what is above protocol 3.0: they are asked for 3.0 at once, and new ones
    are added.

    Raises:
        ConfigError: TLS cannot be set up as configured.
        AuthError, TlsError: the server refused us, or we it; no other address was tried.
        ConnectError: no address took us; `attempts` has a line for each.
    """
    failures: list[ConnectError] = []
    asked = config.target_session_attrs
    wishes: tuple[TargetSessionAttrs, ...] = ("standby", "any") if asked == "prefer-standby" else (asked,)
    tries: list[tuple[Address, TargetSessionAttrs]] = [
        (address, wish) for wish in wishes for address in _in_order(config, config.addresses)
    ]
    for address, wish in tries:
        try:
            return await _open_at(config, runtime, address, wish, Elders() if elders is None else elders)
        except ConnectError as error:
            failures.append(error)
            error.attempts = tuple(f"{each}" for each in failures)
            if error.reason not in _NEXT_HOST:
                raise
    if not failures:
        raise ConfigError("no address to connect to")
    if len(failures) == 1:
        raise failures[0]
    attempts = failures[-1].attempts
    raise ConnectError(
        f"no host could be reached: {'; '.join(attempts)}", reason=failures[-1].reason, attempts=attempts
    )


async def open_link_over(config: ConnectConfig, runtime: Runtime, stream: Any) -> Link:
    """A ready link over a stream that is connected already; `host` says who is at its other end, for TLS.

    Raises:
        ConfigError: the stream is of no kind that this runtime can use.
        ConnectError, AuthError, TlsError: the server did not take us.
    """
    address = config.addresses[0]
    attempt = _Attempt(config, runtime, address, "", config.sslmode_for(address), Elders(), stream)
    return await attempt.run(config.target_session_attrs)


def _in_order(config: ConnectConfig, entries: Sequence[T]) -> list[T]:
    """In the order to try them: as given, or drawn anew for each connection."""
    found = list(entries)
    if config.load_balance_hosts == "random":
        random.shuffle(found)  # a draw among equals: no secret
    return found


async def _open_at(
    config: ConnectConfig, runtime: Runtime, address: Address, wish: TargetSessionAttrs, elders: Elders
) -> Link:
    """One address of the configuration, which may stand for several numeric ones."""
    sslmode = config.sslmode_for(address)
    modes = _BOTH_WAYS.get(sslmode, (sslmode,))
    error: ConnectError | None = None
    for place in _in_order(config, await _places(config, runtime, address)):
        try:
            return await _open_in_modes(
                [_Attempt(config, runtime, address, place, mode, elders) for mode in modes], wish
            )
        except ConnectError as failed:
            error = failed
        if error.reason not in _NEXT_HOST:
            break
    assert error is not None
    raise error


async def _open_in_modes(attempts: list[_Attempt], wish: TargetSessionAttrs) -> Link:
    """One numeric address. `allow` and `prefer` ask the other way where the server itself said no."""
    for attempt in attempts[:-1]:
        try:
            return await attempt.run(wish)
        except ConnectError as error:
            if error.reason not in ("auth", "rejected"):
                raise
    return await attempts[-1].run(wish)


async def _places(config: ConnectConfig, runtime: Runtime, address: Address) -> list[str]:
    """What to dial: the socket's path, or numeric addresses."""
    if address.is_unix:
        return [address.socket_path]
    if address.hostaddr is not None:
        return [address.hostaddr]
    try:
        return await _limited(config, runtime, address, partial(runtime.resolve, address.host, address.port))
    except OSError as error:
        raise ConnectError(f"the name {address.host!r} has no address: {error}", reason="dns") from error


async def _limited(config: ConnectConfig, runtime: Runtime, address: Address, work: Callable[[], Awaitable[T]]) -> T:
    seconds = config.connect_timeout_seconds
    try:
        return await runtime.within(None if seconds is None else runtime.now() + seconds, work)
    except DeadlinePassed:
        raise ConnectError(f"{address} did not take us within {seconds:g} s", reason="timeout") from None


class _Attempt:
    """One attempt at one numeric address in one TLS mode, from fresh state."""

    def __init__(
        self,
        config: ConnectConfig,
        runtime: Runtime,
        address: Address,
        place: str,
        mode: SslMode,
        elders: Elders,
        stream: Any = None,
    ) -> None:
        self._config: Final = config
        self._runtime: Final = runtime
        self._address: Final = address
        self._place: Final = place
        self._mode: Final = mode
        self._elders: Final = elders
        self._stream: Final[Any] = stream

    async def run(self, wish: TargetSessionAttrs) -> Link:
        """Raises ConnectError; then nothing is left open."""
        return await _limited(self._config, self._runtime, self._address, partial(self._in_versions, wish))

    async def _in_versions(self, wish: TargetSessionAttrs) -> Link:
        """Rule 4."""
        least, greatest = self._config.min_protocol_version, self._config.max_protocol_version
        is_elder = self._elders.has(f"{self._address}", self._runtime.now())
        try:
            return await self._open(wish, PROTOCOL_3_0 if is_elder else greatest)
        except ConnectError as error:
            # A stream of the caller's cannot be had a second time.
            if error.reason != "version" or least > PROTOCOL_3_0 or self._stream is not None:
                raise
        self._elders.add(f"{self._address}", self._runtime.now())
        return await self._open(wish, PROTOCOL_3_0)

    async def _open(self, wish: TargetSessionAttrs, version: int) -> Link:
        session = Session(self._settings(version), self._config.statement_cache_size)
        if self._config.max_result_bytes is not None:
            session.most_row_bytes = self._config.max_result_bytes
        try:
            transport = await self._connected()
        except OSError as error:
            raise _dial_error(error, self._address) from error
        link = Link(session, transport, self._runtime, self._config, self._address, self._place)
        try:
            _keep_alive(transport, self._config)
            transport.attach(link)
            session.start()
            transport.flush()
            await self._start(link)
            _check_target(link, wish)
        except BaseException:
            link.abort()
            raise
        return link

    async def _connected(self) -> Transport:
        if self._stream is not None:
            return await self._runtime.adopt(self._stream)
        return await dial(self._runtime, self._address, self._place)

    def _settings(self, version: int) -> StartupSettings:
        config, address = self._config, self._address
        if config.channel_binding == "require":
            raise ConfigError("channel_binding=require: this version cannot bind SCRAM to TLS; use prefer")
        policy = AuthPolicy(
            config.password_for(address) is not None,
            is_unix_socket=address.is_unix,
            is_tls_verified=is_verified(self._mode),
            allow_insecure_auth=config.allow_insecure_auth,
            most_iterations=config.scram_max_iterations,
        )
        return StartupSettings(
            config.user,
            config.database,
            parameters=dict(config.server_settings),
            nonce=secrets.token_urlsafe(24),
            tls=session_tls(self._mode),
            policy=policy,
        ).ask_for(version, config.min_protocol_version)

    async def _start(self, link: Link) -> None:
        session = link.session
        while session.phase != READY:
            await link.wait_until(lambda: session.need is not None or session.phase in (READY, SPENT) or link.is_lost)
            if session.need is None and session.phase != READY:
                raise _startup_failure(session.spent_cause, self._address)
            await self._answer(link)
            link.transport.flush()

    async def _answer(self, link: Link) -> None:
        session = link.session
        need = session.need
        if isinstance(need, NeedTls):
            await self._upgrade(link)
        elif isinstance(need, NeedPassword):
            link.authentication = need.method
            password = self._config.password_for(self._address)
            missing = AuthError("the server asks for a password, and none is set")
            session.answer(missing if password is None else password)
        elif need is not None:
            try:
                session.answer(await self._runtime.in_thread(need.compute))
            except QailError as error:
                session.answer(error)

    async def _upgrade(self, link: Link) -> None:
        context = make_context(self._config, self._mode)
        try:
            await link.transport.start_tls(context, server_hostname(self._address, self._mode))
        except (OSError, ValueError) as error:
            raise tls_failure(error, self._address, self._mode) from error
        link.session.answer(None)


async def dial(runtime: Runtime, address: Address, place: str) -> Transport:
    """A plain stream to `place`. Raises OSError."""
    if not place:
        raise OSError("the connection runs over a stream of the caller's: there is no address to dial")
    if address.is_unix:
        return await runtime.open_unix(place)
    return await runtime.open_tcp(place, address.port)


def _dial_error(error: OSError, address: Address) -> ConnectError:
    if isinstance(error, TimeoutError):
        return ConnectError(f"{address} did not answer: {error}", reason="timeout")
    if isinstance(error, FileNotFoundError):
        return ConnectError(f"no server listens on the socket {address}{MEND}", reason="refused")
    reason = error.strerror or str(error)
    return ConnectError(f"{address} refused the connection: {reason}{MEND}", reason="refused")


def _startup_failure(cause: QailError | None, address: Address) -> ConnectError:
    if isinstance(cause, ConnectError):
        return cause
    failure = ConnectError(f"{address} closed the connection while it was starting: {cause}", reason="lost")
    failure.__cause__ = cause
    return failure


def _keep_alive(transport: Transport, config: ConnectConfig) -> None:
    """TCP keepalive and user timeout, as configured."""
    socket = transport.socket
    if transport.kind != "tcp" or socket is None:
        return
    socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, int(config.keepalives))
    options = {
        "TCP_KEEPIDLE": config.keepalives_idle_seconds,
        "TCP_KEEPINTVL": config.keepalives_interval_seconds,
        "TCP_KEEPCNT": config.keepalives_count,
        "TCP_USER_TIMEOUT": config.tcp_user_timeout_milliseconds,
    }
    for name, value in options.items():
        # Not every system has every option.
        if value is not None and hasattr(sockets, name):
            socket.setsockopt(sockets.IPPROTO_TCP, getattr(sockets, name), value)


def _check_target(link: Link, wish: TargetSessionAttrs) -> None:
    """Raises ConnectError when the server is not of the kind that `target_session_attrs` asks for."""
    if not fits(link.session.parameters, wish):
        raise ConnectError(f"{link.address} is not {wish}, as target_session_attrs asks", reason="target")


def catalog_for(config: ConnectConfig) -> Catalog:
    """What is to be known of the database that `config` leads to: nothing yet but what was configured for its types."""
    registry = CodecRegistry()
    if config.json_loads is not None or config.json_dumps is not None:
        for codec in json_codecs(config.json_loads, config.json_dumps):
            registry.register(codec)
    for name, how in config.types.items():
        registry.register_type(name, how)
    registry.max_result_bytes = config.max_result_bytes or 0
    return Catalog(registry, is_pooled=config.pooler_mode, is_named=config.statement_cache_size > 0)
