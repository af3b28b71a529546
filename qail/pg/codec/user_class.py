"""Python classes that are registered for composite types: NamedTuple, dataclass, pydantic, attrs and msgspec models.

Rule 1: a class is bound to a type once, when the type is looked up: its fields are the type's attributes, by name.
Rule 2: an object is made by the class itself, so what it checks is checked; what it raises is a DecodeError's cause.
Rule 3: pydantic is not imported here: a model brings its own methods.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, cast

from qail.errors import DecodeError, EncodeError, UsageError
from qail.pg.codec.composite import CompositeForm
from qail.pg.codec.refusal import short_repr, with_cause


def checked_class(how: object) -> type[Any]:
    """A class that can stand for an enum or a composite type.

    Raises:
        UsageError: it is no class, or of no kind that is known.
    """
    if isinstance(how, type):
        kind = cast("type[Any]", how)
        if issubclass(kind, Enum) or field_names(kind) is not None:
            return kind
    raise UsageError(
        "a type is registered with an Enum, a NamedTuple, a dataclass, a pydantic model or a qail.TypeCodec, "
        f"not {how!r:.60}"
    )


def field_names(kind: Any) -> list[str] | None:
    """The names of the fields that `kind` is made of; None when it is no class of fields."""
    if isinstance(getattr(kind, "__pydantic_fields__", None), dict):
        return list(kind.__pydantic_fields__)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if field.init]
    # A NamedTuple's, msgspec's; then attrs'.
    for mark in ("_fields", "__struct_fields__"):
        names: Any = getattr(kind, mark, None)
        if isinstance(names, tuple):
            return [str(name) for name in cast("tuple[object, ...]", names)]
    attributes: Any = getattr(kind, "__attrs_attrs__", None)
    return None if attributes is None else [str(each.name) for each in attributes]


class ClassForm(CompositeForm):
    """Fields as an object of a class that was registered."""

    def __init__(self, type_name: str, kind: type[Any], names: list[str]) -> None:
        """Bind `kind` to the attributes `names`.

        Raises:
            UsageError: the class's fields are not the attributes.
        """
        fields = field_names(kind) or []
        missing = [name for name in names if name not in fields]
        unknown = [name for name in fields if name not in names]
        if missing or unknown:
            parts = [f"has no field for {', '.join(missing)}"] if missing else []
            parts += [f"has {', '.join(unknown)}, which it has not"] if unknown else []
            raise UsageError(f"{kind.__name__} does not fit {type_name}: it {' and '.join(parts)}")
        self._type_name: Final = type_name
        self._kind: Final[Any] = kind
        self._names: Final = names
        self._make: Final[Callable[[list[object]], object]] = _maker(kind, names, fields)

    def make(self, values: list[object]) -> object:
        """An object of the class.

        Raises:
            DecodeError: the class refuses the values; what it raised is the cause.
        """
        try:
            return self._make(values)
        except Exception as error:
            what = f"{self._kind.__name__}, registered for {self._type_name}, refuses a value: {type(error).__name__}"
            raise with_cause(DecodeError(what), error) from error

    def take(self, value: object) -> list[object] | None:
        """The attributes of an object of the class.

        Raises:
            EncodeError: one of them cannot be read.
        """
        if not isinstance(value, self._kind):
            return None
        try:
            return [getattr(value, name) for name in self._names]
        except Exception as error:
            what = f"{self._kind.__name__} {short_repr(value)}"
            fault = EncodeError(f"{self._type_name} cannot read {what}: {type(error).__name__}: {error}")
            raise with_cause(fault, error) from error


def _maker(kind: Any, names: list[str], fields: list[str]) -> Callable[[list[object]], object]:
    if isinstance(getattr(kind, "__pydantic_fields__", None), dict):
        validator = kind.__pydantic_validator__

        def validated(values: list[object]) -> object:
            return validator.validate_python(dict(zip(names, values, strict=True)), by_alias=False, by_name=True)

        return validated
    if names == fields and not _has_keyword_fields(kind):
        return lambda values: kind(*values)
    return lambda values: kind(**dict(zip(names, values, strict=True)))


def _has_keyword_fields(kind: Any) -> bool:
    """Whether some of its fields can be given by name only, or under another name."""
    if dataclasses.is_dataclass(kind):
        return any(field.kw_only for field in dataclasses.fields(kind))
    return not issubclass(kind, tuple)
