"""`python -m qail pull [DSN] --out schema.py`: a live database as a typed module.

Exit codes: 0 the module is written, or `--locked` and it says what the database says; 1 `--locked` and it does not (the
difference is printed), or an error of qail; 2 wrong arguments; 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from qail.cli.pull_catalog import Choice, read_database
from qail.cli.pull_module import module_source
from qail.errors import ConfigError
from qail.sync import connect

SUMMARY: Final = "describe the tables of a database as a typed module"
DEFAULT_SCHEMA: Final = "public"
PRIVATE: Final = {"search_path": "pg_catalog", "application_name": "qail pull"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("dsn", nargs="?", help="the database; without it PGHOST, PGDATABASE and so on say it")
    parser.add_argument("--out", metavar="FILE", help="the module to write; without it, it is printed")
    parser.add_argument(
        "--schema",
        action="append",
        default=[],
        help="a schema, public without it; repeated: several, whose names are said",
    )
    parser.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only tables like this: name or schema.name, * ? []",
    )
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="no tables like this")
    parser.add_argument("--partitions", action="store_true", help="partitions as well, not only what they are parts of")
    parser.add_argument(
        "--locked", action="store_true", help="write nothing; exit with 1 and print the difference when there is one"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the database, and write or compare the module; the exit code.

    Raises:
        ConfigError: a schema is not there, no table is wanted, or the file cannot be written.
    """
    if arguments.locked and not arguments.out:
        raise ConfigError("--locked compares a file: say which by --out")
    source = pulled(arguments)
    if not arguments.out:
        sys.stdout.write(source)
        return 0
    path = Path(arguments.out)
    before = read_module(path)
    if not arguments.locked:
        if before != source:
            write_module(path, source)
        return 0
    difference = list(
        difflib.unified_diff(
            (before or "").splitlines(keepends=True), source.splitlines(keepends=True), str(path), "the database"
        )
    )
    sys.stdout.writelines(difference)
    return 0 if before == source else 1


def pulled(arguments: argparse.Namespace) -> str:
    """The module that describes the database now."""
    choice = Choice(
        tuple(dict.fromkeys(arguments.schema)) or (DEFAULT_SCHEMA,),
        tuple(arguments.table),
        tuple(arguments.exclude),
        arguments.partitions,
    )
    with (
        connect(arguments.dsn) as connection,
        connection.transaction(isolation="repeatable read", read_only=True, settings=PRIVATE) as tx,
    ):
        facts = read_database(tx, choice)
    return module_source(facts, default_schema=None if arguments.schema else DEFAULT_SCHEMA)


def read_module(path: Path) -> str | None:
    """What the file says; None when there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def write_module(path: Path, source: str) -> None:
    """Replace the file at once: whoever reads it meets the old module or the new one.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(source.encode())
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, _mode_of(path))
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _mode_of(path: Path) -> int:
    """The mode of the file that is there; of a new one what the umask leaves."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
