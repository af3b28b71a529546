"""Statements of our own that have an answer: one value, as text."""

# The files of this package share `Places`, whose members are private to users of Pool and Connection.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import Final

from qail.errors import ConnectionLost, Outcome
from qail.pg.catalog import Catalog
from qail.pg.codec.rows import RowDecoder
from qail.pg.driver.executor import MOST_MOVES, Attempt, Places
from qail.pg.driver.link import Link
from qail.pg.driver.segment import SegmentBuilder
from qail.pg.steps.command import TextCommand
from qail.pg.steps.transaction import TransactionStatus, status_command, transaction_status


class Question:
    """One command on its way: its request, and the value that came."""

    def __init__(self, link: Link, catalog: Catalog, command: TextCommand, *, is_control: bool = False) -> None:
        """`is_control`: it stands among statements that open or end scopes, as `SegmentBuilder` has it."""
        self._rows: Final = RowDecoder([], catalog.registry, None)
        builder = SegmentBuilder(link, is_control=is_control)
        builder.add_command(command, self._rows)
        self.request: Final = builder.request()

    @property
    def value(self) -> str | None:
        """The only value of the only row that came; None for NULL, and before it came."""
        rows = self._rows.rows
        value = rows[0][0] if rows else None
        return None if value is None else str(value)


async def ask(places: Places, command: TextCommand, deadline: float | None, attempt: Attempt) -> str | None:
    """Run `command` where statements run, and return its value. Raises its error."""
    moves = 0
    while True:
        link = await places._place(True, deadline)
        question = Question(link, places._catalog, command)
        attempt.request = question.request
        await link.settle(question.request)
        error = question.request.error
        if error is None:
            return question.value
        moves += 1
        is_unsent = isinstance(error, ConnectionLost) and error.outcome is Outcome.NOT_SENT
        if moves > MOST_MOVES or not (places._may_move and is_unsent):
            raise error


async def ask_status(places: Places, transaction_id: int, timeout: float | None) -> TransactionStatus | None:
    """What became of a transaction, by its id."""
    command = status_command(transaction_id)
    deadline = places._deadline(timeout)
    attempt = Attempt()
    return transaction_status(await places._within(deadline, attempt, lambda: ask(places, command, deadline, attempt)))
