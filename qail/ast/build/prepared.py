"""What `@prepared` makes of a function: it was traced once, and a call only puts its arguments where values belong.

Rule 1: a call makes a Bound, which holds the values of one run; tree and plan are those of the trace.
Rule 2: the trace is made by whoever the first call asks (`qail.prepared`): the compiler lies above this package.
Rule 3: what a builder checks of a value is checked of an argument: None beside an operator that it makes NULL, the
members of a list, a negative count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.clause.target import NOTHING
from qail.ast.expression.comparison import checked_members
from qail.ast.tokens import BOUND
from qail.ast.walk import Walk
from qail.errors import BuildError

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)

MEMBERS: Final = "ANY"
"""The guard of a list: it has no None in it."""
LIMIT_GUARD: Final = "LIMIT"
OFFSET_GUARD: Final = "OFFSET"
COUNTS: Final = frozenset({LIMIT_GUARD, OFFSET_GUARD})
"""The guards of what counts rows."""


class Missing:
    """The class of MISSING."""


MISSING: Final = Missing()
"""Stands where no argument was given, and where a parameter has no default."""


class Parameters:
    """The parameters of a function: `names` in order, the first `positional_only` never by name, those from
    `keywords_from` on only by name.
    """

    def __init__(
        self, function: str, names: list[str], defaults: list[object], positional_only: int, keywords_from: int
    ) -> None:
        self.function: Final = function
        self.names: Final = names
        self.count: Final = len(names)
        self.positional_only: Final = positional_only
        self.keywords_from: Final = keywords_from
        self._defaults: Final = defaults

    def arguments(self, given: tuple[object, ...], named: Mapping[str, object]) -> tuple[object, ...]:
        """One value for each parameter, in order.

        Raises:
            TypeError: one is missing, unknown, given twice, or one too many.
        """
        if len(given) > self.keywords_from:
            raise TypeError(
                f"{self.function}() takes {self.keywords_from} arguments by position, not {len(given)}; "
                f"its parameters are {', '.join(self.names) or 'none'}"
            )
        values: list[object] = [*given, *([MISSING] * (self.count - len(given)))]
        for name in named:
            index = self.names.index(name) if name in self.names else -1
            if index < self.positional_only:
                raise TypeError(
                    f"{self.function}() has no parameter {name!r}; it has {', '.join(self.names) or 'none'}"
                    if index < 0
                    else f"{self.function}() takes {name!r} by position only"
                )
            if index < len(given):
                raise TypeError(f"{self.function}() got the argument {name!r} twice")
            values[index] = named[name]
        for index, value in enumerate(values):
            if value is MISSING:
                values[index] = self._defaults[index]
                if values[index] is MISSING:
                    raise TypeError(f"{self.function}() misses the argument {self.names[index]!r}")
        return tuple(values)


class Trace:
    """What a function has built when it was called with placeholders, and its plan.

    `constants` are the values of the walk, to be copied; argument `i` goes to `positions[i]` of them. `guards[i]` is
    the operator under which it must not be None, "" without one; `slots` are those of the plan.
    """

    def __init__(
        self,
        parameters: Parameters,
        statement: Builder,
        plan: object,
        constants: list[object],
        positions: list[int],
        guards: list[str],
        slots: list[int],
        *,
        gives_tuples: bool,
    ) -> None:
        self.is_command: Final = isinstance(statement, Command)
        self.parameters: Final = parameters
        self.statement: Final = statement
        self.plan: Final = plan
        self.constants: Final = constants
        self.positions: Final = positions
        self.guards: Final = guards
        self.slots: Final = slots
        self.gives_tuples: Final = gives_tuples
        self._is_guarded: Final = any(guards)

    def values(self, given: tuple[object, ...], named: Mapping[str, object]) -> list[object]:
        """The values of one run, in the order of the walk.

        Raises:
            TypeError: the arguments are not those of the function.
            BuildError: one cannot stand where it is used.
        """
        if named or len(given) != self.parameters.count or len(given) > self.parameters.keywords_from:
            given = self.parameters.arguments(given, named)
        values = self.constants.copy()
        positions = self.positions
        for index, value in enumerate(given):
            values[positions[index]] = value
        if self._is_guarded:
            self._check(values)
        return values

    def set_values(self, row: object) -> list[object]:
        """The values of one set of many, in the order of `$n`: arguments in order, or by the names of the parameters.

        Raises:
            TypeError: they are not those of the function.
            BuildError: one cannot stand where it is used.
        """
        if isinstance(row, Mapping):
            values = self.values((), cast("Mapping[str, object]", row))
        elif isinstance(row, Sequence) and not isinstance(row, (str, bytes, bytearray)):
            values = self.values(tuple(cast("Sequence[object]", row)), {})
        else:
            raise TypeError(
                f"a set of arguments of {self.parameters.function}() is a sequence or a mapping, "
                f"not {type(row).__name__}"
            )
        return [values[slot] for slot in self.slots]

    def _check(self, values: list[object]) -> None:
        for index, guard in enumerate(self.guards):
            if guard:
                position = self.positions[index]
                value = values[position]
                if value is None:
                    raise BuildError(_none(self.parameters, index, guard))
                if guard == MEMBERS:
                    values[position] = checked_members(value)
                elif guard in COUNTS and isinstance(value, int) and value < 0:
                    name = self.parameters.names[index]
                    raise BuildError(
                        f"{self.parameters.function}(): {name}={value} is negative, and {guard} counts rows"
                    )


class Bound(Fetchable[R_co]):
    """A call of a prepared function that returns rows: its trace, and the values of this run."""

    def __init__(self, trace: Trace, values: list[object]) -> None:
        super().__init__(None, BOUND, NOTHING)
        self.trace: Final = trace
        self.values: Final = values

    def shape(self, walk: Walk) -> None:
        raise BuildError(_not_a_part(self.trace))


class BoundCommand(Command):
    """A call of a prepared function that returns no rows."""

    def __init__(self, trace: Trace, values: list[object]) -> None:
        super().__init__(None, BOUND, NOTHING)
        self.trace: Final = trace
        self.values: Final = values

    def shape(self, walk: Walk) -> None:
        raise BuildError(_not_a_part(self.trace))


class Prepared(Generic[P, B_co]):
    """A prepared function. `__wrapped__` is the function itself; `name` is what errors call it."""

    def __init__(self, name: str, function: Callable[P, object], tracer: Callable[[], Trace]) -> None:
        self.__wrapped__: Final = function
        self.name: Final = name
        self._tracer: Final = tracer
        self._trace: Trace | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> B_co:
        """The statement with these arguments.

        Raises:
            TypeError: an argument is missing, unknown, or one too many.
            BuildError: one cannot stand where it is used; or, by the first call, the function cannot be prepared.
        """
        trace = self._trace
        if trace is None:
            trace = self._trace = self._tracer()
        values = trace.values(args, kwargs)
        bound: Any = BoundCommand(trace, values) if trace.is_command else _query(trace, values)
        return cast("B_co", bound)

    def __repr__(self) -> str:
        return f"<prepared {self.name}>"


def trace_of(builder: Any) -> Trace | None:
    """The trace of a call of a prepared function; None for any other builder."""
    if isinstance(builder, Bound):
        bound: Bound[Any] = builder  # pyright: ignore[reportUnknownVariableType]  # of any rows
        return bound.trace
    return builder.trace if isinstance(builder, BoundCommand) else None


def statement_behind(builder: Builder) -> Builder:
    """What a prepared function has built, of a call of it; any other builder is itself."""
    trace = trace_of(builder) if builder.step == BOUND else None
    return builder if trace is None else trace.statement


def _query(trace: Trace, values: list[object]) -> Bound[Any]:
    bound: Bound[Any] = Bound(trace, values)
    return bound


def _none(parameters: Parameters, index: int, guard: str) -> str:
    name = parameters.names[index]
    if guard in COUNTS:
        return f"{parameters.function}(): {name}=None is no count for {guard}"
    return (
        f"{parameters.function}(): {name}=None under {guard} is never true in SQL; "
        "write is_null() in a function of its own, or is_not_distinct_from()"
    )


def _not_a_part(trace: Trace) -> str:
    return (
        f"a call of the prepared function {trace.parameters.function}() is a whole statement, "
        "which runs as it is: it cannot be a part of another"
    )
