"""Run the benchmarks: all of them, or those named. `python -m benchmarks [B1 B2 ...] [--loop asyncio|uvloop]`."""

from __future__ import annotations

import argparse
import asyncio
import importlib

import qail
from benchmarks import database, harness
from qail import embedded

FILES = {
    "B1": "b01_point_select",
    "B1S": "b01_sync_point_select",
    "B2": "b02_pooled_selects",
    "B3": "b02_pooled_selects",
    "B4": "b04_pipeline",
    "B5": "b05_results",
    "B6": "b05_results",
    "B7": "b05_results",
    "B9": "b09_select_without_parameters",
    "B11": "b11_execute_many",
    "B12": "b12_copy",
    "B13": "b13_build",
    "B14": "b14_transaction",
    "B17": "b17_slow_neighbours",
    "B18": "b18_growth",
    "CODECS": "codecs",
    "IMPORT": "b_import",
    "SERVICE": "b_service",
}


async def run(names: list[str]) -> None:
    files = list(dict.fromkeys(FILES[name] for name in names))
    async with embedded.start() as server:
        await database.set_up(server)
        for file in files:
            await importlib.import_module(f"benchmarks.{file}").main(server)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="B", help=f"of {', '.join(FILES)}; all without a name")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="uvloop")
    arguments = parser.parse_args()
    names: list[str] = [name.upper() for name in arguments.names] or list(FILES)
    if unknown := [name for name in names if name not in FILES]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(FILES)}")
    print(f"qail is {qail.IMPLEMENTATION}; loop {arguments.loop}; {harness.environment()}")
    if arguments.loop == "uvloop":
        import uvloop

        uvloop.run(run(names))
    else:
        asyncio.run(run(names))


if __name__ == "__main__":
    main()
