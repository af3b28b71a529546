"""Opening connections: a few at a time, with backoff, and set up by `on_connect` before anybody uses them.

Rule 1: a refused login or certificate is told to everybody who waits; so is a database that does not exist.
Rule 2: other failures back off, with full jitter, until the callers' own time is over.
Rule 3: when `on_connect` fails the connection is closed, and whoever waited longest is told.

Source: design, "Pool"
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from functools import partial
from random import random
from typing import TYPE_CHECKING, Final

from qail.errors import AuthError, ConfigError, ConnectError, ConnectionLost, PoolError, TlsError
from qail.pg.driver.cancel import destroy
from qail.pg.driver.connection import Connection
from qail.pg.driver.link import Link
from qail.pg.pool.backoff import Backoff
from qail.pg.pool.hooks import run_hook
from qail.pg.pool.slot import Slot

if TYPE_CHECKING:
    from qail.pg.pool.keeper import Keeper

logger = logging.getLogger("qail")


class Opener:
    """Opens the pool's connections."""

    def __init__(
        self, keeper: Keeper, connect: Callable[[], Awaitable[Link]], lend: Callable[[Link], Connection]
    ) -> None:
        self._keeper: Final = keeper
        self._connect: Final = connect
        self._lend: Final = lend
        self.backoff: Final = Backoff(random)  # jitter is no secret
        self.last_failure: Exception | None = None
        """Why the last attempt failed; None when it did not."""

    @property
    def may_open(self) -> bool:
        """Whether an attempt may be made now."""
        keeper = self._keeper
        return not keeper.is_closing and keeper.runtime.now() >= self.backoff.until

    @property
    def refusal(self) -> Exception | None:
        """Why it would be in vain to ask now: the last attempt was refused for good, a moment ago."""
        failure = self.last_failure
        return failure if failure is not None and _is_final(failure) and not self.may_open else None

    async def open_first(self, count: int) -> None:
        """Open connections one after another: a wrong password is told once."""
        for _ in range(count):
            slot = Slot()
            self._keeper.slots.append(slot)
            try:
                link = await self._make(slot)
            except BaseException as error:
                self._keeper.slots.remove(slot)
                self._keeper.totals.connect_failures += isinstance(error, Exception)
                raise
            self._keeper.take_in(slot, link)

    def start(self) -> None:
        """Open one more, in a task of the pool."""
        slot = Slot()
        self._keeper.slots.append(slot)
        self._keeper.runtime.spawn(partial(self._open, slot))

    async def _open(self, slot: Slot) -> None:
        keeper = self._keeper
        try:
            link = await self._make(slot)
        except Exception as error:  # noqa: BLE001  # a hook of the user's may raise anything
            self._leave(slot)
            self._failed(error)
            keeper.tell_quiet()
        except BaseException as error:
            self._leave(slot)
            if isinstance(error, (CancelledError, SystemExit)) and not keeper.is_closing:
                # A hook may raise it: whoever waits is told, and nobody tries again at once.
                self._failed(PoolError(f"a connection was given up while it was opened: {type(error).__name__}"))
            raise
        else:
            self.last_failure = None
            self.backoff.succeeded()
            keeper.take_in(slot, link)

    def _leave(self, slot: Slot) -> None:
        if slot in self._keeper.slots:
            self._keeper.slots.remove(slot)

    async def _make(self, slot: Slot) -> Link:
        link = await self._connect()
        try:
            await self.set_up(slot, link)
        except BaseException:
            destroy(link)
            raise
        return link

    async def set_up(self, slot: Slot, link: Link) -> None:
        """Let `on_connect` prepare the session. Raises what it raises, and HookFailed."""
        hook = self._keeper.rules.on_connect
        if hook is None:
            return
        await run_hook(hook, "on_connect", self._lend, link, self._keeper.runtime)
        # What it set holds for as long as the session is not reset; the reset does it again.
        slot.needs_setup = link.is_dirty
        link.cleaned()

    def _failed(self, error: Exception) -> None:
        keeper = self._keeper
        keeper.totals.connect_failures += 1
        self.last_failure = error
        self.backoff.failed(keeper.runtime.now())
        logger.warning("a connection of the pool could not be opened: %s", f"{error}" or repr(error))
        if _is_final(error):
            keeper.callers.fail_all(error)
        elif not isinstance(error, (ConnectError, ConnectionLost)):
            # Not the way to the server, but what is done there fails.
            keeper.callers.fail_first(error)
        keeper.upkeep.wake()


def _is_final(error: Exception) -> bool:
    """Whether connecting again would meet the same refusal: wrong password, no such database, no such setting."""
    if isinstance(error, ConnectError) and error.reason == "rejected":
        return True
    return isinstance(error, (AuthError, TlsError, ConfigError))
