"""Lane: one direction of one proxied connection, from the bytes read at its source to the bytes sent to its target.

Rule 1: what goes out is a queue of pieces and marks. A mark stands where a rule acted, so that what came before it is
sent before it, and what came behind waits behind it.
Rule 2: a lane never reads from its source by itself: `wants_input` says whether the loop may.
Rule 3: every random choice comes from the lane's own source, so that the order of threads does not matter to a run.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from typing import Final, Protocol

from qail.testing.framing import Conversation, Frame
from qail.testing.rule import END_VERBS, GATE_VERBS, MODE_VERBS, ArmedRule, Rule, To
from qail.testing.sockets import send, unread_bytes

# How much is kept for a target that does not read, before its source is left unread too.
QUEUE_BYTES: Final = 1 << 20
GATHER_SECONDS: Final = 0.002
POLL_SECONDS: Final = 0.0001
_WHOLE_KINDS: Final = frozenset({"startup", "ssl", "gss", "cancel", "encryption", "K", "Z"})
# Header and the first byte of the body: the audit asks whether a name is empty.
_LOOK_BYTES: Final = 6


class Owner(Protocol):
    """What a lane asks of its connection."""

    def begins(self, lane: Lane, frame: Frame, data: bytes) -> None:
        """A message was recognised; `data` is as much of it as has come."""

    def rules(self, lane: Lane) -> list[ArmedRule]:
        """The rules that may still act here."""
        ...

    def begin(self, lane: Lane, armed: ArmedRule, now: float) -> None:
        """A rule's place in a lane has come: have it begin there, and wherever else it works."""

    def act(self, lane: Lane, armed: ArmedRule) -> None:
        """The bytes ahead of a rule's effect are sent: close what it closes."""


class _Piece:
    __slots__ = ("cut", "data", "due", "gather")

    def __init__(self, data: bytes, due: float, cut: Rule | None, gather: Rule | None) -> None:
        self.data = data
        self.due = due
        self.cut: Final = cut
        self.gather: Final = gather


class _Mark:
    __slots__ = ("armed", "is_counted")

    def __init__(self, armed: ArmedRule | None, *, is_counted: bool) -> None:
        self.armed: Final = armed
        self.is_counted = is_counted


class Lane:
    """The bytes on their way to the client, or to the server."""

    def __init__(self, to: To, owner: Owner, conversation: Conversation, seed: str, queue_bytes: int) -> None:
        self.to: Final = to
        self.position = 0
        self.unfinished_bytes = 0
        """How much of a message that has begun is still to come."""
        self.is_ended = False
        """The source's end has been passed on."""
        self.wants_write = False
        self.random: Final = random.Random(seed)  # noqa: S311  a run is to be repeated
        self._owner: Final = owner
        self._conversation: Final = conversation
        self._queue_bytes: Final = queue_bytes
        self._pending = b""
        self._points: list[tuple[int, ArmedRule]] = []
        self._queue: deque[_Piece | _Mark] = deque()
        self._queued_bytes = 0
        self._run = bytearray()
        self._modes: dict[str, ArmedRule] = {}
        self._last_due = 0.0
        self._is_source_over = False
        self._stall: ArmedRule | None = None
        self._bend: Rule | None = None

    # ------------------------------------------------------------------------------------------ from the source

    @property
    def wants_input(self) -> bool:
        """Whether the source is to be read: not when it is over or stalled, nor when too much waits, unless held."""
        if self._is_source_over or (self._stall is not None and not self._stall.is_released):
            return False
        return self._queued_bytes < self._queue_bytes or self.is_held

    @property
    def is_held(self) -> bool:
        """Whether a rule keeps what is queued."""
        head = self._queue[0] if self._queue else None
        return isinstance(head, _Mark) and head.armed is not None and not head.armed.is_released

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._queue and not self._pending

    def take(self, data: bytes, now: float) -> None:
        """Bytes of the source: cut into messages, treated by the rules, and queued."""
        data, self._pending = self._pending + data, b""
        position = 0
        while position < len(data):
            have = len(data) - position
            if self.unfinished_bytes:
                count = min(self.unfinished_bytes, have)
                self.unfinished_bytes -= count
                self._pass_on(data[position : position + count], now)
            else:
                size, kind = self._conversation.measure(self.to, data, position)
                if size == 0 or (size > 0 and have < min(size, self._needed(kind, size))):
                    break
                count = have if size < 0 else min(have, size)
                taken = data[position : position + count]
                if size < 0:
                    self._pass_on(taken, now)
                else:
                    self._take_frame(Frame(kind, self.position, size), taken, now)
            position += count
        self._pending = data[position:]
        self._flush_run(now)

    def end(self, *, at_once: bool = False) -> None:
        """The source has ended: what was taken goes out, unless it ends `at_once`, and then the end."""
        if at_once:
            self.drop_all()
        elif self._is_source_over:
            return
        elif self._pending:
            rest, self._pending = self._pending, b""
            self._pass_on(rest, self._last_due)
            self._flush_run(self._last_due)
        self._is_source_over = True
        self._queue.append(_Mark(None, is_counted=False))

    def _needed(self, kind: str, size: int) -> int:
        if kind in _WHOLE_KINDS:
            return size
        for armed in self._owner.rules(self):
            if armed.rule.needs_whole_frames and armed.rule.names(kind):
                return size
        return _LOOK_BYTES

    def _take_frame(self, frame: Frame, data: bytes, now: float) -> None:
        """The head of a message, as much of it as has come: which rules it triggers, and what becomes of it."""
        self._owner.begins(self, frame, data)
        self._conversation.note(frame.kind, data)
        copies = [data]
        for armed in self._owner.rules(self):
            rule = armed.rule
            is_match = rule.is_about_messages and rule.names(frame.kind) and rule.containing in data
            if not is_match or not armed.trigger():
                continue
            if rule.needs_whole_frames and rule.verb in ("drop", "dup", "mutate"):
                copies = self._treated(rule, copies)
                self._queue_mark(armed, now)
            else:
                self.act_at(frame.position + _point(rule, frame.size), armed)
        self.unfinished_bytes = frame.size - len(data)
        if copies == [data]:
            self._pass_on(data, now)
            return
        self._pass_points(now)
        for each in copies:
            self._run += each
        self.position += len(data)
        self._pass_points(now)

    def _treated(self, rule: Rule, copies: list[bytes]) -> list[bytes]:
        if rule.verb == "drop":
            return []
        if rule.verb == "dup":
            return copies + copies
        return [self._mutated(rule, each) for each in copies]

    def _mutated(self, rule: Rule, frame: bytes) -> bytes:
        if rule.change is not None:
            return rule.change(frame)
        changed = bytearray(frame)
        bit = self.random.randrange(len(frame) * 8)
        changed[bit // 8] ^= 1 << (bit % 8)
        return bytes(changed)

    # ------------------------------------------------------------------------------------------ rules

    def act_at(self, position: int, armed: ArmedRule) -> None:
        """Have a rule act behind the byte `position` of the source, unless that is past."""
        if position >= self.position:
            self._points.append((position, armed))
            self._points.sort(key=lambda point: point[0])

    def catch_up(self, now: float) -> None:
        """Have those rules act whose place has come already."""
        self._pass_points(now)
        self._flush_run(now)

    def begin(self, armed: ArmedRule, now: float, *, is_counted: bool = True) -> None:
        """Have a rule act here, behind what was taken so far. It is counted in one lane only."""
        verb = armed.rule.verb
        if verb == "inject":
            self._run += armed.rule.data
        if verb == "mutate":
            self._bend = armed.rule
        if verb in MODE_VERBS:
            self._flush_run(now)
            self._modes["cut" if verb in ("trickle", "split") else verb] = armed
        self._queue_mark(armed, now, is_counted=is_counted)
        if verb == "stall":
            self._stall = armed

    def _pass_on(self, chunk: bytes, now: float) -> None:
        while chunk:
            self._pass_points(now)
            room = self._points[0][0] - self.position if self._points else len(chunk)
            part = chunk[:room]
            self._run += part if self._bend is None else self._bent(part, self._bend)
            self.position += len(part)
            chunk = chunk[len(part) :]
        self._pass_points(now)

    def _bent(self, part: bytes, rule: Rule) -> bytes:
        """With its first byte changed."""
        self._bend = None
        return self._mutated(rule, part[:1]) + part[1:]

    def _pass_points(self, now: float) -> None:
        while self._points and self._points[0][0] <= self.position:
            self._owner.begin(self, self._points.pop(0)[1], now)

    def _queue_mark(self, armed: ArmedRule, now: float, *, is_counted: bool = True) -> None:
        self._flush_run(now)
        self._queue.append(_Mark(armed, is_counted=is_counted))

    # ------------------------------------------------------------------------------------------ to the target

    def _mode(self, name: str) -> Rule | None:
        armed = self._modes.get(name)
        return None if armed is None or armed.is_released else armed.rule

    def _seconds(self, rule: Rule | None) -> float:
        if rule is None:
            return 0.0
        return rule.seconds if isinstance(rule.seconds, float | int) else self.random.uniform(*rule.seconds)

    def _flush_run(self, now: float) -> None:
        if not self._run:
            return
        data, self._run = bytes(self._run), bytearray()
        self._queued_bytes += len(data)
        gather = self._mode("coalesce")
        last = self._queue[-1] if self._queue else None
        if gather is not None and isinstance(last, _Piece) and last.gather is gather:
            last.data += data
            return
        wait = self._seconds(self._mode("delay"))
        if gather is not None:
            wait += self._seconds(gather) or GATHER_SECONDS
        self._last_due = max(self._last_due, now + wait)
        self._queue.append(_Piece(data, self._last_due, self._mode("cut"), gather))

    def send(self, target: socket.socket | None, now: float) -> float | None:
        """Send what may go. Returns when to come back; None when something else will say so."""
        self.wants_write = False
        while self._queue:
            head = self._queue[0]
            if isinstance(head, _Mark):
                if not self._reach(head):
                    return None
                continue
            if head.due > now:
                return head.due
            if target is None:
                self._drop_head(head)
                continue
            later = self._send_piece(target, head, now)
            if later is not None:
                return later
            if self.wants_write:
                return None
        return None

    def _reach(self, mark: _Mark) -> bool:
        """A mark is at the head: its rule acts. Whether the lane goes on behind it."""
        armed = mark.armed
        if armed is None:
            self._queue.popleft()
            self.is_ended = True
            return True
        if mark.is_counted:
            mark.is_counted = False
            if armed.rule.verb in END_VERBS:
                self._owner.act(self, armed)
            armed.reached()
        if armed.rule.verb in GATE_VERBS and not armed.is_released:
            return False
        if self._queue and self._queue[0] is mark:
            self._queue.popleft()
        return True

    def _send_piece(self, target: socket.socket, head: _Piece, now: float) -> float | None:
        cut = head.cut
        if cut is not None and unread_bytes(target):
            return now + POLL_SECONDS
        size = len(head.data) if cut is None else cut.size
        if cut is not None and cut.verb == "split":
            size = self.random.randint(1, cut.size)
        try:
            sent = send(target, head.data[:size])
        except BlockingIOError:
            self.wants_write = True
            return None
        except OSError:
            self._drop_head(head)
            return None
        self._queued_bytes -= sent
        head.data = head.data[sent:]
        if not head.data:
            self._queue.popleft()
        elif cut is not None:
            head.due = now + self._seconds(cut)
        return None

    def _drop_head(self, head: _Piece) -> None:
        self._queued_bytes -= len(head.data)
        self._queue.popleft()

    def drop_all(self) -> None:
        """Throw away what is queued: the connection is closed."""
        self._queue.clear()
        self._queued_bytes = 0


def _point(rule: Rule, frame_bytes: int) -> int:
    if rule.after or (rule.verb == "pass" and rule.offset is None):
        return frame_bytes
    return min(rule.offset or 0, frame_bytes)
