"""Values as JSON: those that JSON has as they are, any other as `{"type": PostgreSQL's name, "value": ...}`.

Rule 1: what comes back equals what went out, and is of the same class: a Decimal keeps its zeros, a float its NaN, a
datetime its offset. A list is a list, a tuple of values a "record".
Rule 2: a value class of qail is its tag and the arguments it is made of; only the classes below are ever called.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any, Final, cast
from uuid import UUID

from pydantic_core import CoreSchema, core_schema

from qail.errors import BuildError
from qail.json_form.kinds import VALUE, refused
from qail.pg.codec.bit_string import BitString
from qail.pg.codec.cube import Cube
from qail.pg.codec.interval import Interval
from qail.pg.codec.json import Json
from qail.pg.codec.mac import MacAddress
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from qail.pg.codec.shapes import Box, Circle, Line, LineSegment, Path, Point, Polygon
from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
from qail.pg.codec.text_search import TsQuery, TsVector
from qail.pg.codec.vector import SparseVector

EXACT_INTEGER: Final = 2**53  # up to here every reader of JSON keeps an integer
MOST_DIGITS: Final = 5_000  # of a number as text; PostgreSQL's numeric has 147,455
DAY_SECONDS: Final = 86_400

# Classes whose objects are (class, arguments) by __reduce__, with the name of their type.
CLASSES: Final[dict[str, Any]] = {
    "box": Box, "circle": Circle, "cube": Cube, "line": Line, "lseg": LineSegment, "macaddr": MacAddress,
    "path": Path, "pg_lsn": PgLsn, "pg_snapshot": Snapshot, "point": Point, "polygon": Polygon,
    "sparsevec": SparseVector, "tid": Tid, "tsquery": TsQuery, "tsvector": TsVector, "varbit": BitString,
}  # fmt: skip
"""Written as their text, or as the list of their fields."""


def dump_value(value: Any) -> Any:
    """The JSON of a value.

    Raises:
        BuildError: it has none.
    """
    if value is None or isinstance(value, bool):
        return value
    kind: type[Any] = value.__class__
    if kind is int:
        return value if -EXACT_INTEGER <= value <= EXACT_INTEGER else _tagged("int", str(value))
    if kind is str:
        return _checked_text(value)
    if kind is float:
        return value if value - value == 0 else _tagged("float8", repr(value))
    if kind is list:
        return [dump_value(each) for each in value]
    if isinstance(value, Enum):
        return dump_value(value.value)
    for known, dump in DUMPS.items():
        if kind is known:
            return dump(value)
    for name, known in CLASSES.items():
        if kind is known:
            return _tagged(name, _arguments(value))
    raise BuildError(f"a value of {kind.__name__} has no JSON form")


def _tagged(name: str, value: Any) -> dict[str, Any]:
    return {"type": name, "value": value}


def _checked_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BuildError("a str with a lone surrogate has no JSON form") from None
    return value


def _arguments(value: Any) -> Any:
    """What its class is made of: the elements of a tuple, the text of a str, else the arguments of `__reduce__`."""
    elements: Any = value
    if isinstance(value, tuple):
        return [dump_value(each) for each in elements]
    if isinstance(value, str):
        return [str.__str__(value)]
    if isinstance(value, int):
        return [dump_value(int(value))]
    reduced: Any = value.__reduce__()
    if reduced[0] is not type(value):
        raise BuildError(f"a value of {type(value).__name__} has no JSON form")
    return [dump_value(each) for each in reduced[1]]


def _dump_range(value: Any) -> dict[str, Any]:
    if value.is_empty:
        return _tagged("range", {"empty": True})
    ends = {"lower": dump_value(value.lower), "upper": dump_value(value.upper)}
    return _tagged("range", {**ends, "lower_inc": value.lower_inc, "upper_inc": value.upper_inc})


def _dump_pairs(value: dict[Any, Any]) -> dict[str, Any]:
    """A dict as a list of pairs, so that a key may be of any type and none can be taken for a tag."""
    return _tagged("dict", [[dump_value(key), dump_value(each)] for key, each in value.items()])


def _dump_time(value: time) -> dict[str, Any]:
    return _tagged("time" if value.tzinfo is None else "timetz", _iso(value))


def _dump_datetime(value: datetime) -> dict[str, Any]:
    return _tagged("timestamp" if value.tzinfo is None else "timestamptz", _iso(value))


def _iso(value: Any) -> str:
    """ISO 8601; the offset of a zone is kept, its name is not."""
    found: str = value.isoformat()
    return found


DUMPS: Final[dict[type, Callable[[Any], Any]]] = {
    Decimal: lambda value: _tagged("numeric", str(value)),
    bytes: lambda value: _tagged("bytea", b64encode(value).decode()),
    bytearray: lambda value: _tagged("bytea", b64encode(value).decode()),
    date: lambda value: _tagged("date", value.isoformat()),
    time: _dump_time,
    datetime: _dump_datetime,
    timedelta: lambda value: _tagged("interval", [value.days, value.seconds, value.microseconds]),
    Interval: lambda value: _tagged("interval months", [value.months, value.days, value.microseconds]),
    UUID: lambda value: _tagged("uuid", str(value)),
    type(ip_address("::1")): lambda value: _tagged("inet", str(value)),
    type(ip_address("1.1.1.1")): lambda value: _tagged("inet", str(value)),
    type(ip_interface("::1")): lambda value: _tagged("inet interface", str(value)),
    type(ip_interface("1.1.1.1")): lambda value: _tagged("inet interface", str(value)),
    type(ip_network("::1")): lambda value: _tagged("cidr", str(value)),
    type(ip_network("1.1.1.1")): lambda value: _tagged("cidr", str(value)),
    tuple: lambda value: _tagged("record", [dump_value(each) for each in value]),
    dict: _dump_pairs,
    Json: lambda value: _tagged("jsonb", dump_value(value.value)),
    Range: _dump_range,
    Multirange: lambda value: _tagged("multirange", [dump_value(each) for each in value]),
}


def _load_range(data: Any) -> Any:
    if data.get("empty"):
        return Range.empty()
    lower_inc, upper_inc = data.get("lower_inc", False), data.get("upper_inc", False)
    bounds = ("[" if lower_inc else "(") + ("]" if upper_inc else ")")
    made: Any = Range
    return made(data.get("lower"), data.get("upper"), bounds)


def _number(text: str) -> Decimal:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} characters is too long")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS // 2:
        raise ValueError(f"an integer of {len(text)} characters is too long")
    return int(text)


def _float(text: str) -> float:
    if text not in ("nan", "inf", "-inf"):
        raise ValueError("a number that JSON has is written as it is")
    return float(text)


def _text_schema(load: Callable[[str], Any]) -> CoreSchema:
    return _after(load, core_schema.str_schema(strict=True))


def _list_schema(load: Callable[[Any], Any]) -> CoreSchema:
    inner = core_schema.definition_reference_schema(VALUE)
    return _after(load, core_schema.list_schema(inner, strict=True))


def _after(load: Callable[[Any], Any], schema: CoreSchema) -> CoreSchema:
    def run(value: Any) -> Any:
        try:
            return load(value)
        except (BuildError, ValueError, TypeError, ArithmeticError, AttributeError, LookupError) as error:
            raise refused(error) from None

    return core_schema.no_info_after_validator_function(run, schema)


def _range_schema() -> CoreSchema:
    inner = core_schema.definition_reference_schema(VALUE)
    flag = core_schema.bool_schema(strict=True)
    fields = {"empty": flag, "lower": inner, "upper": inner, "lower_inc": flag, "upper_inc": flag}
    made = {name: core_schema.typed_dict_field(schema, required=False) for name, schema in fields.items()}
    return _after(_load_range, core_schema.typed_dict_schema(made, extra_behavior="forbid"))


def _pairs(items: Any) -> dict[Any, Any]:
    return dict(cast("list[tuple[Any, Any]]", items))


TEXTS: Final[dict[str, Callable[[str], Any]]] = {
    "bytea": lambda text: b64decode(text, validate=True),
    "cidr": ip_network,
    "date": date.fromisoformat,
    "float8": _float,
    "inet": ip_address,
    "inet interface": ip_interface,
    "int": _integer,
    "numeric": _number,
    "time": time.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "timetz": time.fromisoformat,
    "uuid": UUID,
}
LISTS: Final[dict[str, Callable[[Any], Any]]] = {
    "dict": _pairs,
    "interval": lambda parts: timedelta(*parts),
    "interval months": lambda parts: Interval(*parts),
    "multirange": Multirange,
    "record": tuple,
}


def _made(known: Any) -> Callable[[Any], Any]:
    return lambda parts: known(*parts)


def value_schema() -> CoreSchema:
    """The schema of every value, by the name VALUE."""
    tagged = {name: _text_schema(load) for name, load in TEXTS.items()}
    tagged |= {name: _list_schema(load) for name, load in LISTS.items()}
    tagged |= {name: _list_schema(_made(known)) for name, known in CLASSES.items()}
    tagged["range"] = _range_schema()
    tagged["jsonb"] = _after(Json, core_schema.definition_reference_schema(VALUE))
    choices: dict[str, CoreSchema] = {
        "plain": core_schema.union_schema(
            [
                core_schema.none_schema(),
                core_schema.bool_schema(strict=True),
                core_schema.int_schema(strict=True),
                core_schema.float_schema(strict=True, allow_inf_nan=False),
                core_schema.str_schema(strict=True),
            ],
            mode="left_to_right",
        ),
        "list": core_schema.list_schema(core_schema.definition_reference_schema(VALUE), strict=True),
        "tagged": core_schema.tagged_union_schema(
            {name: _tag_schema(name, schema) for name, schema in tagged.items()}, discriminator="type"
        ),
    }
    return core_schema.tagged_union_schema(choices, discriminator=_form_of, ref=VALUE)


def _tag_schema(name: str, schema: CoreSchema) -> CoreSchema:
    fields = {"type": core_schema.literal_schema([name]), "value": schema}
    made = {field: core_schema.typed_dict_field(inner) for field, inner in fields.items()}
    return core_schema.no_info_after_validator_function(
        lambda data: data["value"], core_schema.typed_dict_schema(made, extra_behavior="forbid")
    )


def _form_of(data: object) -> str:
    return "tagged" if isinstance(data, dict) else "list" if isinstance(data, list) else "plain"
