"""The storms there are, as data: what their tasks do, how many there are, and what befalls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

CANCEL_SECONDS = 0.005
"""A cancellation or deadline comes within this time, at random."""


@dataclass(frozen=True)
class Kind:
    """What a storm is made of."""

    id: str
    what: str
    mix: Mapping[str, int]
    """Operations by name, and how often each comes relative to the others."""
    tasks: int = 200
    operations: int = 5
    """Of each task, when the storm is counted."""
    pool_size: int = 4
    cancelled: float = 0.35
    """The share of operations that are cancelled or get a deadline, within CANCEL_SECONDS."""
    trouble: str = ""
    """What befalls the connections: see `Arena.make`."""
    trouble_every: int = 0
    """After how many operations."""
    statement_cache_size: int = 256
    """How many prepared statements qail keeps on a connection. With fewer than a storm has, some are always closed."""
    delay_seconds: tuple[float, float] = (0.0, 0.0)
    """How long the proxy holds each chunk back, at random; (0, 0): there is no proxy."""
    cancel_delay_seconds: tuple[float, float] = (0.0, 0.0)
    """How long the proxy holds a CancelRequest back."""
    piece_bytes: int = 0
    """The most that the proxy sends to a client at once."""
    buffer_bytes: int | None = None
    """How small the proxy makes the buffers of its sockets."""

    @property
    def has_proxy(self) -> bool:
        """Whether a proxy stands in front of the server."""
        is_slow = any(self.delay_seconds) or any(self.cancel_delay_seconds)
        return is_slow or self.piece_bytes > 0 or self.buffer_bytes is not None or self.trouble == "cut"


MIXED = {"echo": 8, "write": 8, "transfer": 2, "total": 2, "borrow": 2, "conflict": 1}
WRITES = {"echo": 2, "write": 10, "transfer": 4, "total": 2, "conflict": 1}
PIECES = {"conflict": 3, "write": 3, "borrow": 1, "transfer": 1}
CUT_SHORT = {"overstay": 1, "echo": 2}
LATE = (0.0, 0.04)
STORMS = {
    kind.id: kind
    for kind in (
        Kind("F33", "random cancellation, delays of 1 to 20 ms", MIXED, delay_seconds=(0.001, 0.020)),
        Kind("calm", "no trouble and no delay: the mixed verbs alone", MIXED, cancelled=0.0, statement_cache_size=8),
        Kind("cancels", "random cancellation without delay", MIXED, cancelled=0.6, statement_cache_size=8),
        Kind("cuts", "links cut at random", WRITES, trouble="cut", trouble_every=40),
        Kind("kills", "backends terminated", WRITES, trouble="terminate", trouble_every=40),
        Kind("crash", "kill -9 of a backend: the server starts anew", WRITES, trouble="crash", trouble_every=400),
        Kind(
            "restart",
            "the server is stopped, fast or at once, and started",
            WRITES,
            trouble="restart",
            trouble_every=400,
        ),
        Kind("timeouts", "statement_timeout of the server", WRITES, trouble="timeouts", cancelled=0.1),
        Kind("fence", "statements cut short, others behind them", CUT_SHORT, 20, 20, 2, 0.0, cancel_delay_seconds=LATE),
        Kind("pieces", "answers in pieces of a few bytes", PIECES, 40, 5, 4, 0.0, piece_bytes=24),
        Kind("big", "large values through narrow places", {"big": 3, "echo": 1}, 80, 8, 2, 0.1, buffer_bytes=8_192),
        Kind("huge", "values beyond any buffer", {"huge": 1, "echo": 2}, 8, 6, 2, 0.0, buffer_bytes=8_192),
    )
}


def short_form(kind: Kind) -> Kind:
    """For `make test`: fewer tasks and operations, and trouble often enough to come at all."""
    tasks = max(8, kind.tasks // 4)
    return replace(kind, tasks=tasks, trouble_every=kind.trouble_every // 4)


def long_form(kind: Kind) -> Kind:
    """For storms that last a given time: trouble comes less often than in one that is over at once."""
    return replace(kind, trouble_every=kind.trouble_every * 5)
