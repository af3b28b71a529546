"""What a table class is checked for, and what the class of its rows is made of: methods generated from names."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.ast.clause.column_def import ColumnDef


def checked_attribute(attribute: str, class_name: str) -> str:
    """`attribute` itself, if it can be a field of a row.

    Raises:
        BuildError: it is no identifier, a keyword, or begins with two underscores, which Python mangles.
    """
    mangled = f"_{class_name.lstrip('_')}__"
    is_identifier = attribute.isidentifier() and not keyword.iskeyword(attribute)
    if not is_identifier or attribute.startswith(("__", mangled)):
        raise BuildError(
            f"{class_name}.{attribute} cannot be the name of an attribute; "
            'choose another and give the column\'s name: col(..., name="...")'
        )
    return attribute


def row_methods(fields: tuple[str, ...]) -> dict[str, Any]:
    """`__init__`, and `__qail_values__`: a row's values as a tuple."""
    made: dict[str, Any] = {}
    # `__row` and not `self`, which may be a column; no attribute begins with two underscores.
    lines = "".join(f"    __row.{field} = {field}\n" for field in fields)
    values = "".join(f"__row.{field}, " for field in fields)
    source = f"def __init__(__row, {', '.join(fields)}):\n{lines}\ndef __qail_values__(__row):\n    return ({values})\n"
    exec(source, made)  # noqa: S102 - identifiers, see checked_attribute
    return {name: made[name] for name in ("__init__", "__qail_values__")}


def facts_of(table: Any, definitions: list[ColumnDef]) -> tuple[tuple[tuple[str, ...], ...] | None, frozenset[str]]:
    """The unique keys, where `unique=` tells them, and the generated columns, by the names the columns have.

    Raises:
        BuildError: a key names a column that the table has not.
    """
    specs = zip(definitions, table.__qail_columns__.values(), strict=True)
    generated = frozenset([column.name for column, spec in specs if spec.generated])
    unique: tuple[tuple[str, ...], ...] | None = table.__qail_unique__
    if unique is None:
        return None, generated
    names = [column.name for column in definitions]
    for column in [column for key in unique for column in key]:
        if column not in names:
            raise BuildError(f"unique= of {table.__name__} names {column!r}, which is none of its columns")
    primary = tuple([column.name for column in definitions if column.is_key])
    return ((primary, *unique) if primary else unique), generated


def pydantic_schema(table: Any, handler: Any) -> Any:
    """How pydantic takes a row as a field of a model: an object of the class, or a mapping of its columns' values.

    JSON and `model_dump()` have the mapping. A column of a type that pydantic does not know takes any value.
    """
    from pydantic_core import core_schema

    types = _column_types(table)
    fields: dict[str, Any] = {}
    for name, spec in table.__qail_columns__.items():
        try:
            known = handler.generate_schema(types.get(name, Any))
        except Exception:  # noqa: BLE001 - pydantic's own error for a class without a schema; importing it costs more
            known = core_schema.any_schema()
        fields[name] = core_schema.typed_dict_field(known, required=spec.default is None)
    row = core_schema.is_instance_schema(table)
    mapping = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
    made = core_schema.no_info_after_validator_function(lambda values: table(**values), mapping)
    return core_schema.json_or_python_schema(
        json_schema=made,
        python_schema=core_schema.union_schema([row, made]),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value: dict(zip(table.__qail_columns__, value.__qail_values__(), strict=True)), return_schema=mapping
        ),
    )


def _column_types(table: Any) -> dict[str, Any]:
    """What the annotations `Col[...]` of a table say; nothing where they cannot be read."""
    try:
        hints = get_type_hints(table)
    except Exception:  # noqa: BLE001 - whatever an annotation raises
        return {}
    return {name: get_args(hint)[0] for name, hint in hints.items() if get_args(hint)}
