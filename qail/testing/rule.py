"""Rule: one fault as data, and ArmedRule: that rule at work in a proxy.

    Rule("hold", to="client", message="C")              from the first CommandComplete on, keep what goes to the client
    Rule("rst", to="client", offset=17)                 reset behind the 17th byte that goes to the client
    Rule("delay", to="server", seconds=(0.001, 0.02))   from now on, everywhere, each chunk by a random time

A rule is triggered by a message (`message`, `containing`, the `nth` of them), by a byte (`offset` alone), or, with
neither, at once: on the connections that are open and on all that come, until it is released.

Rule 1: a Rule is a frozen value; what happens with it stands in the ArmedRule that `ChaosProxy.add` returns.
Rule 2: waiting is for facts: `ArmedRule.wait` returns when the bytes ahead of the fault are sent and it has acted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from threading import Condition
from typing import Final, Literal

from qail.errors import ConfigError

To = Literal["client", "server"]
Verb = Literal[
    "pass",
    "delay",
    "trickle",
    "split",
    "coalesce",
    "freeze",
    "stall",
    "hold",
    "fin",
    "rst",
    "cut",
    "drop",
    "dup",
    "inject",
    "mutate",
]
Which = Literal["session", "cancel", "any"]

PATIENCE_SECONDS: Final = 30.0
_UNTYPED: Final = frozenset({"startup", "ssl", "gss", "cancel", "encryption"})
WHOLE_FRAME_VERBS: Final = frozenset({"drop", "dup", "mutate"})
MODE_VERBS: Final = frozenset({"delay", "trickle", "split", "coalesce"})
GATE_VERBS: Final = frozenset({"freeze", "stall", "hold"})
END_VERBS: Final = frozenset({"fin", "rst", "cut"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault: what to do (`verb`), to the bytes that go where (`to`), and when.

    Verbs: `pass` only notes that it happened. From the trigger on, `delay` adds `seconds`, `trickle` sends `size` bytes
    at a time (`seconds` between them), `split` sends random pieces of at most `size` bytes, `coalesce` gathers what
    comes within `seconds` into one. `hold` keeps the bytes of this direction, `freeze` of both, while the proxy goes on
    reading (the peer keeps acknowledging); `stall` keeps them and stops reading; all three until `release`. `fin` ends
    the connection in order and `rst` by a reset, both towards the client; `cut` closes only the server's side. `drop`,
    `dup` and `mutate` (by `change`, or one random bit) treat the message itself; `inject` puts `data` ahead of it.
    """

    verb: Verb
    to: To = "client"
    _: KW_ONLY
    message: str = ""
    """Types: letters of the protocol (`"CZ"`: either), or `startup`, `ssl`, `gss`, `cancel`; `*` is any."""
    containing: bytes = b""
    """Only messages whose frame holds these bytes."""
    nth: int = 1
    """The n-th that matches, counted from when the rule was added, over all connections it is for."""
    every: bool = False
    """Act at each match from the n-th on, instead of once."""
    offset: int | None = None
    """With a message: this many bytes into it. Alone: behind this many bytes of the direction, from now on."""
    after: bool = False
    """Act behind the message instead of ahead of it. `pass` always does."""
    connection: int = 0
    """Only the n-th accepted connection, from 1 on; 0 is any."""
    on: Which = "session"
    """Sessions, connections that bring a CancelRequest, or any, from the moment they are accepted."""
    seconds: float | tuple[float, float] = 0.0
    """For `delay`, `trickle` and `coalesce`; a pair is a random time between the two."""
    size: int = 1
    """For `trickle` and `split`."""
    data: bytes = b""
    """For `inject`."""
    change: Callable[[bytes], bytes] | None = None
    """For `mutate`: the whole frame to another; or, with `offset` alone, the one byte behind it."""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ConfigError(f"the rule {self.verb!r} {problem}")

    def _problem(self) -> str:
        is_one_byte = self.verb == "mutate" and self.is_about_a_byte
        if self.verb in WHOLE_FRAME_VERBS and not self.is_about_messages and not is_one_byte:
            return "needs a message"
        if self.verb == "inject" and not self.data:
            return "needs data"
        if self.nth < 1 or self.size < 1 or (self.offset or 0) < 0:
            return f"has nth={self.nth}, size={self.size}, offset={self.offset}: below the least"
        if self.nth > 1 and not self.is_about_messages:
            return "counts messages and names none: message='*' is any"
        return ""

    @property
    def is_about_messages(self) -> bool:
        """Whether a message triggers it."""
        return bool(self.message or self.containing)

    @property
    def is_about_a_byte(self) -> bool:
        """Whether it is a byte of the stream that triggers it, on the first connection to get there."""
        return self.offset is not None and not self.is_about_messages

    @property
    def is_immediate(self) -> bool:
        """Whether nothing triggers it: it holds from the moment it is added."""
        return not self.is_about_messages and self.offset is None

    @property
    def needs_whole_frames(self) -> bool:
        """Whether a message must have come whole before the rule can be judged or obeyed."""
        return bool(self.containing) or (self.verb in WHOLE_FRAME_VERBS and self.is_about_messages)

    def names(self, kind: str) -> bool:
        """Whether a message of this kind is one of `message`."""
        if self.message in ("", "*"):
            return True
        return kind == self.message if self.message in _UNTYPED or len(kind) > 1 else kind in self.message


class ArmedRule:
    """A rule at work. `fired` counts its triggers; `done` those whose effect is there."""

    def __init__(self, rule: Rule, condition: Condition, forget: Callable[[ArmedRule], None]) -> None:
        self.rule: Final = rule
        self.seen = 0
        self.fired = 0
        self.done = 0
        self.is_armed = True
        self.is_released = False
        self._condition: Final = condition
        self._forget: Final = forget

    def __repr__(self) -> str:
        return f"ArmedRule({self.rule.verb} to {self.rule.to}, fired {self.fired}, done {self.done})"

    def wait(self, count: int = 1, *, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until it has acted `count` times.

        Raises:
            TimeoutError: it did not, within `timeout` seconds.
        """
        with self._condition:
            if not self._condition.wait_for(lambda: self.done >= count, timeout):
                raise TimeoutError(f"{self!r} did not act {count} times within {timeout:g} s")

    def disarm(self) -> None:
        """Act no more. What it holds stays held."""
        self.is_armed = False

    def release(self) -> None:
        """Act no more, end what it does, and let what it holds go on its way."""
        self.is_armed = False
        self._forget(self)

    def trigger(self) -> bool:
        """Note one match; whether the rule acts on it."""
        self.seen += 1
        if not self.is_armed or self.seen < self.rule.nth:
            return False
        if not self.rule.every and not self.rule.is_immediate:
            self.is_armed = False
        self.fired += 1
        return True

    def reached(self) -> None:
        """The effect is there; wakes those who wait."""
        with self._condition:
            self.done += 1
            self._condition.notify_all()
