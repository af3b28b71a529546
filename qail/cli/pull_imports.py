"""The imports of a generated module: what was asked for, and nothing else."""

from __future__ import annotations

import builtins
from typing import Final

import qail
from qail.cli.pull_names import Names
from qail.cli.pull_types import MODULES, REAL_NAMES

LINE_WIDTH: Final = 120
HOMES: Final = {
    **MODULES,
    "Final": "typing",
    "NamedTuple": "typing",
    "Never": "typing",
    "NotRequired": "typing_extensions",
    "StrEnum": "enum",
    "TypedDict": "typing_extensions",
}
THIRD_PARTY: Final = ("typing_extensions",)


class Imports:
    """Names that the module has asked for, by the module they come from."""

    def __init__(self, names: Names) -> None:
        self._names: Final = names
        self._asked: Final[dict[str, dict[str, str]]] = {}

    def name(self, name: str) -> str:
        """What to write for `name`, which is imported from now on unless it is Python's own and nothing hides it."""
        local = self._names.imported(name)
        if name in HOMES:
            module = HOMES[name]
        elif hasattr(builtins, name):
            if local == name:
                return name
            module = "builtins"
        else:
            module = "qail" if name in qail.__all__ else "qail.pgtype"
        if module == "qail" and name not in qail.__all__:
            module = _defining_module(name)
        self._asked.setdefault(module, {})[REAL_NAMES.get(name, name)] = local
        return local

    def lines(self) -> list[str]:
        """The import statements, in the order linters want them."""
        groups: list[list[str]] = [[], [], []]
        for module in sorted(self._asked):
            place = 2 if module.startswith("qail") else 1 if module in THIRD_PARTY else 0
            groups[place].append(self._line(module))
        found = ["from __future__ import annotations"]
        for group in groups:
            if group:
                found += ["", *group]
        return found

    def _line(self, module: str) -> str:
        pairs = sorted(self._asked[module].items(), key=lambda pair: (_rank(pair[0]), pair[0]))
        parts = [name if name == local else f"{name} as {local}" for name, local in pairs]
        line = f"from {module} import {', '.join(parts)}"
        if len(line) <= LINE_WIDTH:
            return line
        return "\n".join([f"from {module} import (", *[f"    {part}," for part in parts], ")"])


def _rank(name: str) -> int:
    return 0 if name.isupper() else 1 if name[0].isupper() else 2


def _defining_module(name: str) -> str:
    """Where a value class is defined that the root does not export."""
    return {"Tid": "qail.pg.codec.snapshot", "Snapshot": "qail.pg.codec.snapshot"}.get(name, "qail")
