"""The blocking classes have every verb of the async ones, with the same parameters and defaults."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import qail
import qail.sync
from qail.pg.driver.answer import PipelineAnswer
from qail.pg.driver.copy import CopyOut
from qail.pg.driver.pipeline import Pipeline
from qail.pg.driver.prepare import PreparedStatement

PAIRS = [
    (qail.Connection, qail.sync.Connection),
    (qail.Pool, qail.sync.Pool),
    (qail.Transaction, qail.sync.Transaction),
    (Pipeline, qail.sync.Pipeline),
    (PipelineAnswer, qail.sync.PipelineAnswer),
    (PreparedStatement, qail.sync.PreparedStatement),
    (qail.RowStream, qail.sync.RowStream),
    (qail.Subscription, qail.sync.Subscription),
    (CopyOut, qail.sync.CopyOut),
]
# What the driver and the pool call of each other, which is no part of the API.
INTERNAL = {
    qail.Connection: {"make_ready", "is_lent", "is_leased", "leave_pool", "detach"},
    qail.Transaction: {"check_plain", "may_be_kept"},
    PipelineAnswer: {"settle", "fail", "call", "error", "is_seen"},
    qail.Subscription: {"hear", "lose", "wake"},
}
# The modes of a pool's transaction are named one by one there, and typed as a whole here.
MODES = {"isolation", "read_only", "deferrable", "settings", "track_outcome"}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - INTERNAL.get(kind, set())


def parameters(function: Any) -> list[tuple[str, Any]]:
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.default) for each in found if each.name not in {"self", "modes", *MODES}]


@pytest.mark.feature("SY1")
@pytest.mark.parametrize(("awaited", "blocking"), PAIRS, ids=lambda kind: kind.__name__)
def test_every_verb_is_there_with_the_same_parameters(awaited: type, blocking: type) -> None:
    assert public(awaited) <= public(blocking)
    for name in sorted(public(awaited)):
        found = getattr(awaited, name)
        if inspect.isfunction(found):
            assert parameters(getattr(blocking, name)) == parameters(found), name


@pytest.mark.feature("SY1")
@pytest.mark.parametrize("name", ["connect", "create_pool"])
def test_both_are_opened_with_the_same_arguments(name: str) -> None:
    assert parameters(getattr(qail.sync, name)) == parameters(getattr(qail, name))
