"""All conformance cases: a family is a module of `support.values` with CASES and WRONG, and a line here.

A family may have more: INPUTS, cases that go in only, since what comes back is another value that says the same (a
timedelta comes back as an Interval); SETUP, the SQL that makes its types in schema public of a test database; and
WRONG_NEEDS, by type name what `Case.needs` says, for types of WRONG without a case.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from support.values import (
    arrays,
    bits,
    documents,
    extensions,
    geometry,
    network,
    numbers,
    ranges,
    scalars,
    searches,
    system,
    texts,
    times,
    user_types,
)
from support.values.case import Case, cases, same

__all__ = ["CASES", "INPUTS", "SETUP", "TYPE_NAMES", "WRONG", "Case", "cases", "needs_of", "same"]

_FAMILIES: Final[tuple[ModuleType, ...]] = (
    scalars,
    numbers,
    texts,
    times,
    bits,
    documents,
    searches,
    extensions,
    network,
    geometry,
    system,
    ranges,
    arrays,
    user_types,
)
CASES: Final[list[Case]] = [case for family in _FAMILIES for case in family.CASES]
"""Values of every type with a codec, beside the SQL that says the same."""
INPUTS: Final[list[Case]] = [case for family in _FAMILIES for case in getattr(family, "INPUTS", [])]
"""Values that are taken for a literal, and come back as another value."""
WRONG: Final[dict[str, list[object]]] = {
    name: [value for family in _FAMILIES for value in family.WRONG.get(name, [])]
    for name in sorted({name for family in _FAMILIES for name in family.WRONG})
}
"""By type name, values that it must refuse before anything is sent."""
SETUP: Final[list[str]] = [family.SETUP for family in _FAMILIES if hasattr(family, "SETUP")]
"""SQL that makes the families' own types."""
TYPE_NAMES: Final[list[str]] = sorted({case.name for case in (*CASES, *INPUTS)} | set(WRONG))

_NEEDS: Final[dict[str, str]] = {case.name: case.needs for case in reversed(CASES)} | {
    name: needs for family in _FAMILIES for name, needs in getattr(family, "WRONG_NEEDS", {}).items()
}


def needs_of(name: str) -> str:
    """What a server must have for this type: as its first case says."""
    return _NEEDS.get(name, "")
