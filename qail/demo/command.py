"""`python -m qail demo [--dsn DSN]`."""

from __future__ import annotations

import argparse
import asyncio
from importlib.util import find_spec

from qail.errors import ConfigError

SUMMARY = "load a year of flights and query it, on an embedded server or on one of yours"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--dsn", help="a server of yours; the demo makes a schema of its own there, qail_demo, and drops it at the end"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the demo to its end.

    Raises:
        ConfigError: an extra that the demo needs is not installed; the message says which.
    """
    if find_spec("rich") is None:
        raise ConfigError('the demo prints with rich, which is not installed: pip install "qail[cli]"')
    from qail.demo.run import run as run_demo

    asyncio.run(run_demo(arguments.dsn))
