"""One target under atheris, in a process of its own: `python -m fuzz.guided TARGET SEEDS_FOLDER [libFuzzer's options]`.

libFuzzer ends the process at the first crash, so `fuzz.__main__` starts one for each target, and again behind a crash.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

# It has no types, and is not everywhere to be had.
atheris: Any = import_module("atheris")

# The library alone: the tests' own helpers are no part of what is explored.
with atheris.instrument_imports(include=["qail"]):
    from fuzz.targets import TARGETS


def main() -> None:
    """Run until libFuzzer ends the process."""
    target, *arguments = sys.argv[1:]
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
