"""Many sets of values for one plan: from what a caller passes to the values of a walk. No I/O.

A set is a sequence with a value for each `$n`, in the order of the SQL text, or a mapping by the column each parameter
is for; of a prepared function its arguments, in their order or by the names of its parameters. The values the
statement was built with are an example and are not sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from qail.ast.build.prepared import Trace
from qail.compile.cache import Call
from qail.compile.plan import Plan
from qail.errors import BuildError, EncodeError


class SetReader:
    """Reads the sets of one statement."""

    def __init__(self, call: Call) -> None:
        plan = call.plan
        self._plan: Final = plan
        self._trace: Final = call.trace
        self._guarded: Final = [index for index, guard in enumerate(plan.guards) if guard]
        self._count: Final = len(plan.slots)
        names = plan.parameter_names
        # A set by name is for a statement that has each name once.
        self._names: Final = names if len(set(names)) == len(names) == self._count else None

    def read(self, row: Any) -> list[object]:
        """The values of `row`, one for each `$n`, in their order.

        Raises:
            EncodeError: a value is missing, one too many, or None where it makes a condition NULL; nothing is sent.
        """
        values = self._read(row)
        if self._guarded:
            for index in self._guarded:
                if values[index] is None:
                    _refuse_none(self._plan, index)
        return values

    def _read(self, row: Any) -> list[object]:
        if self._trace is not None:
            return _arguments(self._trace, row)
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
    for slot, value in zip(call.plan.slots, SetReader(call).read(row), strict=True):
        values[slot] = value
    return values


def _arguments(trace: Trace, row: object) -> list[object]:
    try:
        return trace.set_values(row)
    except (TypeError, BuildError) as error:
        raise EncodeError(str(error)) from None


def _refuse_none(plan: Plan, index: int) -> None:
    name = plan.parameter_names[index]
    place = f"${index + 1}, column {name!r}," if name else f"${index + 1}"
    raise EncodeError(
        f"None for {place} under {plan.guards[index]} is never true in SQL; is_not_distinct_from() takes it as a value"
    )


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
