"""Shape: the fields of a model, whatever kind of class it is, and what of a row fits them.

Rule 1: a field has the names under which a column may come for it, the name of its argument, and what it takes.
Rule 2: a column that no field takes, two columns for one field, and a field without a column and without a default of
its own are faults; so is a column that may be NULL for a field that is not optional, and one of another type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from qail.rows.hints import ANYTHING, Accepted
from qail.rows.row import duplicates


class Field(NamedTuple):
    """A field of a model.

    `names` are those a column may have for it, `argument` what a call and an error name it. Without `is_optional` a
    None is found before the model is made; `refuses_null` is whether None is known never to fit, also where the model
    finds that out by itself. `is_keyword`: no argument by position.
    """

    names: tuple[str, ...]
    is_required: bool
    is_optional: bool
    argument: str
    refuses_null: bool = False
    accepted: Accepted = ANYTHING
    is_keyword: bool = False
    hint: Any = Any


class Shape(NamedTuple):
    """The fields of a model. `is_open`: any other column is taken, too. `is_call`: it can be called by position.

    `is_own`: it has a constructor of its own, of which the fields say nothing.
    """

    fields: tuple[Field, ...]
    is_open: bool = False
    is_call: bool = True
    is_own: bool = False

    def field_of(self, name: str) -> Field | None:
        """The field that takes a column of this name: by its first name before another by its second."""
        others: Field | None = None
        for field in self.fields:
            if field.names and field.names[0] == name:
                return field
            if others is None and name in field.names:
                others = field
        return others


class Given(NamedTuple):
    """A column of a row as far as it is known: of which classes its values are, None if only they tell, and if one may
    be NULL. `source` is its type, or else what it is made of, for an error."""

    name: str
    classes: tuple[type, ...] | None = None
    null: bool = False
    source: str = ""


def name_of(model: Any) -> str:
    """A model's name for errors."""
    return str(getattr(model, "__name__", model))


def names_fault(model: Any, shape: Shape, names: Sequence[str]) -> str:
    """Why columns of these names do not fit; empty when they do."""
    if len(set(names)) < len(names):
        return f"into({name_of(model)}) goes by name, and {duplicates(names)} stands more than once: use as_()"
    taken: dict[int, str] = {}
    unknown: list[str] = []
    for name in names:
        field = shape.field_of(name)
        if field is None:
            unknown.append(name)
        elif id(field) in taken:
            return f"{name_of(model)}.{field.argument} would be filled by both {taken[id(field)]!r} and {name!r}"
        else:
            taken[id(field)] = name
    if unknown and not shape.is_open:
        fields = ", ".join(field.names[0] for field in shape.fields if field.names)
        return f"{name_of(model)} has no field for the columns {', '.join(unknown)}; it has {fields}"
    missing = [_said(field) for field in shape.fields if field.is_required and id(field) not in taken]
    if missing:
        return f"{name_of(model)} needs the fields {', '.join(missing)}, and the query returns only {', '.join(names)}"
    return ""


def _said(field: Field) -> str:
    return field.names[0] if field.names else field.argument


def fields_by_name(shape: Shape, names: Iterable[str]) -> list[Field | None]:
    """The field of each column; None for one that only an open model takes."""
    return [shape.field_of(name) for name in names]


def fields_by_position(shape: Shape) -> list[Field]:
    """The fields that a call fills by position."""
    return [field for field in shape.fields if not field.is_keyword]


def count_fault(model: Any, shape: Shape, count: int) -> str:
    """Why a call with `count` values by position does not fit; empty when it does."""
    fields = fields_by_position(shape)
    keywords = [field.argument for field in shape.fields if field.is_keyword and field.is_required]
    if not shape.is_call or keywords:
        return f"map({name_of(model)}) goes by position, and its fields go by name: into({name_of(model)})"
    least = len([field for field in fields if field.is_required])
    if least <= count <= len(fields):
        return ""
    takes = f"{least} to {len(fields)}" if least < len(fields) else str(least)
    return f"map({name_of(model)}) takes {takes} values, and a row has {count}"


def values_fault(model: Any, fields: Sequence[Field | None], columns: Sequence[Given]) -> str:
    """Why values of these columns do not fit their fields, as far as it can be told ahead; empty when they may."""
    for field, column in zip(fields, columns, strict=False):
        if field is None:
            continue
        if column.null and field.refuses_null:
            return (
                f"column {column.name!r} may be NULL, and {name_of(model)}.{field.argument} is not optional: "
                "annotate it with | None, or promise not_null() of the column"
            )
        wanted = field.accepted.classes
        if wanted is None or column.classes is None:
            continue
        if not any(issubclass(known, wanted) for known in column.classes):
            given = " or ".join(dict.fromkeys(known.__name__ for known in column.classes))
            takes = " or ".join(known.__name__ for known in wanted) or "None"
            return (
                f"column {column.name!r} is {column.source} and gives {given}, "
                f"and {name_of(model)}.{field.argument} takes {takes}"
            )
    return ""
