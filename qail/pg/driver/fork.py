"""How many forks lie between this process and the one that imported qail: one comparison finds a foreign socket.

Asking for the process id instead would cost a system call for every query.
"""

from __future__ import annotations

import os
from typing import Final


class Process:
    """This process. `generation` differs in a forked child."""

    __slots__ = ("_mark", "generation")

    def __init__(self) -> None:
        self.generation = 0
        self._mark = object()

    def mark(self) -> object:
        """An object that is another one in a forked child."""
        return self._mark

    def forked(self) -> None:
        self.generation += 1
        self._mark = object()


PROCESS: Final = Process()

os.register_at_fork(after_in_child=PROCESS.forked)
