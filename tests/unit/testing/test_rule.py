"""Rules as data: which can be, what triggers them."""

from __future__ import annotations

from threading import Condition

import pytest

from qail.errors import ConfigError
from qail.testing.rule import ArmedRule, Rule


@pytest.mark.parametrize(
    "wrong",
    [
        {"verb": "drop"},
        {"verb": "dup", "offset": 3},
        {"verb": "mutate"},
        {"verb": "inject", "message": "C"},
        {"verb": "fin", "nth": 2},
        {"verb": "fin", "message": "C", "nth": 0},
        {"verb": "trickle", "size": 0},
        {"verb": "rst", "offset": -1},
    ],
)
def test_a_rule_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=f"the rule '{wrong['verb']}'"):
        Rule(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "kind", "is_named"),
    [
        ("C", "C", True),
        ("CZ", "Z", True),
        ("CZ", "D", False),
        ("*", "startup", True),
        ("*", "D", True),
        ("startup", "startup", True),
        # The letters of a word are no types.
        ("startup", "s", False),
        ("CZ", "cancel", False),
    ],
)
def test_a_message_is_named_by_its_letter_or_by_its_word(message: str, kind: str, is_named: bool) -> None:
    assert Rule("fin", message=message).names(kind) is is_named


def armed(rule: Rule) -> ArmedRule:
    return ArmedRule(rule, Condition(), lambda _: None)


def test_a_rule_acts_at_its_nth_match_and_once() -> None:
    third = armed(Rule("fin", message="D", nth=3))

    assert [third.trigger() for _ in range(5)] == [False, False, True, False, False]


def test_every_match_from_the_nth_on() -> None:
    each = armed(Rule("drop", message="D", nth=2, every=True))

    assert [each.trigger() for _ in range(4)] == [False, True, True, True]
    each.disarm()
    assert not each.trigger()


def test_waiting_for_what_does_not_come_is_a_timeout() -> None:
    never = armed(Rule("fin", message="D"))

    with pytest.raises(TimeoutError, match="did not act 1 times"):
        never.wait(timeout=0)
