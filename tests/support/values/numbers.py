"""More numbers: every kind of end, of digit group and of scale, and whatever is taken for a number."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Final

from support.values.case import Case, cases


class Level(IntEnum):
    """An int by inheritance."""

    HIGH = 3


class Celsius(float):
    """A float by inheritance."""


NUMERICS: Final = (
    *("1", "-1", "9", "10", "100", "999", "1000", "9999", "10001", "99990000", "100000000", "123400000000"),
    *("0.1", "0.01", "0.001", "0.00001", "0.00010000", "-0.5", "1.0", "1.00000", "100.00", "10000.0000", "0.9999"),
    *(
        "0.00009999",
        "9999.9999",
        "123456789012345",
        "1234567890123456",
        "999999999999999999",
        "1e15",
        "1000000000000000000",
    ),
    *("9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "1e30"),
    *("3.14159265358979323846264338327950288", "-0.000000000000000000001", "1.10", "1.1000", "5e-7", "123e-30"),
)


def numeric(text: str) -> tuple[str, object]:
    """The literal, and the Decimal of the digits that PostgreSQL keeps: it writes an exponent out."""
    return f"'{text}'", Decimal(format(Decimal(text), "f"))


CASES: Final[list[Case]] = [
    *cases("CO1", "bool", ("'t'", True), ("'off'", False), ("1 = 1", True)),
    *cases("CO1", "int2", ("'-1'", -1), ("1", 1), ("255", 255), ("256", 256), ("'-32767'", -32767)),
    *cases("CO1", "int4", ("0", 0), ("'-1'", -1), ("65535", 65535), ("65536", 65536), ("'-2147483647'", 1 - 2**31)),
    *cases("CO1", "int8", ("0", 0), ("'-1'", -1), ("4294967296", 2**32), ("'-9223372036854775807'", 1 - 2**63)),
    # mypyc keeps integers below 2**62 unboxed.
    *cases("CO1", "int8", ("4611686018427387903", 2**62 - 1), ("4611686018427387904", 2**62)),
    *cases("CO1", "int8", ("'-4611686018427387904'", -(2**62)), ("'-4611686018427387905'", -(2**62) - 1)),
    *cases("CO1", "oid", ("1", 1), ("2147483647", 2**31 - 1)),
    *cases("CO1", "xid", ("'3'", 3), ("'2147483648'", 2**31)),
    *cases("CO1", "xid8", ("'1'", 1), ("'4294967296'", 2**32), ("'9223372036854775807'", 2**63 - 1)),
    *cases("CO2", "float4", ("'0'", 0.0), ("'-1.5'", -1.5), ("'16777216'", 16777216.0), ("'16777217'", 16777216.0)),
    *cases("CO2", "float4", ("'1.1754944e-38'", 2.0**-126), ("'1.1754942e-38'", (1 - 2.0**-23) * 2.0**-126)),
    *cases("CO2", "float4", ("'0.1'", 0.10000000149011612), ("'-1e-45'", -(2.0**-149))),
    *cases("CO2", "float8", ("'0'", 0.0), ("'-1.5'", -1.5), ("'0.30000000000000004'", 0.1 + 0.2), ("'1e22'", 1e22)),
    *cases(
        "CO2", "float8", ("'2.2250738585072014e-308'", 2.0**-1022), ("'2.225073858507201e-308'", 2.225073858507201e-308)
    ),
    *cases("CO2", "float8", ("'9007199254740993'", 9007199254740992.0), ("'-5e-324'", -5e-324), ("'1e23'", 1e23)),
    *cases("CO2", "float8", ("'-1.7976931348623157e308'", -1.7976931348623157e308), ("pi()", math.pi)),
    *cases("CO3", "numeric", *map(numeric, NUMERICS)),
    *cases("CO3", "numeric", ("'0.' || repeat('0', 16383)", Decimal("0." + "0" * 16_383))),
    *cases("CO3", "numeric", ("'1' || repeat('0', 5000) || '.5'", Decimal("1" + "0" * 5000 + ".5"))),
]
CASES[:] = [case._replace(literal=f"({case.literal})") if " " in case.literal else case for case in CASES]
INPUTS: Final[list[Case]] = [
    *cases("CO1", "int2", ("3", Level.HIGH)),
    *cases("CO1", "int4", ("3", Level.HIGH)),
    *cases("CO1", "int8", ("3", Level.HIGH)),
    *cases("CO2", "float4", ("'5'", 5), ("'36.6'", Celsius(36.6)), ("'0.1'", 0.1)),
    *cases("CO2", "float8", ("'5'", 5), ("'36.6'", Celsius(36.6)), ("'9007199254740992'", 2**53 + 1)),
    *cases("CO3", "numeric", ("5", 5), ("'-170141183460469231731687303715884105728'", -(2**127)), ("0", Decimal("-0"))),
    *cases("CO3", "numeric", ("1e1000", 10**1000), ("'NaN'", Decimal("sNaN")), ("'NaN'", Decimal("NaN123"))),
    *cases("CO3", "numeric", ("1000", Decimal("1E+3")), ("'1e-7'", Decimal("1E-7")), ("3", Level.HIGH)),
]
WRONG: Final[dict[str, list[object]]] = {
    "bool": [0, frozenset(), "t", 1.0, b"t", [True]],
    "int2": [-(2**15) - 1, 1.0, Decimal(1), b"1", 2**80, {}],
    "int4": [-(2**31) - 1, Decimal(1), "1", {"a": 1}, object(), 2**80, -(2**80)],
    "int8": [-(2**63) - 1, 1.0, 1j, 2**80, -(2**80), Fraction(1)],
    "oid": [True, "1", 2**80, -(2**80), 1.0],
    "xid": [True, "1", 1.0],
    "xid8": [True, "1", 1.0, 2**80],
    "float4": [-1e39, 3.5e38, 1e-46, 10**39, frozenset(), Decimal(1)],
    "float8": [-(10**400), "1", Decimal(1), 1j, b"1"],
    "numeric": [Decimal("1E-16384"), -(10**140_000), 1 << 2**24, 1j, b"1", Fraction(1, 3), [1]],
}
