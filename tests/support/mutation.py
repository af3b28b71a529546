"""Bytes bent by rules: numbers put in the place of lengths, counts and OIDs; pieces cut, doubled, dropped, swapped.

A `Bend` is data, so that hypothesis can draw and shrink it, a random source can make it, and a failure can be repeated.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from hypothesis import strategies as st

KINDS: Final = ("number", "left", "flip", "cut", "drop", "double", "insert", "swap", "splice")
WIDTHS: Final = (1, 2, 4, 8)
# int4, text, int4[], record, a NULL's length, and the edges of every width.
NUMBERS: Final = (0, 1, 2, 3, 4, 6, 7, 8, 16, 23, 25, 64, 100, 255, 256, 1007, 2249, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1)
MORE_NUMBERS: Final = (2**31, 2**32 - 1, 2**32 - 2, 2**63 - 1, 2**63, 2**64 - 1, -1, -2, -(2**31), -(2**63))
MOST_BYTES: Final = 65_536


class Bend(NamedTuple):
    """One change: what, where, and a number that says how."""

    kind: str
    place: int
    number: int


def bent(data: bytes, bends: list[Bend], other: bytes = b"") -> bytes:
    """`data` after all `bends`; `other` is what pieces are taken from."""
    for bend in bends:
        data = _bent(data, bend, other)[:MOST_BYTES]
    return data


def _bent(data: bytes, bend: Bend, other: bytes) -> bytes:
    kind, number = bend.kind, bend.number
    place = bend.place % (len(data) + 1)
    size = number % 33
    width = WIDTHS[number % len(WIDTHS)]
    numbers = NUMBERS + MORE_NUMBERS
    if kind == "number":
        return _written(data, place, width, numbers[number // len(WIDTHS) % len(numbers)])
    if kind == "left":
        # A length that is just right for the rest, or just wrong.
        return _written(data, place, width, len(data) - place - width + number // len(WIDTHS) % 3 - 1)
    if kind == "flip" and data:
        at = bend.place % len(data)
        return data[:at] + bytes([data[at] ^ (1 << number % 8)]) + data[at + 1 :]
    if kind == "cut":
        return data[:place]
    if kind == "drop":
        return data[:place] + data[place + 1 + size :]
    if kind == "double":
        return data[: place + size] + data[place:]
    if kind == "insert":
        return data[:place] + bytes([number & 0xFF]) * (1 + size) + data[place:]
    if kind == "swap":
        return (
            data[:place] + data[place + size : place + 2 * size] + data[place : place + size] + data[place + 2 * size :]
        )
    if kind == "splice":
        start = number % (len(other) + 1)
        return data[:place] + other[start : start + 1 + size] + data[place + (size if number & 1 else 0) :]
    return data


def _written(data: bytes, place: int, width: int, number: int) -> bytes:
    return data[:place] + (number & ((1 << 8 * width) - 1)).to_bytes(width, "big") + data[place + width :]


BENDS: Final = st.lists(
    st.builds(Bend, st.sampled_from(KINDS), st.integers(0, 300), st.integers(0, 1_000)), min_size=1, max_size=5
)


def random_bends(source: random.Random, size: int) -> list[Bend]:
    """A few bends for data of `size` bytes."""
    return [
        Bend(source.choice(KINDS), source.randrange(size + 1), source.randrange(1_000))
        for _ in range(source.choice((1, 1, 1, 2, 2, 3, 5, 8)))
    ]
