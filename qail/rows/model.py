"""`into(model)`: rows as dataclasses, named tuples, TypedDicts and pydantic models, filled by name.

Rule 1: `into()` refuses a class that cannot be filled and, where the query says its columns' names, names that do not
fit; the rest is checked when a result's names are known, before its first row.
Rule 2: a column that no field takes, and a field without a column and without a default, are errors.
Rule 3: NULL in a field that is not optional is a DecodeError. No default is put in the place of NULL.
Rule 4: pydantic is imported only for pydantic's own models (`pydantic_model.py`).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable
from itertools import starmap
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias, Union
from weakref import WeakKeyDictionary

from typing_extensions import ReadOnly, is_typeddict

from qail.errors import BuildError, DecodeError
from qail.rows.row import duplicates

Rows: TypeAlias = list[tuple[Any, ...]]
Maker: TypeAlias = Callable[[Rows], list[Any]]
QUALIFIERS = (typing.Annotated, typing.Required, typing.NotRequired, typing.ClassVar, typing.Final, ReadOnly)


class Field(NamedTuple):
    """A field of a model: the names a column may have for it, if one must be there, if it takes None."""

    names: tuple[str, ...]
    is_required: bool
    is_optional: bool


class Shape(NamedTuple):
    """The fields of a model. `is_positional`: its call takes them in this order; `is_open`: and any other column."""

    fields: tuple[Field, ...]
    is_positional: bool
    is_open: bool = False


_SHAPES: Final[WeakKeyDictionary[Any, Shape]] = WeakKeyDictionary()


def shape_of(model: Any) -> Shape:
    """As `read_shape`, read once a model."""
    try:
        found = _SHAPES.get(model)
    except TypeError:
        found = None  # no class; read_shape says so
    if found is None:
        found = read_shape(model)
        _SHAPES[model] = found
    return found


def read_shape(model: Any) -> Shape:
    """What there is to fill in `model`.

    Raises:
        BuildError: it is no class that qail can fill, or its annotations cannot be read.
    """
    if is_pydantic(model):
        from qail.rows.pydantic_model import pydantic_fields

        fields, is_open = pydantic_fields(model)
        return Shape(fields, is_positional=False, is_open=is_open)
    if is_typeddict(model):
        return _typed_dict_shape(model)
    if isinstance(model, type) and dataclasses.is_dataclass(model):
        return _dataclass_shape(model)
    if _is_named_tuple(model):
        return _named_tuple_shape(model)
    raise BuildError(
        f"into() fills dataclasses, named tuples, TypedDicts and pydantic models, not {model!r:.60}: "
        "map() takes any function of the values"
    )


def check_names(model: Any, names: tuple[str, ...]) -> str:
    """Why columns of these names do not fit `model`; empty when they do. Raises BuildError as `shape_of`."""
    shape = shape_of(model)
    model_name = name_of(model)
    if len(set(names)) < len(names):
        return f"into({model_name}) goes by name, and {duplicates(names)} stands more than once: use as_()"
    known = {name for field in shape.fields for name in field.names}
    unknown = [] if shape.is_open else [name for name in names if name not in known]
    if unknown:
        fields = ", ".join(field.names[0] for field in shape.fields)
        return f"{model_name} has no field for the columns {', '.join(unknown)}; it has {fields}"
    missing = [field.names[0] for field in shape.fields if field.is_required and not set(field.names) & set(names)]
    if missing:
        return f"{model_name} needs the fields {', '.join(missing)}, and the query returns only {', '.join(names)}"
    return ""


def model_maker(model: Any, names: tuple[str, ...]) -> Maker:
    """What turns tuples with these column names into objects of `model`.

    Raises:
        BuildError: `model` is no class that qail can fill.
        DecodeError: columns and fields do not match.
    """
    fault = check_names(model, names)
    if fault:
        raise DecodeError(fault)
    if is_pydantic(model):
        from qail.rows.pydantic_model import pydantic_maker

        return pydantic_maker(model, names)
    shape = shape_of(model)
    refuse_null = _null_check(model, shape, names)
    if is_typeddict(model):
        return lambda rows: [dict(zip(names, row, strict=True)) for row in refuse_null(rows)]
    fill = _filler(model, shape, names)

    def make(rows: Rows) -> list[Any]:
        made: list[Any] = []
        try:
            made.extend(fill(refuse_null(rows)))
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(
                f"{name_of(model)} refuses row {len(made) + 1}: {type(error).__name__}: {error}"
            ) from error
        return made

    return make


def name_of(model: Any) -> str:
    """A model's name for errors."""
    return str(getattr(model, "__name__", model))


def is_pydantic(model: Any) -> bool:
    """Whether it is a model or a dataclass of pydantic's; found without importing it."""
    return isinstance(model, type) and hasattr(model, "__pydantic_validator__")


def _is_named_tuple(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, tuple) and "_fields" in dir(model)  # pyright: ignore[reportUnknownArgumentType] - of any tuple


def _filler(model: Any, shape: Shape, names: tuple[str, ...]) -> Callable[[Rows], Iterable[Any]]:
    leading = [field.names[0] for field in shape.fields[: len(names)]]
    if not shape.is_positional or set(leading) != set(names):
        return lambda rows: (model(**dict(zip(names, row, strict=True))) for row in rows)
    if leading == list(names):
        return lambda rows: starmap(model, rows)
    in_order = itemgetter(*[names.index(name) for name in leading])
    return lambda rows: starmap(model, map(in_order, rows))


def _null_check(model: Any, shape: Shape, names: tuple[str, ...]) -> Callable[[Rows], Rows]:
    optional = {name for field in shape.fields if field.is_optional for name in field.names}
    checked = [(itemgetter(number), name) for number, name in enumerate(names) if name not in optional]

    def refuse_null(rows: Rows) -> Rows:
        for value_of, name in checked:
            for number, value in enumerate(map(value_of, rows), 1):
                if value is None:
                    raise DecodeError(
                        f"column {name!r} of row {number} is NULL, and {name_of(model)}.{name} is not optional: "
                        "annotate it with | None if that is right"
                    )
        return rows

    return refuse_null


def _dataclass_shape(model: Any) -> Shape:
    hints = _hints(model)
    declared: dict[str, dataclasses.Field[Any]] = model.__dataclass_fields__
    fields: list[Field] = []
    is_positional = True
    for name, field in declared.items():
        hint = hints[name]
        if typing.get_origin(hint) is typing.ClassVar or hint is typing.ClassVar or not field.init:
            continue
        # InitVar pseudo-fields are arguments of the call like any other; dataclasses.fields() leaves them out.
        if isinstance(hint, dataclasses.InitVar):
            hint = getattr(hint, "type", Any)  # pyright: ignore[reportUnknownArgumentType] - of any InitVar
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        fields.append(Field((name,), not has_default, takes_none(hint)))
        is_positional = is_positional and not field.kw_only
    return Shape(tuple(fields), is_positional)


def _named_tuple_shape(model: Any) -> Shape:
    hints = _hints(model)
    defaults: dict[str, Any] = model._field_defaults
    names: tuple[str, ...] = model._fields
    fields = [Field((name,), name not in defaults, takes_none(hints.get(name, Any))) for name in names]
    return Shape(tuple(fields), is_positional=True)


def _typed_dict_shape(model: Any) -> Shape:
    required: frozenset[str] = model.__required_keys__
    fields: list[Field] = []
    for name, hint in _hints(model).items():
        # Where annotations are strings the class itself has not seen their qualifiers.
        qualifiers = _qualifiers(hint)
        is_required = typing.Required in qualifiers or (name in required and typing.NotRequired not in qualifiers)
        fields.append(Field((name,), is_required, takes_none(hint)))
    return Shape(tuple(fields), is_positional=False)


def _hints(model: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(model, include_extras=True)
    except Exception as error:
        raise BuildError(f"the annotations of {model!r:.60} cannot be read: {error}") from error


def _qualifiers(hint: Any) -> list[Any]:
    found: list[Any] = []
    while typing.get_origin(hint) in QUALIFIERS:
        found.append(typing.get_origin(hint))
        hint = typing.get_args(hint)[0]
    return found


def takes_none(hint: Any) -> bool:
    """Whether None is a value of this annotation."""
    if hint is Any or hint is None or hint is type(None) or hint is object or isinstance(hint, typing.TypeVar):
        return True
    origin = typing.get_origin(hint)
    if origin is Union or origin is types.UnionType:
        return any(takes_none(member) for member in typing.get_args(hint))
    if origin in QUALIFIERS:
        return takes_none(typing.get_args(hint)[0])
    return origin is typing.Literal and None in typing.get_args(hint)
