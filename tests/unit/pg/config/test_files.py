"""The password file and the service file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import ConfigError
from qail.pg.config.files import find_password, find_service, read_file

PASSWORDS = r"""
# h:5432:d:u:commented out
too:few
h:5432:d:u:first
h:*:*:u:any port
*:*:d\:e:u\\:with \:colon and \\:rest
::1:5432:d:u:not this one
\:\:1:5432:d:v:v6
empty:*:*:*:
*:*:*:last:the end
"""


@pytest.mark.parametrize(
    ("host", "port", "database", "user", "password"),
    [
        ("h", 5432, "d", "u", "first"),
        ("h", 1, "d", "u", "any port"),
        ("h", 1, "other", "u", "any port"),
        ("g", 1, "d:e", "u\\", "with :colon and \\"),
        ("::1", 5432, "d", "v", "v6"),
        ("empty", 1, "d", "u", None),
        ("g", 1, "d", "last", "the end"),
        ("g", 1, "d", "nobody", None),
    ],
)
@pytest.mark.feature("CN3")
def test_the_first_line_that_fits_counts(host: str, port: int, database: str, user: str, password: str | None) -> None:
    assert find_password(PASSWORDS, host, port, database, user) == password


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1))
def test_an_escaped_password_comes_back(password: str) -> None:
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")

    assert find_password(f"*:*:*:*:{escaped}\n", "h", 1, "d", "u") == password


@given(st.text())
def test_any_password_file_is_read(text: str) -> None:
    find_password(text, "h", 1, "d", "u")


SERVICES = """
# comment
[other]
host=o
[shop]
 host=h
port=5
host=ignored
options=-c a=b
[broken]
no equals
[unknown]
hst=h
[nested]
service=shop
[shop]
user=late
"""


@pytest.mark.feature("CN3")
def test_a_service_gives_its_settings() -> None:
    assert find_service(SERVICES, "shop", "f") == {"host": "h", "port": "5", "options": "-c a=b"}
    assert find_service(SERVICES, "none", "f") is None


@pytest.mark.parametrize(
    ("service", "message"),
    [("broken", "line 11 of the service file f has no '='"), ("unknown", "did you mean 'host'"), ("nested", "inside")],
)
def test_a_broken_service_is_named_with_its_line(service: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_service(SERVICES, service, "f")


def test_reading_tells_who_else_can_read(tmp_path: Path) -> None:
    path = tmp_path / "pgpass"
    path.write_text("x")

    path.chmod(0o600)
    private = read_file(str(path))
    path.chmod(0o640)
    shared = read_file(str(path))

    assert private is not None
    assert shared is not None
    assert (private.text, private.is_private, shared.is_private) == ("x", True, False)


def test_what_is_no_file_is_none_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read_file(str(tmp_path / "missing")) is None
    assert read_file(str(tmp_path / "pipe")) is None
    assert read_file(str(tmp_path)) is None
