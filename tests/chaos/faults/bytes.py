"""Faults of the transport: bytes one by one, cut anywhere, a connection that ends at any byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from chaos.registry import FaultRun, fault
from qail import ConnectionLost, Outcome, Qail, QailError
from qail.testing import ChaosProxy, Rule
from support.servers import Database

LEDGER = Qail.get("ledger").columns("attempt", "step", "note").order_by("attempt", "step")
STEPS = {"single": (1,), "transaction": (2, 3), "batch": (4, 5)}
# A wide row and a null, so that the exchange has frames of many sizes.
TABLES = """
    CREATE TABLE ledger (attempt int, step int, note text);
    CREATE TABLE shapes AS SELECT n AS id, repeat('x', n * 7) AS word, NULLIF(n, 3) AS gap FROM generate_series(1, 9) n
"""
SHAPES = Qail.get("shapes").columns("id", "word", "gap").order_by("id")
ROWS = [(n, "x" * n * 7, None if n == 3 else n) for n in range(1, 10)]
SHORT_STRIDE = 13


def entry(attempt: int, step: int) -> Any:
    return Qail.add("ledger").values({"attempt": attempt, "step": step, "note": "n" * step})


async def read(connection: Any) -> None:
    assert [tuple(row) for row in await connection.fetch_all(SHAPES)] == ROWS


async def exchange(connection: Any, attempt: int, verdicts: dict[tuple[int, str], str]) -> None:
    """A read, a write alone, a transaction and a batch; notes what the caller is told of each write."""

    async def single() -> None:
        assert await connection.execute(entry(attempt, 1)) == 1

    async def transaction() -> None:
        async with connection.transaction() as tx:
            assert await tx.execute(entry(attempt, 2)) == 1
            await read(tx)
            assert await tx.execute(entry(attempt, 3)) == 1

    async def batch() -> None:
        await connection.batch([entry(attempt, 4), entry(attempt, 5)])

    await read(connection)
    for name, work in (("single", single), ("transaction", transaction), ("batch", batch)):
        verdicts[attempt, name] = "acked"
        try:
            await work()
        except QailError as error:
            verdicts[attempt, name] = "unknown" if error.outcome is Outcome.UNKNOWN else "failed"
            raise


def check_ledger(database: Database, verdicts: dict[tuple[int, str], str]) -> None:
    """Acknowledged is there once, failed is not there, unknown is there wholly or not at all."""
    found = database.sql("SELECT attempt, step, count(*) FROM ledger GROUP BY attempt, step")
    counts = {(int(a or 0), int(s or 0)): int(n or 0) for a, s, n in found}
    for (attempt, name), verdict in verdicts.items():
        rows = [counts.get((attempt, step), 0) for step in STEPS[name]]
        allowed = {"acked": ({1},), "failed": ({0},), "unknown": ({0}, {1})}[verdict]
        assert set(rows) in allowed, (attempt, name, verdict, rows)


def prepared(run: FaultRun, database: Database) -> ChaosProxy:
    database.sql(TABLES)
    return ChaosProxy(database.dsn, seed=run.random.randrange(2**32))


async def same_results(run: FaultRun, *rules: Rule) -> None:
    """The exchange goes through, and the server has seen what was sent."""
    with run.server.fresh_database() as database, prepared(run, database) as proxy:
        verdicts: dict[tuple[int, str], str] = {}
        async with run.backend.connect(proxy.dsn()) as connection:
            armed = [proxy.add(rule) for rule in rules]
            for attempt in range(3):
                await exchange(connection, attempt, verdicts)
            assert [each.done for each in armed] == [1] * len(rules), proxy
        check_ledger(database, verdicts)
        assert set(verdicts.values()) == {"acked"}
        proxy.audit.check()


@fault("F01")
async def one_byte_at_a_time_is_read(run: FaultRun) -> None:
    await same_results(run, Rule("trickle", "client"))


@fault("F02")
async def one_byte_at_a_time_is_written(run: FaultRun) -> None:
    await same_results(run, Rule("trickle", "server"))


@fault("F03")
async def the_stream_is_cut_and_joined_anyhow(run: FaultRun) -> None:
    for _ in range(3):
        size = run.random.choice([2, 5, 40, 300])
        cuts = [Rule("split", "client", size=size), Rule("split", "server", size=size)]
        joins = [Rule("coalesce", "client", seconds=0.001), Rule("coalesce", "server", seconds=0.001)]
        await same_results(run, *cuts, *joins)


Ending = Callable[[FaultRun, ChaosProxy, str, Rule, int, dict[tuple[int, str], str]], Awaitable[None]]


async def at_every_offset(run: FaultRun, verb: Any, stride: int, ending: Ending, *, to: Any = "client") -> None:
    """The exchange once for each `stride`-th byte that goes one way, with a fault behind that byte."""
    with run.server.fresh_database() as database, prepared(run, database) as proxy:
        verdicts: dict[tuple[int, str], str] = {}
        # Only TCP knows a reset.
        dsn = proxy.dsn(tcp=verb == "rst")
        async with run.backend.connect(dsn) as connection:
            record = proxy.audit.sessions[-1]
            before = record.bytes_received, record.bytes_sent
            await exchange(connection, 0, verdicts)
            answered, asked = record.bytes_received - before[0], record.bytes_sent - before[1]
        for offset in range(run.random.randrange(stride), answered if to == "client" else asked, stride):
            await ending(run, proxy, dsn, Rule(verb, to, offset=offset), offset + 1, verdicts)
        proxy.release_all()
        await run.backend.blocking(lambda: end_backends(database))
        if verb != "mutate":
            check_ledger(database, verdicts)


def end_backends(database: Database) -> None:
    """Who is still connected is told to go, and has gone when this returns."""
    database.server.sql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        f"WHERE datname = '{database.name}' AND pid <> pg_backend_pid()"
    )


async def loses_the_connection(
    run: FaultRun, proxy: ChaosProxy, dsn: str, rule: Rule, attempt: int, verdicts: dict[tuple[int, str], str]
) -> None:
    """The caller is told that the connection is gone."""
    async with run.backend.connect(dsn) as connection:
        armed = proxy.add(rule)
        (told,) = await run.backend.together(lambda: exchange(connection, attempt, verdicts))
        assert isinstance(told, ConnectionLost), (rule, told)
        await run.backend.blocking(armed.wait)


@fault("F04")
async def a_reset_at_any_byte_of_the_answers(run: FaultRun) -> None:
    await at_every_offset(run, "rst", SHORT_STRIDE, loses_the_connection)


@fault("F05")
async def an_end_at_any_byte_of_the_answers(run: FaultRun) -> None:
    await at_every_offset(run, "fin", SHORT_STRIDE, loses_the_connection)


@fault("F30")
async def a_server_that_closes_in_the_middle_of_a_long_write(run: FaultRun) -> None:
    for verb in ("fin", "rst"):
        for tcp in (False, True):
            await closes_during_a_write(run, verb, tcp=tcp)


async def closes_during_a_write(run: FaultRun, verb: Any, *, tcp: bool) -> None:
    with run.server.fresh_database() as database, prepared(run, database) as proxy:
        async with run.backend.connect(proxy.dsn(tcp=tcp)) as connection:
            await connection.execute(entry(0, 1))
            armed = proxy.add(Rule(verb, "server", offset=run.random.randrange(1_000, 6_000_000)))
            long = Qail.add("ledger").values({"attempt": 1, "step": 1, "note": "x" * 8_000_000})
            (told,) = await run.backend.together(lambda: connection.execute(long, timeout=60))
            assert isinstance(told, ConnectionLost), told
            assert told.outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT)
            await run.backend.blocking(armed.wait)
        check_ledger(database, {(0, "single"): "acked", (1, "single"): "failed"})
