"""Types as JSON: qail's own by name, `"int8"` or `"int8[]"`; any other as what it is told apart by."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

import qail.pgtype
from qail.ast.name import checked_name
from qail.errors import BuildError
from qail.json_form.kinds import refused
from qail.pgtype import PgType, array_of

ARRAY_SUFFIX: Final = "[]"
KNOWN: Final[dict[str, PgType[Any]]] = {
    each.name: each for each in vars(qail.pgtype).values() if isinstance(each, PgType)
}
MAX_OID: Final = 2**32 - 1


def dump_type(pg: PgType[Any]) -> Any:
    """The JSON of a type."""
    if pg.modifiers or pg.is_nullable:
        plain: PgType[Any] = PgType(pg.name, pg.oid, pg.array_oid, pg.family, pg.element, pg.schema)
        return {"type": dump_type(plain), "modifiers": list(pg.modifiers), "nullable": pg.is_nullable}
    if pg.element is not None:
        inner = dump_type(pg.element)
        return inner + ARRAY_SUFFIX if isinstance(inner, str) else {"array_of": inner}
    known = KNOWN.get(pg.name)
    if known is not None and pg.schema is None and known.oid == pg.oid:
        return pg.name
    made = {"name": pg.name, "family": pg.family, "oid": pg.oid, "array_oid": pg.array_oid}
    return made if pg.schema is None else {**made, "schema": pg.schema}


def _named(name: str) -> PgType[Any]:
    inner = name.removesuffix(ARRAY_SUFFIX)
    known = KNOWN.get(inner)
    if known is None:
        raise refused(BuildError(f"there is no type {name!r:.70}; one of your own is an object with its name"))
    return known if inner == name else array_of(known)


def _described(data: Any) -> PgType[Any]:
    try:
        schema = checked_name(data["schema"], "a schema name") if "schema" in data else None
        name = checked_name(data["name"], "a type's name")
    except BuildError as error:
        raise refused(error) from None
    return PgType(name, data["oid"], data["array_oid"], data["family"], None, schema)


def _sized(data: Any) -> PgType[Any]:
    pg: PgType[Any] = data["type"]
    try:
        sized = pg.sized(*data["modifiers"]) if data["modifiers"] else pg
    except BuildError as error:
        raise refused(error) from None
    return sized | None if data["nullable"] else sized


def type_schema(ref: str) -> CoreSchema:
    """The schema of every type, by the name `ref`."""
    text = core_schema.str_schema(strict=True, max_length=63)
    number = core_schema.int_schema(strict=True, ge=0, le=MAX_OID)
    fields = {"name": text, "family": text, "oid": number, "array_oid": number, "schema": text}
    made = {name: core_schema.typed_dict_field(schema, required=name != "schema") for name, schema in fields.items()}
    inner = {"array_of": core_schema.typed_dict_field(core_schema.definition_reference_schema(ref))}
    sized = {
        "type": core_schema.definition_reference_schema(ref),
        "modifiers": core_schema.list_schema(
            core_schema.int_schema(strict=True, ge=-1000, le=10_485_760), max_length=2
        ),
        "nullable": core_schema.bool_schema(strict=True),
    }
    sized_fields = {name: core_schema.typed_dict_field(schema) for name, schema in sized.items()}
    choices: dict[str, CoreSchema] = {
        "name": core_schema.no_info_after_validator_function(_named, text),
        "object": core_schema.no_info_after_validator_function(
            _described, core_schema.typed_dict_schema(made, extra_behavior="forbid")
        ),
        "sized": core_schema.no_info_after_validator_function(
            _sized, core_schema.typed_dict_schema(sized_fields, extra_behavior="forbid")
        ),
        "array": core_schema.no_info_after_validator_function(
            lambda data: array_of(data["array_of"]), core_schema.typed_dict_schema(inner, extra_behavior="forbid")
        ),
    }
    return core_schema.tagged_union_schema(choices, discriminator=_form_of, ref=ref)


def _form_of(data: object) -> str:
    if not isinstance(data, dict):
        return "name"
    return "array" if "array_of" in data else "sized" if "type" in data else "object"
