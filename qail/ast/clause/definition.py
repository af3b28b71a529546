"""DefElem and what it is made of: the clauses of data definition and utility statements.

Rule 1: a clause is keywords and nodes. The keywords come from qail's own source, each from a closed set; what a user
says is an identifier, a type, a number, a literal or an expression, and never a keyword.
Rule 2: values in a clause stand in the text, since PostgreSQL takes no parameters there.

Source: src/include/nodes/parsenodes.h, DefElem
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from qail.ast.build.builder import Builder
from qail.ast.expression.parameter import Literal, operand
from qail.ast.name import checked_name
from qail.ast.node import Expression, Node, depth_of
from qail.ast.tokens import DEFINED, END
from qail.ast.walk import LiteralWalk, Walk
from qail.errors import BuildError
from qail.pgtype import PgType

KEYWORDS: Final = re.compile(r"[A-Z_]+(?: [A-Z_]+)*|[(),=]")
COLUMN_PARTS: Final = 3


class DefElem(Node):
    """One clause: keywords and nodes in the order of SQL. `kind` says which clause it is.

    `needs` is the server version it takes, such as 150000, and `what` how an error names it.
    """

    def __init__(self, kind: str, parts: tuple[str | Node, ...], needs: int = 0, what: str = "") -> None:
        super().__init__(depth_of([part for part in parts if isinstance(part, Node)]))
        for part in parts:
            if isinstance(part, str) and KEYWORDS.fullmatch(part) is None:
                raise BuildError(f"{part!r:.40} is no keyword")
        self.kind: Final = kind
        self.parts: Final = parts
        self.needs: Final = needs
        self.what: Final = what or kind

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(DEFINED)
        walk.tokens.append(self.kind)
        inner = LiteralWalk()
        for part in self.parts:
            if isinstance(part, str):
                inner.tokens.append(part)
            else:
                part.shape(inner)
        walk.tokens.extend(inner.tokens)
        walk.tokens.append(END)


class AlterTableCmd(DefElem):
    """One action of ALTER TABLE."""


class ObjectName(Node):
    """The name of an object: identifiers, joined with dots."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(1)
        self.names: Final = names

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("n\0" + "\0".join(self.names))


class Number(Node):
    """A number as the grammar takes it in options: with its sign, and without parentheses."""

    def __init__(self, value: int | float) -> None:
        super().__init__(1)
        self.value: Final = value

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("d\0" + repr(self.value))


class TypeName(Node):
    """A type where SQL takes one."""

    def __init__(self, pg: PgType[Any]) -> None:
        super().__init__(1)
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("p\0" + self.pg.key)


class Defined(Node):
    """A statement inside another: the query of a view, and with `is_any` what EXPLAIN and COPY are about."""

    def __init__(self, query: Builder, *, is_any: bool = False) -> None:
        super().__init__(1)
        self.query: Final = query
        self.is_any: Final = is_any

    def shape(self, walk: Walk) -> None:
        self.query.shape(walk)


def object_name(name: object, what: str, most_parts: int = 2) -> ObjectName:
    """The ObjectName of a str, or of a (schema, name) pair; of a table class its own.

    Raises:
        BuildError: it is neither.
    """
    if isinstance(name, tuple):
        parts = cast("tuple[object, ...]", name)
        if not 0 < len(parts) <= most_parts:
            raise BuildError(f"{what} is a name or a (schema, name) pair, not {len(parts)} names")
        return ObjectName(tuple([checked_name(part, what) for part in parts]))
    star: Any = getattr(name, "__qail_star__", None) if isinstance(name, type) else None
    if star is None:
        return ObjectName((checked_name(name, what),))
    relation = star.relation
    return ObjectName((relation.name,) if relation.schema is None else (relation.schema, relation.name))


def identifier_of(name: object, what: str) -> ObjectName:
    """The ObjectName of one str, or of a column of a table class by its name."""
    if isinstance(name, Expression):
        fields: Any = getattr(name, "fields", None)
        name = getattr(name, "name", None) if fields is None else fields[-1]
    return ObjectName((checked_name(name, what),))


def name_list(names: object, what: str) -> tuple[ObjectName, ...]:
    """The ObjectNames of one name or several; never none.

    Raises:
        BuildError: there is none, or one is there twice.
    """
    if isinstance(names, (str, Expression)):
        items: list[object] = [names]
    elif isinstance(names, Collection):
        items = list(cast("Collection[object]", names))
    else:
        raise BuildError(f"{what} is a str, or several in a list, not {type(names).__name__}")
    if not items:
        raise BuildError(f"{what} is missing: name at least one")
    found = [identifier_of(item, what) for item in items]
    texts = [item.names[0] for item in found]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise BuildError(f"{what} {', '.join(twice)!r:.80} is there twice")
    return tuple(found)


def listed(nodes: Collection[Node]) -> tuple[str | Node, ...]:
    """The nodes in parentheses, with commas between them."""
    return ("(", *separated(nodes), ")")


def separated(nodes: Collection[Node]) -> tuple[str | Node, ...]:
    """The nodes with commas between them."""
    parts: list[str | Node] = []
    for node in nodes:
        if parts:
            parts.append(",")
        parts.append(node)
    return tuple(parts)


def word(value: object, choices: Collection[str], what: str) -> str:
    """One of a closed set of words, as the keywords it stands for.

    Raises:
        BuildError: it is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise BuildError(f"{what} is one of {', '.join(choices)}, not {value!r:.40}")
    return value.upper()


def number(value: object, what: str) -> Number:
    """A number of an option. Raises BuildError when it is no int."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BuildError(f"{what} is an int, not {type(value).__name__}")
    return Number(value)


def text(value: object, what: str) -> Literal:
    """A text that stands in the statement. Raises BuildError when it is no str, or holds what no text can."""
    if not isinstance(value, str):
        raise BuildError(f"{what} is a str, not {type(value).__name__}")
    if "\0" in value:
        raise BuildError(f"{what} holds a NUL, which PostgreSQL's text cannot")
    return Literal(value)


def type_of_object(pg: object, what: str) -> TypeName:
    """A type where SQL takes one. Raises BuildError when it is no PgType."""
    if isinstance(pg, PgType):
        found: Any = cast("object", pg)
        return TypeName(found)
    raise BuildError(f"{what} is a type such as INT8 or array_of(TEXT), not {pg!r:.40}")


def defined(query: object, what: str, *, is_any: bool = False) -> Defined:
    """A statement inside another. Raises BuildError when it is none."""
    if not isinstance(query, Builder):
        raise BuildError(f"{what} takes a query, not {type(query).__name__}")
    return Defined(query, is_any=is_any)


def value_of(value: object) -> Node:
    """An expression as it is, any other value as a literal."""
    return operand(value)


def storage_options(options: Mapping[str, Any], what: str) -> tuple[str | Node, ...]:
    """`(name = value, ...)`: parameters of storage, of an index method, of a view.

    Raises:
        BuildError: there is none, or a value is neither bool, int, float nor str.
    """
    if not options:
        raise BuildError(f"{what} needs at least one option: {what.rstrip(')')}name=value)")
    parts: list[str | Node] = ["("]
    for name, value in options.items():
        if len(parts) > 1:
            parts.append(",")
        parts.extend([identifier_of(name, "an option"), "=", _option_value(name, value)])
    parts.append(")")
    return tuple(parts)


def _option_value(name: str, value: object) -> Node:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Number(value)
    if isinstance(value, (bool, str)):
        return Literal(value)
    raise BuildError(f"option {name!r} is a bool, a number or a str, not {type(value).__name__}")
