"""Types as source: the annotation of their values, and the expression that is their PgType."""

from __future__ import annotations

import re
from typing import Final

from qail.cli.pull_facts import ARRAY, BASE, COMPOSITE, DOMAIN, ENUM, MULTIRANGE, RANGE, TypeInfo
from qail.cli.pull_imports import Imports
from qail.cli.pull_names import Names, class_word, constant_word, is_plain, quoted
from qail.cli.pull_types import BUILT_IN, EXTENSION_TYPES, PYTHON_TYPES
from qail.pg._generated.types import TYPES
from qail.pg.codec.learning import HOMES

CATALOG_TYPES: Final = frozenset({name for name, *_ in TYPES})
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_CATALOG: Final = "pg_catalog"


class TypeSources:
    """The types of one module. A constant is made for each that is asked for and is none of qail's own."""

    def __init__(self, types: dict[int, TypeInfo], names: Names, imports: Imports, default_schema: str | None) -> None:
        self._types: Final = types
        self._imports: Final = imports
        self._default_schema: Final = default_schema
        self._classes: Final[dict[int, str]] = {}
        self._constants: Final[dict[int, str]] = {}
        for info in types.values():
            if info.kind == ENUM or self.is_class(info):
                self._classes[info.oid] = names.claim(class_word(info.name))
            if info.kind != ARRAY:
                self._constants[info.oid] = names.claim(constant_word(info.name, "T"))

    def is_class(self, info: TypeInfo) -> bool:
        """Whether it is a composite type whose attributes can be those of a NamedTuple."""
        names = [name for name, _ in info.parts]
        if info.kind != COMPOSITE or not names or not {"count", "index"}.isdisjoint(names):
            return False
        return all(is_plain(name) and not name.startswith("_") for name in names)

    def class_of(self, info: TypeInfo) -> str:
        """The class of an enum or composite type."""
        return self._classes[info.oid]

    def optional(self, annotation: str) -> str:
        """The annotation of values that may be NULL."""
        return annotation if annotation == self._imports.name("Any") else f"{annotation} | None"

    def python(self, oid: int) -> str:
        """The annotation of a type's values."""
        known = BUILT_IN.get(oid)
        if known is not None:
            inner = self._python_source(PYTHON_TYPES[known.constant])
            return self._list(inner) if known.is_array else inner
        info = self._types.get(oid)
        if info is None:
            return self._imports.name("Any")
        if info.kind == ARRAY:
            return self._list(self.python(info.related))
        if info.kind in (DOMAIN, RANGE, MULTIRANGE):
            return self._container(info)
        if info.oid in self._classes:
            return self._classes[info.oid]
        if info.kind == COMPOSITE:
            return f"{self._imports.name('tuple')}[{self._imports.name('Any')}, ...]"
        return self._python_source(_base_type(info))

    def _container(self, info: TypeInfo) -> str:
        """A domain is as its base type; a multirange is over the subtype of its range."""
        inner = info.related
        if info.kind == DOMAIN:
            return self.python(inner)
        if info.kind == MULTIRANGE:
            ranges = self._types.get(inner)
            inner = 0 if ranges is None else ranges.related
        return f"{self._imports.name('Range' if info.kind == RANGE else 'Multirange')}[{self.python(inner)}]"

    def _list(self, inner: str) -> str:
        return f"{self._imports.name('list')}[{self.optional(inner)}]"

    def _python_source(self, annotation: str) -> str:
        return _NAME.sub(lambda found: found[0] if found[0] == "None" else self._imports.name(found[0]), annotation)

    def pg(self, oid: int) -> str:
        """The expression of a type object."""
        known = BUILT_IN.get(oid)
        if known is not None:
            constant = self._imports.name(known.constant)
            return f"{self._imports.name('array_of')}({constant})" if known.is_array else constant
        info = self._types[oid]
        if info.kind == ARRAY:
            return f"{self._imports.name('array_of')}({self.pg(info.related)})"
        return self._constants[oid]

    def constants(self) -> list[str]:
        """The definitions of the constants, each behind what it is made of."""
        final, pg_type = self._imports.name, self._imports.name
        found: list[str] = []
        for info in self._types.values():
            if info.kind == ARRAY:
                continue
            is_own = info.schema == _CATALOG
            oids = f"{info.oid}, {info.array_oid}" if is_own else "0, 0"
            # A type of the catalog's would be found before one of the same name.
            # The catalog's tables, whose rows are types as well, are all called pg_something.
            is_hidden = info.name in CATALOG_TYPES or info.name.startswith("pg_")
            is_found = is_own or (info.schema == self._default_schema and not is_hidden)
            schema = "" if is_found else f", schema={quoted(info.schema)}"
            found.append(
                f"{self._constants[info.oid]}: {final('Final')}[{pg_type('PgType')}[{self.python(info.oid)}]] = "
                f"{pg_type('PgType')}({quoted(info.name)}, {oids}, {quoted(self._family(info))}{schema})"
            )
        return found

    def _family(self, info: TypeInfo) -> str:
        """Types of one family are compared without a cast: a domain is of its base's, and any other of its own."""
        if info.kind == DOMAIN:
            known = BUILT_IN.get(info.related)
            if known is not None:
                return "array" if known.is_array else known.pg.family
            base = self._types.get(info.related)
            return info.name if base is None else "array" if base.kind == ARRAY else self._family(base)
        return "string" if info.kind == BASE and info.extension == "citext" else info.name

    def may_be_null(self, oid: int) -> bool:
        """Whether values of the type itself may be NULL: not those of a domain that is NOT NULL."""
        info = self._types.get(oid)
        return info is None or info.kind != DOMAIN or not (info.not_null or not self.may_be_null(info.related))

    def has_default(self, oid: int) -> bool:
        """Whether the type itself has a default, as a domain can."""
        info = self._types.get(oid)
        return info is not None and info.kind == DOMAIN and (info.has_default or self.has_default(info.related))


def _base_type(info: TypeInfo) -> str:
    if info.schema == _CATALOG:
        return "str" if info.name == "char" else "Any"
    is_home = info.extension == HOMES.get(info.name, info.name)
    return EXTENSION_TYPES.get(info.name, "Unknown") if is_home else "Unknown"
