"""A Python value as PostgreSQL's own text, for the places where a value stands in the SQL.

Rule 1: the text means the same under every setting: ISO dates, a sign on each field of an interval.
Rule 2: a value whose text does not say what it means without a type is refused where the place has none.

Source: datatype.html; arrays.html#ARRAYS-IO
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID as PyUUID

from qail.errors import BuildError
from qail.pg.codec.array import PgArray
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import Json
from qail.pg.codec.multirange import is_multirange
from qail.pgtype import (
    BYTEA,
    DATE,
    INTERVAL,
    JSONB,
    NUMERIC,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    UUID,
    PgType,
)

JSON_FAMILIES: Final = frozenset({"json", "jsonb"})
_PG_ARRAY: Final = PgArray
_INTERVAL: Final = Interval
_JSON: Final = Json
MOST_DIMENSIONS: Final = 6


def own_type(value: object) -> PgType[Any] | None:
    """The type that the text of a value needs to be read as what the value is; None where any place's own will do."""
    if isinstance(value, datetime):
        return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
    if isinstance(value, time):
        return TIME if value.tzinfo is None else TIMETZ
    if isinstance(value, date):
        return DATE
    if isinstance(value, (timedelta, _INTERVAL)):
        return INTERVAL
    if isinstance(value, Decimal):
        return NUMERIC
    if isinstance(value, PyUUID):
        return UUID
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BYTEA
    return JSONB if isinstance(value, _JSON) else None


def text_form(value: object, pg: PgType[Any] | None) -> str:
    """The text that PostgreSQL reads as `value`, as a value of the type `pg` where that is known.

    Raises:
        BuildError: it has none.
    """
    if (pg is not None and pg.family in JSON_FAMILIES) or isinstance(value, _JSON):
        return _json_text(value)
    if isinstance(value, Enum):
        return text_form(value.value, pg)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float.__repr__(value)
    if type(value) is int:
        return int.__repr__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(cast("Any", value)).hex()
    if isinstance(value, (timedelta, _INTERVAL)):
        return _interval_text(value)
    if is_multirange(value):
        return str(value)
    if isinstance(value, list) or type(value) is tuple:
        return _array_text(cast("object", value), None if pg is None else pg.element, 1)
    return _other_text(value, pg)


def _other_text(value: object, pg: PgType[Any] | None) -> str:
    if isinstance(value, Mapping):
        known = "" if pg is None else f" of type {pg.name}"
        raise BuildError(f"a mapping{known} has no literal form here: cast(value, JSONB) says that it is a document")
    if isinstance(value, type) or type(value).__str__ is object.__str__:
        raise BuildError(f"{type(value).__name__} has no literal form")
    return str(value)


def _json_text(value: object) -> str:
    from json import dumps  # documents alone need it

    found: Any = value.value if isinstance(value, _JSON) else value
    try:
        return dumps(found, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        fault = str(error)
    raise BuildError(f"a {type(found).__name__} has no literal form as JSON: {fault}")


def _interval_text(value: object) -> str:
    """With a sign on each field: under IntervalStyle sql_standard a minus in front would count for all of them."""
    if isinstance(value, _INTERVAL):
        if value.is_infinite:
            return str(value)
        months, days, microseconds = value.months, value.days, value.microseconds
    else:
        delta = cast("timedelta", value)
        months, days, microseconds = 0, delta.days, delta.seconds * 1_000_000 + delta.microseconds
    sign = "-" if microseconds < 0 else "+"
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    return f"{months:+d} mons {days:+d} days {sign}{seconds}.{fraction:06d} seconds"


def _array_text(value: object, element: PgType[Any] | None, dimensions: int) -> str:
    if dimensions > MOST_DIMENSIONS:
        raise BuildError(f"an array has at most {MOST_DIMENSIONS} dimensions")
    parts: list[str] = []
    for item in cast("Iterable[object]", value):
        is_json = element is not None and element.family in JSON_FAMILIES
        if item is None:
            parts.append("NULL")
        elif not is_json and (isinstance(item, list) or type(item) is tuple):
            parts.append(_array_text(cast("object", item), element, dimensions + 1))
        else:
            text = text_form(item, element)
            parts.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    bounds = _bounds(value) if isinstance(value, _PG_ARRAY) else ""
    delimiter = ";" if element is not None and element.name == "box" else ","
    return bounds + "{" + delimiter.join(parts) + "}"


def _bounds(array: PgArray) -> str:
    """`[0:2]=` where a lower bound is not 1."""
    if all(bound == 1 for bound in array.lower_bounds):
        return ""
    text, items = "", cast("list[object]", array)
    for bound in array.lower_bounds:
        text += f"[{bound}:{bound + len(items) - 1}]"
        items = cast("list[object]", items[0]) if items and isinstance(items[0], list) else []
    return text + "="
