"""One run of one storm, from a baseline to the baseline: `run_storm(...)` gives its Score."""

from __future__ import annotations

import resource
from collections import Counter

import pytest

from chaos.arena import Arena
from chaos.baseline import backends, held, open_files, settled, watched
from chaos.clients import Client
from chaos.kinds import Kind
from chaos.oracles import TABLES, Findings, Verdict
from chaos.scoreboard import KEPT_NOTES, Score
from chaos.storms import PATIENCE_SECONDS, Storm
from support.backends import Backend
from support.servers import Server

SETTLING_SECONDS = 60.0
LAST_TROUBLES = 5


def run_storm(
    kind: Kind, backend: Backend, client: Client, server: Server, seed: int, seconds: float | None = None
) -> Score:
    """Blow one storm over a fresh database of `server`, on a loop of its own, and judge it."""
    with Arena.on(server, kind, seed) as arena:
        storm = Storm(kind, backend, client, arena, seed, seconds)
        left_over = Findings()
        with watched() as not_raised:
            try:
                patience = PATIENCE_SECONDS * 4 + (seconds or 0) + SETTLING_SECONDS
                backend.run(lambda: _from_baseline_to_baseline(storm, left_over), patience)
            except pytest.fail.Exception as hung:
                storm.hangs.add(str(hung))
            except AssertionError as error:
                left_over.add(str(error))
        return _judged(storm, left_over, not_raised)


async def storm_score(kind: Kind, backend: Backend, client: Client, server: Server, seed: int) -> Score:
    """The same in a loop that runs already, counted; what the loop itself has to report is its owner's affair."""
    with Arena.on(server, kind, seed) as arena:
        storm = Storm(kind, backend, client, arena, seed)
        left_over = Findings()
        with watched() as not_raised:
            await _from_baseline_to_baseline(storm, left_over)
        return _judged(storm, left_over, not_raised)


async def _from_baseline_to_baseline(storm: Storm, left_over: Findings) -> None:
    client, arena, backend = storm.client, storm.arena, storm.backend
    # What a loop opens only once is no leak: the baseline is that of a pool that was used and closed.
    async with client.open(arena.address, 1):
        await _sum(storm)
    files = open_files()
    async with client.open(arena.address, storm.kind.pool_size):
        await storm.blow()
        arena.end_trouble()
        await _look_at_pool(storm)
    await _look_at_server(storm, left_over)
    storm.score.leaked_files = max(0, await settled(open_files, files, backend.sleep) - files)


async def _look_at_pool(storm: Storm) -> None:
    """The pool is quiet: it works, nothing is leased, and each of its connections is idle on the server."""
    client, arena, score = storm.client, storm.arena, storm.score
    error = await storm.performed(lambda _: _sum(storm))
    for _ in range(LAST_TROUBLES):
        # The last trouble may still be under way.
        if error is not None and arena.trouble:
            error = await storm.performed(lambda _: _sum(storm))
    if error is not None:
        storm.wrong_errors.add(f"when all was over: {type(error).__name__}: {error}")
    score.leaked_slots = await settled(lambda: client.counts().busy, 0, storm.backend.sleep)
    name = arena.address.application_name
    surplus = await settled(lambda: len(backends(arena.database, name)) - client.counts().size, 0, storm.backend.sleep)
    score.leaked_backends = max(0, surplus)
    busy = await settled(
        lambda: sum(state != "idle" for state in backends(arena.database, name)), 0, storm.backend.sleep
    )
    if busy:
        storm.sessions.leaks.add(f"backends that are not idle: {backends(arena.database, name)}", busy)


async def _sum(storm: Storm) -> None:
    storm.accounts.look(await storm.client.total(None))


async def _look_at_server(storm: Storm, left_over: Findings) -> None:
    """The pool is closed: no backend serves it, and nobody holds a lock."""
    arena, sleep = storm.arena, storm.backend.sleep
    name = arena.address.application_name
    storm.score.leaked_backends += await settled(lambda: len(backends(arena.database, name)), 0, sleep)
    locks = await settled(lambda: held(arena.database), 0, sleep)
    if locks:
        left_over.add(f"{locks} locks and prepared transactions are left", locks)


def _judged(storm: Storm, left_over: Findings, not_raised: Findings) -> Score:
    score, ledger = storm.score, storm.ledger
    rows: dict[str, Counter[int]] = {table: storm.arena.rows(table) for table in TABLES}
    ledger.judge(rows)
    for entries in storm.wholes:
        ledger.judge_whole(rows, entries)
    score.mismatches = storm.echo.mismatches.count + storm.accounts.wrong_sums.count
    score.false_acknowledgements = ledger.false_acknowledgements.count
    score.false_failures = ledger.false_failures.count
    score.double_executions = ledger.double_executions.count
    score.torn = ledger.torn.count
    score.leaks_of_state = storm.sessions.leaks.count
    score.wrong_errors = storm.wrong_errors.count
    score.hangs = storm.hangs.count
    rules = _rules_broken(storm)
    score.broken_rules = rules.count
    score.left_over = left_over.count + not_raised.count
    score.acknowledged = ledger.count(Verdict.ACKNOWLEDGED)
    score.failed = ledger.count(Verdict.FAILED)
    score.unknown_present, score.unknown_absent = ledger.unknown_present, ledger.unknown_absent
    every = (
        *(storm.echo.mismatches, storm.accounts.wrong_sums, ledger.false_acknowledgements, ledger.false_failures),
        *(ledger.double_executions, ledger.torn, storm.sessions.leaks, storm.wrong_errors, storm.hangs),
        *(rules, left_over, not_raised),
    )
    score.notes = [sentence for findings in every for sentence in findings.sentences[:KEPT_NOTES]]
    # Kilobytes on Linux; of the whole process, so that only runs in processes of their own compare.
    score.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return score


def _rules_broken(storm: Storm) -> Findings:
    """What the proxy saw that should not be: a Sync missing, a segment interleaved, a cancel for a stranger ..."""
    found = Findings()
    if storm.arena.proxy is not None and storm.client.name == "qail":
        for problem in storm.arena.proxy.audit.findings:
            found.add(problem)
    return found
