"""Bit strings: no bits, one, each number around a byte's, and many."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.bit_string import BitString
from support.values.case import Case, cases

TEXTS: Final = [
    *("", "0", "1", "00", "01", "10", "11", "101", "0101", "1011", "0000000", "1111111", "00000000", "11111111"),
    *("10000000", "00000001", "000000001", "100000000", "111111111", "1010101010101010", "00000000000000001"),
    *("1" * 31, "0" * 32, "10" * 16 + "1", "1" * 63 + "0", "1" * 64, "0" * 64 + "1", "110" * 1_001),
]
STRATEGY: Final[st.SearchStrategy[Any]] = st.text("01", max_size=100).map(BitString)
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {'"bit"': STRATEGY, "varbit": STRATEGY}
CASES: Final[list[Case]] = [
    *[Case("CO12", '"bit"', f"'{text}'", BitString(text)) for text in TEXTS],
    *[Case("CO12", "varbit", f"B'{text}'", BitString(text)) for text in TEXTS],
    *cases("CO12", "varbit", ("X'1F'", BitString(0x1F, 8)), ("B'101' || B'1'", BitString("1011"))),
]
WRONG: Final[dict[str, list[object]]] = {
    '"bit"': ["1011", 11, b"\xb0", True, [1, 0], 1.0],
    "varbit": ["", 0, b"", False, (1,), 1.0],
}
