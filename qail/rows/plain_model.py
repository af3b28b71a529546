"""Models of the standard library: dataclasses, named tuples, TypedDicts."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from qail.rows.hints import accepted, hints_of, qualifiers, takes_none
from qail.rows.shape import Field, Shape


def simple_field(name: str, hint: Any, *, is_required: bool, is_keyword: bool = False) -> Field:
    """A field that is filled under its own name, by a class that checks nothing itself."""
    is_optional = takes_none(hint)
    return Field(
        (name,),
        is_required,
        is_optional,
        name,
        refuses_null=not is_optional,
        accepted=accepted(hint),
        is_keyword=is_keyword,
        hint=hint,
    )


def has_own_constructor(model: Any, mark: str) -> bool:
    """Whether a subclass has put an `__init__` or `__new__` ahead of those of the class that has `mark` of its own."""
    for each in (typing.get_origin(model) or model).__mro__:
        if mark in vars(each):
            return False
        if "__init__" in vars(each) or "__new__" in vars(each):
            return True
    return False


def dataclass_shape(model: Any) -> Shape:
    """The arguments of a dataclass."""
    hints = hints_of(model)
    declared: dict[str, dataclasses.Field[Any]] = (typing.get_origin(model) or model).__dataclass_fields__
    fields: list[Field] = []
    for name, field in declared.items():
        hint = hints.get(name, Any)
        if typing.get_origin(hint) is typing.ClassVar or hint is typing.ClassVar or not field.init:
            continue
        # InitVar pseudo-fields are arguments of the call like any other; dataclasses.fields() leaves them out.
        if isinstance(hint, dataclasses.InitVar):
            hint = getattr(hint, "type", Any)  # pyright: ignore[reportUnknownArgumentType] - of any InitVar
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        fields.append(simple_field(name, hint, is_required=not has_default, is_keyword=field.kw_only is True))
    params: Any = (typing.get_origin(model) or model).__dataclass_params__
    is_own = not params.init or has_own_constructor(model, "__dataclass_fields__")
    return Shape(tuple(fields), is_own=is_own)


def is_named_tuple(model: Any) -> bool:
    """Whether it is a NamedTuple, or what namedtuple() makes."""
    return isinstance(model, type) and issubclass(model, tuple) and "_fields" in dir(model)  # pyright: ignore[reportUnknownArgumentType] - of any tuple


def named_tuple_shape(model: Any) -> Shape:
    """The fields of a named tuple."""
    hints = hints_of(model)
    origin = typing.get_origin(model) or model
    defaults: dict[str, Any] = origin._field_defaults
    names: tuple[str, ...] = origin._fields
    fields = [simple_field(name, hints.get(name, Any), is_required=name not in defaults) for name in names]
    return Shape(tuple(fields), is_own=has_own_constructor(model, "_fields"))


def typed_dict_shape(model: Any) -> Shape:
    """The keys of a TypedDict."""
    required: frozenset[str] = (typing.get_origin(model) or model).__required_keys__
    fields: list[Field] = []
    for name, hint in hints_of(model).items():
        # Where annotations are strings the class itself has not seen their qualifiers.
        found = qualifiers(hint)
        is_required = typing.Required in found or (name in required and typing.NotRequired not in found)
        fields.append(simple_field(name, hint, is_required=is_required))
    return Shape(tuple(fields), is_call=False)
