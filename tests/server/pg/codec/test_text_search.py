"""The text of a tsvector or tsquery that we read and send in binary, against the server's reading of the same text."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qail.errors import EncodeError, PostgresError
from support.binary_client import BinaryClient
from support.codecs import CODECS, encoded

pytestmark = pytest.mark.feature("CO17")
TEXT_OID: Final = 25
VECTOR_TEXTS: Final = st.text("ab'\\: ,12340AbD*\n\u00e9\U0001f427", max_size=14)
QUERY_TEXTS: Final = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            "'c d'",
            "\u00e9",
            " ",
            "&",
            "|",
            "!",
            "(",
            ")",
            "<->",
            "<2>",
            "<",
            ":",
            "*",
            ":*A",
            "'",
            "\\",
            "x:b",
        ]
    ),
    max_size=9,
).map("".join)


def read_by_us(name: str, text: str) -> bool:
    """Whether we take a text for a value of the type."""
    try:
        encoded(CODECS[name], text)
    except EncodeError:
        return False
    return True


def read_by_server(client: BinaryClient, name: str, text: str) -> bool:
    """Whether the server does."""
    try:
        client.fetch(f"SELECT $1::{name}", [text], [TEXT_OID])
    except PostgresError:
        return False
    return True


def check(client: BinaryClient, name: str, text: str) -> None:
    """What we read is what the server reads; what it refuses we refuse."""
    if not read_by_us(name, text):
        return
    oid = CODECS[name].type_oid
    ((is_same, ours, theirs),) = client.fetch(
        f"SELECT $1 = $2::{name}, $1::text, $2::{name}::text", [text, text], [oid, TEXT_OID]
    )
    assert (is_same, ours) == (True, theirs)


# A word of nothing, '', is one in binary and none in text.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(VECTOR_TEXTS.filter(lambda text: "''" not in text))
@example("a:1A,2b,3c,4d,5* b")
@example("a'b 'c'd:3")
@example("a\\ b:16384,99999999999")
@example("a:12,1 b:,")
def test_a_vector_is_read_as_the_server_reads_it(client: BinaryClient, text: str) -> None:
    check(client, "tsvector", text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(QUERY_TEXTS.filter(lambda text: "''" not in text))
@example("a&b|!c<->(d<2>e)")
@example("!(a|b)&'c d':*ab <-> x:C")
@example("a:b:c")
@example("a<b")
@example("a\\&b")
def test_a_query_is_read_as_the_server_reads_it(client: BinaryClient, text: str) -> None:
    check(client, "tsquery", text)
    if read_by_server(client, "tsquery", text) and text.strip():
        assert read_by_us("tsquery", text)
