"""CommandComplete's tag: one string that fills its body, whichever way it is read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qail.errors import ProtocolError
from qail.pg.protocol.query import read_tag

TAGS = (
    b"SELECT 1",
    b"SELECT 2",
    b"SELECT 11",
    b"INSERT 0 1",
    b"INSERT 0 2",
    b"INSERT 1 1",
    b"INSERT 0 11",
    b"BEGIN",
    b"",
)


@pytest.mark.feature("PR3")
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("around", [b"", b"\0", b"SELECT 1\0", b"x" * 9])
def test_a_tag_is_what_stands_in_its_body(tag: bytes, around: bytes) -> None:
    buffer = around + tag + b"\0" + around
    start = len(around)
    assert read_tag(buffer, start, start + len(tag) + 1) == tag


@pytest.mark.feature("PR3")
@pytest.mark.parametrize(
    "body", [*TAGS, b"SELECT 1x", b"INSERT 0 1x", b"SELECT\0 \0", b"INSERT 0\0 \0", b"\0SELECT 1\0"]
)
def test_a_body_that_is_no_whole_string_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="does not end with its"):
        read_tag(body + b"\0", 0, len(body))


@pytest.mark.feature("PR3")
@given(
    st.lists(st.sampled_from([*TAGS, b"\0", b" ", b"1"]), max_size=4).map(b"".join) | st.binary(max_size=12),
    st.binary(max_size=12),
)
@example(b"SELECT 1\0", b"")
@example(b"INSERT 0 1\0", b"")
def test_every_body_is_a_string_or_refused(body: bytes, behind: bytes) -> None:
    if body.find(b"\0") == len(body) - 1 and body:
        assert read_tag(body + behind, 0, len(body)) == body[:-1]
    else:
        with pytest.raises(ProtocolError):
            read_tag(body + behind, 0, len(body))
