"""What may run on a connection that others use at the same time."""

from __future__ import annotations

from qail.compile.frames import SESSION
from qail.errors import UsageError


def check_shareable(use: int) -> None:
    """Raises UsageError when a statement of this `BoundPlan.use` needs a session that nobody shares."""
    if use & SESSION:
        raise UsageError(
            "this statement changes its session, or asks what the session did before, and a pool's connections are "
            "shared: run it on one of its own, from pool.acquire(); for a transaction alone there are "
            "transaction(settings=...) and its advisory_lock()"
        )
