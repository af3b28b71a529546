"""pydantic's models as row targets. Nothing but `model.py` imports this file, and only for such a model.

Rule 1: a column has the name under which the model validates: a field's alias, or its name where the model allows it.
Rule 2: one validation takes a whole batch of rows; its first error names the row and the column.
"""

from __future__ import annotations

from typing import Any

import pydantic

from qail.errors import DecodeError
from qail.rows.model import Field, Maker, Rows, name_of


def pydantic_fields(model: Any) -> tuple[tuple[Field, ...], bool]:
    """The fields of a model, and whether it takes any other column as well."""
    config: dict[str, Any] = getattr(model, "model_config", None) or getattr(model, "__pydantic_config__", None) or {}
    is_by_name = bool(config.get("validate_by_name") or config.get("populate_by_name"))
    is_by_alias = config.get("validate_by_alias", True) is not False
    fields: list[Field] = []
    for name, info in model.__pydantic_fields__.items():
        if getattr(info, "init", None) is False:
            continue
        aliases = _aliases(info.validation_alias) if is_by_alias else ()
        names = (*aliases, name) if is_by_name or not aliases else aliases
        fields.append(Field(names, info.is_required(), is_optional=True))
    return tuple(fields), config.get("extra") == "allow"


def _aliases(alias: Any) -> tuple[str, ...]:
    if isinstance(alias, str):
        return (alias,)
    if isinstance(alias, pydantic.AliasPath):
        return (str(alias.path[0]),)
    if isinstance(alias, pydantic.AliasChoices):
        return tuple(name for choice in alias.choices for name in _aliases(choice))
    return ()


def pydantic_maker(model: Any, names: tuple[str, ...]) -> Maker:
    """What validates tuples with these column names as objects of `model`."""
    # One validation of the whole batch is half the cost of one a row.
    many: Any = list[model]
    validate = pydantic.TypeAdapter(many).validate_python

    def make(rows: Rows) -> list[Any]:
        try:
            return list(validate([dict(zip(names, row, strict=True)) for row in rows]))
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
