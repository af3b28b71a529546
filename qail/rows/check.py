"""The look at the values of a batch before models are made of them: NULL where none may be, a value of another class.

Rule 1: what the columns' types and the fields say for all values is not looked at again.
Rule 2: a batch in order costs a pass in C; only a fault is searched for row by row. An error never shows the value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from operator import contains, is_, itemgetter
from typing import Any, Final, TypeAlias

from qail.errors import DecodeError
from qail.rows.shape import Field, Given, name_of

Rows: TypeAlias = list[tuple[Any, ...]]
Check: TypeAlias = Callable[[Rows], None]
NONE: Final = type(None)


def checks_of(model: Any, fields: Sequence[Field | None], columns: Sequence[Given]) -> list[Check]:
    """What has to be asked of every batch of rows of these columns."""
    found: list[Check] = []
    filled = [(number, column, field) for number, (column, field) in enumerate(zip(columns, fields, strict=False))]
    not_null = [(number, column.name, field) for number, column, field in filled if field and not field.is_optional]
    if not_null:
        found.append(partial(_refuse_null, model, not_null))
    for number, column, field in filled:
        if field is None or field.accepted.classes is None:
            continue
        if column.classes is None or not all(issubclass(known, field.accepted.classes) for known in column.classes):
            found.append(partial(_refuse_class, model, number, column.name, field))
        if field.accepted.choices is not None:
            found.append(partial(_refuse_choice, model, number, column.name, field))
    return found


def _may_have_none(rows: Rows) -> bool:
    try:
        return True in map(contains, rows, repeat(None))
    except Exception:  # noqa: BLE001 - a value whose == gives no bool, such as an array of numpy
        return True


def _refuse_null(model: Any, not_null: list[tuple[int, str, Field]], rows: Rows) -> None:
    if not _may_have_none(rows):
        return
    if not any(True in map(is_, map(itemgetter(number), rows), repeat(None)) for number, _, _ in not_null):
        return
    for row_number, row in enumerate(rows, 1):
        for number, name, field in not_null:
            if row[number] is None:
                raise DecodeError(
                    f"column {name!r} of row {row_number} is NULL, and {name_of(model)}.{field.argument} is not "
                    "optional: annotate it with | None if that is right"
                )


def _refuse_class(model: Any, number: int, name: str, field: Field, rows: Rows) -> None:
    # None is for the other check to find.
    classes = (*(field.accepted.classes or ()), NONE)
    if False not in map(isinstance, map(itemgetter(number), rows), repeat(classes)):
        return
    for row_number, row in enumerate(rows, 1):
        value = row[number]
        if not isinstance(value, classes):
            takes = " or ".join(each.__name__ for each in classes[:-1])
            raise DecodeError(
                f"column {name!r} of row {row_number} has a value of {type(value).__name__}, "
                f"and {name_of(model)}.{field.argument} takes {takes}"
            )


def _refuse_choice(model: Any, number: int, name: str, field: Field, rows: Rows) -> None:
    choices = (*(field.accepted.choices or ()), None)
    for row_number, value in enumerate(map(itemgetter(number), rows), 1):
        if value not in choices:
            raise DecodeError(
                f"column {name!r} of row {row_number} has none of the values that "
                f"{name_of(model)}.{field.argument} takes: {', '.join(map(repr, choices[:-1]))}"
            )
