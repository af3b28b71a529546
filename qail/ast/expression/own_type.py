"""The type that a plain value stands for by itself, and the arguments of calls that need it.

PostgreSQL takes the type of a parameter from the place it stands in. Some places have none to give: an argument of type
"any", polymorphic arguments without one that has a type, functions of one name for several types. There the value's
own type goes along with the first Parse: a statement that the server has refused would end the transaction around it.

Rule: the type is a part of the shape, so that one Plan never has values of two types in such a place.

Source: extend-type-system.html#EXTEND-TYPES-POLYMORPHIC; typeconv-func.html; pg_proc
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from qail.ast.expression.parameter import ParamRef
from qail.ast.node import Node
from qail.pgtype import (
    BOOL,
    BOX,
    BYTEA,
    CIDR,
    CIRCLE,
    DATE,
    DATEMULTIRANGE,
    DATERANGE,
    FLOAT8,
    INET,
    INT8,
    INT8MULTIRANGE,
    INT8RANGE,
    INTERVAL,
    JSONB,
    LINE,
    LSEG,
    MACADDR,
    MACADDR8,
    NUMERIC,
    NUMMULTIRANGE,
    NUMRANGE,
    PATH,
    PG_LSN,
    PG_SNAPSHOT,
    POINT,
    POLYGON,
    TEXT,
    TID,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    TSMULTIRANGE,
    TSQUERY,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    TSVECTOR,
    UUID,
    VARBIT,
    PgType,
    array_of,
)

# By name: importing their modules would take longer than all nodes together.
_TYPES: Final[dict[str, PgType[Any]]] = {
    "builtins.bool": BOOL,
    "builtins.int": INT8,
    "builtins.float": FLOAT8,
    "builtins.bytes": BYTEA,
    "builtins.bytearray": BYTEA,
    "builtins.memoryview": BYTEA,
    "decimal.Decimal": NUMERIC,
    "uuid.UUID": UUID,
    "datetime.date": DATE,
    "datetime.timedelta": INTERVAL,
    "ipaddress.IPv4Address": INET,
    "ipaddress.IPv6Address": INET,
    "ipaddress.IPv4Network": CIDR,
    "ipaddress.IPv6Network": CIDR,
    "qail.pg.codec.bit_string.BitString": VARBIT,
    "qail.pg.codec.interval.Interval": INTERVAL,
    "qail.pg.codec.json.Json": JSONB,
    "qail.pg.codec.shapes.Point": POINT,
    "qail.pg.codec.shapes.Line": LINE,
    "qail.pg.codec.shapes.LineSegment": LSEG,
    "qail.pg.codec.shapes.Box": BOX,
    "qail.pg.codec.shapes.Path": PATH,
    "qail.pg.codec.shapes.Polygon": POLYGON,
    "qail.pg.codec.shapes.Circle": CIRCLE,
    "qail.pg.codec.snapshot.PgLsn": PG_LSN,
    "qail.pg.codec.snapshot.Tid": TID,
    "qail.pg.codec.snapshot.Snapshot": PG_SNAPSHOT,
    "qail.pg.codec.text_search.TsQuery": TSQUERY,
    "qail.pg.codec.text_search.TsVector": TSVECTOR,
}
_RANGES: Final[dict[int, tuple[PgType[Any], PgType[Any]]]] = {
    INT8.oid: (INT8RANGE, INT8MULTIRANGE),
    NUMERIC.oid: (NUMRANGE, NUMMULTIRANGE),
    DATE.oid: (DATERANGE, DATEMULTIRANGE),
    TIMESTAMP.oid: (TSRANGE, TSMULTIRANGE),
    TIMESTAMPTZ.oid: (TSTZRANGE, TSTZMULTIRANGE),
}
_BY_CONTENT: Final = frozenset(
    {
        "builtins.list",
        "builtins.tuple",
        "datetime.datetime",
        "datetime.time",
        "qail.pg.codec.mac.MacAddress",
        "qail.pg.codec.multirange.Multirange",
        "qail.pg.codec.range.Range",
    }
)
MAC_BYTES: Final = 6

EACH_FROM: Final[dict[str, int]] = {
    **dict.fromkeys(
        (
            "abs", "any_value", "array_agg", "array_dims", "array_ndims", "array_reverse", "array_shuffle", "avg",
            "bit_length", "cardinality", "concat", "count", "first_value", "isempty", "json_agg", "json_agg_strict",
            "json_build_array", "json_build_object", "json_object_agg", "json_object_agg_strict",
            "json_object_agg_unique", "json_object_agg_unique_strict", "jsonb_agg", "jsonb_agg_strict",
            "jsonb_build_array", "jsonb_build_object", "jsonb_object_agg", "jsonb_object_agg_strict",
            "jsonb_object_agg_unique", "jsonb_object_agg_unique_strict", "last_value", "length", "lower", "lower_inc",
            "lower_inf", "max", "md5", "min", "multirange", "num_nonnulls", "num_nulls", "octet_length",
            "pg_collation_for", "pg_column_compression", "pg_column_size", "pg_typeof", "quote_literal",
            "quote_nullable", "range_agg", "range_intersect_agg", "sign", "sum", "to_json", "to_jsonb", "unnest",
            "upper", "upper_inc", "upper_inf",
        ),
        0,
    ),
    "concat_ws": 1,
    "format": 1,
}  # fmt: skip
"""By function: the first argument from which on each says its own type."""
ALIKE: Final[dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(
        (
            "array_fill", "array_length", "array_lower", "array_sample", "array_sort", "array_to_json",
            "array_to_string", "array_upper", "generate_subscripts", "nth_value", "percentile_cont", "percentile_disc",
            "to_char", "trim_array",
        ),
        (0,),
    ),
    **dict.fromkeys(("date_part", "date_trunc"), (1,)),
    **dict.fromkeys(
        (
            "age", "array_append", "array_cat", "array_position", "array_positions", "array_prepend", "array_remove",
            "gcd", "lcm", "mod", "range_merge", "width_bucket",
        ),
        (0, 1),
    ),
    **dict.fromkeys(("lag", "lead"), (0, 2)),
    **dict.fromkeys(("array_replace", "date_bin", "generate_series"), (0, 1, 2)),
}  # fmt: skip
"""By function: the arguments that say their own types where all of them are plain values."""


def own_type(value: object) -> PgType[Any] | None:
    """The type of a plain value that is no text; None for text, which fits what stands around it, and for the rest."""
    if value is None or type(value) is str:
        return None
    for known in type(value).__mro__:
        name = f"{known.__module__}.{known.__qualname__}"
        found = _TYPES.get(name)
        if found is not None:
            return found
        if name in _BY_CONTENT:
            return _type_by_content(value, name)
    return None


def sent_type(value: object) -> PgType[Any] | None:
    """The type a plain value says where nothing else does: text has one there, too, and NULL is one of text."""
    return TEXT if value is None or type(value) is str or _is_text(value) else own_type(value)


def wider(left: PgType[Any], right: PgType[Any]) -> PgType[Any] | None:
    """The type that holds the values of both, as PostgreSQL chooses; None where there is none."""
    if left.oid == right.oid:
        return left
    order = [INT8.oid, NUMERIC.oid, FLOAT8.oid]
    if left.oid in order and right.oid in order:
        return left if order.index(left.oid) > order.index(right.oid) else right
    return None


def argument_types(name: str, arguments: tuple[Node, ...], named_count: int) -> list[PgType[Any] | None]:
    """For each argument of a call the type that its plain value says; None where the server shall say it.

    The last `named_count` are passed by name and say none. The list is empty for a function that is in neither table,
    and for a call without plain values.
    """
    has_value = False
    for argument in arguments:
        has_value = has_value or isinstance(argument, ParamRef)
    if not has_value:
        return []
    given = len(arguments) - named_count
    start = EACH_FROM.get(name, -1)
    if start >= 0:
        return [_sent(argument) if start <= index < given else None for index, argument in enumerate(arguments)]
    places = ALIKE.get(name)
    if places is None:
        return []
    found: list[PgType[Any] | None] = [None] * len(arguments)
    members = [index for index in places if index < given]
    for index in members:
        if not isinstance(arguments[index], ParamRef):
            return found
    typed = [index for index in members if not _is_null(arguments[index])]
    # NULL fits what stands beside it.
    for index in typed or members:
        found[index] = _sent(arguments[index])
    return found


def _sent(argument: Node) -> PgType[Any] | None:
    return sent_type(argument.value) if isinstance(argument, ParamRef) else None


def _is_null(argument: Node) -> bool:
    return isinstance(argument, ParamRef) and argument.value is None


def _is_text(value: object) -> bool:
    """Whether it is text of a class of the user's own: those of qail are of other types, or of an unknown one."""
    return isinstance(value, str) and not type(value).__module__.startswith("qail.")


def _type_by_content(value: object, name: str) -> PgType[Any] | None:
    """The type of a value whose class, called `name`, alone does not say it."""
    found: Any = value
    if name == "datetime.datetime":
        return TIMESTAMP if found.tzinfo is None else TIMESTAMPTZ
    if name == "datetime.time":
        return TIME if found.tzinfo is None else TIMETZ
    if name == "qail.pg.codec.mac.MacAddress":
        return MACADDR8 if len(found.octets) > MAC_BYTES else MACADDR
    if name == "qail.pg.codec.range.Range":
        both = _range_types(found)
        return None if both is None else both[0]
    if name == "qail.pg.codec.multirange.Multirange":
        for member in found:
            both = _range_types(member)
            if both is not None:
                return both[1]
        return None
    is_list = name == "builtins.list" or type(value) is tuple
    return _list_type(cast("Iterable[object]", value)) if is_list else None


def _range_types(value: Any) -> tuple[PgType[Any], PgType[Any]] | None:
    bound: object = value.upper if value.lower is None else value.lower
    subtype = own_type(bound)
    return None if subtype is None else _RANGES.get(subtype.oid)


def _list_type(values: Iterable[object]) -> PgType[Any] | None:
    """The array that holds all of these, of any number of dimensions; None where they do not say it.

    What says nothing by itself, as NULL and an empty range do, is of the type of the others.
    """
    shared: PgType[Any] | None = None
    for value in values:
        own = None if value is None else sent_type(value)
        if own is not None and own.element is not None:
            own = own.element
        if own is None:
            continue
        shared = own if shared is None else wider(shared, own)
        if shared is None:
            return None
    return array_of(shared) if shared is not None and shared.array_oid else None
