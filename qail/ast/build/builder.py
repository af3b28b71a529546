"""Builder: one step of a fluent query and, behind it, the steps before; the bases of all that can be executed.

Rule 1: a builder method makes one new object, which knows the one before; nothing is copied and nothing is shared that
could change. Two queries derived from one base therefore leave the base and each other as they were.
Rule 2: `step` says which clause it is, `node` holds what that clause says.
Rule 3: what a row becomes (`map`, `into`) is a step without tokens: a lambda written where it is used must not make a
new shape on every call.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, Generic, Self, TypeVar

from mypy_extensions import mypyc_attr

from qail.ast.node import Node
from qail.ast.tokens import TARGET
from qail.ast.walk import Walk

R_co = TypeVar("R_co", covariant=True)


class Display:
    """Who can show a builder as SQL; `qail.compile` installs its own, and the first use imports it."""

    def sql(self, builder: Builder) -> str:
        """The SQL text with `$n` in the place of values."""
        return compiling_display().sql(builder)

    def explanation(self, builder: Builder) -> str:
        """SQL, parameters, plan name and frames."""
        return compiling_display().explanation(builder)


@mypyc_attr(allow_interpreted_subclasses=True)
class Models:
    """Who knows what `into()` can fill and `map()` call; `qail.rows` installs its own, and the first use imports it."""

    def check(self, builder: Builder, model: object) -> None:
        """Raise BuildError when rows of `builder` cannot become objects of `model`."""
        filling_models().check(builder, model)

    def check_call(self, builder: Builder, function: object) -> None:
        """Raise BuildError when rows of `builder` cannot be the arguments of `function`."""
        filling_models().check_call(builder, function)

    def check_part(self, part: object) -> None:
        """Raise BuildError when the items of a Part cannot fill its model."""
        filling_models().check_part(part)


class Installed:
    """The one Display and the one Models in use."""

    def __init__(self) -> None:
        self.display = Display()
        self.models = Models()


INSTALLED: Final = Installed()


def filling_models() -> Models:
    """The Models that know."""
    import_module("qail.rows.target")
    models = INSTALLED.models
    assert type(models) is not Models, "the module installs its own"
    return models


def compiling_display() -> Display:
    """The Display that compiles."""
    import_module("qail.compile.cache")
    display = INSTALLED.display
    assert type(display) is not Display, "the module installs its own"
    return display


class Builder:
    """A step of a query. `previous` is None for the first."""

    def __init__(self, previous: Builder | None, step: int, node: Node) -> None:
        self.previous: Final = previous
        self.step: Final = step
        self.node: Final = node

    def shape(self, walk: Walk) -> None:
        """Walk the whole query, last step first: the loop needs no list and the first step closes the query's tokens."""
        current: Builder | None = None if walk.is_flat else self
        while current is not None:
            if current.step != TARGET:
                walk.tokens.append(current.step)
                current.node.shape(walk)
            current = current.previous

    def find(self, step: int) -> Node | None:
        """What the last step of this kind says; None without one."""
        current: Builder | None = self
        while current is not None:
            if current.step == step:
                return current.node
            current = current.previous
        return None

    def __str__(self) -> str:
        return INSTALLED.display.sql(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def explain_shape(self) -> str:
        """SQL, parameters, the plan's name and the frames, as text for people."""
        return INSTALLED.display.explanation(self)

    def to_json(self) -> str:
        """This statement as JSON, for another process or language; `Query.from_json()` makes it again.

        Raises:
            BuildError: a part of it has no JSON form: definitions, raw SQL, `map()` and `into()`.
        """
        text: str = import_module("qail.json_form.dump").to_json(self)
        return text

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError(f"a {type(self).__name__} is not pickled: build it where it is used")


class Fetchable(Builder, Generic[R_co]):
    """A complete statement that returns rows of type R_co."""


class Command(Builder):
    """A complete statement that returns no rows, only how many it touched."""
