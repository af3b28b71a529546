"""`make chaos`: every storm on every backend, for qail and beside it for other drivers, and the scoreboard.

    python -m chaos                          # all of it
    python -m chaos cuts crash               # these storms
    CHAOS_SECONDS=60 CHAOS_SEED=7 CHAOS_BACKENDS=trio,sync CHAOS_CLIENTS=qail python -m chaos F33

Each run is a process of its own, so that one that hangs is counted as that, and memory is its own. CHAOS_SECONDS is how
long each storm lasts (10); 0 has it counted, in the form that `make test` runs. The exit status is 1 if qail has a
fault.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from chaos.clients import Client, QailClient
from chaos.kinds import STORMS, Kind, long_form, short_form
from chaos.run import run_storm
from chaos.scoreboard import Score, table
from qail import IMPLEMENTATION
from support.backends import BACKENDS
from support.servers import Server, Source, at_hand, default_name

SECONDS = 10.0
PATIENCE_SECONDS = 240.0
# The server may lose nothing that it acknowledged when a backend is killed; the disk itself is not in question here.
SERVER_SETTINGS = {"synchronous_commit": "on", "max_connections": "60"}
MARK = "SCORE "


@dataclass(frozen=True)
class Elsewhere:
    """A server that another process owns."""

    host: str
    port: int
    user: str
    database: str

    @property
    def dsn(self) -> str:
        return f"postgresql://{self.user}@/{self.database}?host={self.host}&port={self.port}"


def main(arguments: list[str]) -> int:
    """Run what the arguments and the environment say. 1: qail has a fault."""
    parser = argparse.ArgumentParser(prog="python -m chaos")
    parser.add_argument("storms", nargs="*", metavar="storm", help=", ".join(STORMS))
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        return _one(*chosen.one)
    unknown = set(chosen.storms) - set(STORMS)
    if unknown:
        parser.error(f"no such storm: {', '.join(sorted(unknown))}; there are {', '.join(STORMS)}")
    return _all([STORMS[name] for name in chosen.storms] or list(STORMS.values()))


def _all(kinds: list[Kind]) -> int:
    seconds = float(os.environ.get("CHAOS_SECONDS") or SECONDS)
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(2**32))
    source = _source()
    print(f"qail {IMPLEMENTATION}, server {source.name}, CHAOS_SEED={seed} CHAOS_SECONDS={seconds:g}", flush=True)
    scores: list[Score] = []
    with source.start(SERVER_SETTINGS) as server:
        place = f"{server.host}:{server.port}:{server.user}:{server.database}"
        for kind in kinds:
            print(f"-- {kind.id}: {kind.what}", flush=True)
            for client, backend in _runs():
                score = _in_a_process([kind.id, client, backend, str(seed), str(seconds), place])
                print(score, flush=True)
                scores.append(score)
    print("\n" + table(scores), flush=True)
    return int(any(score.faults for score in scores if score.client == "qail"))


def _source() -> Source:
    """Of which the server is that all runs have."""
    return next(source for source in at_hand() if source.name == default_name())


def _runs() -> Iterator[tuple[str, str]]:
    """The clients with the backends each runs on, as far as they were asked for and are installed."""
    wanted = (os.environ.get("CHAOS_BACKENDS") or "").split(",")
    clients = (os.environ.get("CHAOS_CLIENTS") or "").split(",")
    pairs = [("qail", name) for name in BACKENDS]
    peers = _peers()
    pairs += [(client, backend) for client, (_, backends) in peers.items() for backend in backends]
    for client, backend in pairs:
        if (wanted == [""] or backend in wanted) and (clients == [""] or client in clients):
            yield client, backend


def _peers() -> dict[str, Any]:
    try:
        from chaos.peers import PEERS
    except ImportError as missing:
        print(f"-- SKIPPED: other drivers: {missing}")
        return {}
    return dict(PEERS)


def _in_a_process(arguments: list[str]) -> Score:
    """One run; a process that does not end, or not well, is a score as well."""
    name, client, backend, seed, seconds, _ = arguments
    command = [sys.executable, "-P", "-m", "chaos", "--one", *arguments]
    failed = Score(name, client, backend, int(seed))
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=float(seconds) + PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as hung:
        failed.hangs = 1
        failed.notes = [f"the process did not end within {hung.timeout:g} seconds"]
        return failed
    for line in ended.stdout.splitlines():
        if line.startswith(MARK):
            return Score.from_json(line.removeprefix(MARK))
    failed.left_over = 1
    failed.notes = [f"the process ended with {ended.returncode}", *ended.stderr.splitlines()[-4:]]
    return failed


def _one(name: str, client: str, backend: str, seed: str, seconds: str, place: str) -> int:
    """One run in this process: its score as a line of JSON."""
    host, port, user, database = place.split(":")
    server = Server(_source(), cast("Any", Elsewhere(host, int(port), user, database)))
    kind = long_form(STORMS[name]) if float(seconds) else short_form(STORMS[name])
    on = BACKENDS[backend]()
    who: Client = QailClient(on) if client == "qail" else _peers()[client][0]()
    score = run_storm(kind, on, who, server, int(seed), float(seconds) or None)
    print(MARK + score.to_json(), flush=True)
    return int(bool(score.faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
