"""Link: one session on one transport. It moves bytes between them and wakes those whose requests have settled.

Rule 1: a segment is appended whole and synchronously; whoever waits for it waits on one waiter and nothing else.
Rule 2: a caller that goes away abandons its request; the answer is still read, and dropped.
Rule 3: on a shared link every answer must end with status `I` (the session looks): anything else means that a
stranger's transaction is open, and the link is spent.
Rule 4: a link that ends settles everything once and tells its owner once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, cast

from qail.errors import ConnectionLost, Outcome, UsageError
from qail.pg.catalog import Namespace
from qail.pg.config.connect_config import Address, ConnectConfig
from qail.pg.driver.closing import close_link
from qail.pg.driver.messages import Messages
from qail.pg.driver.transport import Runtime, Transport, Waiter
from qail.pg.driver.unanswered import may_run, unanswered
from qail.pg.protocol.request import Request
from qail.pg.protocol.session import Session
from qail.pg.protocol.state import HANDED, QUEUED, SETTLED, WITHDRAWN
from qail.pg.steps.settings import Settings
from qail.pg.steps.transaction import Openings, ScopeSteps

GRACE_SECONDS: Final = 2.0
"""How long clean-up may take after its caller has gone."""


class Link:
    """One connection's engine.

    Attributes that its owners set and read: `owner_changed` is called after each chunk that settled a request, when
    writing goes on after a pause, and at the end; `on_data` after each chunk (a COPY OUT looks whether its consumer
    keeps up); `on_late` with requests of which the first was the head for more than `late_after_seconds`; `on_soil`
    with SQL that may change the session; `interrupt` where a request of a link with one owner was given up.
    `left_running`: it ended with requests that the server may still run. `namespace` is the borrower's view of what
    names mean, `messages` are his handlers. `given_up` are requests of a shared link that nobody awaits: their answers
    may hold others up. `openings` are unsettled requests with BEGIN or SAVEPOINT, and the scopes that each opens.
    """

    __slots__ = (
        "_copy_in",
        "_is_shared",
        "_owed",
        "_watchers",
        "address",
        "authentication",
        "config",
        "given_up",
        "interrupt",
        "is_closing",
        "is_dirty",
        "is_fenced",
        "is_lost",
        "is_tended",
        "late_after_seconds",
        "left_running",
        "local_settings",
        "messages",
        "namespace",
        "on_data",
        "on_soil",
        "on_late",
        "opened_at",
        "openings",
        "owner_changed",
        "pins",
        "place",
        "progress_at",
        "runtime",
        "scopes",
        "session",
        "settled_count",
        "stream_scope",
        "transport",
        "unsent_scopes",
    )

    def __init__(
        self,
        session: Session,
        transport: Transport,
        runtime: Runtime,
        config: ConnectConfig,
        address: Address,
        place: str,
    ) -> None:
        self.session: Final = session
        self.transport: Final = transport
        self.runtime: Final = runtime
        self.config: Final = config
        self.address: Final = address
        self.place: Final = place
        """The very numeric address or socket path that was dialled; a cancel request must go there."""
        self.opened_at = self.progress_at = runtime.now()
        self.authentication = "none"
        """What the server asked for: `scram-sha-256`, `md5`, `password` or `none`."""
        self.is_lost = self.is_closing = self._is_shared = self.left_running = False
        self.messages: Final = Messages()
        self.given_up: list[Request] = []
        self._begin_session()
        self.is_fenced = False  # while a cancel request is under way: nothing new is sent until it is done
        self.is_tended = False  # while a task looks after requests that were given up
        self.interrupt: Callable[[Link], None] | None = None
        self._copy_in: Request | None = None
        self._owed: list[Request] = []
        self.on_data: Callable[[], None] | None = None
        self.late_after_seconds = math.inf
        self.on_late: Callable[[list[Request], float], None] | None = None
        self.owner_changed: Callable[[], None] | None = None
        self.settled_count = 0
        self._watchers: list[Waiter] = []

    def _begin_session(self) -> None:
        """What borrowers do to the session, and what they have open in it."""
        self.is_dirty = False  # something ran that may have changed it: a reset is owed before the next borrower
        self.on_soil: Callable[[bytes], None] | None = None
        self.pins: list[str] = []  # what is held that ends with this very session, in words: a lock
        self.namespace: Namespace | None = None
        self.scopes: list[ScopeSteps] = []  # the open transaction and the savepoints inside it
        self.unsent_scopes = 0
        """How many of the last scopes have a BEGIN or SAVEPOINT that rides ahead of the next statement."""
        self.openings = Openings()
        self.local_settings: Settings = ()
        """A lease's: they hold in each of its transactions, and go ahead of each implicit one's statement."""
        self.stream_scope: Any = None  # what streams have opened for themselves: see cursor.py

    # What the transport calls. Nothing here raises.

    def take_output(self) -> bytes:
        return self.session.take_output()

    def data_received(self, data: bytes) -> None:
        session = self.session
        settled = session.data_received(data)
        if settled:
            now = self.runtime.now()
            if now - self.progress_at > self.late_after_seconds and self.on_late is not None:
                self.on_late(settled, now - self.progress_at)
            self.progress_at = now
            copy_in = self._copy_in
            if copy_in is not None and copy_in.state == SETTLED:
                self._copy_in = None
                self._pay_owed()
            self._settle(settled)
        is_quiet = session.is_quiet
        if not is_quiet and session.has_output:
            self.transport.flush_soon()
        if self.on_data is not None:
            self.on_data()
        if self._watchers:
            self._wake_watchers()
        if not is_quiet and session.is_spent:
            self.left_running = may_run(settled)
            self.settled_count -= unanswered(settled)
            self.transport.abort()
            if not settled and self.owner_changed is not None:
                # Ended while idle: the pool is to offer this link to nobody more, before the transport's end is told.
                self.owner_changed()
        if settled and self.owner_changed is not None:
            self.owner_changed()
        if not is_quiet and session.has_messages:
            self.messages.deliver(session.take_messages())

    def connection_lost(self, cause: Exception | None) -> None:
        self.is_lost = True
        settled = self.session.connection_lost(cause)
        # A clean end is the server's own: there is no backend any more.
        self.left_running = self.left_running or (cause is not None and may_run(settled))
        self._settle(settled)
        self.settled_count -= unanswered(settled)
        self._wake_watchers()
        self.messages.wake()
        if self.owner_changed is not None:
            self.owner_changed()

    def writing_resumed(self) -> None:
        self._wake_watchers()
        if self.owner_changed is not None:
            # A paused link counts as full; whoever waits for room may have been told so when all was answered already.
            self.owner_changed()

    # What the verbs call.

    @property
    def is_shared(self) -> bool:
        """Whether strangers use this link at once."""
        return self._is_shared

    @is_shared.setter
    def is_shared(self, value: bool) -> None:
        self._is_shared = value
        self.session.expects_idle = value

    @property
    def is_usable(self) -> bool:
        """Whether a request may be submitted."""
        return not (self.is_lost or self.is_closing or self.session.is_spent)

    def check_usable(self) -> None:
        """Raises what tells the caller why nothing can be sent."""
        if self.is_usable:
            return
        if self.is_closing:
            raise UsageError("this connection is closed", connection_spent=True)
        cause = self.session.spent_cause
        text = f"the connection to {self.address} is lost" + (f": {cause}" if cause is not None else "")
        error = ConnectionLost(text, outcome=Outcome.NOT_SENT)
        error.__cause__ = cause
        raise error

    def submit(self, request: Request) -> Waiter:
        """Append a whole segment; it leaves within this loop iteration or the next. Raises when the link has ended."""
        waiter = self.runtime.waiter()
        request.waiter = waiter
        self.append(request)
        return waiter

    def append(self, request: Request) -> None:
        """`submit` a request that has its waiter."""
        self.session.submit(request)
        self.submitted(1)

    def submitted(self, count: int) -> None:
        """So many requests were submitted, and leave together: at once where no other could be coalesced with them."""
        if self.session.depth == count:
            self.progress_at = self.runtime.now()
            self.transport.flush()
        else:
            self.transport.flush_soon()

    @property
    def is_held(self) -> bool:
        """Whether new requests must wait: a cancel request is under way, or the end of a COPY IN that was given up."""
        return self.is_fenced or self._copy_in is not None

    def hold_for(self, request: Request) -> None:
        """`request`, a COPY IN that was given up, must settle before anything else can be sent."""
        self._copy_in = request if request.state == HANDED and not self.is_lost else None
        if self._copy_in is None:
            self._pay_owed()

    def submit_when_free(self, request: Request) -> None:
        """Append `request`, which nobody waits for, as soon as the link is not held, and behind a COPY IN that runs."""
        if self._copy_in is None:
            self._copy_in = self.session.copy_in_under_way
        if self.is_held:
            self._owed.append(request)
        elif self.is_usable:
            self.submit(request)

    def _pay_owed(self) -> None:
        owed, self._owed = self._owed, []
        for request in owed:
            self.submit_when_free(request)
        self._wake_watchers()

    async def settle(self, request: Request) -> None:
        """Submit `request` as soon as the link is not held, and wait for its ReadyForQuery. Its error is left in it."""
        if self.is_held:
            await self._wait_free_for(request)
        self.submit(request)
        try:
            await self.answered(request)
        except BaseException:
            self.abandon(request)
            raise

    async def answered(self, request: Request) -> None:
        """Wait until `request`, submitted before, has settled."""
        waiter = cast("Waiter", request.waiter)
        if not waiter.done():
            await waiter

    async def run(self, request: Request) -> None:
        """`settle`, and raise the request's error."""
        await self.settle(request)
        if request.error is not None:
            raise request.error

    def abandon(self, request: Request) -> None:
        """Its caller has gone: take it back if it has not left yet, drop its answer otherwise.

        One that carries BEGIN is not taken back where something is queued behind it: that belongs inside the
        transaction. Else its scopes are opened by what is sent next.
        """
        opened = self.openings.of(request) if request.state == QUEUED else []
        if not opened:
            self.session.abandon(request)
        elif not self.session.is_last(request) or any(scope not in self.scopes for scope in opened):
            request.drop_answer()
        elif self.session.abandon(request):
            for scope in opened:
                scope.is_sent = False
            self.unsent_scopes += len(opened)
        if self._is_shared:
            if request.state == HANDED:
                self.given_up = [*self._unanswered(), request]
        elif self.interrupt is not None:
            self.interrupt(self)
        if self.owner_changed is not None:
            self.owner_changed()

    def soil(self, sql: bytes = b"") -> None:
        """`sql`, which runs, may change the session: see `changed`."""
        if self.on_soil is not None:
            self.on_soil(sql)
        self.changed()

    def changed(self) -> None:
        """The session is changed: a reset is owed, and names may mean something else from now on."""
        # Behind a pooler a reset would reach another session than the one that was changed.
        self.is_dirty = not self.config.pooler_mode
        if self.namespace is not None:
            self._forget(self.namespace.leave())

    def cleaned(self) -> None:
        """The session was reset: names mean what they mean to everybody."""
        self.is_dirty = False
        if self.namespace is not None:
            self._forget(self.namespace.leave())
            self.namespace = None

    def _forget(self, names: list[bytes]) -> None:
        """Statements that were parsed while names meant something else are replaced at their next use."""
        for name in names:
            self.session.statements.invalidate(name)

    @property
    def given_up_count(self) -> int:
        """How many requests of a shared link nobody waits for, although they were sent."""
        self.given_up = self._unanswered()
        return len(self.given_up)

    def _unanswered(self) -> list[Request]:
        return [each for each in self.given_up if each.state == HANDED]

    def opened_by(self, request: Request) -> None:
        """`request`, submitted next, opens all scopes that were not opened. Raises what `submit` would, ahead of it."""
        self.session.check_submit(request)
        self.openings.add(request, self.scopes[len(self.scopes) - self.unsent_scopes :])
        self.unsent_scopes = 0

    def abort(self) -> None:
        """End the link at once. Everything unanswered settles by `classify`."""
        self.is_closing = True
        self.transport.abort()

    def give_up(self, why: str) -> None:
        """`abort`, and say why to those who wait and to whoever uses it later."""
        settled = self.session.spend(ConnectionLost(why))
        self._settle(settled)
        self.settled_count -= unanswered(settled)
        self.transport.abort()
        if self.owner_changed is not None:
            self.owner_changed()

    async def close(self, timeout_seconds: float = GRACE_SECONDS) -> None:
        """Say goodbye and end the link; bounded, whatever the server does."""
        await close_link(self, timeout_seconds)

    async def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until `is_true()`, which is asked after each chunk received, each resumed write, and at the end."""
        while not is_true():
            waiter = self.runtime.waiter()
            self._watchers.append(waiter)
            await waiter

    async def wait_free(self) -> None:
        """Wait until something can be submitted, or the link has ended."""
        await self.wait_until(lambda: self.is_lost or not (self.is_held or self.session.copy_in_under_way is not None))

    async def _wait_free_for(self, request: Request) -> None:
        try:
            await self.wait_free()
        except BaseException:
            request.state = WITHDRAWN  # it never was submitted
            raise

    def lower_fence(self) -> None:
        """The cancel request is done."""
        self.is_fenced = False
        self._pay_owed()

    def _wake_watchers(self) -> None:
        watchers, self._watchers = self._watchers, []
        for waiter in watchers:
            if not waiter.done():
                waiter.set_result(None)

    def _settle(self, settled: list[Request]) -> None:
        self.settled_count += len(settled)
        for request in settled:
            waiter = cast("Waiter | None", request.waiter)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
