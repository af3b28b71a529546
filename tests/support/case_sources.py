"""The golden cases as source: which methods they call, and each of their texts replaced by a hostile one.

A case is read from its file, so that every str it gives to the builder is found without a list of slots: a new method
needs nothing here but a golden case, and tests/unit/compile/test_every_method.py fails when it has none.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).resolve().parent
FILES: Final = sorted(FOLDER.glob("sql_*.py"))
MAKERS_OF_VALUES: Final = frozenset({"Decimal", "UUID", "PyUUID"})
TAKERS_OF_SQL: Final = frozenset({"sql", "Trusted"})


class CaseSource(NamedTuple):
    """One `Case(name, query, ...)`: its name, its query's expression, and the module whose names that uses."""

    name: str
    expression: ast.expr
    module: str

    def built(self, expression: ast.expr | None = None) -> Any:
        """The query; of another expression when one is given."""
        tree = ast.fix_missing_locations(ast.Expression(expression or self.expression))
        return eval(compile(tree, f"<{self.name}>", "eval"), vars(importlib.import_module(f"support.{self.module}")))


class Replaced(NamedTuple):
    """A case in which one str is another: what stood there, and the expression."""

    case: CaseSource
    text: str
    expression: ast.expr

    def built(self) -> Any:
        return self.case.built(self.expression)


def case_sources() -> Iterator[CaseSource]:
    """Every golden case that stands in a file as such."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Case":
                name = node.args[0]
                assert isinstance(name, ast.Constant), "a case begins with its name"
                yield CaseSource(str(name.value), node.args[1], path.stem)


def replaced(case: CaseSource, hostile: str) -> Iterator[Replaced]:
    """The case with each of its texts in turn replaced."""
    source = ast.unparse(case.expression)
    for number in range(len(_slots(case.expression))):
        copy = ast.parse(source, mode="eval").body
        slot = _slots(copy)[number]
        text = str(slot.value)
        slot.value = hostile
        yield Replaced(case, text, copy)


def _slots(expression: ast.expr) -> list[ast.Constant]:
    """The texts that are given to the builder: not those that make a value of another type, and no raw SQL."""
    other: set[ast.AST] = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MAKERS_OF_VALUES:
                other.update(ast.walk(node))
            if name in TAKERS_OF_SQL:
                other.update(node.args)
    return [
        node
        for node in ast.walk(expression)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in other
    ]


def called_names() -> set[str]:
    """The names of all functions and methods that the golden cases, and what they are made of, call or take."""
    found: set[str] = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            if isinstance(node, ast.Name):
                found.add(node.id)
    return found
