"""The demo's five tables, typed: all flights that left New York City in 2013, and what surrounds them.

Each table is one class. A column's annotation is what Python sees, its `PgType` what PostgreSQL stores; the type
checker refuses a pair that does not fit. `null=True` is the absence of NOT NULL.

Source of the data: `data/README.md` (US Bureau of Transportation Statistics, CC0)
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from qail import FLOAT8, INT2, INT4, TEXT, TIMESTAMPTZ, Col, Columns, Table, col

SCHEMA: Final = "qail_demo"


class _Airline(Columns):
    carrier: Col[str] = col(TEXT, pk=True)
    name: Col[str] = col(TEXT)


class Airline(_Airline, Table, name=(SCHEMA, "airlines")):
    """Two-letter code and name."""


class _Airport(Columns):
    faa: Col[str] = col(TEXT, pk=True)
    name: Col[str] = col(TEXT)
    lat: Col[float] = col(FLOAT8)
    lon: Col[float] = col(FLOAT8)
    alt: Col[int] = col(INT4)
    tz: Col[int] = col(INT2)
    dst: Col[str] = col(TEXT)
    tzone: Col[str | None] = col(TEXT, null=True)


class Airport(_Airport, Table, name=(SCHEMA, "airports")):
    """FAA code, place and time zone."""


class _Plane(Columns):
    tailnum: Col[str] = col(TEXT, pk=True)
    year: Col[int | None] = col(INT2, null=True)
    type: Col[str] = col(TEXT)
    manufacturer: Col[str] = col(TEXT)
    model: Col[str] = col(TEXT)
    engines: Col[int] = col(INT2)
    seats: Col[int] = col(INT2)
    speed: Col[int | None] = col(INT2, null=True)
    engine: Col[str] = col(TEXT)


class Plane(_Plane, Table, name=(SCHEMA, "planes")):
    """What flew."""


class _Weather(Columns):
    origin: Col[str] = col(TEXT, pk=True)
    year: Col[int] = col(INT2)
    month: Col[int] = col(INT2)
    day: Col[int] = col(INT2)
    hour: Col[int] = col(INT2)
    temp: Col[float | None] = col(FLOAT8, null=True)
    dewp: Col[float | None] = col(FLOAT8, null=True)
    humid: Col[float | None] = col(FLOAT8, null=True)
    wind_dir: Col[int | None] = col(INT2, null=True)
    wind_speed: Col[float | None] = col(FLOAT8, null=True)
    wind_gust: Col[float | None] = col(FLOAT8, null=True)
    precip: Col[float] = col(FLOAT8)
    pressure: Col[float | None] = col(FLOAT8, null=True)
    visib: Col[float] = col(FLOAT8)
    time_hour: Col[datetime] = col(TIMESTAMPTZ, pk=True)


class Weather(_Weather, Table, name=(SCHEMA, "weather")):
    """One row an hour and airport: degrees Fahrenheit, miles an hour, inches, millibars."""


class _Flight(Columns):
    year: Col[int] = col(INT2, pk=True)
    month: Col[int] = col(INT2, pk=True)
    day: Col[int] = col(INT2, pk=True)
    dep_time: Col[int | None] = col(INT2, null=True)
    sched_dep_time: Col[int] = col(INT2, pk=True)
    dep_delay: Col[int | None] = col(INT2, null=True)
    arr_time: Col[int | None] = col(INT2, null=True)
    sched_arr_time: Col[int] = col(INT2)
    arr_delay: Col[int | None] = col(INT2, null=True)
    carrier: Col[str] = col(TEXT, pk=True)
    flight: Col[int] = col(INT4, pk=True)
    tailnum: Col[str | None] = col(TEXT, null=True)
    origin: Col[str] = col(TEXT, pk=True)
    dest: Col[str] = col(TEXT)
    air_time: Col[int | None] = col(INT2, null=True)
    distance: Col[int] = col(INT2)
    hour: Col[int] = col(INT2)
    minute: Col[int] = col(INT2)
    time_hour: Col[datetime] = col(TIMESTAMPTZ)


class Flight(_Flight, Table, name=(SCHEMA, "flights")):
    """One row a departure. `517` is 5:17 local time; delays and `air_time` are minutes, `distance` is miles."""
