"""Every method on every statement leaves its base as it was: each call in the golden corpus is made again, twice.

The calls are read from the sources of the corpus, so that a new method is tried as soon as it has a case, which
`test_every_method.py` demands.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import qail.ast
import support
from qail.ast.build.builder import Builder
from qail.ast.build.qail import Qail
from qail.ast.build.query_expression import row_target
from qail.ast.build.select import select
from qail.ast.node import Node
from qail.ast.walk import Walk
from qail.errors import BuildError
from support.sql_tables import User

SOURCES = sorted(path.stem for path in Path(support.__path__[0]).glob("sql_cases_*.py"))
# What gives no query, no part of one and no step on the way to one.
NO_STEPS = frozenset(
    {
        "shape", "find", "find_kind", "find_word", "explain_shape", "to_json", "from_json", "from_json_schema",
        "json_schema", "bulk", "reversed",
    }
)  # fmt: skip
PAIR = select(User.id, User.name)
# What rows become makes no SQL, and so has no golden case; and what is counted is no statement of the corpus.
BY_HAND: dict[str, Any] = {
    "map": lambda query: query.map(lambda *values: values),
    "into": lambda query: query.into(Card),
    "count": lambda query: query.count(),
}
GONE = Qail.delete(User).all_rows().returning(User.id, User.name)
BASES: dict[str, tuple[Any, ...]] = {
    "map": (PAIR, PAIR.union(PAIR), Qail.sql("SELECT 1, 2"), GONE),
    "into": (PAIR, PAIR.union(PAIR), Qail.sql("SELECT 1, 2"), Qail.get("users"),
             GONE, Qail.delete("users").all_rows().returning("id", "name")),
    "count": (PAIR, PAIR.union(PAIR), Qail.get(User), Qail.get("users").limit(3)),
}  # fmt: skip


class Card(NamedTuple):
    """What rows become."""

    id: int
    name: str


def tokens_of(value: Any) -> Any:
    """The shape of a builder or node; None where it has none by itself, as a FROM that has no name yet."""
    walk = Walk()
    try:
        value.shape(walk)
    except (AssertionError, BuildError):
        return None
    return [*walk.tokens, *[repr(each) for each in walk.values]]


def calls_in(module: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    """Each call of a method in a module: its base, evaluated, the method's name, and what makes the call."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        source = compile(ast.Expression(node.func.value), module.__name__, "eval")
        try:
            base = eval(source, vars(module))
        except NameError:
            continue  # an argument of a function around it
        if isinstance(base, (Builder, Node)):
            yield base, node.func.attr, node


def again(module: ModuleType, base: Any, node: ast.Call) -> Any:
    """Make the call once more, on this base."""
    assert isinstance(node.func, ast.Attribute)
    call = ast.Call(ast.Attribute(ast.Name("base__", ast.Load()), node.func.attr, ast.Load()), node.args, node.keywords)
    expression = ast.fix_missing_locations(ast.Expression(call))
    return eval(compile(expression, module.__name__, "eval"), {**vars(module), "base__": base})


def tried_in(name: str) -> set[str]:
    """The methods that were called, each without a trace on its base."""
    module = importlib.import_module(f"support.{name}")
    tried: set[str] = set()
    for base, method, node in calls_in(module):
        before = tokens_of(base)
        try:
            first = again(module, base, node)
            first_tokens = tokens_of(first) if isinstance(first, (Builder, Node)) else None
            second = again(module, base, node)
        except NameError:
            continue
        assert tokens_of(base) == before, f"{type(base).__name__}.{method}() changed its base"
        if first_tokens is not None:
            assert tokens_of(first) == first_tokens, f"{type(base).__name__}.{method}() changed what it made before"
            assert tokens_of(second) == first_tokens, f"{type(base).__name__}.{method}() made something else again"
        tried.add(method)
    return tried


@pytest.mark.feature("ST2")
@pytest.mark.parametrize("name", SOURCES)
def test_no_call_leaves_a_trace_on_its_base(name: str) -> None:
    assert tried_in(name) or "Qail." not in Path(support.__path__[0], f"{name}.py").read_text()


@pytest.mark.feature("ST2")
@pytest.mark.parametrize("method", BY_HAND)
def test_what_rows_become_leaves_no_trace_either(method: str) -> None:
    for base in BASES[method]:
        before = tokens_of(base)
        first = BY_HAND[method](base)
        first_tokens = tokens_of(first)
        BY_HAND[method](base)
        assert tokens_of(base) == before
        assert tokens_of(first) == first_tokens
        assert row_target(base) is None


@pytest.mark.feature("ST2")
def test_every_method_of_every_statement_was_tried() -> None:
    tried = set().union(*[tried_in(name) for name in SOURCES])
    for found in pkgutil.walk_packages(qail.ast.__path__, "qail.ast."):
        importlib.import_module(found.name)
    pending: list[type] = [Builder]
    missing: set[str] = set()
    while pending:
        known = pending.pop()
        pending.extend(known.__subclasses__())
        for method, value in vars(known).items():
            if method in BY_HAND:
                continue
            if not method.startswith("_") and inspect.isroutine(value) and method not in tried | NO_STEPS:
                missing.add(f"{known.__name__}.{method}")

    assert not missing
