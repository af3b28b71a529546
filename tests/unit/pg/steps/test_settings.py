"""Transaction-local settings: what is refused before anything is sent, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import EncodeError, QailError, UsageError
from qail.pg.steps.command import TextCommand, write_command
from qail.pg.steps.settings import MAX_SETTINGS, changes_names, checked_settings, settings_command
from qail.pg.wire.extended import Bind, Parse
from qail.pg.wire.reader import FrontendReader


def messages(command: TextCommand) -> list[Any]:
    out = BytesWriter()
    write_command(out, command)
    reader = FrontendReader()
    reader.is_started = True
    return list(reader.feed(out.getvalue()))


def test_no_settings_are_none() -> None:
    assert checked_settings(None) == ()
    assert checked_settings({}) == ()


def test_settings_are_bind_values_and_never_text() -> None:
    settings = checked_settings({"app.tenant": "'; DROP TABLE users; --", "lock_timeout": "1s"})

    sent = messages(settings_command(settings))
    parse = next(each for each in sent if isinstance(each, Parse))
    bind = next(each for each in sent if isinstance(each, Bind))

    assert parse.sql == b"SELECT pg_catalog.set_config($1, $2, true), pg_catalog.set_config($3, $4, true)"
    assert bind.parameters == [b"app.tenant", b"'; DROP TABLE users; --", b"lock_timeout", b"1s"]


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"app.tenant": None}, UsageError, "leave it out"),
        ({"app.tenant": 7}, UsageError, r"str\(\)"),
        ({"app.tenant": b"7"}, UsageError, "bytes"),
        ({"": "7"}, UsageError, "name"),
        ({7: "7"}, UsageError, "name"),
        ([("app.tenant", "7")], UsageError, "dict"),
        ({"app.tenant": "a\0b"}, EncodeError, "NUL"),
        ({"app\0tenant": "7"}, EncodeError, "NUL"),
        ({"app.tenant": "\ud800"}, EncodeError, "surrogate"),
        ({"Client_Encoding": "LATIN1"}, UsageError, "codecs"),
        ({f"app.a{n}": "" for n in range(MAX_SETTINGS + 1)}, UsageError, "at most"),
    ],
)
def test_what_cannot_be_a_setting_is_refused(settings: Any, error: type[QailError], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        checked_settings(settings)

    assert caught.value.outcome == "not_sent"


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=5))
def test_whatever_text_is_given_is_sent_as_it_is_or_refused(settings: dict[str, str]) -> None:
    try:
        checked = checked_settings(settings)
    except QailError:
        return

    bind = next(each for each in messages(settings_command(checked)) if isinstance(each, Bind))

    assert bind.parameters == [part.encode() for pair in settings.items() for part in pair]


def test_names_depend_on_search_path_and_role() -> None:
    assert changes_names((("app.tenant", "7"), ("Search_Path", "a")))
    assert changes_names((("role", "reader"),))
    assert not changes_names((("app.tenant", "7"), ("statement_timeout", "1s")))
