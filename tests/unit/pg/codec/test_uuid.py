from __future__ import annotations

import copy
import pickle
from uuid import UUID, SafeUUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from support.codecs import CODECS, decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO6")
CODEC = CODECS["uuid"]


@given(st.uuids())
def test_uuids_round_trip(value: UUID) -> None:
    assert encoded(CODEC, value) == value.bytes
    assert round_trip(CODEC, value) == value


@pytest.mark.parametrize("number", [0, 1, 2**64 - 1, 2**64, 2**127, 2**128 - 1])
def test_the_ends_round_trip(number: int) -> None:
    assert round_trip(CODEC, UUID(int=number)) == UUID(int=number)


def test_a_decoded_uuid_is_a_uuid_in_every_way() -> None:
    value = UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e")

    back = round_trip(CODEC, value)

    assert type(back) is UUID
    assert (str(back), hash(back), back.version, back.is_safe) == (str(value), hash(value), 4, SafeUUID.unknown)
    assert pickle.loads(pickle.dumps(back)) == copy.deepcopy(back) == value
    with pytest.raises(TypeError):
        back.int = 5  # type: ignore[misc]  # that it is immutable is what is tested


@pytest.mark.parametrize("value", ["6fa459ea-ee8a-4ca4-894e-db77e160355e", b"\0" * 16, 5, None])
def test_only_a_uuid_is_taken(value: object) -> None:
    refused(CODEC, value, "uuid takes uuid.UUID, not")


@pytest.mark.parametrize("size", [0, 1, 15, 17])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="uuid has 16 bytes"):
        decoded(CODEC, bytes(size))
