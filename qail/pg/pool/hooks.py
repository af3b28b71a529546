"""Hooks: the user's functions that are given a connection, and what keeps them in bounds.

Rule 1: a hook may be a coroutine function or a plain one, and has HOOK_SECONDS.
Rule 2: the connection it was given is taken back when it ends, and must then be outside any transaction, with
nothing in flight.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

from qail.errors import Outcome, PoolError
from qail.pg.driver.connection import Connection
from qail.pg.driver.link import Link
from qail.pg.driver.transport import DeadlinePassed, Runtime
from qail.pg.steps.reset import IDLE

HOOK_SECONDS: Final = 30.0


class HookFailed(PoolError):
    """A hook of the pool's did not leave its connection as it has to. What a hook itself raises stays what it is."""


async def call_hook(hook: Callable[[Connection], Any], name: str, connection: Connection, runtime: Runtime) -> None:
    """Call and await it. Raises what it raises, and HookFailed when it takes too long."""

    async def called() -> None:
        result = hook(connection)
        if inspect.isawaitable(result):
            await result

    try:
        await runtime.within(runtime.now() + HOOK_SECONDS, called)
    except DeadlinePassed:
        raise HookFailed(f"{name} did not end within {HOOK_SECONDS:g} s", outcome=Outcome.NOT_SENT) from None


async def run_hook(
    hook: Callable[[Connection], Any], name: str, lend: Callable[[Link], Connection], link: Link, runtime: Runtime
) -> None:
    """`call_hook` with a connection that is made for it and taken back. Raises HookFailed when it is of no use then."""
    connection = lend(link)
    try:
        await call_hook(hook, name, connection, runtime)
    finally:
        if connection.is_lent:
            connection.detach()
        link.messages.clear()
    if not link.is_usable:
        raise HookFailed(f"{name} left its connection closed or lost", outcome=Outcome.NOT_SENT)
    if link.session.depth or link.is_held or link.scopes or link.session.transaction_status != IDLE:
        raise HookFailed(f"{name} left a transaction open, or statements running", outcome=Outcome.NOT_SENT)
