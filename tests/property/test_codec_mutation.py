"""Every codec, with valid values bent: a value or a DecodeError comes out, and memory stays flat."""

from __future__ import annotations

import struct
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import check_value
from qail.errors import DecodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.text_composite import text_twin
from support.codecs import hostile_lengths
from support.every_codec import BY_NAME, EVERY_CODEC, valid_encodings
from support.memory import peaks
from support.mutation import BENDS, Bend, bent

pytestmark = [pytest.mark.feature("PR5"), pytest.mark.feature("TS4")]
SAMPLES = valid_encodings()
NAMES = sorted(SAMPLES)
ALL_SAMPLES = sorted({sample for samples in SAMPLES.values() for sample in samples}, key=lambda each: (len(each), each))
FIRST_LETTERS = sorted({name.removeprefix("public.")[0] for name in NAMES})
# Values are objects, and an array of one-byte texts has one for each few bytes.
HELD_FOR_A_BYTE = 200
HELD_AT_LEAST = 60_000
DEEP = 1_000
"""How deep hostile bytes nest."""


@given(st.sampled_from(NAMES), st.integers(0, 1_000), st.integers(0, 1_000), BENDS)
@settings(suppress_health_check=[HealthCheck.large_base_example, HealthCheck.too_slow])
def test_a_bent_value_is_a_value_or_a_decode_error(name: str, sample: int, other: int, bends: list[Bend]) -> None:
    samples = SAMPLES[name]
    data = bent(samples[sample % len(samples)], bends, ALL_SAMPLES[other % len(ALL_SAMPLES)])

    check_value(BY_NAME[name], data)


@given(st.sampled_from(EVERY_CODEC), st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_decode_error(codec: Codec, data: bytes) -> None:
    check_value(codec, data)


@pytest.mark.parametrize("first", FIRST_LETTERS)
def test_every_length_and_count_with_every_bad_number(first: str) -> None:
    for name in NAMES:
        if name.removeprefix("public.")[0] != first:
            continue
        for sample in sorted(SAMPLES[name], key=len)[1:3]:
            for place in range(min(len(sample), 48) - 3):
                for number in hostile_lengths(len(sample) - place - 4):
                    check_value(BY_NAME[name], sample[:place] + struct.pack("!i", number) + sample[place + 4 :])


@pytest.mark.parametrize("first", FIRST_LETTERS)
def test_a_value_cut_short_or_drawn_out_is_a_value_or_a_decode_error(first: str) -> None:
    for name in NAMES:
        if name.removeprefix("public.")[0] != first:
            continue
        for sample in sorted(SAMPLES[name], key=len)[:3]:
            for end in range(min(len(sample), 80)):
                check_value(BY_NAME[name], sample[:end])
            for tail in (b"\0", b"x", b"\xff" * 4, sample):
                check_value(BY_NAME[name], sample + tail)


@pytest.mark.parametrize("first", FIRST_LETTERS)
def test_every_decode_error_names_the_type(first: str) -> None:
    """The column is named by whoever reads rows; the type by the codec, in binary and in text."""
    for name in NAMES:
        if name.removeprefix("public.")[0] != first:
            continue
        said = name.strip('"').removesuffix("[]").rpartition(".")[2].strip('"')
        for codec in (BY_NAME[name], text_twin(BY_NAME[name])):
            for data in [b"", b"\xff", b"\xff" * 40, *broken(sorted(SAMPLES[name], key=len)[:2])]:
                assert said in refusal(codec, data, said), (name, data)


def refusal(codec: Codec, data: bytes, otherwise: str) -> str:
    """What the codec says of bytes that are no value; `otherwise` where they are one."""
    try:
        codec.decode(data, 0, len(data))
    except DecodeError as error:
        return str(error)
    return otherwise


def broken(samples: list[bytes]) -> list[bytes]:
    """Cut short, drawn out, and with a large number in each place."""
    found: list[bytes] = []
    for sample in samples:
        found += [sample[:end] for end in range(min(len(sample), 40))] + [sample + b"x"]
        found += [
            sample[:place] + struct.pack("!i", 2**31 - 1) + sample[place + 4 :]
            for place in range(min(len(sample), 24) - 3)
        ]
    return found


def test_what_a_value_claims_allocates_nothing() -> None:
    claims = {codec.type_name: claiming(codec) for codec in EVERY_CODEC}
    for codec in EVERY_CODEC:
        decode_all(codec, claims[codec.type_name])  # what is imported and cached at first use is no part of it

    found = peaks([partial(decode_all, codec, claims[codec.type_name]) for codec in EVERY_CODEC])

    for codec, peak in zip(EVERY_CODEC, found, strict=True):
        longest = max(map(len, claims[codec.type_name]))
        assert peak < HELD_AT_LEAST + HELD_FOR_A_BYTE * longest, codec.type_name


def claiming(codec: Codec) -> list[bytes]:
    """Short values that speak of much: bare numbers, and numbers in the place of a valid value's."""
    numbers = (1, 2, 2**31 - 1, 2**24, 0x0001_0001, -1)
    claims = [struct.pack("!i", number) * 6 for number in numbers]
    for sample in SAMPLES.get(codec.type_name, [])[:1]:
        claims += [sample[:place] + struct.pack("!i", 2**27) + sample[place + 4 :] for place in range(0, 28, 2)]
    return claims


def decode_all(codec: Codec, claims: list[bytes]) -> None:
    for claim in claims:
        try:
            codec.decode(claim, 0, len(claim))
        except DecodeError:
            continue


def nested_arrays(depth: int) -> bytes:
    """An array of records of an array of records ...: what no server makes, and a hostile one may."""
    data = struct.pack("!i", 0)
    for _ in range(depth):
        record = struct.pack("!iIi", 1, 2287, len(data)) + data
        data = struct.pack("!iiIiii", 1, 0, 2249, 1, 1, len(record)) + record
    return data


@pytest.mark.parametrize(
    "name", ["record", "record[]", "jsonb", "jsonpath", "tsquery", "public.deep", "public.pairs[]"]
)
@pytest.mark.parametrize("depth", [10, 100, DEEP])
def test_values_nested_deeply_are_values_or_decode_errors(name: str, depth: int) -> None:
    codec = BY_NAME[name]
    inner = nested_arrays(depth)
    texts = [b"\1" + b"[" * depth + b"]" * depth, b"\1" + b'{"a":' * depth + b"1" + b"}" * depth, b"\1" + b"(" * depth]
    operators = struct.pack("!i", depth) + b"\2\1" * depth

    for data in (inner, struct.pack("!iIi", 1, 2287, len(inner)) + inner, *texts, operators):
        try:
            codec.decode(data, 0, len(data))
        except DecodeError:
            continue
