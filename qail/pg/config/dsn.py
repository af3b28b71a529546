"""A DSN taken apart: `postgresql://` URLs and `key=value` strings, as libpq 18 reads them.

Rule 1: the result is keywords and texts, exactly those that libpq would give; what they mean is decided elsewhere.
Rule 2: no error quotes the DSN: a wrong one is often wrong because of the password in it. Places are given by number.

Source: libpq-connect.html, "Connection Strings"; fe-connect.c, conninfo_parse and conninfo_uri_parse_options
"""

from __future__ import annotations

import re
from typing import Final

from qail.errors import ConfigError
from qail.pg.config.keywords import DSN_KEYWORDS, unknown_keyword

URL_SCHEMES: Final = ("postgresql://", "postgres://")
# isspace() of the C locale, by which libpq separates settings.
_SPACE: Final = " \t\n\v\f\r"
_PERCENT: Final = re.compile(rb"%(.{0,2})", re.DOTALL)
_ENCODE_HINT: Final = "characters like : / ? # @ and % in a user name or password are percent-encoded"


def parse_dsn(dsn: str) -> dict[str, str]:
    """The settings of `dsn`; the last of equal keywords counts. An empty text has none.

    Raises:
        ConfigError: the text is not a DSN, or has a keyword that does not exist.
    """
    if "\0" in dsn:
        raise ConfigError("the DSN contains a NUL character")
    for scheme in URL_SCHEMES:
        if dsn.startswith(scheme):
            return _Url(dsn, len(scheme)).parse()
    if "://" in dsn and "=" not in dsn.partition("://")[0]:
        raise ConfigError("the DSN is a URL of another kind: it must begin with postgresql://")
    return _parse_words(dsn)


def _parse_words(dsn: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = _skip_space(dsn, 0)
    previous, is_bare = "", False
    while position < len(dsn):
        number = len(found) + 1
        start = position
        while position < len(dsn) and dsn[position] != "=" and dsn[position] not in _SPACE:
            position += 1
        keyword = dsn[start:position]
        position = _skip_space(dsn, position)
        # A blank in a bare password splits it, and then its second half stands where a keyword should.
        is_secret = previous == "password" and is_bare
        if dsn[position : position + 1] != "=":
            hint = "; quote a password that has blanks: password='...'" if is_secret else ""
            raise ConfigError(f"setting {number} of the DSN has no '='{hint}")
        if keyword not in DSN_KEYWORDS:
            shown = "" if is_secret else keyword
            raise ConfigError(unknown_keyword(shown, DSN_KEYWORDS, "the DSN"))
        position = _skip_space(dsn, position + 1)
        previous, is_bare = keyword, dsn[position : position + 1] != "'"
        found[keyword], position = _read_value(dsn, position, keyword)
        position = _skip_space(dsn, position)
    return found


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _read_value(dsn: str, position: int, keyword: str) -> tuple[str, int]:
    """The value that starts at `position`, and where it ends. A backslash takes the next character as it is."""
    is_quoted = dsn[position : position + 1] == "'"
    position += is_quoted
    value: list[str] = []
    while position < len(dsn):
        character = dsn[position]
        position += 1
        if character == "\\":
            value.append(dsn[position : position + 1])
            position += 1
        elif (character == "'") if is_quoted else (character in _SPACE):
            return "".join(value), position
        else:
            value.append(character)
    if is_quoted:
        raise ConfigError(f"the quoted value of {keyword} in the DSN has no closing quote")
    return "".join(value), len(dsn)


class _Url:
    """One reading of a URL, from left to right: user, hosts, database, parameters."""

    def __init__(self, url: str, position: int) -> None:
        self._url = url
        self._position = position
        self._found: dict[str, str] = {}

    def parse(self) -> dict[str, str]:
        self._read_user()
        ended_at = self._read_hosts()
        if ended_at == "/":
            database = self._take_until("?")
            self._store("dbname", database)
            ended_at = self._step()
        if ended_at == "?":
            self._read_parameters(self._url[self._position :])
        return self._found

    def _take_until(self, stops: str) -> str:
        """The text up to, and without, the next of `stops`."""
        start = self._position
        while self._position < len(self._url) and self._url[self._position] not in stops:
            self._position += 1
        return self._url[start : self._position]

    def _step(self) -> str:
        """Consume one character; empty at the end."""
        character = self._url[self._position : self._position + 1]
        self._position += 1
        return character

    def _store(self, keyword: str, text: str) -> None:
        if text:
            self._found[keyword] = _decode(text, keyword)

    def _read_user(self) -> None:
        start = self._position
        self._take_until("@/")
        if self._url[self._position : self._position + 1] != "@":
            self._position = start
            return
        self._position = start
        self._store("user", self._take_until(":@"))
        if self._step() == ":":
            self._store("password", self._take_until("@"))
            self._step()

    def _read_hosts(self) -> str:
        """Read `host[:port]`, any number of them with commas between; return the character after the last."""
        hosts: list[str] = []
        ports: list[str] = []
        while True:
            hosts.append(self._read_host(len(hosts) + 1))
            ended_at = self._step()
            ports.append("")
            if ended_at == ":":
                ports[-1] = self._take_until("/?,")
                ended_at = self._step()
            if ended_at != ",":
                break
        self._store("host", ",".join(hosts))
        self._store("port", ",".join(ports))
        return ended_at

    def _read_host(self, number: int) -> str:
        if self._url[self._position : self._position + 1] != "[":
            return self._take_until(":/?,")
        self._position += 1
        host = self._take_until("]")
        if not self._step():
            raise ConfigError(f"host {number} of the DSN has '[' and no ']'")
        if not host:
            raise ConfigError(f"host {number} of the DSN is an empty IPv6 address")
        if self._url[self._position : self._position + 1] not in (*":/?,", ""):
            raise ConfigError(f"in the DSN a port or a path must follow the ']' of host {number}")
        return host

    def _read_parameters(self, text: str) -> None:
        # An unencoded '@' this far right is the end of a user part that held a '/' or '?': what looks like a keyword
        # may then be half a password, and is not shown.
        is_suspect = "@" in text
        pieces = text.split("&")
        if pieces[-1] == "":
            pieces.pop()
        for number, piece in enumerate(pieces, 1):
            name, equals, value = piece.partition("=")
            if not equals or "=" in value:
                what = "more than one '='" if equals else "no '='"
                raise ConfigError(f"parameter {number} of the DSN has {what}; {_ENCODE_HINT}")
            keyword, decoded = _decode(name, "a keyword"), _decode(value, "a parameter")
            if keyword == "ssl" and decoded == "true":  # JDBC's way of writing it
                keyword, decoded = "sslmode", "require"
            if keyword not in DSN_KEYWORDS:
                raise ConfigError(unknown_keyword("" if is_suspect else keyword, DSN_KEYWORDS, "the DSN"))
            self._found[keyword] = decoded


def _decode(text: str, what: str) -> str:
    """Percent-decode. Blanks around the text are dropped, as libpq does since 17; inside they must be encoded."""
    stripped = text.strip(" ")
    if " " in stripped:
        raise ConfigError(f"{what} in the DSN contains a blank: write %20")

    def one(match: re.Match[bytes]) -> bytes:
        digits = match[1]
        try:
            # int() would take a sign or blanks too
            byte = bytes([int(digits, 16)]) if digits.isalnum() and len(digits) == 2 else b""
        except ValueError:
            byte = b""
        if byte in (b"", b"\0"):
            why = "%00 is not allowed" if byte else "'%' is not followed by two hexadecimal digits"
            raise ConfigError(f"{what} in the DSN cannot be decoded: {why}; {_ENCODE_HINT}")
        return byte

    try:
        return _PERCENT.sub(one, stripped.encode()).decode()
    except UnicodeError:
        raise ConfigError(f"{what} in the DSN is not UTF-8 when percent-decoded") from None
