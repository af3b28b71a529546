from __future__ import annotations

import pytest

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO1")
BOOL = CODECS["bool"]


@pytest.mark.parametrize("value", [True, False])
def test_bool_round_trips(value: bool) -> None:
    assert round_trip(BOOL, value) is value


def test_bool_is_one_byte() -> None:
    assert [encoded(BOOL, False), encoded(BOOL, True)] == [b"\0", b"\1"]


@pytest.mark.parametrize("value", [0, 1, "t", 1.0, b"\1", None])
def test_only_a_bool_is_a_bool(value: object) -> None:
    refused(BOOL, value, "bool takes bool, not")


@pytest.mark.parametrize("data", [b"", b"\0\0"])
def test_another_size_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="has 1 bytes"):
        decoded(BOOL, data)
