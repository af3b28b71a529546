"""Classes of attrs. Nothing but `model.py` imports this file, and only for such a class.

Rule: a column has the field's alias, which is the name of its argument, or the field's own name. A converter says what
None and other values become; without one they are looked at as those of a dataclass are.
"""

from __future__ import annotations

import typing
from typing import Any

import attrs

from qail.rows.hints import ANYTHING, accepted, hints_of, takes_none
from qail.rows.plain_model import has_own_constructor
from qail.rows.shape import Field, Shape


def attrs_shape(model: Any) -> Shape:
    """The arguments of a class of attrs."""
    hints = hints_of(model)
    declared: tuple[Any, ...] = (typing.get_origin(model) or model).__attrs_attrs__
    fields: list[Field] = []
    for each in declared:
        if not each.init:
            continue
        hint = hints.get(each.name, Any)
        is_converted = each.converter is not None
        is_optional = is_converted or takes_none(hint)
        fields.append(
            Field(
                (each.alias,) if each.alias == each.name else (each.alias, each.name),
                each.default is attrs.NOTHING,
                is_optional,
                each.alias,
                refuses_null=not is_optional,
                accepted=ANYTHING if is_converted else accepted(hint),
                is_keyword=each.kw_only,
                hint=hint,
            )
        )
    return Shape(tuple(fields), is_own=has_own_constructor(model, "__attrs_attrs__"))
