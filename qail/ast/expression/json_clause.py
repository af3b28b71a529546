"""The clauses that SQL/JSON functions share: JsonArgument, JsonKeyValue, JsonBehavior, and JsonForm around them.

Rule: what PostgreSQL takes as a word is a word of a closed set here; what it takes as a value is a parameter. The
DEFAULT of ON EMPTY and ON ERROR can be no parameter, so that its values are written into the text.

Source: functions-json.html#FUNCTIONS-SQLJSON
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from qail.ast.expression.arithmetic import is_type, type_token
from qail.ast.expression.own_type import own_type
from qail.ast.expression.parameter import ParamRef, operand
from qail.ast.name import checked_name
from qail.ast.node import Expression, Node, depth_over
from qail.ast.walk import LiteralWalk, Walk
from qail.errors import BuildError
from qail.pgtype import JSONB, TEXT, PgType

DEFAULT_WORD: Final = "default"
BEHAVIORS: Final[dict[str, str]] = {
    "error": "ERROR",
    "null": "NULL",
    "true": "TRUE",
    "false": "FALSE",
    "unknown": "UNKNOWN",
    "empty": "EMPTY",
    "empty array": "EMPTY ARRAY",
    "empty object": "EMPTY OBJECT",
}
OF_EXISTS: Final = ("error", "true", "false", "unknown")
OF_VALUE: Final = ("error", "null", DEFAULT_WORD)
OF_QUERY: Final = ("error", "null", "empty array", "empty object", DEFAULT_WORD)
OF_TABLE: Final = ("error", "empty")
WRAPPERS: Final[dict[str, str]] = {
    "without": " WITHOUT WRAPPER",
    "conditional": " WITH CONDITIONAL WRAPPER",
    "unconditional": " WITH UNCONDITIONAL WRAPPER",
}
QUOTES: Final[dict[str, str]] = {"keep": " KEEP QUOTES", "omit": " OMIT QUOTES"}
PIECE_OPTIONS: Final = ("passing", "wrapper", "quotes", "on_empty", "on_error")
NULLS: Final[dict[str, str]] = {"null": " NULL ON NULL", "absent": " ABSENT ON NULL"}


class JsonArgument(Node):
    """`value AS "name"` of PASSING: the variable `$name` of a path. `pg` is the type of a value that is a parameter."""

    def __init__(self, name: str, value: Node, pg: PgType[Any] | None) -> None:
        super().__init__(value.depth + 1)
        self.name: Final = checked_name(name, "a variable of passing=")
        self.value: Final = value
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0argument\0{self.name}\0{type_token(self.pg)}")
        self.value.shape(walk)


class JsonKeyValue(Node):
    """`key : value`, a member of an object. `pg` is the type of a value that is a parameter."""

    def __init__(self, key: Node, value: Node, pg: PgType[Any] | None) -> None:
        super().__init__(depth_over(key, value))
        self.key: Final = key
        self.value: Final = value
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0member\0{type_token(self.pg)}")
        self.key.shape(walk)
        self.value.shape(walk)


class JsonBehavior(Node):
    """What ON EMPTY or ON ERROR gives: a word, or DEFAULT and an expression, whose values stand in the text."""

    def __init__(self, word: str, default: Node | None = None) -> None:
        super().__init__(1 if default is None else default.depth + 1)
        self.word: Final = word
        self.default: Final = default

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(f"J\0behavior\0{self.word}")
        if self.default is not None:
            inner = LiteralWalk()
            self.default.shape(inner)
            walk.tokens.extend(inner.tokens)


class JsonForm:
    """How a SQL/JSON function gives its result: for most calls AS_IT_IS. What is not said is left out of the text."""

    def __init__(
        self,
        *,
        passing: tuple[JsonArgument, ...] = (),
        returning: PgType[Any] | None = None,
        wrapper: str = "",
        quotes: str = "",
        on_empty: JsonBehavior | None = None,
        on_error: JsonBehavior | None = None,
    ) -> None:
        self.passing: Final = passing
        self.returning: Final = returning
        self.wrapper: Final = wrapper
        self.quotes: Final = quotes
        self.on_empty: Final = on_empty
        self.on_error: Final = on_error
        said = f"{len(passing)}\0{on_empty is not None:d}\0{on_error is not None:d}"
        self.token: Final = f"J\0form\0{type_token(returning)}\0{wrapper}\0{quotes}\0{said}"

    def parts(self) -> list[Node]:
        """Its nodes, in the order of `shape`."""
        found: list[Node] = [*self.passing]
        if self.on_empty is not None:
            found.append(self.on_empty)
        if self.on_error is not None:
            found.append(self.on_error)
        return found

    def shape(self, walk: Walk) -> None:
        """As a node's."""
        walk.tokens.append(self.token)
        for part in self.parts():
            part.shape(walk)


AS_IT_IS: Final = JsonForm()


def behavior(given: object, allowed: tuple[str, ...], clause: str) -> JsonBehavior | None:
    """What `on_empty=` or `on_error=` says; None says nothing.

    Raises:
        BuildError: it is no word of `allowed`, and no expression where a default is allowed.
    """
    if given is None:
        return None
    has_default = DEFAULT_WORD in allowed
    if isinstance(given, Expression) and has_default:
        return JsonBehavior(DEFAULT_WORD, given)
    if isinstance(given, str) and given in allowed and given != DEFAULT_WORD:
        return JsonBehavior(given)
    words = ", ".join([repr(word) for word in allowed if word != DEFAULT_WORD])
    advice = ", or literal(...) for a default" if has_default else ""
    raise BuildError(f"{clause} is one of {words}{advice}; not {given!r:.60}")


def word_of(given: object, words: dict[str, str], clause: str) -> str:
    """The SQL of one of `words`; "" of None.

    Raises:
        BuildError: it is none of them.
    """
    if given is None:
        return ""
    found = words.get(given) if isinstance(given, str) else None
    if found is None:
        raise BuildError(f"{clause} is one of {', '.join([repr(word) for word in words])}; not {given!r:.60}")
    return found


def checked_type(pg: object, clause: str) -> PgType[Any] | None:
    """A type object as it is, or None.

    Raises:
        BuildError: it is something else.
    """
    if pg is None or is_type(pg):
        return pg
    raise BuildError(f"{clause} takes a type object such as INT8, not {type(pg).__name__}")


def piece_form(
    method: str, options: dict[str, Any], *, returning: object = None, extra: tuple[str, ...] = ()
) -> JsonForm:
    """How a piece of a document is given: the options `passing`, `wrapper`, `quotes`, `on_empty` and `on_error`.

    `extra` are options that the caller has looked at itself.

    Raises:
        BuildError: there is another option, one has no such value, or two exclude each other.
    """
    for name in options:
        if name not in PIECE_OPTIONS and name not in extra:
            raise BuildError(f"{method} takes no {name}=; it takes {', '.join(sorted((*PIECE_OPTIONS, *extra)))}")
    wrapper, quotes = options.get("wrapper"), options.get("quotes")
    if quotes is not None and wrapper not in (None, "without"):
        raise BuildError("quotes= belongs to one string, and wrapper= makes an array: one of them, not both")
    return JsonForm(
        passing=arguments(options.get("passing")),
        returning=checked_type(returning, "returning="),
        wrapper=word_of(wrapper, WRAPPERS, "wrapper="),
        quotes=word_of(quotes, QUOTES, "quotes="),
        on_empty=behavior(options.get("on_empty"), OF_QUERY, f"on_empty of {method}"),
        on_error=behavior(options.get("on_error"), OF_QUERY, f"on_error of {method}"),
    )


def value_type(value: object) -> PgType[Any] | None:
    """The type a plain value is sent in where PostgreSQL takes one of any type; None where another has to say it."""
    if value is None or isinstance(value, str):
        return TEXT
    if isinstance(value, (dict, list)):
        return JSONB
    return own_type(value)


def typed_operand(value: object) -> tuple[Node, PgType[Any] | None]:
    """An operand and, of a plain value, the type it is sent in."""
    node = operand(value)
    return node, value_type(value) if isinstance(node, ParamRef) else None


def arguments(passing: object) -> tuple[JsonArgument, ...]:
    """The variables of `passing=`.

    Raises:
        BuildError: it is no mapping of names to values.
    """
    if passing is None:
        return ()
    if not isinstance(passing, Mapping):
        raise BuildError(f"passing= is a mapping of names to values, not {type(passing).__name__}")
    found: list[JsonArgument] = []
    for name, value in cast("Mapping[object, object]", passing).items():
        node, pg = typed_operand(value)
        found.append(JsonArgument(checked_name(name, "a variable of passing="), node, pg))
    return tuple(found)
