"""Storms: many tasks, few connections, cancellations and deadlines at random, and trouble on the way; then the verdict.

    storm = Storm(STORMS["F33"], backend, client, arena, seed)
    async with client.open(arena.address, kind.pool_size):
        await storm.blow()                    # its oracles know the rest; chaos/run.py puts it all together

Rule 1: a storm is counted, not timed, unless it is told how many seconds to last: each task performs so many
operations, and trouble comes after so many of them.
Rule 2: every choice comes from one seed; what the scheduler does with it is its own affair.
Rule 3: every operation that does not end in PATIENCE_SECONDS (CHAOS_PATIENCE) is a hang, and the storm goes on without
it: until there are MOST_HANGS, when it has been seen enough.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from itertools import count

import anyio

from chaos.arena import Arena
from chaos.clients import CLEAN_SESSION, WAYS, Client
from chaos.kinds import CANCEL_SECONDS, Kind
from chaos.oracles import TABLES, Accounts, Echo, Entry, Findings, Ledger, Sessions
from chaos.scoreboard import Score
from chaos.shapes import BIG, HUGE, SHAPES, Shape
from support.backends import Backend

PATIENCE_SECONDS = float(os.environ.get("CHAOS_PATIENCE") or 30.0)
# The design's grace is 3 seconds, on a machine that has nothing else to do.
GRACE_SECONDS = 6.0
TICK_SECONDS = 0.005
RETRIES = 400
MOST_HANGS = 8
RETRY_SECONDS = 0.02
UNIQUE_VIOLATION = "23505"
SLEEP_SECONDS = 0.02
# Prepared statements that the segment at hand has just parsed, or whose Close rides in the next one.
SLACK = 8

Operation = Callable[[float | None], Awaitable[None]]


class Storm:
    """One run of one storm."""

    def __init__(
        self, kind: Kind, backend: Backend, client: Client, arena: Arena, seed: int, seconds: float | None = None
    ) -> None:
        self.kind = kind
        self.backend = backend
        self.client = client
        self.arena = arena
        self.random = random.Random(seed)
        self.seconds = seconds
        self.score = Score(kind.id, client.name, backend.name, seed)
        self.echo, self.ledger, self.sessions = Echo(), Ledger(), Sessions()
        self.accounts = Accounts(arena.total)
        self.wrong_errors = Findings()
        self.hangs = Findings()
        self.wholes: list[list[Entry]] = []
        self._tokens = count(1)
        self._operations = count(1)
        self._ends_at: float | None = None
        self._troubled_at: float | None = None
        self._is_over = False
        names = [name for name in kind.mix if name != "borrow" or client.dirt]
        self._names, self._weights = names, [kind.mix[name] for name in names]

    async def blow(self) -> None:
        """All of it, on an open client; ends when every task has."""
        started_at = time.monotonic()
        self._ends_at = None if self.seconds is None else started_at + self.seconds
        async with self.backend.jobs() as jobs:
            ticker = jobs.start(self._tick) if self.backend.can_cancel else None
            workers = [jobs.start(self._worker(random.Random(self.random.random()))) for _ in range(self.kind.tasks)]
            for worker in workers:
                await worker.ended()
            self._is_over = True
            if ticker is not None:
                await ticker.ended()
        for worker in workers:
            if worker.error is not None:
                raise worker.error
        self.score.operations = next(self._operations) - 1
        self.score.seconds = time.monotonic() - started_at

    def _worker(self, source: random.Random) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            done = 0
            retries = 0
            while done < self.kind.operations if self._ends_at is None else time.monotonic() < self._ends_at:
                name = source.choices(self._names, self._weights)[0]
                if self.hangs.count >= MOST_HANGS:
                    return
                refused = await self._perform(getattr(self, f"_{name}")(source), source)
                if refused and retries < RETRIES:
                    retries += 1
                    await self.backend.sleep(RETRY_SECONDS)
                    continue
                done += 1

        return work

    async def performed(self, operation: Operation) -> Exception | None:
        """One operation that nobody cancels; its error."""
        return await self._bounded(operation, "patience", PATIENCE_SECONDS)

    async def _perform(self, operation: Operation, source: random.Random) -> bool:
        """One operation, perhaps cancelled; whether no connection could be had for it."""
        score = self.score
        # One step: threads count here, too.
        number = next(self._operations)
        begun_at = time.monotonic()
        means = "patience"
        if source.random() < self.kind.cancelled:
            means = source.choice(self._means())
        limit = source.uniform(0, CANCEL_SECONDS) if means != "patience" else PATIENCE_SECONDS
        error = await self._bounded(operation, means, limit)
        ended_at = time.monotonic()
        if means != "patience":
            score.cancelled += 1
            overrun = ended_at - begun_at - limit
            score.overrun_seconds = max(score.overrun_seconds, overrun)
            if overrun > GRACE_SECONDS:
                self.hangs.add(f"{overrun:.1f} seconds behind its {means}: {operation}")
        if error is not None:
            self._judge_error(error, means)
        else:
            self._note_recovery(begun_at, ended_at)
        if self.kind.trouble_every and number % self.kind.trouble_every == 0:
            self.arena.make_trouble(source)
            self._troubled_at = time.monotonic()
        return error is not None and self.client.is_refusal(error)

    def _note_recovery(self, begun_at: float, ended_at: float) -> None:
        troubled_at = self._troubled_at
        if troubled_at is not None and begun_at > troubled_at:
            self.score.recovery_seconds = max(self.score.recovery_seconds, ended_at - troubled_at)
            self._troubled_at = None

    def _means(self) -> list[str]:
        means = ["deadline"] if self.client.has_deadlines else []
        if self.backend.can_cancel:
            means.append("scope")
            if self.backend.name != "trio":
                means.append("native")
        return means

    async def _bounded(self, operation: Operation, means: str, limit: float) -> Exception | None:
        """Run it, cancelled as `means` says; its error. A cancelled operation that ends has none."""
        if means == "deadline":
            return await _caught(operation, limit)
        if not self.backend.can_cancel:
            return await _caught(operation, None)
        if means == "native":
            task = asyncio.ensure_future(_caught(operation, None))
            await asyncio.wait({task}, timeout=limit)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if not done:
                self.hangs.add(f"a cancelled operation did not end: {operation}")
            return task.result() if done and not task.cancelled() else None
        with anyio.move_on_after(limit) as scope:
            return await _caught(operation, None)
        if means == "patience" and scope.cancelled_caught:
            self.hangs.add(f"not answered within {limit:g} seconds: {operation}")
        return None

    def _judge_error(self, error: Exception, means: str) -> None:
        code = self.client.sqlstate(error)
        is_wrong = self.client.is_fault(error)
        if code and not self.arena.explains(code):
            is_wrong = True
        if is_wrong:
            self.wrong_errors.add(f"{type(error).__name__} ({means}): {error!s:.300}")

    async def _tick(self) -> None:
        while not self._is_over:
            due_at = time.monotonic() + TICK_SECONDS
            await self.backend.sleep(TICK_SECONDS)
            self.score.lag_seconds = max(self.score.lag_seconds, time.monotonic() - due_at)

    # The operations: each is chosen by name from the mix, makes its choices, and returns what is then performed.

    def _echo(self, source: random.Random) -> Operation:
        return self._echoed(source.choice(SHAPES), source.choice(self.client.reads))

    def _big(self, source: random.Random) -> Operation:
        return self._echoed(BIG, source.choice(self.client.reads))

    def _huge(self, source: random.Random) -> Operation:
        return self._echoed(HUGE, self.client.reads[0])

    def _echoed(self, shape: Shape, way: str) -> Operation:
        token = next(self._tokens)

        async def operation(timeout: float | None) -> None:
            rows, process_id = await self.client.echo(shape, token, way, timeout)
            what = f"token {token} as {shape.name} by {way}"
            self.echo.answer(what, shape.expected(token), rows, process_id=process_id)

        return operation

    def _write(self, source: random.Random) -> Operation:
        way = source.choice(self.client.writes)
        form = WAYS[way]
        tables = [source.choice(TABLES) for _ in range(form.entries)]
        if form.is_one_table:
            tables = tables[:1] * form.entries

        async def operation(timeout: float | None) -> None:
            entries = self.ledger.claim(tables)
            if form.is_whole:
                self.wholes.append(entries)
            await self._told(entries, way, timeout)

        return operation

    async def _told(self, entries: list[Entry], way: str, timeout: float | None) -> None:
        try:
            verdicts = await self.client.write(entries, way, timeout)
        except Exception as error:
            self.ledger.told(entries, [self.client.verdict(error)] * len(entries))
            raise
        self.ledger.told(entries, verdicts)

    def _conflict(self, source: random.Random) -> Operation:
        async def operation(timeout: float | None) -> None:
            (entry,) = self.ledger.claim(["deferred"])
            await self._told([entry], "execute", timeout)
            try:
                await self._told([self.ledger.rival(entry)], "execute", timeout)
            except Exception as error:
                if self.client.sqlstate(error) != UNIQUE_VIOLATION:
                    raise

        return operation

    def _transfer(self, source: random.Random) -> Operation:
        giver, taker = source.sample(range(1, self.arena.accounts + 1), 2)
        amount = source.randint(1, 50)
        return lambda timeout: self.client.transfer(giver, taker, amount, timeout)

    def _total(self, source: random.Random) -> Operation:
        async def operation(timeout: float | None) -> None:
            self.accounts.look(await self.client.total(timeout))

        return operation

    def _borrow(self, source: random.Random) -> Operation:
        dirt = source.choice([None, *self.client.dirt])

        async def operation(timeout: float | None) -> None:
            found = await self.client.borrow(dirt, timeout)
            found["is_bounded"] = found["statements"] <= self.client.kept_statements + SLACK
            self.sessions.probe(found, CLEAN_SESSION)

        return operation

    def _overstay(self, source: random.Random) -> Operation:
        seconds = source.uniform(0, SLEEP_SECONDS / 2)
        return lambda timeout: self.client.overstay(SLEEP_SECONDS, seconds)


async def _caught(operation: Operation, timeout: float | None) -> Exception | None:
    """The operation's own error; a cancellation goes on its way."""
    try:
        await operation(timeout)
    except Exception as error:  # noqa: BLE001  # of any driver; it is judged by whoever asked
        return error
    return None
