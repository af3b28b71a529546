"""The source of a module that describes a database, from what was read of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from qail.cli.pull_facts import COMPOSITE, ENUM, DatabaseFacts, Relation, TypeInfo
from qail.cli.pull_imports import Imports
from qail.cli.pull_names import TYPES, Names, attributes, class_word, constant_word, docstring, quoted
from qail.cli.pull_table import TableSource
from qail.cli.pull_type_source import TypeSources

HEADER: Final = '''"""The tables of a database, as PostgreSQL describes them: made by `python -m qail pull`.

Do not edit: run it again. With `--locked` it tells whether the database has changed since.
"""
'''
INDENT: Final = "    "
TABLE_FORMS: Final = ("{}", "_{}", "{}Outer", "{}Insert", "{}Update")


def module_source(facts: DatabaseFacts, *, default_schema: str | None = "public") -> str:
    """The module. Names of `default_schema` are written without it; None: every name with its schema."""
    columns = {relation.oid: attributes([column.name for column in relation.columns]) for relation in facts.relations}
    every = {each for one in columns.values() for each in one.values()}
    every |= {name for info in facts.types.values() if info.kind == COMPOSITE for name, _ in info.parts}
    # The keys of a TypedDict are the columns' own names.
    every |= {column.name for relation in facts.relations for column in relation.columns}
    names = Names(every)
    imports = Imports(names)
    bases = _table_bases(facts.relations)
    classes = {relation.oid: names.claim(bases[relation.oid], TABLE_FORMS) for relation in facts.relations}
    types = TypeSources(facts.types, names, imports, default_schema)
    parts = [_enum(info, types, imports) for info in facts.types.values() if info.kind == ENUM]
    parts += [_composite(info, types, imports) for info in facts.types.values() if types.is_class(info)]
    constants = types.constants()
    if constants:
        parts.append("\n".join(constants))
    for relation in facts.relations:
        source = TableSource(relation, classes[relation.oid], columns[relation.oid], types, imports, default_schema)
        parts += source.parts()
    parts.append(_registry(facts.types.values(), types))
    lines = "\n".join(imports.lines())
    return "\n\n\n".join([f"{HEADER}\n{lines}", *[part for part in parts if part]]) + "\n"


def _table_bases(relations: Iterable[Relation]) -> dict[int, str]:
    """A class name for each table: in the singular, and with its schema's where tables of two would be called the same.

    Where tables of one schema would be called the same, those that are in the plural stay so.
    """
    listed = list(relations)
    found = {relation.oid: class_word(relation.name, is_table=True) for relation in listed}
    there = Counter((found[relation.oid], relation.schema) for relation in listed)
    for relation in listed:
        if there[found[relation.oid], relation.schema] > 1:
            found[relation.oid] = class_word(relation.name)
    schemas = Counter(base for base, _ in {(found[relation.oid], relation.schema) for relation in listed})
    return {
        relation.oid: (class_word(relation.schema) if schemas[found[relation.oid]] > 1 else "") + found[relation.oid]
        for relation in listed
    }


def _enum(info: TypeInfo, types: TypeSources, imports: Imports) -> str:
    labels = [label for label, _ in info.parts]
    base = imports.name("StrEnum")
    body = [docstring(info.comment, INDENT), ""] if info.comment else []
    taken: set[str] = set()
    for label in labels:
        member, number = constant_word(label), 1
        while member in taken:
            number += 1
            member = f"{constant_word(label)}_{number}"
        taken.add(member)
        body.append(f"{member} = {quoted(label)}")
    return _class(f"class {types.class_of(info)}({base}):", body)


def _composite(info: TypeInfo, types: TypeSources, imports: Imports) -> str:
    base = imports.name("NamedTuple")
    body = [docstring(info.comment, INDENT), ""] if info.comment else []
    body += [f"{name}: {types.optional(types.python(oid))}" for name, oid in info.parts]
    return _class(f"class {types.class_of(info)}({base}):", body)


def _class(head: str, body: list[str]) -> str:
    if not body:
        return f"{head} ..."
    return "\n".join([head, *[INDENT + line if line else "" for line in body]])


def _registry(infos: Iterable[TypeInfo], types: TypeSources) -> str:
    """The classes of enums and composite types, for `types=` of `connect` and `create_pool`."""
    pairs = [
        f"{INDENT}({quoted(info.schema)}, {quoted(info.name)}): {types.class_of(info)},"
        for info in infos
        if info.kind == ENUM or types.is_class(info)
    ]
    return "\n".join([f"{TYPES} = {{", *sorted(pairs), "}"]) if pairs else ""
