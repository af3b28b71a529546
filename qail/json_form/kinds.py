"""Kinds of fields: what the JSON of one may be, and how a node's value becomes that.

Each kind gives the pydantic-core schema that checks and converts the JSON, and dumps the value. Nothing that comes from
outside reaches a node but through one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, cast

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from qail.ast.expression.operation import checked_symbol
from qail.ast.name import checked_name
from qail.errors import BuildError

EXPRESSIONS: Final = "expression"
FROM_ITEMS: Final = "from item"
VALUE: Final = "value"
TYPE: Final = "type"
QUERY: Final = "query"
TAG: Final = "is"
"""The field that says which node class an object is of."""
AGAIN: Final = "again"


class Writer(Protocol):
    """Who turns the parts of a tree into JSON."""

    def part(self, node: Any) -> Any:
        """A node or builder."""
        ...

    def value(self, value: Any) -> Any:
        """A value of Python."""
        ...

    def type(self, pg: Any) -> Any:
        """A type object."""
        ...


def refused(error: Exception) -> PydanticCustomError:
    """What a constructor says, for pydantic to add the place."""
    return PydanticCustomError("build", "{reason}", {"reason": str(error)})


def checked(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`check` with its BuildError as pydantic's."""

    def run(value: Any) -> Any:
        try:
            return check(value)
        except BuildError as error:
            raise refused(error) from None

    return run


def is_default(value: object, default: object) -> bool:
    """Whether a node's value is what an absent field means."""
    # By class first: a node's == builds SQL.
    return value is default or (
        type(value) in (bool, int, str, tuple) and type(value) is type(default) and value == default
    )


class Kind:
    """The base of all kinds. `default` is what an absent field means; REQUIRED: it must be there."""

    REQUIRED: Final = object()

    def __init__(self, default: object = REQUIRED) -> None:
        self.default: Final = default

    def schema(self) -> CoreSchema:
        """What the JSON is checked against."""
        raise AssertionError("a kind says its schema")

    def dump(self, value: Any, writer: Writer) -> Any:
        """The JSON of a node's value."""
        return value


class Name(Kind):
    """One identifier."""

    def schema(self) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=63)
        return core_schema.no_info_after_validator_function(checked(lambda name: checked_name(name, "a name")), text)


class Symbol(Kind):
    """An operator of PostgreSQL's operator characters."""

    def schema(self) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=63)
        return core_schema.no_info_after_validator_function(checked(checked_symbol), text)


class Text(Kind):
    """A text that is data wherever it stands."""

    def schema(self) -> CoreSchema:
        return core_schema.str_schema(strict=True, max_length=100_000)


class Flag(Kind):
    """True or false; absent is false."""

    def __init__(self) -> None:
        super().__init__(False)

    def schema(self) -> CoreSchema:
        return core_schema.bool_schema(strict=True)


class Count(Kind):
    """How many."""

    def schema(self) -> CoreSchema:
        return core_schema.int_schema(strict=True, ge=0, le=1_000_000)


class Words(Kind):
    """A word of a closed set, which stands for what the node holds."""

    def __init__(self, words: Mapping[str, object] | Iterable[str], default: object = Kind.REQUIRED) -> None:
        super().__init__(default)
        given: Any = words
        self._words: Final[dict[str, object]] = (
            dict(given) if isinstance(words, Mapping) else {word: word for word in given}
        )

    def schema(self) -> CoreSchema:
        words = self._words
        return core_schema.no_info_after_validator_function(
            lambda word: words[word], core_schema.literal_schema(sorted(words))
        )

    def dump(self, value: Any, writer: Writer) -> Any:
        for word, meaning in self._words.items():
            if meaning == value:
                return word
        raise BuildError(f"{value!r:.60} has no word in the JSON form")


class Optional(Kind):
    """Another kind, or nothing: null or absent."""

    def __init__(self, inner: Kind, nothing: object = None) -> None:
        super().__init__(nothing)
        self._inner: Final = inner

    def schema(self) -> CoreSchema:
        if self.default is not None:
            return core_schema.union_schema([self._inner.schema(), core_schema.literal_schema([self.default])])
        return core_schema.nullable_schema(self._inner.schema())

    def dump(self, value: Any, writer: Writer) -> Any:
        return value if value is None or is_default(value, self.default) else self._inner.dump(value, writer)


class Many(Kind):
    """A list of another kind; the node holds a tuple, or a list where `is_list`."""

    def __init__(self, inner: Kind, *, is_list: bool = False, least: int = 0, length: int | None = None) -> None:
        super().__init__()
        self._inner: Final = inner
        self._is_list: Final = is_list
        self._least: Final = least if length is None else length
        self._most: Final = length

    def schema(self) -> CoreSchema:
        listed = core_schema.list_schema(
            self._inner.schema(), min_length=self._least, max_length=self._most, strict=True
        )
        if self._is_list:
            return listed
        return core_schema.no_info_after_validator_function(_as_tuple, listed)

    def dump(self, value: Any, writer: Writer) -> Any:
        return [self._inner.dump(each, writer) for each in cast("Iterable[Any]", value)]


class Reference(Kind):
    """Something that is defined once in the schema: a value, a type, a query, a family of nodes."""

    def __init__(self, ref: str, default: object = Kind.REQUIRED) -> None:
        super().__init__(default)
        self.ref: Final = ref

    def schema(self) -> CoreSchema:
        return core_schema.definition_reference_schema(self.ref)

    def dump(self, value: Any, writer: Writer) -> Any:
        if self.ref == VALUE:
            return writer.value(value)
        return writer.type(value) if self.ref == TYPE else writer.part(value)


class Slot(Kind):
    """A value, or an expression in its place."""

    def schema(self) -> CoreSchema:
        return core_schema.tagged_union_schema(
            {
                "node": core_schema.definition_reference_schema(EXPRESSIONS),
                "value": core_schema.definition_reference_schema(VALUE),
            },
            discriminator=_is_node,
        )

    def dump(self, value: Any, writer: Writer) -> Any:
        from qail.ast.node import Node

        return writer.part(value) if isinstance(value, Node) else writer.value(value)


def _as_tuple(items: list[Any]) -> tuple[Any, ...]:
    return tuple(items)


def _is_node(data: object) -> str:
    return "node" if isinstance(data, dict) and TAG in data else "value"


class Nothing(Kind):
    """What only Python can say: only what an absent field means."""

    def __init__(self, what: str, absent: object = None) -> None:
        super().__init__(absent)
        self._what: Final = what

    def schema(self) -> CoreSchema:
        return core_schema.literal_schema([self.default])

    def dump(self, value: Any, writer: Writer) -> Any:
        raise BuildError(f"{self._what} has no JSON form: it is made of Python's own objects")
