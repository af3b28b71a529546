"""Link: one session on one transport. It moves bytes between them and wakes those whose requests have settled.

Rule 1: a segment is appended whole and synchronously; whoever waits for it waits on one waiter and nothing else.
Rule 2: a caller that goes away abandons its request; the answer is still read, and dropped.
Rule 3: on a shared link every answer must end with status `I` (the session looks): anything else means that a
stranger's transaction is open, and the link is spent.
Rule 4: a link that ends settles everything once and tells its owner once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from qail.errors import ConnectionLost, Outcome, UsageError
from qail.pg.catalog import Namespace
from qail.pg.config.connect_config import Address, ConnectConfig
from qail.pg.driver.messages import Messages
from qail.pg.driver.transport import DeadlinePassed, Runtime, Transport, Waiter
from qail.pg.protocol.request import Request
from qail.pg.protocol.session import Session
from qail.pg.protocol.state import HANDED, QUEUED, SETTLED
from qail.pg.steps.transaction import ScopeSteps

GRACE_SECONDS: Final = 2.0
"""How long clean-up may take after its caller has gone."""


class Link:
    """One connection's engine.

    Attributes that its owners set and read: `owner_changed` is called after each chunk that settled a request, when
    writing goes on after a pause, and when the link ends; `on_data` after each chunk (a COPY OUT looks whether its
    consumer keeps up). `namespace` is the borrower's view of what names mean, `messages` are his handlers. `given_up`
    are requests of a shared link that nobody awaits: their answers may hold others up. `openings` are unsettled
    requests with BEGIN or SAVEPOINT.
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
        "is_closing",
        "is_dirty",
        "is_fenced",
        "is_lost",
        "messages",
        "namespace",
        "on_data",
        "opened_at",
        "openings",
        "owner_changed",
        "place",
        "progress_at",
        "runtime",
        "scopes",
        "session",
        "settled_count",
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
        self.is_lost = False
        self.is_closing = False
        self._is_shared = False
        self.is_dirty = False
        """Something ran that may have changed the session: a reset is owed before the next borrower."""
        self.namespace: Namespace | None = None
        self.messages: Final = Messages()
        self.given_up: list[Request] = []
        self.scopes: list[ScopeSteps] = []
        """The open transaction and the savepoints inside it."""
        self.unsent_scopes = 0
        """How many of the last scopes have a BEGIN or SAVEPOINT that rides ahead of the next statement."""
        self.openings: list[Request] = []
        self.is_fenced = False
        """While a cancel request is under way: nothing new is sent until it is done."""
        self._copy_in: Request | None = None
        self._owed: list[Request] = []
        self.on_data: Callable[[], None] | None = None
        self.owner_changed: Callable[[], None] | None = None
        self.settled_count = 0
        self._watchers: list[Waiter] = []

    # What the transport calls. Nothing here raises.

    def take_output(self) -> bytes:
        return self.session.take_output()

    def data_received(self, data: bytes) -> None:
        session = self.session
        settled = session.data_received(data)
        if settled:
            self.progress_at = self.runtime.now()
            if self._copy_in is not None:
                self._end_copy()
            self._settle(settled)
        is_quiet = session.is_quiet
        if not is_quiet and session.has_output:
            self.transport.flush_soon()
        if self.on_data is not None:
            self.on_data()
        if self._watchers:
            self._wake_watchers()
        if not is_quiet and session.is_spent:
            self.transport.abort()
        if settled and self.owner_changed is not None:
            self.owner_changed()
        if not is_quiet and session.has_messages:
            self.messages.deliver(session.take_messages())

    def connection_lost(self, cause: Exception | None) -> None:
        self.is_lost = True
        self._settle(self.session.connection_lost(cause))
        self._wake_watchers()
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
        """Append a whole segment; it leaves at the end of this loop iteration. Raises when the link has ended."""
        waiter = self.runtime.waiter()
        request.waiter = waiter
        self.append(request)
        return waiter

    def append(self, request: Request) -> None:
        """`submit` a request that has its waiter."""
        session = self.session
        session.submit(request)
        if session.depth == 1:
            self.progress_at = self.runtime.now()
        self.transport.flush_soon()

    @property
    def is_held(self) -> bool:
        """Whether new requests must wait: a cancel request is under way, or the end of a COPY IN that was given up."""
        return self.is_fenced or self._copy_in is not None

    def hold_for(self, request: Request) -> None:
        """`request`, a COPY IN that was given up, must settle before anything else can be sent."""
        if request.state != SETTLED and not self.is_lost:
            self._copy_in = request

    def submit_when_free(self, request: Request) -> None:
        """Append `request`, which nobody waits for, as soon as the link is not held by a COPY."""
        if self._copy_in is not None:
            self._owed.append(request)
        elif self.is_usable:
            self.submit(request)

    def _end_copy(self) -> None:
        if self._copy_in is None or self._copy_in.state != SETTLED:
            return
        self._copy_in = None
        owed, self._owed = self._owed, []
        for request in owed:
            self.submit_when_free(request)

    async def settle(self, request: Request) -> None:
        """Submit `request` and wait for its ReadyForQuery. Its error, if any, is left in it."""
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

        One that carries BEGIN is not taken back: what was queued behind it belongs inside that transaction.
        """
        if request.state != QUEUED or request not in self.openings:
            self.session.abandon(request)
            if self._is_shared and request.state == HANDED:
                self.given_up = [*self._unanswered(), request]
        if self.owner_changed is not None:
            self.owner_changed()

    def soil(self) -> None:
        """What runs may change the session: a reset is owed, and names may mean something else from now on."""
        self.is_dirty = True
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
        """`request` carries the openings of all scopes that had none sent."""
        for scope in self.scopes[len(self.scopes) - self.unsent_scopes :]:
            scope.is_sent = True
        self.unsent_scopes = 0
        self.openings = [each for each in self.openings if each.state != SETTLED]
        self.openings.append(request)

    def abort(self) -> None:
        """End the link at once. Everything unanswered settles by `classify`."""
        self.is_closing = True
        self.transport.abort()

    async def close(self, timeout_seconds: float = GRACE_SECONDS) -> None:
        """Say goodbye and end the link; bounded, whatever the server does."""
        if not self.is_lost and not self.is_closing and not self.session.is_spent:
            self.is_closing = True
            self.session.terminate()
            self.transport.flush()
        self.abort()
        try:
            await self.runtime.within(
                self.runtime.now() + timeout_seconds, lambda: self.wait_until(lambda: self.is_lost)
            )
        except DeadlinePassed:
            return

    async def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until `is_true()`, which is asked after each chunk received, each resumed write, and at the end."""
        while not is_true():
            waiter = self.runtime.waiter()
            self._watchers.append(waiter)
            await waiter

    async def drain(self) -> None:
        """Wait until everything submitted has been answered, or the link has ended."""
        await self.wait_until(lambda: self.is_lost or not self.session.depth)

    async def wait_free(self) -> None:
        """Wait until the link is not held any more, or has ended."""
        await self.wait_until(lambda: self.is_lost or not self.is_held)

    def lower_fence(self) -> None:
        """The cancel request is done."""
        self.is_fenced = False
        self._wake_watchers()

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
