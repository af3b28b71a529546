"""`@prepared`: a function that builds a query is traced once; its calls afterwards only bind their arguments.

Rule 1: the body runs once, when the function is first called, with a placeholder for each parameter.
Rule 2: what the body cannot do with a placeholder is an error: to branch on it, to iterate over it, to put it into a
text. So is a parameter that does not reach the query: its value would be dropped in silence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.build.prepared import MISSING, Bound, BoundCommand, Parameters, Prepared, Trace, trace_of
from qail.ast.build.result import gives_tuples
from qail.ast.expression.parameter import Placeholder
from qail.ast.walk import Walk
from qail.errors import BuildError, QailError

P = ParamSpec("P")
R = TypeVar("R")

INSTANCE_NAMES: Final = ("self", "cls")


@overload
def prepared(function: Callable[P, Fetchable[R]], /) -> Prepared[P, Bound[R]]: ...
@overload
def prepared(function: Callable[P, Command], /) -> Prepared[P, BoundCommand]: ...
def prepared(function: Callable[..., Any], /) -> Prepared[..., Any]:
    """Decorate a function that builds a query of its arguments: it is traced once, a call only encodes its arguments.

    Each parameter is one `$n`, wherever and however often it is used. Arguments are checked by type checkers as those
    of the function itself. A call is a statement for every verb; it cannot be a part of another query.

    >>> @prepared
    ... def older(age: int, most: int = 10):
    ...     return Qail.get("users").gt("age", age).limit(most)
    >>> print(older(30))
    SELECT * FROM "users" WHERE "age" > $1 LIMIT $2

    Raises:
        BuildError: it is no plain function or static method, or takes `*args` or `**kwargs`. The first call raises it
            when the body does with an argument what only a value allows.
    """
    name, parameters = parameters_of(function)
    made: Prepared[..., Any] = Prepared(name, function, Tracer(function, parameters))
    return made


class Tracer:
    """Runs a function with placeholders, once, whoever calls it first."""

    def __init__(self, function: Callable[..., Any], parameters: Parameters) -> None:
        self._function: Final = function
        self._parameters: Final = parameters
        self._lock: Final = threading.RLock()
        self._is_tracing = False
        self._trace: Trace | None = None

    def __call__(self) -> Trace:
        """The trace. Raises BuildError when there can be none."""
        with self._lock:
            if self._trace is None:
                if self._is_tracing:
                    raise BuildError(f"{self._parameters.function}() calls itself while it is traced")
                self._is_tracing = True
                try:
                    self._trace = traced(self._function, self._parameters)
                finally:
                    self._is_tracing = False
            return self._trace


def parameters_of(function: Any) -> tuple[str, Parameters]:
    """The name of a function, and its parameters.

    Raises:
        BuildError: it is no function that could be prepared.
    """
    import inspect  # takes longer to import than all of qail's nodes

    name = str(getattr(function, "__qualname__", type(function).__name__))
    if not inspect.isfunction(function):
        kind: str = type(function).__name__
        advice = ": write @staticmethod above @prepared" if kind in ("staticmethod", "classmethod") else ""
        raise BuildError(f"@prepared decorates a function, not a {kind}{advice}")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise BuildError(f"@prepared decorates a function that returns a query; {name}() is async or a generator")
    names: list[str] = []
    defaults: list[object] = []
    positional_only = 0
    keywords_from = 0
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise BuildError(f"{name}() takes {parameter}; a prepared function has a fixed number of parameters")
        if not names and parameter.name in INSTANCE_NAMES:
            raise BuildError(
                f"{name}() has the parameter {parameter.name!r}; only functions and static methods are prepared: "
                "write @staticmethod above @prepared"
            )
        names.append(parameter.name)
        defaults.append(MISSING if parameter.default is parameter.empty else parameter.default)
        positional_only += parameter.kind is parameter.POSITIONAL_ONLY
        keywords_from += parameter.kind is not parameter.KEYWORD_ONLY
    return name, Parameters(name.rpartition(".")[2], names, defaults, positional_only, keywords_from)


def traced(function: Callable[..., Any], parameters: Parameters) -> Trace:
    """The trace of a function.

    Raises:
        BuildError: its body does with an argument what only a value allows, returns no query, or leaves one out.
    """
    from qail.compile.cache import PLANS  # the compiler: not needed by `import qail`

    names = parameters.names
    places = [Placeholder(index, name) for index, name in enumerate(names)]
    statement = _built(function, parameters, places)
    walk = Walk()
    statement.shape(walk)
    plan = PLANS.lookup(statement).plan
    positions = [-1] * len(names)
    for position, value in enumerate(walk.values):
        if isinstance(value, Placeholder):
            positions[value.index] = position
        elif _holds_placeholder(value):
            raise BuildError(
                f"{parameters.function}() puts an argument into a {type(value).__name__}: "
                "pass the whole of it as one argument, or build it of expressions: array(), row()"
            )
    lost = [name for name, position in zip(names, positions, strict=True) if position < 0]
    if lost:
        raise BuildError(
            f"{parameters.function}() builds the same query whatever {', '.join(lost)} is: its body runs once, "
            "so that it cannot choose by an argument; write a function for each query"
        )
    by_position = dict(zip(plan.slots, plan.guards, strict=True)) if plan.guards else {}
    guards = [by_position.get(position, "") for position in positions]
    return Trace(
        parameters,
        statement,
        plan,
        walk.values,
        positions,
        guards,
        plan.slots,
        gives_tuples=gives_tuples(statement),
    )


def _built(function: Callable[..., Any], parameters: Parameters, places: list[Placeholder]) -> Builder:
    by_position = places[: parameters.keywords_from]
    by_name = {place.name: place for place in places[parameters.keywords_from :]}
    try:
        statement: object = function(*by_position, **by_name)
    except QailError:
        raise
    except Exception as error:
        raise BuildError(
            f"{parameters.function}() cannot be prepared: {type(error).__name__}: {error}. Its body runs once, with "
            "placeholders for its arguments: it can put them into a query, and cannot look at their values"
        ) from error
    if not isinstance(statement, (Fetchable, Command)):
        raise BuildError(f"{parameters.function}() returns a {type(statement).__name__}, which is no complete query")
    found = cast("Builder", statement)
    if trace_of(found) is not None:
        raise BuildError(f"{parameters.function}() returns a call of another prepared function, which it would freeze")
    return found


def _holds_placeholder(value: object) -> bool:
    """Whether a list, tuple, set or dict has a placeholder in it, which nothing would replace."""
    pending: list[object] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Placeholder):
            return True
        if isinstance(item, dict):
            pending.extend(cast("dict[object, object]", item).values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(cast("list[object]", item))
    return False
