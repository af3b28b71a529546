"""Lane without sockets that are slow: the same bytes come out however they went in, and rules act at their byte."""

from __future__ import annotations

import socket
from itertools import pairwise
from threading import Condition

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.pg.wire.result import CommandComplete, DataRow, ReadyForQuery
from qail.testing.framing import Conversation, Frame
from qail.testing.lane import Lane
from qail.testing.rule import ArmedRule, Rule
from qail.testing.script import frames

ANSWER = frames(DataRow([b"1"]), DataRow([b"22"]), CommandComplete("SELECT 2"), ReadyForQuery(73))
ROW_BYTES = len(frames(DataRow([b"1"])))
FAR = 1e9


class Owner:
    """Keeps what the lane says, and has rules."""

    def __init__(self, *rules: Rule) -> None:
        self.kinds: list[str] = []
        self.acted: list[str] = []
        self.armed = [ArmedRule(rule, Condition(), lambda _: None) for rule in rules]

    def begins(self, lane: Lane, frame: Frame, data: bytes) -> None:
        self.kinds.append(frame.kind)

    def rules(self, lane: Lane) -> list[ArmedRule]:
        return [each for each in self.armed if each.is_armed]

    def begin(self, lane: Lane, armed: ArmedRule, now: float) -> None:
        lane.begin(armed, now)

    def act(self, lane: Lane, armed: ArmedRule) -> None:
        self.acted.append(armed.rule.verb)
        lane.drop_all()


def through(owner: Owner, *chunks: bytes, to_end: bool = False) -> bytes:
    """What comes out of a lane to the client."""
    near, far = socket.socketpair()
    with near, far:
        far.setblocking(False)
        near.setblocking(False)
        lane = Lane("client", owner, Conversation(), "seed", 1 << 20)
        for chunk in chunks:
            lane.take(chunk, 0.0)
        if to_end:
            lane.end()
        out = b""
        for _ in range(10_000):
            due = lane.send(near, FAR)
            try:
                out += far.recv(1 << 20)
            except BlockingIOError:
                if due is None:
                    return out
        raise AssertionError("the lane does not come to rest")


@given(st.lists(st.integers(1, len(ANSWER) - 1), unique=True).map(sorted))
def test_any_cuts_give_the_same_bytes_and_messages(cuts: list[int]) -> None:
    owner = Owner()
    edges = [0, *cuts, len(ANSWER)]

    out = through(owner, *(ANSWER[a:b] for a, b in pairwise(edges)))

    assert out == ANSWER
    assert owner.kinds == ["D", "D", "C", "Z"]


@given(st.integers(0, len(ANSWER)), st.lists(st.integers(1, len(ANSWER) - 1), unique=True).map(sorted))
def test_an_end_at_a_byte_lets_exactly_that_many_through(offset: int, cuts: list[int]) -> None:
    owner = Owner()
    armed = ArmedRule(Rule("fin", offset=offset), Condition(), lambda _: None)
    near, far = socket.socketpair()
    with near, far:
        lane = Lane("client", owner, Conversation(), "seed", 1 << 20)
        lane.act_at(offset, armed)
        edges = [0, *cuts, len(ANSWER)]
        for a, b in pairwise(edges):
            lane.take(ANSWER[a:b], 0.0)
        lane.send(near, FAR)
        near.shutdown(socket.SHUT_WR)
        out = far.recv(1 << 20) if offset else b""

    assert out == ANSWER[:offset]
    assert owner.acted == ["fin"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("drop", message="D", nth=2), ANSWER[:ROW_BYTES] + ANSWER[2 * ROW_BYTES + 1 :]),
        (Rule("dup", message="D"), ANSWER[:ROW_BYTES] + ANSWER),
        (Rule("inject", message="C", data=b"!!"), ANSWER.replace(b"C\0", b"!!C\0")),
        (Rule("inject", message="D", offset=2, data=b"!!"), ANSWER[:2] + b"!!" + ANSWER[2:]),
        (Rule("inject", message="D", after=True, data=b"!!"), ANSWER[:ROW_BYTES] + b"!!" + ANSWER[ROW_BYTES:]),
        (
            Rule("mutate", containing=b"SELECT", change=bytes.lower),
            ANSWER.replace(b"SELECT", b"select").replace(b"C\0", b"c\0"),
        ),
        (Rule("drop", message="D", every=True), ANSWER[2 * ROW_BYTES + 1 :]),
        (Rule("mutate", message="C", change=lambda _: b""), ANSWER[: ANSWER.index(b"C\0")] + ANSWER[-6:]),
    ],
)
def test_messages_are_treated(rule: Rule, expected: bytes) -> None:
    whole = through(Owner(rule), ANSWER)
    in_bytes = through(Owner(rule), *(ANSWER[n : n + 1] for n in range(len(ANSWER))))

    assert whole == in_bytes == expected


@pytest.mark.parametrize("offset", [0, 3, ROW_BYTES, len(ANSWER) - 1])
def test_one_byte_of_the_stream_is_changed(offset: int) -> None:
    owner = Owner()
    armed = ArmedRule(Rule("mutate", offset=offset), Condition(), lambda _: None)
    near, far = socket.socketpair()
    with near, far:
        lane = Lane("client", owner, Conversation(), "seed", 1 << 20)
        lane.act_at(offset, armed)
        lane.take(ANSWER, 0.0)
        lane.send(near, FAR)
        out = far.recv(1 << 20)

    assert [n for n in range(len(ANSWER)) if out[n] != ANSWER[n]] == [offset]
    assert (out[offset] ^ ANSWER[offset]).bit_count() == 1


def test_a_hold_keeps_what_follows_and_reads_on_and_a_stall_does_not() -> None:
    for verb, reads_on in (("hold", True), ("stall", False)):
        owner = Owner(Rule(verb, message="C"))  # type: ignore[arg-type]
        near, far = socket.socketpair()
        with near, far:
            lane = Lane("client", owner, Conversation(), "seed", 10)
            lane.take(ANSWER, 0.0)
            lane.send(near, FAR)
            assert far.recv(1000) == ANSWER[: ANSWER.index(b"C\0")]
            assert lane.wants_input is reads_on
            owner.armed[0].is_released = True
            lane.send(near, FAR)
            assert far.recv(1000) == ANSWER[ANSWER.index(b"C\0") :]
            assert lane.wants_input


def test_what_is_no_message_passes_as_bytes() -> None:
    owner = Owner()

    assert through(owner, b"\x16\x03\x01", b"garbage", to_end=True) == b"\x16\x03\x01garbage"
    assert owner.kinds == []


def test_a_message_that_is_cut_off_still_comes_out() -> None:
    assert through(Owner(Rule("drop", message="Z")), ANSWER[:-3], to_end=True) == ANSWER[:-3]
