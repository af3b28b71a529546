"""All conformance cases: a family is a module of `support.values` with CASES and WRONG, and a line here."""

from __future__ import annotations

from typing import Final

from support.values import scalars
from support.values.case import Case, cases, same

__all__ = ["CASES", "WRONG", "Case", "cases", "same"]

_FAMILIES: Final = (scalars,)
CASES: Final[list[Case]] = [case for family in _FAMILIES for case in family.CASES]
"""Values of every type with a codec, beside the SQL that says the same."""
WRONG: Final[dict[str, list[object]]] = {name: values for family in _FAMILIES for name, values in family.WRONG.items()}
"""By type name, values that it must refuse before anything is sent."""
