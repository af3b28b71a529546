"""The files of libpq: the password file and the service file, and how a file is read.

Rule 1: a `FileReader` is passed in, so that everything but `read_file` is a pure function of texts.
Rule 2: a password file that others can read is not used, and said so; a missing one is nothing to speak of.

Source: libpq-pgpass.html; libpq-pgservice.html
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Final, NamedTuple

from qail.errors import ConfigError
from qail.pg.config.keywords import LIBPQ_KEYWORDS, unknown_keyword

MAX_FILE_BYTES: Final = 1024 * 1024


class ConfigFile(NamedTuple):
    """What was in a file. `is_private`: a regular file that only its owner can read or write."""

    text: str
    is_private: bool


FileReader = Callable[[str], ConfigFile | None]
"""Path -> the file, or None where there is none. May raise OSError."""


def read_file(path: str) -> ConfigFile | None:
    """The first MiB of a file as text; None when it does not exist or is no regular file."""
    try:
        # Without O_NONBLOCK opening a named pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            text = file.read(MAX_FILE_BYTES).decode("utf-8", "surrogateescape")
    finally:
        os.close(descriptor)
    return ConfigFile(text, os.name == "nt" or not mode & (stat.S_IRWXG | stat.S_IRWXO))


def find_password(text: str, host: str, port: int, database: str, user: str) -> str | None:
    """The password of the first line `host:port:database:user:password` that fits; `*` fits everything.

    A backslash takes the next character as it is; an empty password is none. A unix socket in a usual folder is called
    localhost here: see `load.py`.
    """
    wanted = (host, str(port), database, user)
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        fields = _split_fields(line)
        if len(fields) < 5:
            continue
        if all(raw == "*" or _unescape(raw) == value for raw, value in zip(fields, wanted, strict=False)):
            return _unescape(fields[4]) or None
    return None


def _split_fields(line: str) -> list[str]:
    """Split at colons that no backslash precedes; the fields keep their backslashes."""
    fields = [""]
    characters = iter(line)
    for character in characters:
        if character == ":":
            fields.append("")
            continue
        fields[-1] += character
        if character == "\\":
            fields[-1] += next(characters, "")
    return fields


def _unescape(field: str) -> str:
    characters = iter(field)
    return "".join(next(characters, "\\") if character == "\\" else character for character in characters)


def find_service(text: str, service: str, path: str) -> dict[str, str] | None:
    """The settings under `[service]`, the first of equal ones counting; None when there is no such section.

    Raises:
        ConfigError: a line of that section is no `keyword=value`, or the keyword does not exist.
    """
    found: dict[str, str] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if found is not None:
                break
            found = {} if line == f"[{service}]" else None
        elif found is not None:
            keyword, equals, value = line.partition("=")
            where = f"line {number} of the service file {path}"
            if not equals:
                raise ConfigError(f"{where} has no '='")
            if keyword in ("service", "servicefile"):
                raise ConfigError(f"{where} names a service inside a service")
            if keyword not in LIBPQ_KEYWORDS:
                raise ConfigError(unknown_keyword(keyword, LIBPQ_KEYWORDS, where))
            found.setdefault(keyword, value)
    return found
