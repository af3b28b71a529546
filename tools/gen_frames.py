"""Write tests/vectors/frames.jsonl: the frames of each tree of the golden corpus, which a test compares.

A change of this file is a change of what goes over the wire: read it before you commit it.

    python tools/gen_frames.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parent.parent / "tests"


def main() -> int:
    """Write the file, or with --check say whether it is what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the file is old")
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from support.stored_frames import STORE, text_of_all

    text = text_of_all()
    if arguments.check:
        if STORE.exists() and STORE.read_text(encoding="ascii") == text:
            return 0
        print(f"{STORE} is old: run python tools/gen_frames.py and read what has changed", file=sys.stderr)
        return 1
    STORE.write_text(text, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
