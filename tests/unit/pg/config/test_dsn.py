"""DSNs are read as libpq reads them; psycopg, where it is installed, asks libpq itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import ConfigError
from qail.pg.config.dsn import parse_dsn
from qail.pg.config.keywords import DSN_KEYWORDS, LIBPQ_KEYWORDS

GOOD = {
    "": {},
    "  ": {},
    "postgresql://": {},
    "postgres://u:p%40s@h:1,g:2/db?sslmode=require": {
        "user": "u", "password": "p@s", "host": "h,g", "port": "1,2", "dbname": "db", "sslmode": "require",
    },
    "postgresql://a,b/": {"host": "a,b", "port": ","},
    "postgresql://h:1,:2/d": {"host": "h,", "port": "1,2", "dbname": "d"},
    "postgresql://[::1]:5/x": {"host": "::1", "port": "5", "dbname": "x"},
    "postgresql://[fe80::1%25eth0],[::1]": {"host": "fe80::1%eth0,::1", "port": ","},
    "postgresql://h?ssl=true": {"host": "h", "sslmode": "require"},
    "postgresql://h/d?host=/tmp&port=3": {"host": "/tmp", "port": "3", "dbname": "d"},
    "postgresql://%2Fvar%2Frun/d": {"host": "/var/run", "dbname": "d"},
    "postgresql://u@/d": {"user": "u", "dbname": "d"},
    "postgresql://u:@h/": {"user": "u", "host": "h"},
    "postgresql://:p@h/": {"password": "p", "host": "h"},
    "postgresql://u:p:q@h": {"user": "u", "password": "p:q", "host": "h"},
    "postgresql://a@b@c/d": {"user": "a", "host": "b@c", "dbname": "d"},
    "postgresql://u%3Aa:%C3%A9@h": {"user": "u:a", "password": "é", "host": "h"},
    "postgresql://h:/d": {"host": "h", "dbname": "d"},
    "postgresql://h/?": {"host": "h"},
    "postgresql://h/d?host=x&": {"host": "x", "dbname": "d"},
    "postgresql://h/d?host=a&host=b": {"host": "b", "dbname": "d"},
    "postgresql://h/a/b": {"host": "h", "dbname": "a/b"},
    "postgresql://h/d#x": {"host": "h", "dbname": "d#x"},
    "postgresql://h/d?application_name=a+b%20c": {"host": "h", "dbname": "d", "application_name": "a+b c"},
    "postgresql://h?%75ser=x": {"host": "h", "user": "x"},
    "postgresql://?user=x": {"user": "x"},
    "host=a port = 5": {"host": "a", "port": "5"},
    "host='a b' user=x\\'y": {"host": "a b", "user": "x'y"},
    "host=a\\ b": {"host": "a b"},
    "password='a\\'b\\\\c'": {"password": "a'b\\c"},
    "host=": {"host": ""},
    "host= port=5": {"host": "port=5"},
    "host=a host=b": {"host": "b"},
    "host = 'a'port=3": {"host": "a", "port": "3"},
    "dbname=a'b": {"dbname": "a'b"},
    "password=a\\": {"password": "a"},
    "host=a\n\tport=1": {"host": "a", "port": "1"},
    "hostaddr=1.2.3.4 host=a": {"host": "a", "hostaddr": "1.2.3.4"},
    "options='-c a=b'": {"options": "-c a=b"},
    "application_name='é'": {"application_name": "é"},
}  # fmt: skip

BAD = {
    "postgresql://[::1": r"'\[' and no '\]'",
    "postgresql://[]/": "empty IPv6",
    "postgresql://[::1]x/": r"must follow the '\]'",
    "postgresql:///d?user=b=c": "more than one '='",
    "postgresql:///d?host": "parameter 1 of the DSN has no '='",
    "postgresql://h/d?&host=x": "parameter 1 of the DSN has no '='",
    "postgresql:///d?nope=1": "unknown setting 'nope'",
    "postgresql:///d?sslmod=require": "did you mean 'sslmode'",
    "postgresql://h/%zz": "two hexadecimal digits",
    "postgresql://h/%4": "two hexadecimal digits",
    "postgresql://h/%+1": "two hexadecimal digits",
    "postgresql://h/%00": "%00 is not allowed",
    "POSTGRES://h": "must begin with postgresql://",
    "mysql://h": "must begin with postgresql://",
    "postgresql:/h": "setting 1 of the DSN has no '='",
    "host": "setting 1 of the DSN has no '='",
    "host=a mydb": "setting 2 of the DSN has no '='",
    "user name=x": "setting 1 of the DSN has no '='",
    "=x": "no word",
    "host='a": "host in the DSN has no closing quote",
    "password='a\\": "no closing quote",
    "nope=1": "unknown setting 'nope'",
    "database=x": "did you mean 'dbname'",
    "Host=a": "did you mean 'host'",
    "search_path=x": "server_settings",
}


def libpq(dsn: str) -> dict[str, object] | None:
    """What libpq makes of it; None when it refuses."""
    conninfo = pytest.importorskip("psycopg.conninfo", reason="psycopg is not installed: libpq cannot be asked")
    try:
        return dict(conninfo.conninfo_to_dict(dsn))
    except Exception:  # noqa: BLE001  any refusal is one
        return None


def ours(dsn: str) -> dict[str, str] | None:
    try:
        return parse_dsn(dsn)
    except ConfigError:
        return None


@pytest.mark.feature("CN2")
@pytest.mark.parametrize("dsn", GOOD)
def test_a_dsn_gives_its_settings(dsn: str) -> None:
    assert parse_dsn(dsn) == GOOD[dsn]


@pytest.mark.feature("CN2")
@pytest.mark.parametrize("dsn", BAD)
def test_a_wrong_dsn_says_what_is_wrong(dsn: str) -> None:
    with pytest.raises(ConfigError, match=BAD[dsn]):
        parse_dsn(dsn)


@pytest.mark.feature("CN2")
@pytest.mark.parametrize("dsn", [*GOOD, *BAD])
def test_libpq_agrees(dsn: str) -> None:
    assert ours(dsn) == libpq(dsn)


PIECES = st.sampled_from(
    ["host", "port", "user", "password", "dbname", "=", "=", " ", "'", "\\", "a", "b1", "é", "\t", "/", ",", "%41", "%"]
)
URL_PIECES = st.sampled_from(
    "u p h d 5 : : / / @ @ ? & = , [ ] ::1 %41 % %00 # host port user sslmode ssl true é + ' \\".split(" ")  # noqa: SIM905  shorter than 32 quoted pieces
)


@given(st.lists(PIECES, max_size=24).map("".join))
def test_libpq_agrees_on_any_words(dsn: str) -> None:
    assert ours(dsn) == libpq(dsn)


@given(st.sampled_from(["postgresql://", "postgres://"]), st.lists(URL_PIECES, max_size=24).map("".join))
def test_libpq_agrees_on_any_url(scheme: str, rest: str) -> None:
    assert ours(scheme + rest) == libpq(scheme + rest)


@given(st.text())
def test_any_text_is_settings_or_a_config_error(text: str) -> None:
    for dsn in (text, f"postgresql://{text}"):
        found = ours(dsn)

        assert found is None or found.keys() <= DSN_KEYWORDS


# libpq does so since version 17; older ones keep the blanks.
@pytest.mark.parametrize(
    ("dsn", "settings"),
    [
        ("postgresql:// u @h/", {"user": "u", "host": "h"}),
        ("postgresql:///d?user=%20u", {"user": " u", "dbname": "d"}),
        ("postgresql:///d? user=u", {"user": "u", "dbname": "d"}),
    ],
)
def test_blanks_around_a_part_of_a_url_are_dropped(dsn: str, settings: dict[str, str]) -> None:
    assert parse_dsn(dsn) == settings


def test_a_blank_inside_a_part_of_a_url_must_be_encoded() -> None:
    with pytest.raises(ConfigError, match="write %20"):
        parse_dsn("postgresql://h/a b")


def test_our_own_settings_may_stand_in_a_dsn() -> None:
    assert parse_dsn("postgresql:///?statement_cache_size=0") == {"statement_cache_size": "0"}


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:hunter/2@h/d",
        "postgresql://u:hunter?2@h/d",
        "postgresql://u:hunter?hunter=2@h/d",
        "postgresql://u:/?hunter=hunter@h/d",
        "postgresql://u:hunter%zz@h/d",
        "postgresql://u:hunter%00@h/d",
        "postgresql://u:hunter%ff@h/d",
        "postgresql://u:hunter x@h/d",
        "postgresql://u:hunter@[h/d",
        "user=u password=my hunter",
        "user=u password=my hunter=x",
        "user=u password='hunter",
        "user=u password=hunter nope",
        "password=hunter nope=1",
        "hunter",
        "postgres:/u:hunter@h",
        "http://u:hunter@h",
    ],
)
def test_no_error_shows_a_password(dsn: str) -> None:
    shown = ""
    try:
        parse_dsn(dsn)
    except ConfigError as error:
        shown = str(error)

    assert "hunter" not in shown


def test_every_keyword_of_libpq_is_known() -> None:
    pq = pytest.importorskip("psycopg.pq", reason="psycopg is not installed: libpq cannot be asked")

    assert {option.keyword.decode() for option in pq.Conninfo.get_defaults()} <= LIBPQ_KEYWORDS
