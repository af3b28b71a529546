"""What a proxy saw, counted, and what the rules of the protocol say of it.

    proxy.audit.check()                                  raises AssertionError and names what was wrong
    proxy.audit.sent["P"], proxy.audit.round_trips       totals; each connection has its own

Rule 1: it judges what came from the two sides, before any fault of the proxy's own.
Rule 2: findings are: more ReadyForQuery than Syncs; a goodbye while answers are owed; a segment interleaved with
another; bytes behind Terminate; a CancelRequest for a backend that is not this client's, that is idle, behind whose
statement a neighbour waits, or that is given new work before the cancel is through.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import BackendKeyData, CancelRequest
from qail.testing.framing import Frame

_OWING: Final = frozenset({"startup", "S", "Q", "F"})
_SEGMENT: Final = frozenset("PBDECH")


class ConnectionRecord:
    """One connection as it was seen. `sent` and `received` count messages by type, as the client speaks of them.

    `kind` is `session`, `cancel`, or empty until its first message; `owed` is how many ReadyForQuery are to come;
    `frames_sent` and `frames_received` are kept with `ChaosProxy(record=True)`.
    """

    def __init__(self, number: int) -> None:
        self.number: Final = number
        self.kind = ""
        self.sent: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.bytes_sent = 0
        self.bytes_received = 0
        self.frames_sent: list[Frame] = []
        self.frames_received: list[Frame] = []
        self.owed = 0
        self.round_trips = 0
        self.is_open = True
        self.process_id: int | None = None
        self.secret_key = b""
        self.transaction_status = ""
        self.victim: ConnectionRecord | None = None
        self.cancels_under_way = 0
        self._is_asking = False
        self._has_said_goodbye = False
        self._has_bound = False
        self._has_open_parse = False
        self._is_inside_segment = False

    def took_bytes(self, count: int, *, from_client: bool) -> bool:
        """Count bytes. Whether they break the silence behind Terminate."""
        if from_client:
            self.bytes_sent += count
            self.round_trips += not self._is_asking
        else:
            self.bytes_received += count
        self._is_asking = from_client
        return from_client and self._has_said_goodbye

    def take_request(self, kind: str, frame: bytes) -> str:
        """One message of the client; what is wrong with it, or nothing."""
        self.sent[kind] += 1
        problem = ""
        if self._has_said_goodbye:
            problem = "bytes behind Terminate"
        elif kind == "X":
            self._has_said_goodbye = True
            if self.owed:
                problem = f"Terminate while {self.owed} answers are owed"
        elif kind in "PBDECHSQ" and self.cancels_under_way and not self._is_inside_segment:
            problem = "new work for a backend while a cancel for it is under way"
        elif kind == "Q" and self._is_inside_segment:
            problem = "a Query inside the segment of another"
        elif kind in _SEGMENT:
            problem = self._take_part(kind, frame)
        self._is_inside_segment = kind in _SEGMENT or (self._is_inside_segment and kind in "dcf")
        if kind in _OWING:
            self.owed += 1
            self._has_bound = self._has_open_parse = False
        return problem

    def _take_part(self, kind: str, frame: bytes) -> str:
        is_unnamed = frame[5:6] == b"\0"
        if kind == "P":
            problem = "two Parse of the unnamed statement, the first unused" if self._has_open_parse else ""
            self._has_open_parse = is_unnamed
            return problem if is_unnamed else ""
        self._has_open_parse = self._has_open_parse and kind in "CH"
        if kind == "B":
            self._has_bound = self._has_bound or is_unnamed
        elif kind == "E" and is_unnamed and not self._has_bound:
            return "Execute of the unnamed portal in a segment that has bound none"
        return ""

    def take_answer(self, kind: str, frame: bytes) -> str:
        """One message of the server; what is wrong with it, or nothing."""
        self.received[kind] += 1
        if kind == "K":
            key = BackendKeyData.decode(frame, 5, len(frame))
            self.process_id, self.secret_key = key.process_id, key.secret_key
        elif kind == "Z":
            self.transaction_status = chr(ReadyForQuery.decode(frame, 5, len(frame)).status)
            self.owed -= 1
            if self.owed < 0:
                return "a ReadyForQuery that answers no Sync"
        return ""


class Audit:
    """Every connection that was accepted, in order, and the `findings`, each a sentence."""

    def __init__(self) -> None:
        self.connections: list[ConnectionRecord] = []
        self.findings: list[str] = []
        self.cancels = 0
        self._before: dict[str, Counter[str]] = {"sent": Counter(), "received": Counter()}
        self._round_trips_before = 0

    @property
    def sessions(self) -> list[ConnectionRecord]:
        """The connections that asked for a session, in the order of their acceptance."""
        return [each for each in self.connections if each.kind == "session"]

    @property
    def sent(self) -> Counter[str]:
        """Messages of all clients by type, since the last `forget`."""
        return sum((each.sent for each in self.connections), Counter[str]()) - self._before["sent"]

    @property
    def received(self) -> Counter[str]:
        """Messages of the server by type, since the last `forget`."""
        return sum((each.received for each in self.connections), Counter[str]()) - self._before["received"]

    @property
    def round_trips(self) -> int:
        """How often a connection went from hearing to asking, since the last `forget`."""
        return sum(each.round_trips for each in self.connections) - self._round_trips_before

    def forget(self) -> None:
        """Begin the totals anew. Connections and findings stay."""
        self._before = {
            "sent": sum((each.sent for each in self.connections), Counter[str]()),
            "received": sum((each.received for each in self.connections), Counter[str]()),
        }
        self._round_trips_before = sum(each.round_trips for each in self.connections)

    def check(self) -> None:
        """Raise AssertionError if there are findings."""
        if self.findings:
            raise AssertionError("\n".join(self.findings))

    def find(self, record: ConnectionRecord, problem: str) -> None:
        """Keep a finding, unless there is nothing wrong."""
        if problem:
            self.findings.append(f"connection {record.number}: {problem}")

    def victim_of(self, request: CancelRequest) -> ConnectionRecord | None:
        """The session a CancelRequest is for."""
        for each in self.connections:
            if each.process_id == request.process_id and each.secret_key == request.secret_key:
                return each
        return None

    def take_cancel(self, record: ConnectionRecord, victim: ConnectionRecord | None) -> None:
        """Judge a CancelRequest by what its victim is doing. The victim's bytes so far have been counted."""
        self.cancels += 1
        record.victim = victim
        if victim is None:
            self.find(record, "a CancelRequest for no session of this proxy")
            return
        victim.cancels_under_way += 1
        # At a session that has ended nobody waits: what its backend still does is nobody's.
        if victim.is_open and victim.owed > 1:
            self.find(record, f"a CancelRequest for session {victim.number}, where {victim.owed - 1} others wait")

    def end(self, record: ConnectionRecord) -> None:
        """The connection is gone, and a cancel it brought is through."""
        record.is_open = False
        if record.victim is not None:
            record.victim.cancels_under_way -= 1
            record.victim = None
