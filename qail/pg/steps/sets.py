"""Many sets of values for one plan: from what a caller passes to the values of a walk. No I/O.

A set is a sequence with a value for each `$n`, in the order of the SQL text, or a mapping by the column each parameter
is for. The values the statement was built with are an example and are not sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from qail.compile.cache import Call
from qail.compile.plan import Plan
from qail.errors import EncodeError


class SetReader:
    """Reads the sets of one statement."""

    def __init__(self, plan: Plan) -> None:
        self._plan: Final = plan
        self._count: Final = len(plan.slots)
        names = plan.parameter_names
        # A set by name is for a statement that has each name once.
        self._names: Final = names if len(set(names)) == len(names) == self._count else None

    def read(self, row: Any) -> list[object]:
        """The values of `row`, one for each `$n`, in their order.

        Raises:
            EncodeError: a value is missing, or one too many; nothing of this set is sent.
        """
        kind: object = type(row)  # pyright: ignore[reportUnknownVariableType]  # of anything
        # Nearly all sets are such, and asking for an abstract class costs as much as encoding a value.
        if (kind is tuple or kind is list) and len(row) == self._count:
            return list(row)
        if kind is dict and self._names is not None and len(row) == self._count:
            try:
                return [row[name] for name in self._names]
            except KeyError:
                pass  # told below, by name
        if isinstance(row, Mapping):
            return _by_name(self._plan, cast("Mapping[str, object]", row))
        return _in_order(self._plan, row)


def values_of(call: Call, row: Any) -> list[object]:
    """The values of `row`, in the order of `call.values`.

    Raises:
        EncodeError: a value is missing, or one too many; nothing of this set is sent.
    """
    values: list[object] = list(call.values)
    for slot, value in zip(call.plan.slots, SetReader(call.plan).read(row), strict=True):
        values[slot] = value
    return values


def _in_order(plan: Plan, row: Any) -> list[object]:
    count = len(plan.slots)
    if not isinstance(row, Sequence) or isinstance(row, (str, bytes, bytearray)):
        raise EncodeError(f"a set of values is a sequence or a mapping, not {type(row).__name__}")
    given = cast("Sequence[object]", row)
    if len(given) != count:
        raise EncodeError(f"the statement has {count} parameters and this set {len(given)} values")
    return list(given)


def _by_name(plan: Plan, row: Mapping[str, object]) -> list[object]:
    names = plan.parameter_names
    missing = [name for name in names if name not in row]
    if missing or len(set(names)) != len(names):
        told = ", ".join(repr(name) for name in names)
        raise EncodeError(f"a set by name needs the columns {told}, each once; pass a sequence where names repeat")
    unknown = [name for name in row if name not in names]
    if unknown:
        raise EncodeError(f"the statement has no parameter for {', '.join(map(repr, unknown))}")
    return [row[name] for name in names]
