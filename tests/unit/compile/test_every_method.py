"""Every public method that builds has a golden case, in which its words are seen.

Nothing is listed here but what makes no SQL: a new method without a case fails.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import qail
import qail.ast
from qail.ast.build.builder import Builder
from support.case_sources import called_names

# What a method makes instead of SQL, and where it is tried.
NO_SQL = {
    "map": "what rows become: tests/unit/rows",
    "into": "what rows become: tests/unit/rows",
    "returns": "what rows become: tests/unit/rows",
    "shape": "the key: tests/property/test_shape.py",
    "find": "for builders themselves",
    "result_type": "for the compiler",
    "known_columns": "for the compiler",
    "explain_shape": "shows the SQL that there is",
    "find_kind": "for builders themselves",
    "find_word": "for builders themselves",
    "part": "a model in a model: tests/unit/rows",
    "reversed": "before() turns the order of a query",
    "to_json": "another form of the tree: tests/unit/json_form",
    "from_json": "another form of the tree: tests/unit/json_form",
    "bulk": "a list of statements: tests/server/compile/test_bulk.py",
}


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(qail.ast.__path__, "qail.ast."):
        yield importlib.import_module(found.name)


def building_classes() -> list[type]:
    """Builders, what they give on the way, expressions with their families of operators, and items of FROM."""
    found: list[type] = []
    for module in modules():
        for value in vars(module).values():
            if not inspect.isclass(value) or value.__module__ != module.__name__ or value.__name__.startswith("_"):
                continue
            is_family = value.__name__.endswith(("Operators", "Operator"))
            if issubclass(value, Builder) or is_family or ".build." in value.__module__ or value.__name__ in NAMED:
                found.append(value)
    return found


NAMED = {"Expr", "SortBy", "FromItem", "CommonTableExpr", "CommonTableReference", "Functions", "Function", "FuncCall"}
INTERNAL = {
    "Columns", "KeyedRows", "Key", "Models", "Display", "Installed", "RowTarget", "NodeOperators", "Operators",
    "Installation", "Parameters", "TemplateString", "Trace",
}  # fmt: skip


def methods() -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for known in building_classes():
        if known.__name__ not in INTERNAL:
            found |= {(known.__name__, name) for name in vars(known) if not name.startswith("_")}
    return sorted(pair for pair in found if _is_method(*pair))


def _is_method(class_name: str, name: str) -> bool:
    known = next(found for found in building_classes() if found.__name__ == class_name)
    value = inspect.getattr_static(known, name)
    is_plain_data = inspect.isdatadescriptor(value) and not isinstance(value, property)
    return not is_plain_data and (callable(getattr(known, name)) or isinstance(value, property))


def functions() -> list[str]:
    """The public functions that make a part of a query."""
    names = []
    for name in qail.__all__:
        value = getattr(qail, name)
        if callable(value) and not inspect.isclass(value) and value.__module__.startswith("qail.ast"):
            names.append(name)
    return sorted(names)


CALLED = called_names()


@pytest.mark.feature("ST3")
@pytest.mark.parametrize("pair", methods(), ids=".".join)
def test_every_method_has_a_golden_case(pair: tuple[str, str]) -> None:
    class_name, name = pair

    assert name in CALLED or name in NO_SQL, (
        f"{class_name}.{name}() is in no golden case (tests/support/sql_cases_*.py)"
    )


@pytest.mark.feature("ST3")
@pytest.mark.parametrize("name", functions())
def test_every_public_function_has_a_golden_case(name: str) -> None:
    assert name in CALLED or name in NO_SQL, f"{name}() is in no golden case (tests/support/sql_cases_*.py)"


def test_what_makes_no_sql_is_there_at_all() -> None:
    """A name that is gone would let a new method of that name pass."""
    names = {name for known in building_classes() for name in dir(known)} | set(functions())

    assert {name for name in NO_SQL if name not in names} == set()
