"""SERVICE: examples/service.py under load, beside the same service on asyncpg: requests a second, p99, CPU.

Each runs under uvicorn in a process of its own; 64 keep-alive connections ask for books and pages, answers are
compared. Most of a request's cost is the web framework's: what the driver saves shows in the difference. No bar.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import ROUNDS, SCALE

CLIENTS = 64
REQUESTS = 6_000
PATHS = ("/books/7", "/books/42", "/books?after=40")


@dataclass
class Service:
    """One service and its figures, one a round."""

    name: str
    port: int
    process: Any
    per_second: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    async def load(self, requests: int) -> list[bytes]:
        """Ask `requests` times; the answers to PATHS."""
        seconds: list[float] = []
        answers: dict[str, bytes] = {}

        async def client(first: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            for number in range(first, requests, CLIENTS):
                path = PATHS[number % len(PATHS)]
                begun = time.perf_counter()
                answers[path] = await ask(reader, writer, path)
                seconds.append(time.perf_counter() - begun)
            writer.close()

        used = self.process.cpu_times()
        begun = time.perf_counter()
        await asyncio.gather(*[client(first) for first in range(CLIENTS)])
        spent = time.perf_counter() - begun
        now = self.process.cpu_times()
        self.per_second.append(requests / spent)
        self.p99_ms.append(statistics.quantiles(seconds, n=100)[98] * 1000)
        self.cpu_us.append((now.user + now.system - used.user - used.system) / requests * 1_000_000)
        return [answers[path] for path in PATHS]


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    assert head.startswith(b"HTTP/1.1 200"), head
    return await reader.readexactly(int(length.split(b":")[1]))


@asynccontextmanager
async def serving(name: str, app: str, server: Any) -> AsyncIterator[Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "QAIL_DSN": server.dsn,
        "BENCH_HOST": str(server.host),
        "BENCH_PORT": str(server.port),
        "BENCH_USER": server.user,
        "BENCH_DATABASE": server.database,
    }
    options = ["--factory", "--port", str(port), "--log-level", "error", "--loop", "uvloop"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", f"benchmarks.service_apps:{app}", *options),
        env={**os.environ, **settings},
        cwd=Path(__file__).resolve().parent.parent,
    )
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield Service(name, port, psutil.Process(process.pid))
    finally:
        process.terminate()
        await process.wait()


async def main(server: Any) -> None:
    requests = max(CLIENTS * 3, int(REQUESTS * SCALE))
    # Ours first: it makes the tables.
    async with serving("qail", "ours", server) as ours, serving("asyncpg", "theirs", server) as theirs:
        services = [ours, theirs]
        print(f"SERVICE {', '.join(PATHS)}")
        for number in range(ROUNDS + 1):
            answers = [await each.load(requests) for each in (services if number % 2 == 0 else reversed(services))]
            assert answers[0] == answers[1], "the services answered differently"
            if number == 0:
                print(f"   {answers[0][0].decode()}")
                for each in services:
                    each.per_second.clear()
                    each.p99_ms.clear()
                    each.cpu_us.clear()
        report(services, requests)


def report(services: list[Service], requests: int) -> None:
    print(f"\nSERVICE {CLIENTS} clients  ({requests:,} requests a round, {len(services[0].per_second)} rounds)")
    for each in services:
        figures = (statistics.median(each.per_second), statistics.median(each.p99_ms), statistics.median(each.cpu_us))
        print("  {:<12}{:>10,.0f} requests/s   p99 {:>7.2f} ms   CPU {:>7.1f} us a request".format(each.name, *figures))
    ours, theirs = services
    for what, mine, other in (
        ("times asyncpg's throughput", ours.per_second, theirs.per_second),
        ("times its p99", ours.p99_ms, theirs.p99_ms),
        ("times its CPU a request", ours.cpu_us, theirs.cpu_us),
    ):
        ratios = [a / b for a, b in zip(mine, other, strict=True)]
        print(f"  {statistics.median(ratios):.2f} ({min(ratios):.2f} .. {max(ratios):.2f}) {what}")
    print("  raw " + json.dumps({s.name: [s.per_second, s.p99_ms, s.cpu_us] for s in services}))
