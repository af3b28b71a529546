"""Settings and channels of a session: what is sent, what is refused, what leaves traces."""

from __future__ import annotations

from typing import Any

import pytest

from qail.errors import BuildError, EncodeError, UsageError
from qail.pg.protocol.state import PARSE
from qail.pg.steps.session import (
    leaves_traces,
    listen_statements,
    setting_text,
    settings_request,
    unlisten_statements,
)

LIVE = pytest.mark.feature("CN6")


@LIVE
@pytest.mark.parametrize(
    ("value", "text"), [("7MB", "7MB"), (5, "5"), (-1.5, "-1.5"), (True, "on"), (False, "off"), ("", "")]
)
def test_a_value_becomes_the_text_of_a_setting(value: Any, text: str) -> None:
    assert setting_text("x", value) == text


@LIVE
@pytest.mark.parametrize("name", ["client_encoding", "Client_Encoding", "DateStyle", "DATESTYLE"])
def test_what_the_codecs_need_is_not_the_callers_to_change(name: str) -> None:
    with pytest.raises(UsageError, match="codecs"):
        setting_text(name, "x")


@LIVE
@pytest.mark.parametrize("value", [None, b"x", [], {}])
def test_a_value_of_another_kind_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=type(value).__name__):
        setting_text("work_mem", value)


@LIVE
def test_names_and_values_travel_as_values() -> None:
    request = settings_request([("work_mem", "7MB'; DROP TABLE x; --"), ("app.x", "1")])

    assert [(item.how, item.statement_name) for item in request.items] == [(PARSE, b"")] * 2
    assert request.data.count(b"SELECT pg_catalog.set_config($1, $2, false)") == 2
    assert request.data.endswith(b"S\0\0\0\x04")
    for wrong in ("a\0b", "\ud800"):
        with pytest.raises(EncodeError):
            settings_request([("app.x", wrong)])
        with pytest.raises(EncodeError):
            settings_request([(wrong, "x")])


@pytest.mark.feature("LN1")
def test_channels_are_quoted() -> None:
    assert listen_statements(["a b", 'x"y']) == [b'LISTEN "a b"', b'LISTEN "x""y"']
    assert unlisten_statements(["News"]) == [b'UNLISTEN "News"']
    for wrong in ("", "x" * 64, "a\0b"):
        with pytest.raises(BuildError):
            listen_statements([wrong])


@pytest.mark.feature("RT4")
@pytest.mark.parametrize(
    ("sql", "leaves"),
    [
        ("SELECT 1", False),
        ("UPDATE t SET a = 1", False),
        ("INSERT INTO settings VALUES ('set')", False),
        ("CREATE TABLE t (n int); DROP TABLE t", False),
        ('SELECT "pg_advisory_xact_lock"($1)', False),
        ("set work_mem = '1MB'", True),
        ("SELECT 1;\n  SET ROLE x", True),
        ("CREATE TEMP TABLE t (n int)", True),
        ("create temporary view v as select 1", True),
        ("LISTEN x", True),
        ("PREPARE p AS SELECT 1", True),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", True),
        ('SELECT "set_config"($1, $2, $3)', True),
        ('SELECT "pg_advisory_lock"($1)', True),
        ('SELECT "pg_try_advisory_lock_shared"($1)', True),
        ("DO $$ BEGIN END $$", True),
        ("CALL p()", True),
    ],
)
def test_what_leaves_traces_in_its_session_is_known_by_its_words(sql: str, *, leaves: bool) -> None:
    assert leaves_traces(sql.encode()) is leaves
