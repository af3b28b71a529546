"""Advisory locks: which function takes and frees one, and what keys there are. No I/O.

Rule 1: a key is one int of 64 bits or a pair of ints of 32 bits; the two spaces are separate, and a key is always a
bind value.
Rule 2: a lock of a session is freed by name, as often as it was taken; a lock of a transaction goes with it.

Source: explicit-locking.html#ADVISORY-LOCKS; functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from qail.errors import EncodeError
from qail.pg.steps.command import TextCommand

LockKey: TypeAlias = int | tuple[int, int]

_INT4: Final = 2**31
_INT8: Final = 2**63


class LockKind:
    """How a lock is taken.

    `in_transaction`: it goes with the transaction, not with the session. `wait`: until it is had; else it is asked for
    once.
    """

    __slots__ = ("in_transaction", "shared", "wait")

    def __init__(self, *, in_transaction: bool, shared: bool, wait: bool) -> None:
        self.in_transaction: Final = in_transaction
        self.shared: Final = shared
        self.wait: Final = wait


class AdvisoryKey:
    """A checked key.

    Raises:
        EncodeError: it is neither an int of 64 bits nor a pair of ints of 32 bits.
    """

    __slots__ = ("_casts", "_values")

    def __init__(self, key: LockKey) -> None:
        parts: Sequence[object] = key if isinstance(key, tuple) else (key,)
        bound, kind = (_INT4, "int4") if isinstance(key, tuple) else (_INT8, "int8")
        if isinstance(key, tuple) and len(parts) != 2:
            raise EncodeError(f"an advisory lock's key is one int or a pair of ints, not {len(parts)} of them")
        self._casts: Final = ", ".join(f"${number + 1}::pg_catalog.{kind}" for number in range(len(parts)))
        self._values: Final = [_text(part, kind, bound) for part in parts]

    def lock(self, kind: LockKind) -> TextCommand:
        """Take the lock. Without `wait` the answer is `t` or `f`; with it, an answer means that it was taken."""
        words = ["pg", *([] if kind.wait else ["try"]), "advisory", *(["xact"] if kind.in_transaction else []), "lock"]
        return self._call(words, kind)

    def unlock(self, kind: LockKind) -> TextCommand:
        """Free a lock of the session. The answer is `f` when it was not held."""
        return self._call(["pg", "advisory", "unlock"], kind)

    def words(self, kind: LockKind) -> str:
        """The lock in words: one that is held alike has the same."""
        return f"the {'shared ' if kind.shared else ''}advisory lock {', '.join(self._values)}"

    def _call(self, words: list[str], kind: LockKind) -> TextCommand:
        name = "_".join([*words, *(["shared"] if kind.shared else [])])
        return TextCommand(f"SELECT pg_catalog.{name}({self._casts})", *self._values)


def _text(part: object, kind: str, bound: int) -> str:
    if not isinstance(part, int) or isinstance(part, bool):
        raise EncodeError(f"an advisory lock's key is one int or a pair of ints, not {type(part).__name__}")
    if not -bound <= part < bound:
        raise EncodeError(f"{int(part)} is outside {kind}, {-bound}..{bound - 1}: no key of an advisory lock")
    return str(int(part))
