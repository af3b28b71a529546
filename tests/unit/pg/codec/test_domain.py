from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.base import TEXT_FORMAT
from qail.pg.codec.composite import CompositeCodec
from qail.pg.codec.domain import DomainCodec
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO16")

INT4 = CODECS["int4"]
POSITIVE = DomainCodec("app.positive", 50_000, INT4)
SMALLER = DomainCodec("app.smaller", 50_001, POSITIVE)


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_domain_is_as_its_base(value: int) -> None:
    assert round_trip(SMALLER, value) == value
    assert encoded(SMALLER, value) == encoded(INT4, value)


def test_errors_name_the_domain() -> None:
    refused(SMALLER, "1", r"in app\.smaller: in app\.positive: int4 takes int, not str '1'")
    with pytest.raises(DecodeError, match=r"in app\.smaller: in app\.positive: a value of int4 has 4 bytes"):
        decoded(SMALLER, b"1")


def test_a_domain_has_the_format_of_its_base_and_says_what_a_list_is() -> None:
    pair = CompositeCodec("app.pair", 50_002, ["a"], [INT4])

    assert DomainCodec("d", 1, UnknownCodec("app.odd", 2)).format_code == TEXT_FORMAT
    assert DomainCodec("d", 1, pair).is_sequence_like()
    assert not POSITIVE.is_sequence_like()
