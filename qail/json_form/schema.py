"""The schema: one union over all forms, told apart by "is", and what makes nodes of checked JSON.

A node that stands in a tree several times is written once, with an "id"; `{"is": "again", "id": ...}` is the same node
again, since one object is one parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final, cast

from pydantic_core import CoreSchema, SchemaValidator, core_schema

from qail.ast.build.builder import Builder
from qail.ast.clause.target import NOTHING
from qail.errors import BuildError
from qail.json_form.checks import CHECKS
from qail.json_form.forms import FORMS, Field, families, node_types
from qail.json_form.kinds import AGAIN, QUERY, TAG, TYPE, Flag, Kind, refused
from qail.json_form.rules import Rules
from qail.json_form.steps import BUILDERS, CLASSES, HOLDS, NUMBERS
from qail.json_form.types import type_schema
from qail.json_form.values import value_schema

VERSION: Final = 1
WHOLE_ROW: Final = "WholeRow"
FAULTS: Final = (BuildError, TypeError, ValueError, AssertionError, AttributeError, LookupError, OverflowError)
"""What a constructor of a node may raise; compiled, it checks the classes of its arguments by itself."""


class Loading:
    """The state of one load: the rules, and the nodes that have an id."""

    def __init__(self, rules: Rules) -> None:
        self.rules: Final = rules
        self._kept: Final[dict[int, Any]] = {}

    def keep(self, number: int | None, made: Any) -> Any:
        """Remember what was made under its id."""
        if number is not None:
            if number in self._kept:
                raise BuildError(f"the id {number} is given twice")
            self._kept[number] = made
        return made

    def again(self, number: int) -> Any:
        """What was made under an id."""
        found = self._kept.get(number)
        if found is None:
            raise BuildError(f"nothing before it has the id {number}")
        return found


def guarded(make: Callable[[Any, Loading], Any], schema: CoreSchema) -> CoreSchema:
    """`make` of what the schema has checked; what it raises becomes an error that knows its place."""

    def run(data: Any, info: core_schema.ValidationInfo[Any]) -> Any:
        try:
            return make(data, cast("Loading", info.context))
        except FAULTS as error:
            raise refused(error) from None

    return core_schema.with_info_after_validator_function(run, schema)


def record(fields: Mapping[str, CoreSchema], optional: Iterable[str] = ()) -> CoreSchema:
    """An object of exactly these fields."""
    left_out = set(optional)
    made = {
        name: core_schema.typed_dict_field(schema, required=name not in left_out) for name, schema in fields.items()
    }
    return core_schema.typed_dict_schema(made, extra_behavior="forbid")


def _id_schema() -> CoreSchema:
    return core_schema.int_schema(strict=True, ge=1, le=1_000_000)


def _node_schema(name: str, known: type[Any], fields: list[Field]) -> CoreSchema:
    """One class: its fields, checked, then given to its constructor."""
    kinds = {field.name: field.kind for field in fields}
    required = [field.name for field in fields if field.kind.default is Kind.REQUIRED and not field.has_default]
    # A parameter without a default of its own gets what an absent field means.
    supplied = {
        field.name: field.kind.default for field in fields if not field.has_default and field.name not in required
    }

    def make(data: Any, loading: Loading) -> Any:
        given = supplied | {field: value for field, value in data.items() if field in kinds}
        check = CHECKS.get(name)
        if check is not None:
            check(given)
        loading.rules.check_node(name, given)
        return loading.keep(data.get("id"), known(**given))

    schemas = {TAG: core_schema.literal_schema([name]), "id": _id_schema()}
    schemas |= {field.name: field.kind.schema() for field in fields}
    return guarded(make, record(schemas, [field for field in schemas if field != TAG and field not in required]))


def _whole_row_schema() -> CoreSchema:
    """All columns of a table class, which the loading side has."""
    name = core_schema.str_schema(strict=True, max_length=63)

    def make(data: Any, loading: Loading) -> Any:
        key = (data.get("schema"), data["name"])
        loading.rules.check_node(WHOLE_ROW, {})
        return loading.rules.whole_row(key, data.get("alias"), is_outer=data.get("outer", False))

    fields: dict[str, CoreSchema] = {
        TAG: core_schema.literal_schema([WHOLE_ROW]),
        "schema": name,
        "name": name,
        "alias": name,
    }
    fields["outer"] = Flag().schema()
    return guarded(make, record(fields, ("schema", "alias", "outer")))


def _again_schema(classes: tuple[type[Any], ...]) -> CoreSchema:
    def make(data: Any, loading: Loading) -> Any:
        found = loading.again(data["id"])
        if not isinstance(found, classes):
            raise BuildError(f"the id {data['id']} is that of a {type(found).__name__}, which does not fit here")
        return found

    return guarded(make, record({TAG: core_schema.literal_schema([AGAIN]), "id": _id_schema()}))


def _raw(name: str) -> str:
    return f"{name} itself"


def _union(names: Iterable[str], ref: str | None = None) -> CoreSchema:
    """One of these classes, or such a node again."""
    listed = list(dict.fromkeys(names))
    types = node_types()
    choices: dict[str, CoreSchema] = {name: core_schema.definition_reference_schema(_raw(name)) for name in listed}
    choices[AGAIN] = _again_schema(tuple([types[name] for name in listed]))
    return core_schema.tagged_union_schema(choices, discriminator=TAG, ref=ref)


def _step_schema(step: str) -> CoreSchema:
    groups = families()
    names = [name for held in HOLDS[step] for name in groups.get(held, [held])]
    fields = {"step": core_schema.literal_schema([step]), "node": _union(names)}

    def make(data: Any, loading: Loading) -> Any:
        node = data.get("node", NOTHING)
        loading.rules.check_step(step, node)
        return step, node

    return guarded(make, record(fields, ("node",) if HOLDS[step] == ("Nothing",) else ()))


def _query_schema() -> CoreSchema:
    """A builder: its class and its steps."""
    steps = core_schema.tagged_union_schema({step: _step_schema(step) for step in HOLDS}, discriminator="step")
    fields = {
        "query": core_schema.literal_schema(sorted(CLASSES)),
        "id": _id_schema(),
        "steps": core_schema.list_schema(steps, min_length=1, max_length=1_000, strict=True),
    }
    return core_schema.tagged_union_schema(
        {"query": guarded(_builder, record(fields, ("id",))), AGAIN: _again_schema((Builder,))},
        discriminator=_query_or_again,
        ref=QUERY,
    )


def _query_or_again(data: Any) -> str:
    return AGAIN if isinstance(data, dict) and TAG in data else "query"


def _builder(data: Any, loading: Loading) -> Any:
    known = CLASSES[data["query"]]
    first = data["steps"][0][0]
    if known not in BUILDERS.get(first, ()):
        raise BuildError(f"a {data['query']} does not begin with {first!r}")
    loading.rules.check_builder(data["query"])
    made: Any = None
    for step, node in data["steps"]:
        if made is not None and step in BUILDERS:
            raise BuildError(f"{step!r} begins a statement and cannot follow")
        made = known(made, NUMBERS[step], node)
    return loading.keep(data.get("id"), made)


@cache
def core() -> CoreSchema:
    """The whole schema."""
    definitions = [_query_schema(), value_schema(), type_schema(TYPE)]
    for name, (known, fields) in FORMS.items():
        definitions.append(_with_ref(_node_schema(name, known, fields), _raw(name)))
        definitions.append(_union([name], name))
    definitions.append(_with_ref(_whole_row_schema(), _raw(WHOLE_ROW)))
    definitions += [_union(names, family) for family, names in families().items()]
    root = record(
        {"version": core_schema.literal_schema([VERSION]), "statement": core_schema.definition_reference_schema(QUERY)}
    )
    return core_schema.definitions_schema(root, definitions)


def _with_ref(schema: CoreSchema, ref: str) -> CoreSchema:
    cast("dict[str, Any]", schema)["ref"] = ref
    return schema


@cache
def validator() -> SchemaValidator:
    """What checks a document and makes the builder of it."""
    return SchemaValidator(core())
