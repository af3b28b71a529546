"""What went wrong where: the six places an error comes from are six kinds of error, and no error is of two."""

from __future__ import annotations

import pytest

from qail import errors
from qail.errors import QailError

KINDS: dict[str, type[QailError]] = {
    "local": errors.UsageError,
    "pool": errors.PoolError,
    "connection": errors.ConnectionLost,
    "protocol": errors.ProtocolError,
    "decode": errors.DecodeError,
    "server": errors.PostgresError,
}


@pytest.mark.feature("ER3")
def test_the_six_kinds_are_apart() -> None:
    for name, kind in KINDS.items():
        others = [other for each, other in KINDS.items() if each != name]
        assert not any(issubclass(kind, other) for other in others), name


@pytest.mark.feature("ER3")
def test_no_error_is_of_two_kinds_and_each_says_what_became_of_the_work() -> None:
    every = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, QailError)]
    for each in every:
        of = [name for name, kind in KINDS.items() if issubclass(each, kind)]
        assert len(of) <= 1, each
        # Those whose work was never sent, or never begun, cannot leave it open what became of it.
        if of in (["local"], ["pool"]):
            assert each("it failed").outcome == "not_sent", each
    assert errors.OutcomeUnknown("lost").outcome == "unknown"
    assert errors.CommitRejected("rejected").outcome == "aborted"
