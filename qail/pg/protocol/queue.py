"""RequestQueue: the requests of one connection in order, and the bytes that are to leave.

Rule 1: a segment is appended whole and leaves whole; segments stand on the wire in the order they were submitted.
Rule 2: bytes that continue what was handed already (control) leave before any segment.
Rule 3: a request is QUEUED until `take_output` hands it to the transport; only till then can it be withdrawn.

Source: protocol-flow.html, "Pipelining"
"""

from __future__ import annotations

from mypy_extensions import i64

from qail.pg.protocol.request import NO_REQUEST, Request
from qail.pg.protocol.state import HANDED, WITHDRAWN


class RequestQueue:
    """What one connection has been asked and has not answered.

    `active` is the request the server answers now, NO_REQUEST if none was handed. `queued_bytes` wait for
    `take_output`.
    """

    __slots__ = ("_control", "_handed", "_head", "_requests", "_withdrawn", "active", "queued_bytes")

    def __init__(self) -> None:
        self.active: Request = NO_REQUEST
        self.queued_bytes: i64 = 0
        self._control: list[bytes] = []
        # [:_head] settled, [_head:_handed] HANDED, [_handed:] QUEUED or WITHDRAWN.
        self._requests: list[Request] = []
        self._head: i64 = 0
        self._handed: i64 = 0
        self._withdrawn: i64 = 0

    @property
    def depth(self) -> int:
        """How many requests are neither settled nor withdrawn."""
        return int(len(self._requests) - self._head - self._withdrawn)

    @property
    def is_active_alone(self) -> bool:
        """Whether nothing was handed behind the active request."""
        return self._handed - self._head <= 1

    @property
    def is_deserted(self) -> bool:
        """Whether something is not settled and nobody waits for any of it."""
        for request in self._requests[self._head :]:
            if request.state != WITHDRAWN and not request.is_abandoned:
                return False
        return self.depth > 0

    @property
    def newest(self) -> Request:
        """The request appended last, settled or not; NO_REQUEST if none is known."""
        return self._requests[-1] if self._requests else NO_REQUEST

    def is_last(self, request: Request) -> bool:
        """Whether nothing is queued behind `request`, which is queued itself."""
        for each in reversed(self._requests):
            if each.state != WITHDRAWN:
                return each is request
        return False

    def append(self, request: Request) -> None:
        """One more segment, behind all others."""
        self._requests.append(request)
        self.queued_bytes += len(request.data)

    def append_control(self, frame: bytes) -> None:
        """Bytes that leave before any segment."""
        self._control.append(frame)
        self.queued_bytes += len(frame)

    def withdraw(self, request: Request) -> None:
        """Take back a QUEUED request: it never was."""
        request.state = WITHDRAWN
        self._withdrawn += 1
        self.queued_bytes -= len(request.data)
        request.data = b""

    def take_output(self) -> bytes:
        """Everything queued; the requests in it are HANDED. Their `data` is let go of."""
        parts = self._control
        self._control = []
        self.queued_bytes = 0
        if self._withdrawn:
            self._requests = [request for request in self._requests if request.state != WITHDRAWN]
            self._withdrawn = 0
        requests = self._requests
        size: i64 = len(requests)
        while self._handed < size:
            request = requests[self._handed]
            request.state = HANDED
            parts.append(request.data)
            request.data = b""
            self._handed += 1
        if self.active is NO_REQUEST and self._head < size:
            self.active = requests[self._head]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def settle_active(self) -> None:
        """The active request is settled: the next one handed is active."""
        self._head += 1
        self.active = self._requests[self._head] if self._head < self._handed else NO_REQUEST

    def compact(self) -> None:
        """Let go of settled requests; in batches, so that each entry is moved a bounded number of times."""
        if self._head * 2 >= len(self._requests):
            del self._requests[: self._head]
            self._handed -= self._head
            self._head = 0

    def drain(self) -> list[Request]:
        """Empty the queue; returns what was not settled, oldest first. No byte leaves any more."""
        pending = [request for request in self._requests[self._head :] if request.state != WITHDRAWN]
        self._control = []
        self.queued_bytes = 0
        self.active = NO_REQUEST
        self._requests = []
        self._head = 0
        self._handed = 0
        self._withdrawn = 0
        return pending
