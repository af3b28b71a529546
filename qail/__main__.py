"""`python -m qail`."""

from __future__ import annotations

import sys

from qail.cli import pull
from qail.cli.main import CliCommand, main
from qail.demo import command as demo

COMMANDS = (
    CliCommand("demo", demo.SUMMARY, demo.add_arguments, demo.run),
    CliCommand("pull", pull.SUMMARY, pull.add_arguments, pull.run),
)

if __name__ == "__main__":
    sys.exit(main(COMMANDS))
