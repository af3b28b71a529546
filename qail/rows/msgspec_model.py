"""Structs of msgspec. Nothing but `model.py` imports this file, and only for such a class.

Rule 1: a column has the name under which the Struct is encoded (`rename=`), or the field's own name.
Rule 2: msgspec checks and converts the values, a whole batch in one call, and its strict rules hold: a constraint of
`Meta`, an Enum of its value, a Struct of a dict from jsonb. Its class then makes the Struct, so `__post_init__` runs.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from qail.errors import DecodeError
from qail.rows.hints import hints_of, takes_none
from qail.rows.shape import Field, Given, Shape, name_of

_PLACE: Final = re.compile(r"`\$\[(\d+)\]\[(\d+)\]")


def struct_shape(model: Any) -> Shape:
    """The fields of a Struct."""
    hints = hints_of(model)
    declared = msgspec.structs.fields(model)
    encoded = {each.encode_name for each in declared}
    # Structs list keyword-only fields last, in their call and here.
    positional: tuple[str, ...] = tuple((typing.get_origin(model) or model).__match_args__)
    fields: list[Field] = []
    for each in declared:
        hint = hints.get(each.name, Any)
        own = (each.name,) if each.name not in encoded else ()
        fields.append(
            Field(
                (each.encode_name, *own),
                each.required,
                is_optional=True,
                argument=each.name,
                refuses_null=not takes_none(hint),
                is_keyword=each.name not in positional,
                hint=hint,
            )
        )
    return Shape(tuple(fields))


def struct_checker(
    model: Any, fields: Sequence[Field], columns: Sequence[Given]
) -> Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]:
    """What gives the rows with their values as the fields take them. Raises DecodeError naming row and column."""
    one: Any = tuple[tuple([field.hint for field in fields])]  # type: ignore[misc]  # a tuple type made at run time
    many: Any = list[one]

    def checked(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        try:
            found: list[tuple[Any, ...]] = msgspec.convert(rows, many)
        except msgspec.ValidationError as error:
            raise _told(model, fields, columns, error) from error
        return found

    return checked


def _told(model: Any, fields: Sequence[Field], columns: Sequence[Given], error: Exception) -> DecodeError:
    message = str(error)
    place = _PLACE.search(message)
    said = message.split(" - at ", maxsplit=1)[0]
    if place is None:
        return DecodeError(f"{name_of(model)} refuses a row: {said}")
    row_number, number = int(place[1]) + 1, int(place[2])
    column, field = columns[number], fields[number]
    if said.endswith("got `null`"):
        said = "it is NULL, and the field is not optional: annotate it with | None if that is right"
    return DecodeError(
        f"column {column.name!r} of row {row_number} does not fit {name_of(model)}.{field.argument}: {said}"
    )
