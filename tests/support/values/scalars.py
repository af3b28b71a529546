"""Values of the plain scalar types, beside the SQL that says the same, and values that each type must refuse."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final
from uuid import UUID

from qail.pg.codec.far_datetime import PgDate, PgDatetime
from support.values.case import Case, cases

PLUS_5_30: Final = timezone(timedelta(hours=5, minutes=30))
ALL_BYTES: Final = bytes(range(256))
CASES: Final[list[Case]] = [
    *cases("CO1", "bool", ("true", True), ("false", False)),
    *cases("CO1", "int2", ("'-32768'", -32768), ("32767", 32767), ("0", 0)),
    *cases("CO1", "int4", ("'-2147483648'", -(2**31)), ("2147483647", 2**31 - 1)),
    *cases("CO1", "int8", ("'-9223372036854775808'", -(2**63)), ("9223372036854775807", 2**63 - 1)),
    *cases("CO1", "oid", ("0", 0), ("'4294967295'", 2**32 - 1), ("'2147483648'", 2**31)),
    *cases("CO1", "xid", ("'0'", 0), ("'4294967295'", 2**32 - 1)),
    *cases("CO1", "xid8", ("'0'", 0), ("'18446744073709551615'", 2**64 - 1), ("'9223372036854775808'", 2**63)),
    *cases("CO2", "float4", ("0.5", 0.5), ("'Infinity'", math.inf), ("'-Infinity'", -math.inf), ("'1e-45'", 2.0**-149)),
    *cases("CO2", "float4", ("'3.4028235e38'", (2 - 2.0**-23) * 2.0**127), ("'-0'", -0.0)),
    *cases("CO2", "float8", ("0.1", 0.1), ("'Infinity'", math.inf), ("'-Infinity'", -math.inf), ("'5e-324'", 5e-324)),
    *cases("CO2", "float8", ("'1.7976931348623157e308'", 1.7976931348623157e308), ("'-0'", -0.0), ("'NaN'", math.nan)),
    *cases("CO2", "float4", ("'NaN'", math.nan)),
    *cases("CO3", "numeric", ("0", Decimal(0)), ("0.00", Decimal("0.00")), ("'-1.10'", Decimal("-1.10"))),
    *cases("CO3", "numeric", ("12345678901234567890.12345", Decimal("12345678901234567890.12345"))),
    *cases("CO3", "numeric", ("10000", Decimal(10000)), ("0.0001", Decimal("0.0001")), ("'NaN'", Decimal("NaN"))),
    *cases("CO3", "numeric", ("99999999.9999", Decimal("99999999.9999")), ("'1e-20'", Decimal("1E-20"))),
    *cases("CO3", "numeric", ("'Infinity'", Decimal("Infinity")), ("'-Infinity'", Decimal("-Infinity"))),
    *cases("CO4", "text", ("''", ""), ("'grün \U0001f427'", "grün \U0001f427"), ("E'a\\nb'", "a\nb")),
    *cases("CO4", "varchar", ("'é'", "é"), ("''", "")),
    *cases("CO4", "bpchar", ("'ab  '", "ab  ")),
    *cases("CO4", "name", ("'pg_class'", "pg_class"), ("'é'", "é")),
    *cases("CO4", '"char"', ("'x'", "x"), ("''", "")),
    *cases("CO5", "bytea", ("''", b""), (f"'\\x{ALL_BYTES.hex()}'", ALL_BYTES)),
    *cases("CO6", "uuid", ("'6fa459ea-ee8a-4ca4-894e-db77e160355e'", UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e"))),
    *cases("CO6", "uuid", ("'00000000-0000-0000-0000-000000000000'", UUID(int=0))),
    *cases("CO6", "uuid", ("'ffffffff-ffff-ffff-ffff-ffffffffffff'", UUID(int=2**128 - 1))),
    *cases("CO8", "date", ("'2024-02-29'", date(2024, 2, 29)), ("'0001-01-01'", date.min), ("'9999-12-31'", date.max)),
    *cases("CO8", "date", ("'infinity'", PgDate(2**31 - 1)), ("'-infinity'", PgDate(-(2**31)))),
    *cases("CO8", "date", ("'0045-03-13 BC'", PgDate(-746_484)), ("'12338-05-04'", PgDate(3_776_000))),
    *cases("CO8", "timestamp", ("'2024-02-29 23:59:59.999999'", datetime(2024, 2, 29, 23, 59, 59, 999_999))),
    *cases("CO8", "timestamp", ("'0001-01-01'", datetime.min), ("'9999-12-31 23:59:59.999999'", datetime.max)),
    *cases("CO8", "timestamp", ("'infinity'", PgDatetime(2**63 - 1)), ("'-infinity'", PgDatetime(-(2**63)))),
    *cases(
        "CO8", "timestamptz", ("'1999-12-31 23:59:59.000001+00'", datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC))
    ),
    *cases("CO8", "timestamptz", ("'2024-07-01 00:00+05:30'", datetime(2024, 7, 1, tzinfo=PLUS_5_30))),
    *cases("CO8", "timestamptz", ("'infinity'", PgDatetime(2**63 - 1, UTC))),
    *cases(
        "CO8",
        "timestamptz",
        ("'0045-03-13 01:00:00.000001+00 BC'", PgDatetime(-746_484 * 86_400_000_000 + 3_600_000_001, UTC)),
    ),
]
WRONG: Final[dict[str, list[object]]] = {
    "bool": [1, "true"],
    "int2": [2**15, True, "1"],
    "int4": [2**31, True, 1.0],
    "int8": [2**63, False, "1"],
    "oid": [-1, 2**32],
    "xid": [-1, 2**32],
    "xid8": [-1, 2**64],
    "float4": [1e39, True, "1"],
    "float8": [10**400, True],
    "numeric": [1.5, True, "1", Decimal("1E+131072")],
    "text": ["a\0", "\ud800", 5],
    "varchar": ["a\0", b"a"],
    "bpchar": ["a\0", 5],
    "name": ["a\0", 5],
    '"char"': ["ab", 5],
    "bytea": ["a", 5],
    "uuid": ["6fa459ea-ee8a-4ca4-894e-db77e160355e", 5],
    "date": [datetime(2024, 1, 1), "2024-01-01"],
    "timestamp": [datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)],
    "timestamptz": [datetime(2024, 1, 1), date(2024, 1, 1)],
}
