"""More text, bytes and uuids: hostile strings, every byte, all kinds of buffers, the largest sizes."""

from __future__ import annotations

import array
import uuid
from enum import Enum, StrEnum
from typing import Final

from support.hostile import HOSTILE_TEXTS
from support.values.case import Case, cases

ALL_BYTES: Final = bytes(range(256))
MEGABYTE: Final = ALL_BYTES * 4096


class Colour(StrEnum):
    """A str by inheritance."""

    RED = "red"


class Shape(Enum):
    """An Enum with values of str."""

    ROUND = "round"


class Number(Enum):
    """An Enum with a value of another type."""

    ONE = 1


class Named(str):
    """A str by inheritance."""

    __slots__ = ()


def literal(text: str) -> str:
    """An SQL literal, whatever `standard_conforming_strings` says."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"E'{escaped}'"


def texts(row: str, name: str, *values: str) -> list[Case]:
    return cases(row, name, *((literal(value), value) for value in values))


ODD: Final = (
    "\t",
    " ",
    "  padded  ",
    "\x7f\x1b\x01",
    "e\u0301",
    "\ufeff",
    "\U0010ffff",
    "\u202e",
    "'; --",
    '"',
    "\\",
    "NULL",
)
CASES: Final[list[Case]] = [
    *texts("CO4", "text", *(text for text in HOSTILE_TEXTS if text)),
    *cases("CO4", "text", ("repeat('\U0001f600', 100000)", "\U0001f600" * 100_000)),
    *texts("CO4", "varchar", *ODD),
    # char(n) is padded and compared without its padding; as a type of its own it has any length.
    *texts("CO4", "bpchar", "", "ab", "  ab", "\U0001f427", "it's", "NULL"),
    *texts("CO4", "name", "", "MixedCase", 'quo"ted', "a.b", "x" * 63, "é" * 31, "'", "\U0001f427"),
    *cases("CO4", '"char"', ("' '", " "), ("'\\'", "\\"), ("chr(127)", "\x7f"), ("chr(1)", "\x01")),
    *texts("CO4", "xml", "", "<a/>", "<a>grün \U0001f427</a>", "text & no element".replace("&", "&amp;")),
    *cases("CO5", "bytea", ("''", b""), ("'\\x00'", b"\0"), ("'\\x0000ff'", b"\0\0\xff"), ("'\\x27225c'", b"'\"\\")),
    *cases("CO5", "bytea", ("decode('00ff10', 'hex')", b"\x00\xff\x10"), ("'abc'", b"abc"), ("E'\\\\\\\\'", b"\\")),
    *cases("CO5", "bytea", (f"decode(repeat('{ALL_BYTES.hex()}', 4096), 'hex')", MEGABYTE)),
    *cases(
        "CO6", "uuid", ("'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))
    ),
    *cases("CO6", "uuid", ("'a0eebc999c0b4ef8bb6d6bb9bd380a11'", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))),
    *cases("CO6", "uuid", ("'00000000-0000-0000-0000-000000000001'", uuid.UUID(int=1))),
    *cases("CO6", "uuid", ("'80000000-0000-0000-8000-000000000000'", uuid.UUID(int=2**127 + 2**63))),
]
CASES[:] = [case._replace(needs="libxml") if case.name == "xml" else case for case in CASES]
INPUTS: Final[list[Case]] = [
    *cases("CO4", "text", ("'red'", Colour.RED), ("'round'", Shape.ROUND), ("'x'", Named("x"))),
    *cases("CO4", "varchar", ("'red'", Colour.RED), ("'round'", Shape.ROUND)),
    *cases("CO4", "name", ("'red'", Colour.RED)),
    *cases("CO5", "bytea", ("'\\x0001'", bytearray(b"\0\x01")), ("'\\x0001'", memoryview(b"\0\x01"))),
    *cases("CO5", "bytea", ("'\\x00010203'", array.array("B", [0, 1, 2, 3])), ("'\\x'", bytearray())),
    # Items of two bytes, in the machine's order; every other byte; backwards; two dimensions.
    *cases("CO5", "bytea", (f"'\\x{array.array('H', [1, 258]).tobytes().hex()}'", array.array("H", [1, 258]))),
    *cases("CO5", "bytea", ("'\\x000204'", memoryview(bytes(range(6)))[::2])),
    *cases("CO5", "bytea", ("'\\x030201'", memoryview(b"\x01\x02\x03")[::-1])),
    *cases("CO5", "bytea", ("'\\x01020304'", memoryview(b"\x01\x02\x03\x04").cast("B", (2, 2)))),
]
WRONG: Final[dict[str, list[object]]] = {
    "text": ["\0", "x\ud800", "\udfff", b"x", True, 1.5, {}, [], Number.ONE],
    "varchar": ["\udc80", 5, frozenset(), ["a"]],
    "bpchar": ["\ud800", b"a", {}],
    "name": ["\ud800", b"a", ["a"]],
    '"char"': ["\u0100", "\0", b"a", "\U0001f427", 1],
    "xml": ["a\0", "\ud800", 5, b"<a/>"],
    "bytea": [True, [1, 2], frozenset(), 1.5, {"a": 1}, object()],
    "uuid": [1, b"\0" * 16, "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "", {}],
}
