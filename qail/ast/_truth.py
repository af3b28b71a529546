"""NoTruth: the base whose `bool()` raises.

Interpreted: mypyc refuses `__bool__ -> NoReturn`, by which pyright sees `if condition`; native classes inherit it.
"""

from __future__ import annotations

from typing import NoReturn


class NoTruth:
    """An SQL expression is true or false in the server, row by row, never here."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an SQL expression has no truth value: use & | ~ for and, or, not; between() for a < b < c; in_() for `in`"
        )
