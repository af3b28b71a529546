"""`into(model)`, `map(model)`: rows as dataclasses, named tuples, TypedDicts, models of attrs, msgspec and pydantic.

Rule 1: `into()` and `map()` refuse a class that cannot be filled and, where the query says its columns, columns that do
not fit; the rest is checked when a result's columns are known, before its first row.
Rule 2: NULL in a field that is not optional, and a value that a field does not take, are a DecodeError. A field without
a column has the default of its own; no other is ever put in the place of a value.
Rule 3: attrs, msgspec and pydantic are imported for classes of their own only (`attrs_model.py` and its like).
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat, starmap
from operator import itemgetter
from types import FunctionType
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from typing_extensions import is_typeddict

from qail.errors import BuildError, DecodeError
from qail.rows.check import checks_of
from qail.rows.plain_model import dataclass_shape, is_named_tuple, named_tuple_shape, typed_dict_shape
from qail.rows.python_types import classes_of_oid
from qail.rows.shape import (
    Field,
    Given,
    Shape,
    count_fault,
    fields_by_name,
    fields_by_position,
    name_of,
    names_fault,
    values_fault,
)

Rows: TypeAlias = list[tuple[Any, ...]]
Maker: TypeAlias = Callable[[Rows], list[Any]]
Fill: TypeAlias = Callable[[Rows], Iterable[Any]]

_SHAPES: Final[WeakKeyDictionary[Any, Shape]] = WeakKeyDictionary()


def shape_of(model: Any) -> Shape:
    """The fields of a model, read once.

    Raises:
        BuildError: it is no class that qail can fill, or its annotations cannot be read.
    """
    found = shape_if_any(model)
    if found is None:
        raise BuildError(
            "into() fills dataclasses, named tuples, TypedDicts, and classes of attrs, msgspec and pydantic, "
            f"not {model!r:.60}: map() takes any function of the values"
        )
    return found


def shape_if_any(model: Any) -> Shape | None:
    """As `shape_of`, None where it is no class that qail can fill."""
    if type(model) is FunctionType:
        return None
    try:
        found = _SHAPES.get(model)
    except TypeError:
        return None  # not hashable, or without weak references: no class
    if found is None:
        found = read_shape(model)
        if found is not None:
            _SHAPES[model] = found
    return found


def call_shape(model: Any) -> Shape | None:
    """The fields that a call fills by position; None where nothing is known of the call."""
    try:
        found = shape_if_any(model)
    except BuildError:
        return None  # its annotations cannot be read: names are needed by into() only
    return None if found is None or found.is_own else found


def read_shape(model: Any) -> Shape | None:
    """What there is to fill in `model`; None where it is no class that qail can fill.

    Raises:
        BuildError: its annotations cannot be read.
    """
    if is_pydantic(model):
        from qail.rows.pydantic_model import pydantic_shape

        return pydantic_shape(model)
    own = typing.get_origin(model) or model
    if is_typeddict(own):
        return typed_dict_shape(model)
    if not isinstance(own, type):
        return None
    if hasattr(own, "__struct_config__"):
        from qail.rows.msgspec_model import struct_shape

        return struct_shape(model)
    if hasattr(own, "__attrs_attrs__"):
        from qail.rows.attrs_model import attrs_shape

        return attrs_shape(model)
    if dataclasses.is_dataclass(own):
        return dataclass_shape(model)
    return named_tuple_shape(model) if is_named_tuple(own) else None


def check_names(model: Any, names: tuple[str, ...]) -> str:
    """Why columns of these names do not fit `model`; empty when they do. Raises BuildError as `shape_of`."""
    return names_fault(model, shape_of(model), names)


def check_columns(model: Any, columns: Sequence[Given]) -> str:
    """Why these columns do not fit `model`; empty when they do. Raises BuildError as `shape_of`."""
    shape = shape_of(model)
    names = [column.name for column in columns]
    return names_fault(model, shape, names) or values_fault(model, fields_by_name(shape, names), columns)


def check_values(model: Any, columns: Sequence[Given]) -> str:
    """Why a call of `model` with these columns by position does not fit; empty when it does, or is of no model."""
    shape = call_shape(model)
    if shape is None:
        return ""
    return count_fault(model, shape, len(columns)) or values_fault(model, fields_by_position(shape), columns)


def model_maker(model: Any, names: tuple[str, ...], oids: Sequence[int] = ()) -> Maker:
    """What turns tuples with these column names, of types with these OIDs, into objects of `model`.

    Args:
        oids: those of the columns; 0, or none at all, where only the values tell of which class they are.

    Raises:
        BuildError: `model` is no class that qail can fill.
        DecodeError: columns and fields do not match.
    """
    shape = shape_of(model)
    columns = _given(names, oids)
    fields = fields_by_name(shape, names)
    fault = names_fault(model, shape, names) or values_fault(model, fields, columns)
    if fault:
        raise DecodeError(fault)
    if is_pydantic(model):
        from qail.rows.pydantic_model import pydantic_maker

        return pydantic_maker(model, names)
    found: list[Field] = [field for field in fields if field is not None]
    if is_typeddict(typing.get_origin(model) or model):
        keys = tuple(field.argument for field in found)
        fill: Fill = partial(_dicts, keys)
    elif shape.is_own:
        fill = partial(_by_name, model, tuple(field.argument for field in found))
    else:
        fill = _filler(model, fields_by_position(shape), found)
    return _checked_maker(model, fill, found, columns)


def call_maker(model: Any, names: tuple[str, ...], oids: Sequence[int] = ()) -> Maker | None:
    """As `model_maker`, by position; None where `model` is no class with fields, but anything else that can be called.

    Raises:
        DecodeError: columns and fields do not match.
    """
    shape = call_shape(model)
    if shape is None or is_pydantic(model):
        return None
    columns = _given(names, oids)
    positional = fields_by_position(shape)
    fields = positional[: len(names)]
    fault = count_fault(model, shape, len(names)) or values_fault(model, fields, columns)
    if fault:
        raise DecodeError(fault)
    return _checked_maker(model, _filler(model, positional, fields), fields, columns)


def _given(names: tuple[str, ...], oids: Sequence[int]) -> list[Given]:
    return [
        Given(name, classes_of_oid(oid), source=f"of the type with OID {oid}")
        for name, oid in zip(names, oids or [0] * len(names), strict=True)
    ]


def _checked_maker(model: Any, fill: Fill, fields: Sequence[Field], columns: Sequence[Given]) -> Maker:
    checks = checks_of(model, fields, columns)
    if hasattr(typing.get_origin(model) or model, "__struct_config__"):
        from qail.rows.msgspec_model import struct_checker

        converted = struct_checker(model, fields, columns)
        struct_fill = fill

        def fill_struct(rows: Rows) -> Iterable[Any]:
            return struct_fill(converted(rows))

        fill = fill_struct
    return partial(_make, model, fill, checks)


def _make(model: Any, fill: Fill, checks: Sequence[Callable[[Rows], None]], rows: Rows) -> list[Any]:
    for check in checks:
        check(rows)
    made: list[Any] = []
    try:
        made.extend(fill(rows))
    except DecodeError:
        raise
    except Exception as error:
        raise DecodeError(f"{name_of(model)} refuses row {len(made) + 1}: {type(error).__name__}: {error}") from error
    return made


def is_pydantic(model: Any) -> bool:
    """Whether it is a model or a dataclass of pydantic's; found without importing it."""
    return isinstance(model, type) and hasattr(model, "__pydantic_validator__")


def _filler(model: Any, positional: Sequence[Field], fields: Sequence[Field]) -> Fill:
    """What calls `model` with the values of a row: by position where they are its first, else by name."""
    leading = list(positional[: len(fields)])
    if {id(field) for field in leading} != {id(field) for field in fields}:
        return partial(_by_name, model, tuple(field.argument for field in fields))
    make: Callable[[Rows], Iterable[Any]] = partial(starmap, model)
    if len(leading) == len(positional) and getattr(model, "__bases__", None) == (tuple,):
        # A named tuple that has all of its fields, and no constructor of its own: that is what its _make does, too.
        make = partial(_named_tuples, model)
    if leading == list(fields):
        return make
    if len(leading) == 1:
        return make
    in_order = itemgetter(*[list(fields).index(field) for field in leading])
    return lambda rows: make(list(map(in_order, rows)))


def _named_tuples(model: Any, rows: Rows) -> Iterable[Any]:
    plain: Any = tuple
    return map(plain.__new__, repeat(model), rows)


def _dicts(keys: tuple[str, ...], rows: Rows) -> Iterable[dict[str, Any]]:
    return map(dict, map(zip, repeat(keys), rows))


def _by_name(model: Any, keys: tuple[str, ...], rows: Rows) -> Iterable[Any]:
    return (model(**arguments) for arguments in _dicts(keys, rows))
