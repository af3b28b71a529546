"""Many sets of values for one plan: from what a caller passes to the values of a walk. No I/O.

A set is a sequence with a value for each `$n`, in the order of the SQL text, or a mapping by the column each parameter
is for. The values the statement was built with are an example and are not sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from qail.compile.cache import Call
from qail.errors import EncodeError


def values_of(call: Call, row: Any) -> list[object]:
    """The values of `row`, in the order of `call.values`.

    Raises:
        EncodeError: a value is missing, or one too many; nothing of this set is sent.
    """
    plan = call.plan
    if isinstance(row, Mapping):
        given: Sequence[object] = _by_name(call, cast("Mapping[str, object]", row))
    else:
        given = _in_order(call, row)
    values: list[object] = list(call.values)
    for slot, value in zip(plan.slots, given, strict=True):
        values[slot] = value
    return values


def _in_order(call: Call, row: Any) -> Sequence[object]:
    count = len(call.plan.slots)
    if not isinstance(row, Sequence) or isinstance(row, (str, bytes, bytearray)):
        raise EncodeError(f"a set of values is a sequence or a mapping, not {type(row).__name__}")
    given = cast("Sequence[object]", row)
    if len(given) != count:
        raise EncodeError(f"the statement has {count} parameters and this set {len(given)} values")
    return given


def _by_name(call: Call, row: Mapping[str, object]) -> list[object]:
    names = call.plan.parameter_names
    missing = [name for name in names if name not in row]
    if missing or len(set(names)) != len(names):
        told = ", ".join(repr(name) for name in names)
        raise EncodeError(f"a set by name needs the columns {told}, each once; pass a sequence where names repeat")
    unknown = [name for name in row if name not in names]
    if unknown:
        raise EncodeError(f"the statement has no parameter for {', '.join(map(repr, unknown))}")
    return [row[name] for name in names]
