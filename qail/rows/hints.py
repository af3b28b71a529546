"""Annotations of a model's fields: whether None is a value of them, and of which classes their values are.

Rule: what cannot be told from an annotation is taken: a protocol, a type variable, Any.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Union

import typing_extensions
from typing_extensions import ReadOnly, is_typeddict

from qail.errors import BuildError

QUALIFIERS: Final = (
    typing.Annotated,
    typing.Required,
    typing.NotRequired,
    typing.ClassVar,
    typing.Final,
    ReadOnly,
)
UNIONS: Final = (Union, types.UnionType)
LITERALS: Final = (typing.Literal, typing_extensions.Literal)
# What type checkers take for one another though no class is the other's base.
PROMOTED: Final[dict[Any, tuple[type, ...]]] = {float: (float, int), complex: (complex, float, int)}


class Accepted(NamedTuple):
    """What a field takes: values of `classes`, and of these only `choices`; None where anything will do."""

    classes: tuple[type, ...] | None
    choices: tuple[Any, ...] | None = None


ANYTHING: Final = Accepted(None)


def hints_of(model: Any) -> dict[str, Any]:
    """The annotations of a class and its bases, evaluated; of `Box[int]` with int in the place of the variable.

    Raises:
        BuildError: one names what there is not.
    """
    origin = typing.get_origin(model)
    try:
        found = typing.get_type_hints(model if origin is None else origin, include_extras=True)
    except Exception as error:
        raise BuildError(f"the annotations of {model!r:.60} cannot be read: {error}") from error
    if origin is None:
        return found
    given = dict(zip(getattr(origin, "__parameters__", ()), typing.get_args(model), strict=False))
    return {name: _substituted(hint, given) for name, hint in found.items()}


def _substituted(hint: Any, given: Mapping[Any, Any]) -> Any:
    if isinstance(hint, typing.TypeVar):
        return given.get(hint, hint)
    parameters: tuple[Any, ...] = getattr(hint, "__parameters__", ())
    if not parameters or isinstance(hint, type):
        return hint
    return hint[tuple([given.get(parameter, Any) for parameter in parameters])]


def qualifiers(hint: Any) -> list[Any]:
    """Required, ReadOnly and their like, from the outside in."""
    found: list[Any] = []
    while typing.get_origin(hint) in QUALIFIERS:
        found.append(typing.get_origin(hint))
        hint = typing.get_args(hint)[0]
    return found


def plain(hint: Any) -> Any:
    """An annotation without qualifiers, and the type behind an alias or a NewType."""
    while True:
        if typing.get_origin(hint) in QUALIFIERS:
            hint = typing.get_args(hint)[0]
        elif isinstance(hint, typing_extensions.TypeAliasType):
            hint = hint.__value__
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        else:
            return hint


def takes_none(hint: Any) -> bool:
    """Whether None is a value of this annotation."""
    hint = plain(hint)
    if hint is Any or hint is None or hint is type(None) or hint is object:
        return True
    if isinstance(hint, typing.TypeVar):
        return hint.__bound__ is None or takes_none(hint.__bound__)
    origin = typing.get_origin(hint)
    if origin in UNIONS:
        return any(takes_none(member) for member in typing.get_args(hint))
    return origin in LITERALS and None in typing.get_args(hint)


def accepted(hint: Any) -> Accepted:
    """What values fit an annotation, by their classes. What is inside of a list or dict is not looked at."""
    hint = plain(hint)
    origin = typing.get_origin(hint)
    if origin in LITERALS:
        choices = tuple([choice for choice in typing.get_args(hint) if choice is not None])
        return Accepted(tuple(dict.fromkeys(map(type, choices))), choices)
    if origin in UNIONS:
        return Accepted(_all_classes(typing.get_args(hint)))
    if isinstance(hint, typing.TypeVar):
        if hint.__constraints__:
            return Accepted(_all_classes(hint.__constraints__))
        return ANYTHING if hint.__bound__ is None else accepted(hint.__bound__)
    if is_typeddict(origin or hint):
        return Accepted((dict,))
    found = hint if origin is None else origin
    if not isinstance(found, type) or found is object or found is Any:
        return ANYTHING
    if getattr(found, "_is_protocol", False) and not _is_collection(found):
        return ANYTHING
    return Accepted(PROMOTED.get(found, (found,)))


def _is_collection(found: type) -> bool:
    return found.__module__ in ("collections.abc", "typing")


def _all_classes(members: Iterable[Any]) -> tuple[type, ...] | None:
    classes: list[type] = []
    for member in members:
        if member is None or member is type(None):
            continue
        found = accepted(member)
        if found.classes is None:
            return None
        classes.extend(found.classes)
    return tuple(dict.fromkeys(classes))
