"""pydantic's models as row targets. Nothing but `model.py` imports this file, and only for such a model.

Rule 1: a column has the name under which the model validates: a field's alias, or its name where the model allows it.
Rule 2: one validation takes a whole batch of rows; its first error names the row and the column.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any, Final

import pydantic

from qail.errors import DecodeError
from qail.rows.hints import plain
from qail.rows.shape import Field, Shape, name_of

Rows = list[tuple[Any, ...]]
PLAIN: Final = (bool, int, float, str, bytes)
"""Classes that no None can become, unless a validator of the model's own makes one of it."""


def pydantic_shape(model: Any) -> Shape:
    """The fields of a model, and whether it takes any other column as well."""
    config: dict[str, Any] = getattr(model, "model_config", None) or getattr(model, "__pydantic_config__", None) or {}
    is_by_name = bool(config.get("validate_by_name") or config.get("populate_by_name"))
    is_by_alias = config.get("validate_by_alias", True) is not False
    is_plain = not _has_validators(model)
    fields: list[Field] = []
    for name, info in model.__pydantic_fields__.items():
        if getattr(info, "init", None) is False:
            continue
        aliases = _aliases(info.validation_alias) if is_by_alias else ()
        names = (*aliases, name) if is_by_name or not aliases else aliases
        fields.append(
            Field(
                names,
                info.is_required(),
                is_optional=True,
                argument=name,
                refuses_null=is_plain and _refuses_null(info),
                is_keyword=bool(getattr(info, "kw_only", False)),
            )
        )
    is_model = issubclass(model, pydantic.BaseModel)
    return Shape(tuple(fields), is_open=config.get("extra") == "allow", is_call=not is_model)


def _has_validators(model: Any) -> bool:
    found: Any = getattr(model, "__pydantic_decorators__", None)
    return found is not None and bool(found.field_validators or found.model_validators or found.root_validators)


def _refuses_null(info: Any) -> bool:
    """Whether None is known to be refused: by a plain class without a validator of its own."""
    hint = plain(info.annotation)
    return hint in PLAIN and not any(hasattr(each, "func") for each in info.metadata)


def _aliases(alias: Any) -> tuple[str, ...]:
    if isinstance(alias, str):
        return (alias,)
    if isinstance(alias, pydantic.AliasPath):
        return (str(alias.path[0]),)
    if isinstance(alias, pydantic.AliasChoices):
        return tuple(name for choice in alias.choices for name in _aliases(choice))
    return ()


def pydantic_maker(model: Any, names: tuple[str, ...]) -> Callable[[Rows], list[Any]]:
    """What validates tuples with these column names as objects of `model`."""
    # One validation of the whole batch is half the cost of one a row.
    many: Any = list[model]
    validate = pydantic.TypeAdapter(many).validate_python

    def make(rows: Rows) -> list[Any]:
        try:
            return list(validate(list(map(dict, map(zip, repeat(names), rows)))))
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            number, *where = first["loc"]
            column = ".".join(str(part) for part in where)
            number = int(number) + 1
            raise DecodeError(
                f"column {column!r} of row {number} does not fit {name_of(model)}: {first['msg']}"
            ) from error
        except Exception as error:
            raise DecodeError(f"{name_of(model)} refuses a row: {type(error).__name__}: {error}") from error

    return make
