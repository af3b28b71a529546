"""Arguments of `python -m qail`, and how an error leaves: one line on standard error, exit code 1; no traceback.

Exit codes: 0 done; 1 an error of qail, said in one line, or what the command itself says; 2 wrong arguments; 130
interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from qail.errors import QailError

EXIT_ERROR: Final = 1
EXIT_INTERRUPTED: Final = 130


class CliCommand(NamedTuple):
    """One word after `python -m qail`: what it is for, its own arguments, and what it does with them.

    `run` returns the exit code; None is 0.
    """

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int | None]


def main(commands: Sequence[CliCommand], arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (default: those of the process) name; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m qail", description="PostgreSQL as a typed query tree.")
    words = parser.add_subparsers(required=True, metavar="command", dest="command")
    for command in commands:
        sub = words.add_parser(command.name, help=command.summary, description=command.summary)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    found = parser.parse_args(arguments)
    try:
        code: int | None = found.run(found)
    except QailError as error:
        print(f"qail: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code or 0
