"""The demo's queries. Each is a plain function that returns a typed query; nothing here knows a connection.

The type checker knows every row: `worst_routes(10)` gives `tuple[str, str, str, int, Decimal | None]`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from qail import From, Qail, Select, Update, avg, count, func, select
from qail.demo.schema import Airline, Airport, Flight, Plane, Weather

LEAST_FLIGHTS: Final = 100
LATE_MINUTES: Final = 15


def worst_routes(limit: int) -> Select[str, str, str, int, Decimal | None]:
    """The routes that arrive latest on average, among those flown often: a join of three tables."""
    mean_delay = avg(Flight.arr_delay)
    return (
        select(Airline.name, Flight.origin, Airport.name, count(), mean_delay)
        .join(Airline, on=Airline.carrier == Flight.carrier)
        .join(Airport, on=Airport.faa == Flight.dest)
        .group_by(Airline.name, Flight.origin, Airport.name)
        .having(count() >= LEAST_FLIGHTS)
        .order_by(mean_delay.desc())
        .limit(limit)
    )


def carriers() -> Select[int, str, int, int, int, Decimal | None]:
    """What each carrier flew, was late with and cancelled (FILTER), ranked by mean delay (a window over the groups)."""
    mean_delay = avg(Flight.dep_delay)
    return (
        select(
            func.rank().over(order_by=mean_delay),
            Airline.name,
            count(),
            count().filter(Flight.dep_delay > LATE_MINUTES),
            count().filter(Flight.dep_time.is_null()),
            mean_delay,
        )
        .join(Airline, on=Airline.carrier == Flight.carrier)
        .group_by(Airline.name)
        .order_by(mean_delay)
    )


def delay_by_visibility() -> Select[float, int, Decimal | None, int]:
    """The weather at departure: joined on airport and hour, grouped by how far one could see, in miles."""
    return (
        select(
            Weather.visib,
            count(),
            avg(Flight.dep_delay),
            count().filter(Flight.dep_time.is_null()),
        )
        .join(Weather, on=(Weather.origin == Flight.origin) & (Weather.time_hour == Flight.time_hour))
        .where(Weather.visib.in_([0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0]))
        .group_by(Weather.visib)
        .order_by(Weather.visib)
    )


def flights_of(tailnum: str, page_size: int) -> Select[datetime, int, str, str]:
    """One plane's flights in order: the first page. `.after(time_hour, flight)` of the last row gives the next."""
    return (
        select(Flight.time_hour, Flight.flight, Flight.origin, Flight.dest)
        .where(Flight.tailnum == tailnum)
        .order_by(Flight.time_hour, Flight.flight)
        .limit(page_size)
    )


def plane(tailnum: str) -> From[Plane]:
    """One plane by its key; a row is a `Plane`."""
    return Qail.get(Plane).where(Plane.tailnum == tailnum)


def add_seats(tailnum: str, seats: int) -> Update:
    """Without its condition this would be no `Update` and could not be executed."""
    return Qail.set(Plane).values({"seats": Plane.seats + seats}).where(Plane.tailnum == tailnum)
