"""One target under atheris, in a process of its own: `python -m fuzz.guided TARGET SEEDS_FOLDER [libFuzzer's options]`.

libFuzzer ends the process at the first crash, so `fuzz.__main__` starts one for each target, and again behind a crash.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

# It has no types, and is not everywhere to be had.
atheris: Any = import_module("atheris")

# The library alone: the tests' own helpers are no part of what is explored.
with atheris.instrument_imports(include=["qail"]):
    from fuzz.targets import TARGETS


def warm_up(run: Callable[[bytes], None], seeds: Path) -> None:
    """Run every seed: what is imported at first use is seen into, too, and is no part of what an input may take."""
    with atheris.instrument_imports(include=["qail"]):
        for path in sorted(seeds.iterdir()):
            # One that breaks is found and told by libFuzzer, which runs the seeds first of all.
            with suppress(Exception):
                run(path.read_bytes())


def main() -> None:
    """Run until libFuzzer ends the process."""
    target, seeds, *options = sys.argv[1:]
    warm_up(TARGETS[target], Path(seeds))
    atheris.Setup([sys.argv[0], seeds, *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
