"""StatementCache: which prepared statements one connection has, in the order of its bytes. Pure; no I/O.

Rule 1: only ParseComplete proves a name. A rollback does not unprove it (Parse is not transactional).
Rule 2: only a proven name with no Parse or Close of it under way is used without Parse; so two callers that use the
same SQL for the first time never meet 42P05, and none meets 26000 because another's Parse failed.
Rule 3: at most `capacity` names are proven; the least recently used one is closed. A Close rides at the head of the
next segment, where nothing can make the server skip it, and its CloseComplete is booked to that segment's request.

Source: protocol-flow.html, "Extended Query"; src/backend/commands/prepare.c (DropPreparedStatement)
"""

from __future__ import annotations

from typing import Final

from qail.errors import PostgresError
from qail.pg.protocol.state import PARSE, PREPARED, REPLACE

DEFAULT_CAPACITY: Final = 256


class StatementCache:
    """Names a connection has proven, may have, and must close.

    `capacity`: how many names stay proven, >= 1.
    """

    __slots__ = ("_closes", "_pending", "_proven", "_tick", "capacity")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self.capacity: Final = capacity
        self._proven: dict[bytes, int] = {}  # name -> tick of its last use
        self._pending: dict[bytes, int] = {}  # name -> how many Parses and Closes of it are under way
        self._closes: dict[bytes, None] = {}  # names to close, oldest first
        self._tick = 0

    def how(self, name: bytes) -> int:
        """How a segment made now must carry `name`: PREPARED, PARSE or REPLACE. The unnamed statement is always PARSE.

        Within one segment a name comes once as PARSE or REPLACE and is PREPARED in later items: use `plan` for those.
        """
        if not name:
            return PARSE
        if name in self._proven and name not in self._pending:
            self._tick += 1
            self._proven[name] = self._tick
            return PREPARED
        if name in self._pending or name in self._closes or name in self._proven:
            return REPLACE
        return PARSE

    def plan(self, names: list[bytes]) -> list[int]:
        """`how` for each item of one segment: a name its earlier item parses is PREPARED."""
        seen: set[bytes] = set()
        ways: list[int] = []
        for name in names:
            ways.append(PREPARED if name and name in seen else self.how(name))
            seen.add(name)
        return ways

    def is_pending(self, name: bytes) -> bool:
        """Whether a Parse of `name` was sent and not answered."""
        return name in self._pending

    def is_proven(self, name: bytes) -> bool:
        return name in self._proven

    def __len__(self) -> int:
        return len(self._proven)

    @property
    def has_closes(self) -> bool:
        """Whether names wait to be closed."""
        return len(self._closes) > 0

    def take_closes(self, used: set[bytes] | None = None) -> list[bytes]:
        """The names to close now; the caller's segment begins with a Close of each. They count as under way.

        Args:
            used: names that the segment itself runs; they wait for the next one.
        """
        # What is under way again is closed by the segment that replaces it.
        names = [name for name in self._closes if name not in self._pending and (used is None or name not in used)]
        for name in names:
            del self._closes[name]
            self._begin(name)
        return names

    def return_closes(self, names: list[bytes]) -> None:
        """The segment with these Closes was withdrawn: they ride in the next one."""
        for name in names:
            self._end(name)
            if name not in self._proven:
                self._closes[name] = None

    def sent(self, name: bytes) -> None:
        """A segment with a Parse of `name` (after a Close, if it must be replaced) was appended."""
        self._begin(name)

    def proved(self, name: bytes) -> None:
        """ParseComplete of `name` came."""
        self._end(name)
        self._closes.pop(name, None)
        self._tick += 1
        self._proven[name] = self._tick
        self._shrink()

    def dropped(self, name: bytes) -> None:
        """A Parse of `name` was withdrawn, failed or was skipped: no ParseComplete will come."""
        self._end(name)
        self._shrink()

    def closing(self, name: bytes) -> None:
        """CloseComplete of `name` came from the Close in front of its Parse."""
        self._proven.pop(name, None)
        self._closes.pop(name, None)

    def closed(self, name: bytes) -> None:
        """CloseComplete of a riding Close came."""
        self._end(name)
        self._proven.pop(name, None)

    def forget(self, name: bytes) -> None:
        """The server says it has no such statement (26000)."""
        self._proven.pop(name, None)
        self._closes.pop(name, None)

    def invalidate(self, name: bytes) -> None:
        """The statement exists and no longer fits the schema: the next use replaces it."""
        if self._proven.pop(name, None) is not None:
            self._closes[name] = None

    def found(self, name: bytes) -> None:
        """The server says the statement exists already (42P05): the next use replaces it."""
        self._closes[name] = None

    def forget_all(self) -> None:
        """DEALLOCATE or DISCARD ALL: no name is proven; what is under way is judged by its own answer."""
        self._proven = {}
        self._closes = {}

    def _begin(self, name: bytes) -> None:
        self._pending[name] = self._pending.get(name, 0) + 1

    def _end(self, name: bytes) -> None:
        count = self._pending.get(name, 0)
        if count > 1:
            self._pending[name] = count - 1
        else:
            self._pending.pop(name, None)

    def _shrink(self) -> None:
        """Back to `capacity`, as far as names are not under way."""
        while len(self._proven) > self.capacity and self._evict():
            pass

    def _evict(self) -> bool:
        oldest = b""
        least = self._tick + 1
        for name, tick in self._proven.items():
            if tick < least and name not in self._pending:
                oldest = name
                least = tick
        if oldest:
            del self._proven[oldest]
            self._closes[oldest] = None
        return oldest != b""


def is_stale_statement(error: PostgresError) -> bool:
    """Whether `error` says that a prepared statement is gone, there already, or no longer fits.

    Heal it (once, outside a transaction) by sending the statement again: the cache has already dropped the name.

    Source: src/backend/utils/cache/plancache.c, RevalidateCachedQuery: "cached plan must not change result type"
    """
    return (
        error.sqlstate in ("26000", "42P05") or is_outdated_plan(error) or is_lost_type(error) or is_altered_type(error)
    )


def is_outdated_plan(error: PostgresError) -> bool:
    """0A000 raised by RevalidateCachedQuery: the statement exists, its result type has changed."""
    return error.sqlstate == "0A000" and error.routine == "RevalidateCachedQuery"


def is_lost_type(error: PostgresError) -> bool:
    """A parameter has the OID of a type that was dropped: of the same name there may be another, which a description
    would tell.

    The server has no code of its own for it; the text is an internal one, which is never translated.

    Source: src/backend/utils/cache/lsyscache.c, getTypeInputInfo, getBaseTypeAndTypmod
    """
    return error.sqlstate == "XX000" and error.message.startswith("cache lookup failed for type ")


def is_altered_type(error: PostgresError) -> bool:
    """A parameter has other fields than its composite type: the type was altered since it was looked up.

    Source: src/backend/utils/adt/rowtypes.c, record_recv
    """
    return error.sqlstate == "42804" and error.routine == "record_recv"
