"""What a storm does to a database, as each driver does it: the verbs a storm knows, and qail's way to do them.

Rule 1: a client says what its own error means for the work (`verdict`); the oracles take it at its word.
Rule 2: where a driver says nothing of the outcome (most say nothing of a lost connection) the verdict is unknown.
Rule 3: adapters of other drivers (peers.py) use them as their manuals say, with the same pool size and no tuning.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

from chaos.oracles import Entry, Verdict
from chaos.shapes import Shape
from qail import (
    ConnectError,
    Outcome,
    PoolTimeout,
    PostgresError,
    ProtocolError,
    Qail,
    QailError,
    StatementInvalidated,
    UsageError,
    col,
    func,
    literal,
    select,
)
from support.backends import Backend

ACKNOWLEDGED, FAILED, UNKNOWN = Verdict.ACKNOWLEDGED, Verdict.FAILED, Verdict.UNKNOWN


@dataclass(frozen=True)
class Way:
    """One way to write: how many entries, whether all into one table, whether they are one transaction."""

    entries: int
    is_one_table: bool = False
    is_whole: bool = False


WAYS = {
    "execute": Way(1),
    "returning": Way(1),
    "lease": Way(1),
    "transaction": Way(3, is_whole=True),
    "savepoint": Way(2),
    "undone": Way(2, is_whole=True),
    "batch": Way(3, is_whole=True),
    "batch each": Way(3),
    "pipeline": Way(3),
    "execute many": Way(4, is_one_table=True, is_whole=True),
    "copy": Way(4, is_one_table=True, is_whole=True),
}
DIRT = {
    "setting": "SET qail.owner = 'somebody'",
    "lock": "SELECT pg_advisory_lock_shared(7)",
    "listen": "LISTEN somewhere",
    "temp": "CREATE TEMP TABLE IF NOT EXISTS left_behind (id int)",
    "role": "SET ROLE pg_monitor",
    "open": "BEGIN; SELECT pg_current_xact_id()",
    "failed": "BEGIN; SELECT 1/0",
}
"""What a borrower leaves behind."""

# What a session must not keep for the next borrower; and that its prepared statements are bounded.
CLEAN_SESSION = {
    "owner": "",
    "locks": 0,
    "temporary": 0,
    "listening": 0,
    "is_self": True,
    "is_outside": True,
    "is_bounded": True,
}
SESSION_COLUMNS = (*[name for name in CLEAN_SESSION if name != "is_bounded"], "statements")
SESSION_STATE = """
CREATE VIEW session_state AS SELECT
  coalesce(current_setting('qail.owner', true), '') AS owner,
  (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
  (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS temporary,
  (SELECT count(*) FROM pg_listening_channels()) AS listening,
  current_user = session_user AS is_self,
  pg_current_xact_id_if_assigned() IS NULL AS is_outside,
  (SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql) AS statements
"""


@dataclass(frozen=True)
class Address:
    """Where the server, or the proxy in front of it, listens."""

    host: str
    port: int
    user: str
    database: str
    application_name: str
    statement_cache_size: int

    @property
    def dsn(self) -> str:
        """For qail: the only one that is told how many statements to keep."""
        who = f"user={self.user}&dbname={self.database}&application_name={self.application_name}"
        return (
            f"postgresql:///?host={self.host}&port={self.port}&{who}&statement_cache_size={self.statement_cache_size}"
        )


@dataclass(frozen=True)
class PoolCounts:
    """What a pool says of itself when all is quiet."""

    size: int
    busy: int
    """Leased, connecting or waited for: nothing of it when nobody uses the pool."""


class Client(ABC):
    """One driver's pool, as a storm uses it."""

    name: str
    writes: Sequence[str]
    reads: Sequence[str]
    dirt: Sequence[str]
    kept_statements = 100
    """How many prepared statements it says it keeps on a connection."""
    has_deadlines = True
    """Whether `timeout` is obeyed; without it a storm cancels instead."""

    @abstractmethod
    def open(self, address: Address, size: int) -> AbstractAsyncContextManager[Self]:
        """The pool, of at most `size` connections."""

    @abstractmethod
    async def echo(self, shape: Shape, token: int, way: str, timeout: float | None) -> tuple[list[Any], int | None]:
        """The rows of `shape`, and the process id of the connection if it was the caller's own."""

    @abstractmethod
    async def write(self, entries: Sequence[Entry], way: str, timeout: float | None) -> list[Verdict]:
        """Insert the entries' keys; what the caller was told of each. What is raised is true of all."""

    @abstractmethod
    async def transfer(self, source: int, target: int, amount: int, timeout: float | None) -> None:
        """Move an amount between two accounts, in one transaction."""

    @abstractmethod
    async def total(self, timeout: float | None) -> int:
        """The sum of all accounts, in one statement."""

    @abstractmethod
    async def borrow(self, dirt: str | None, timeout: float | None) -> dict[str, Any]:
        """Take a connection, look at its session, leave `dirt` behind; what was found."""

    @abstractmethod
    async def overstay(self, seconds: float, timeout: float) -> None:
        """In a transaction run a statement that takes longer than its deadline."""

    @abstractmethod
    def verdict(self, error: BaseException) -> Verdict:
        """What the caller knows of his work from this error."""

    @abstractmethod
    def sqlstate(self, error: BaseException) -> str:
        """The server's code for it; "" if the error is not the server's."""

    @abstractmethod
    def is_fault(self, error: BaseException) -> bool:
        """Whether no storm may ever cause this error: the driver has lost its way."""

    @abstractmethod
    def is_refusal(self, error: BaseException) -> bool:
        """Whether no connection could be had, so that another attempt makes sense."""

    @abstractmethod
    def counts(self) -> PoolCounts: ...


class Time:
    """What is left of an operation's time, from now on."""

    def __init__(self, timeout: float | None) -> None:
        self._ends_at = None if timeout is None else monotonic() + timeout

    @property
    def left(self) -> float | None:
        return None if self._ends_at is None else max(0.0, self._ends_at - monotonic())


def insert(entry: Entry) -> Any:
    return Qail.add(entry.table).values({"key": entry.key})


class QailClient(Client):
    """qail, on any of its backends."""

    name = "qail"
    writes = tuple(WAYS)
    reads = ("shared", "lease", "transaction", "batch", "pipeline", "many")
    dirt = tuple(DIRT)

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pool: Any = None

    @asynccontextmanager
    async def open(self, address: Address, size: int) -> AsyncIterator[Self]:
        async with self._backend.pool(address.dsn, max_size=size) as pool:
            self._pool = pool
            self.kept_statements = address.statement_cache_size
            yield self

    async def echo(self, shape: Shape, token: int, way: str, timeout: float | None) -> tuple[list[Any], int | None]:
        query, pool, time = shape.query(token), self._pool, Time(timeout)
        if way == "batch":
            return (await pool.batch([query, select(literal(1))], timeout=timeout))[0], None
        if way == "pipeline" and timeout is None:
            async with pool.pipeline() as pipeline:
                answer = pipeline.fetch_all(query)
                pipeline.fetch_value(select(literal(1)))
            return answer.result(), None
        if way == "many":
            values = [*shape.values(token), shape.rows]
            return (await pool.fetch_many(query, [values], timeout=timeout))[0], None
        if way == "lease":
            async with self._lease(time) as connection:
                return await connection.fetch_all(query, timeout=time.left), connection.info.process_id
        if way == "transaction":
            async with self._lease(time) as connection, connection.transaction() as tx:
                return await tx.fetch_all(query, timeout=time.left), connection.info.process_id
        return await pool.fetch_all(query, timeout=timeout), None

    async def write(self, entries: Sequence[Entry], way: str, timeout: float | None) -> list[Verdict]:
        pool = self._pool
        if way == "execute":
            await pool.execute(insert(entries[0]), timeout=timeout)
        elif way == "returning":
            await pool.fetch_value(insert(entries[0]).returning("key"), timeout=timeout)
        elif way == "lease":
            time = Time(timeout)
            async with self._lease(time) as connection:
                await connection.execute(insert(entries[0]), timeout=time.left)
        elif way == "batch":
            await pool.batch([insert(entry) for entry in entries], timeout=timeout)
        elif way == "execute many":
            await pool.execute_many(insert(entries[0]), [(entry.key,) for entry in entries], timeout=timeout)
        elif way == "copy":
            records = [(entry.key,) for entry in entries]
            await pool.copy_in(entries[0].table, records, columns=["key"], timeout=timeout)
        else:
            return await self._write_in_parts(entries, way, timeout)
        return [ACKNOWLEDGED] * len(entries)

    async def _write_in_parts(self, entries: Sequence[Entry], way: str, timeout: float | None) -> list[Verdict]:
        if way == "pipeline" and timeout is None:
            return await self._pipelined(entries)
        if way in ("batch each", "pipeline"):
            queries = [insert(entry) for entry in entries]
            results = await self._pool.batch(queries, atomic=False, return_errors=True, timeout=timeout)
            return [self._told(result) for result in results]
        time = Time(timeout)
        async with self._lease(time) as connection, connection.transaction() as tx:
            await tx.execute(insert(entries[0]), timeout=time.left)
            if way == "savepoint":
                inner = tx.transaction()
                await inner.begin()
                await inner.execute(insert(entries[1]), timeout=time.left)
                await inner.rollback()
                return_value = [ACKNOWLEDGED, FAILED]
            else:
                for entry in entries[1:]:
                    await tx.execute(insert(entry), timeout=time.left)
                return_value = [ACKNOWLEDGED] * len(entries)
            if way == "undone":
                await tx.rollback()
                return_value = [FAILED] * len(entries)
        return return_value

    async def _pipelined(self, entries: Sequence[Entry]) -> list[Verdict]:
        answers: list[Any] = []
        # What is raised at the end of the block is the error of an answer, and each answer has its own.
        with suppress(QailError):
            async with self._pool.pipeline() as pipeline:
                answers += [pipeline.execute(insert(entry)) for entry in entries]
        return [self._answered(answer) for answer in answers]

    def _answered(self, answer: Any) -> Verdict:
        try:
            answer.result()
        except UsageError:
            # The pipeline ended before it was answered.
            return UNKNOWN
        except QailError as error:
            return self.verdict(error)
        return ACKNOWLEDGED

    def _told(self, result: Any) -> Verdict:
        return self.verdict(result) if isinstance(result, QailError) else ACKNOWLEDGED

    async def transfer(self, source: int, target: int, amount: int, timeout: float | None) -> None:
        balance, number = col("balance"), col("id")
        moves = sorted([(source, -amount), (target, amount)])
        time = Time(timeout)
        async with self._lease(time) as connection, connection.transaction() as tx:
            for account, change in moves:
                query = Qail.set("accounts").values({"balance": balance + change}).where(number == account)
                await tx.execute(query, timeout=time.left)

    async def total(self, timeout: float | None) -> int:
        return int(await self._pool.fetch_value(Qail.get("totals").columns("total"), timeout=timeout))

    async def borrow(self, dirt: str | None, timeout: float | None) -> dict[str, Any]:
        time = Time(timeout)
        async with self._lease(time) as connection:
            rows = await connection.fetch_all(Qail.get("session_state").columns(*SESSION_COLUMNS), timeout=time.left)
            if dirt is not None:
                try:
                    await connection.script(DIRT[dirt], timeout=time.left)
                except PostgresError:
                    if dirt != "failed":
                        raise
        return dict(zip(SESSION_COLUMNS, rows[0], strict=True))

    def _lease(self, time: Time) -> Any:
        return self._pool.acquire() if time.left is None else self._pool.acquire(timeout=time.left)

    async def overstay(self, seconds: float, timeout: float) -> None:
        async with self._pool.transaction() as tx:
            await tx.execute(select(func.pg_sleep(seconds)), timeout=timeout)

    def verdict(self, error: BaseException) -> Verdict:
        if not isinstance(error, QailError) or error.outcome is Outcome.UNKNOWN:
            return UNKNOWN
        return ACKNOWLEDGED if error.outcome is Outcome.DONE else FAILED

    def sqlstate(self, error: BaseException) -> str:
        return error.sqlstate if isinstance(error, PostgresError) else ""

    def is_fault(self, error: BaseException) -> bool:
        if isinstance(error, (ProtocolError, StatementInvalidated, UsageError)):
            return True
        return not isinstance(error, (QailError, OSError))

    def is_refusal(self, error: BaseException) -> bool:
        return isinstance(error, (ConnectError, PoolTimeout))

    def counts(self) -> PoolCounts:
        stats = self._pool.stats()
        return PoolCounts(stats.size, stats.leased + stats.connecting + stats.waiting)
