"""One table as source: what may be inserted and updated, its columns, the class and its outer twin."""

from __future__ import annotations

import re
from typing import Final

from qail.cli.pull_facts import ALWAYS, CAN_INSERT, CAN_UPDATE, ColumnFacts, Relation
from qail.cli.pull_imports import Imports
from qail.cli.pull_names import docstring, escaped, is_plain, quoted
from qail.cli.pull_type_source import TypeSources
from qail.cli.pull_types import BUILT_IN

INDENT: Final = "    "
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
# No E'', no backslash: what stands between the quotes is the text, but for doubled quotes.
_TEXT: Final = re.compile(r"'((?:[^'\\]|'')*)'::(?:text|character varying|bpchar|name)")
_LONGEST_DEFAULT: Final = 200


class TableSource:
    """A relation, the name of its class, the attribute of each column, and where types come from."""

    def __init__(
        self,
        relation: Relation,
        name: str,
        attributes: dict[str, str],
        types: TypeSources,
        imports: Imports,
        default_schema: str | None,
    ) -> None:
        self._relation: Final = relation
        self._name: Final = name
        self._attributes: Final = attributes
        self._types: Final = types
        self._imports: Final = imports
        self._default_schema: Final = default_schema

    def parts(self) -> list[str]:
        """The classes, in the order in which they have to stand; nothing of a table without columns."""
        if not self._relation.columns:
            return []
        inserted = [column for column in self._relation.columns if self._can_write(column, CAN_INSERT)]
        updated = [column for column in self._relation.columns if self._can_write(column, CAN_UPDATE)]
        payloads = [
            self._payload("Insert", inserted, is_total=True) if inserted else "",
            self._payload("Update", updated, is_total=False) if updated else "",
        ]
        insert = f"{self._name}Insert" if inserted else self._imports.name("Never")
        update = f"{self._name}Update" if updated else self._imports.name("Never")
        return [part for part in (*payloads, self._columns(), self._table(insert, update), self._outer()) if part]

    def _can_write(self, column: ColumnFacts, verb: int) -> bool:
        return bool(self._relation.can & verb) and not column.is_generated and column.identity != ALWAYS

    def _is_null(self, column: ColumnFacts) -> bool:
        return not column.not_null and self._types.may_be_null(column.type_oid)

    def _payload(self, kind: str, columns: list[ColumnFacts], *, is_total: bool) -> str:
        """A TypedDict; keys that are no identifiers are written as strings."""
        typed_dict = self._imports.name("TypedDict")
        total = "" if is_total else ", total=False"
        values = {column.name: self._value(column, is_total=is_total) for column in columns}
        if all(is_plain(name) for name in values):
            lines = [f"{INDENT}{name}: {value}" for name, value in values.items()]
            return "\n".join([f"class {self._name}{kind}({typed_dict}{total}):", *lines])
        lines = [f"{INDENT}{quoted(name)}: {quoted(value)}," for name, value in values.items()]
        head = f"{self._name}{kind} = {typed_dict}({quoted(self._name + kind)}, {{"
        return "\n".join([head, *lines, f"}}{total})"])

    def _value(self, column: ColumnFacts, *, is_total: bool) -> str:
        is_null = self._is_null(column)
        value = f"{self._imports.name('NullVal' if is_null else 'Val')}[{self._types.python(column.type_oid)}]"
        is_left_out = (
            is_null
            or column.default is not None
            or bool(column.identity)
            or self._types.has_default(column.type_oid)
            or not self._relation.is_table
        )
        return f"{self._imports.name('NotRequired')}[{value}]" if is_total and is_left_out else value

    def _columns(self) -> str:
        lines = [f"class _{self._name}({self._imports.name('Columns')}):"]
        for column in self._relation.columns:
            lines.append(INDENT + self._column(column))
            if column.comment:
                lines.append(INDENT + docstring(column.comment, INDENT))
        return "\n".join(lines)

    def _column(self, column: ColumnFacts) -> str:
        attribute = self._attributes[column.name]
        python = self._types.python(column.type_oid)
        is_null = self._is_null(column)
        options = [self._types.pg(column.type_oid)]
        if column.name in self._relation.primary:
            options.append("pk=True")
        if is_null:
            options.append("null=True")
            python = python if python == self._imports.name("Any") else f"{python} | None"
        default = _constant(column)
        if default:
            options.append(f"default={default}")
        target = self._reference(column.name)
        if target:
            options.append(f"references={target}")
        if attribute != column.name:
            options.append(f"name={quoted(column.name)}")
        if column.is_generated:
            options.append("generated=True")
        return f"{attribute}: {self._imports.name('Col')}[{python}] = {self._imports.name('col')}({', '.join(options)})"

    def _reference(self, column: str) -> str:
        """The column that this one alone refers to; of several the first."""
        for key in self._relation.foreign:
            if key.columns == (column,):
                schema = () if self._is_found(key.schema, key.name) else (key.schema,)
                return _names((*schema, key.name, key.targets[0]))
        return ""

    def _table(self, insert: str, update: str) -> str:
        keywords = [f"name={self._qualified(self._relation.schema, self._relation.name)}"]
        if self._relation.is_table:
            keys = [_names(key) for key in self._relation.unique]
            keywords.append(f"unique={_tuple(keys)}")
        several = [key for key in self._relation.foreign if len(key.columns) > 1]
        if several:
            foreign = [
                f"({_names(key.columns)}, {self._qualified(key.schema, key.name)}, {_names(key.targets)})"
                for key in several
            ]
            keywords.append(f"foreign_keys={_tuple(foreign)}")
        bases = f"_{self._name}, {self._imports.name('Table')}[{insert}, {update}]"
        head = f"class {self._name}({bases}, {', '.join(keywords)}):"
        comment = self._relation.comment
        return f"{head}\n{INDENT}{docstring(comment, INDENT)}" if comment else f"{head} ..."

    def _outer(self) -> str:
        name = self._qualified(self._relation.schema, self._relation.name)
        return f"class {self._name}Outer(_{self._name}, {self._imports.name('Outer')}[{self._name}], name={name}): ..."

    def _qualified(self, schema: str, name: str) -> str:
        return quoted(name) if self._is_found(schema, name) else _names((schema, name))

    def _is_found(self, schema: str, name: str) -> bool:
        """Whether the name alone means it: the catalog's own tables would be found before it."""
        return schema == self._default_schema and not name.startswith("pg_")


def _names(names: tuple[str, ...]) -> str:
    return _tuple([quoted(name) for name in names])


def _tuple(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _constant(column: ColumnFacts) -> str:
    """The default as a Python constant, where it is one and of the type that values of the column have; else ""."""
    known = BUILT_IN.get(column.type_oid)
    if known is None or known.is_array or column.default is None or column.is_generated:
        return ""
    sql = column.default
    if known.constant == "BOOL":
        return {"true": "True", "false": "False"}.get(sql, "")
    if known.constant in ("INT2", "INT4", "INT8"):
        number = sql.split("::", 1)[0].strip("'()")
        return str(int(number)) if _WHOLE.fullmatch(number) and sql.count("::") <= 1 else ""
    if known.constant in ("FLOAT4", "FLOAT8"):
        number = sql.split("::", 1)[0].strip("'()")
        return str(float(number)) if _NUMBER.fullmatch(number) and sql.count("::") <= 1 else ""
    found = _TEXT.fullmatch(sql) if known.constant in ("TEXT", "VARCHAR") and len(sql) <= _LONGEST_DEFAULT else None
    return "" if found is None else f'"{escaped(found[1].replace(chr(39) * 2, chr(39)))}"'
