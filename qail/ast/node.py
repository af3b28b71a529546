"""Node, Expression, Expr and Statement: the bases of everything a query is made of.

Rule 1: a node is immutable; a builder method makes a new one and shares the old ones.
Rule 2: `shape` adds the node's tokens and values to a walk, parents first, so that equal keys are equal trees.
Rule 3: nodes are compared by shape, never by `==`, which builds SQL.
Rule 4: `depth` bounds recursion: nesting over 500 is refused where the node is made, since compiled code has no
recursion limit. AND and OR lists and left spines of operators are walked in loops and do not count.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeAlias, TypeVar, overload

from mypy_extensions import mypyc_attr

from qail.ast._truth import NoTruth
from qail.ast.name import Name, Unchecked
from qail.ast.operators import operators
from qail.errors import BuildError
from qail.pgtype import BOOL, PgType

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from qail.ast.build.builder import Fetchable
    from qail.ast.clause.sort import SortBy
    from qail.ast.clause.window import Frame
    from qail.ast.expression.array import ArrayOperators
    from qail.ast.expression.bits import BitOperators
    from qail.ast.expression.json import JsonOperators
    from qail.ast.expression.network import NetworkOperators
    from qail.ast.expression.operation import Operator
    from qail.ast.expression.range import RangeOperators
    from qail.ast.expression.search import SearchOperators
    from qail.ast.walk import Walk
    from qail.pg.codec.interval import Interval

T = TypeVar("T")
U = TypeVar("U")

MAX_DEPTH: Final = 500

Text: TypeAlias = "Expr[str] | Expr[str | None]"
# To a time a span of time may be added, which is of another type, as is what lies between two times.
Day: TypeAlias = "Expr[date] | Expr[date | None]"
Days: TypeAlias = "int | Expr[int] | Expr[int | None]"
Moment: TypeAlias = "Expr[date] | Expr[date | None] | Expr[datetime] | Expr[datetime | None]"
Span: TypeAlias = "timedelta | Interval | Expr[Interval] | Expr[Interval | None]"


@mypyc_attr(allow_interpreted_subclasses=True)
class Node(NoTruth):
    """Any part of a query. Not generic, so that `isinstance(x, Node)` narrows cleanly."""

    def __init__(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise BuildError(
                f"the expression is nested {depth} deep; at most {MAX_DEPTH} is allowed: use any_of or all_of"
            )
        self.depth: Final = depth

    def shape(self, walk: Walk) -> None:
        """Append this node's tokens to `walk.tokens` and its values to `walk.values`."""
        raise AssertionError(f"{type(self).__name__} defines no shape")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} is a part of a query and is not pickled: build it where it is used")


@mypyc_attr(allow_interpreted_subclasses=True)
class Expression(Node):
    """A node that has a value."""

    def result_type(self) -> PgType[Any] | None:
        """The PostgreSQL type of its value, when the tree alone proves it; None: the server says."""
        return None


class Statement(Node):
    """A whole statement as the compiler reads it: its clauses in the order of SQL.

    It is made from a builder's steps when their shape is met for the first time; the key is that of the steps.
    """


@mypyc_attr(allow_interpreted_subclasses=True)
class Expr(Expression, Generic[T]):
    """An expression whose values are of Python type T: the operators."""

    def __qail_item__(self) -> T:
        raise TypeError("__qail_item__ is for type checkers")

    def __qail_value__(self) -> T:
        raise TypeError("__qail_value__ is for type checkers")

    def __eq__(self, other: T | Expr[Any]) -> Cond:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return operators().compare("=", self, other)

    def __ne__(self, other: T | Expr[Any]) -> Cond:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return operators().compare("<>", self, other)

    def __lt__(self, other: T | Expr[Any]) -> Cond:
        return operators().compare("<", self, other)

    def __le__(self, other: T | Expr[Any]) -> Cond:
        return operators().compare("<=", self, other)

    def __gt__(self, other: T | Expr[Any]) -> Cond:
        return operators().compare(">", self, other)

    def __ge__(self, other: T | Expr[Any]) -> Cond:
        return operators().compare(">=", self, other)

    def __hash__(self) -> int:  # `__hash__ = object.__hash__` would leave a compiled class unhashable
        return id(self)

    def __and__(self: Expr[bool] | Expr[bool | None], other: Expr[bool] | Expr[bool | None] | Unchecked) -> Cond:
        return operators().both(self, other)

    def __or__(self: Expr[bool] | Expr[bool | None], other: Expr[bool] | Expr[bool | None] | Unchecked) -> Cond:
        return operators().either(self, other)

    # A compiled class with the forward operator alone calls itself for ever on `True & expression`.
    def __rand__(self: Expr[bool] | Expr[bool | None], other: Expr[bool] | Expr[bool | None] | Unchecked) -> Cond:
        return operators().both(other, self)

    def __ror__(self: Expr[bool] | Expr[bool | None], other: Expr[bool] | Expr[bool | None] | Unchecked) -> Cond:
        return operators().either(other, self)

    def __invert__(self: Expr[bool] | Expr[bool | None]) -> Cond:
        return operators().negation(self)

    @overload
    def __add__(self, other: T | Expr[T]) -> Expr[T]: ...
    @overload
    def __add__(self: Moment, other: Span) -> Expr[Any]: ...
    @overload
    def __add__(self: Day, other: Days) -> Expr[Any]: ...
    def __add__(self, other: Any) -> Expr[Any]:
        return operators().operation("+", self, other)

    def __radd__(self, other: T) -> Expr[T]:
        return operators().operation("+", other, self)

    @overload
    def __sub__(self: Day, other: date | Day | Days) -> Expr[Any]: ...
    @overload
    def __sub__(self: Moment, other: datetime | Moment | Span) -> Expr[Any]: ...
    @overload
    def __sub__(self, other: T | Expr[T]) -> Expr[T]: ...
    def __sub__(self, other: Any) -> Expr[Any]:
        return operators().operation("-", self, other)

    def __rsub__(self, other: T) -> Expr[T]:
        return operators().operation("-", other, self)

    def __mul__(self, other: T | Expr[T]) -> Expr[T]:
        return operators().operation("*", self, other)

    def __rmul__(self, other: T) -> Expr[T]:
        return operators().operation("*", other, self)

    def __truediv__(self, other: T | Expr[T]) -> Expr[T]:
        """PostgreSQL's `/`: of two integers it is an integer, cut towards zero."""
        return operators().operation("/", self, other)

    def __rtruediv__(self, other: T) -> Expr[T]:
        return operators().operation("/", other, self)

    def __mod__(self, other: T | Expr[T]) -> Expr[T]:
        return operators().operation("%", self, other)

    def __rmod__(self, other: T) -> Expr[T]:
        return operators().operation("%", other, self)

    def __neg__(self) -> Expr[T]:
        return operators().negative(self)

    def concat(self: Expr[str] | Expr[str | None], other: str | Expr[str] | Expr[str | None] | Unchecked) -> Expr[Any]:
        """`self || other`: NULL when either is."""
        return operators().operation("||", self, other)

    def in_(self, values: Collection[T] | Expr[Any] | Fetchable[Any]) -> Cond:
        """`= ANY($1)` of a collection, which may be empty and of any length without a new text; or `IN (subquery)`."""
        return operators().membership(self, values, negated=False)

    def not_in(self, values: Collection[T] | Expr[Any] | Fetchable[Any]) -> Cond:
        """`<> ALL($1)`, or `NOT IN (subquery)`."""
        return operators().membership(self, values, negated=True)

    def between(self, low: T | Expr[Any], high: T | Expr[Any], *, symmetric: bool = False) -> Cond:
        """`BETWEEN low AND high`, both included; `symmetric`: whichever of the two is the lower."""
        return operators().between(self, low, high, negated=False, symmetric=symmetric)

    def not_between(self, low: T | Expr[Any], high: T | Expr[Any], *, symmetric: bool = False) -> Cond:
        """`NOT BETWEEN low AND high`."""
        return operators().between(self, low, high, negated=True, symmetric=symmetric)

    def is_null(self) -> Cond:
        """`IS NULL`."""
        return operators().null_test(self, negated=False)

    def is_not_null(self) -> Cond:
        """`IS NOT NULL`."""
        return operators().null_test(self, negated=True)

    def is_true(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS TRUE`: never NULL, as its five kin."""
        return operators().truth_test(self, "IS TRUE")

    def is_not_true(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS NOT TRUE`: false or NULL."""
        return operators().truth_test(self, "IS NOT TRUE")

    def is_false(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS FALSE`."""
        return operators().truth_test(self, "IS FALSE")

    def is_not_false(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS NOT FALSE`: true or NULL."""
        return operators().truth_test(self, "IS NOT FALSE")

    def is_unknown(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS UNKNOWN`: NULL."""
        return operators().truth_test(self, "IS UNKNOWN")

    def is_not_unknown(self: Expr[bool] | Expr[bool | None]) -> Cond:
        """`IS NOT UNKNOWN`: true or false."""
        return operators().truth_test(self, "IS NOT UNKNOWN")

    def is_distinct_from(self, other: T | Expr[Any] | None) -> Cond:
        """`IS DISTINCT FROM`: as `<>`, but NULL is a value like any other."""
        return operators().distinct_from(self, other, negated=False)

    def is_not_distinct_from(self, other: T | Expr[Any] | None) -> Cond:
        """`IS NOT DISTINCT FROM`: as `=`, but NULL equals NULL."""
        return operators().distinct_from(self, other, negated=True)

    def like(self: Expr[str] | Expr[str | None], pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`LIKE pattern`: % is any text, _ one character, backslash takes their meaning away."""
        return operators().compare("LIKE", self, pattern)

    def not_like(self: Expr[str] | Expr[str | None], pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`NOT LIKE pattern`."""
        return operators().compare("NOT LIKE", self, pattern)

    def ilike(self: Expr[str] | Expr[str | None], pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`ILIKE pattern`: as `like`, in any case."""
        return operators().compare("ILIKE", self, pattern)

    def not_ilike(self: Expr[str] | Expr[str | None], pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`NOT ILIKE pattern`."""
        return operators().compare("NOT ILIKE", self, pattern)

    def similar_to(self: Expr[str] | Expr[str | None], pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`SIMILAR TO pattern`: a regular expression of the SQL standard, for the whole text."""
        return operators().compare("SIMILAR TO", self, pattern)

    def not_similar_to(self: Text, pattern: str | Expr[str] | Expr[str | None] | Unchecked) -> Cond:
        """`NOT SIMILAR TO pattern`."""
        return operators().compare("NOT SIMILAR TO", self, pattern)

    def matches(self: Text, pattern: str | Expr[str] | Unchecked, *, ignore_case: bool = False) -> Cond:
        """`~ pattern`, a POSIX regular expression found anywhere; `~*` with `ignore_case`."""
        return operators().compare("~*" if ignore_case else "~", self, pattern)

    def not_matches(self: Text, pattern: str | Expr[str] | Unchecked, *, ignore_case: bool = False) -> Cond:
        """`!~ pattern`; `!~*` with `ignore_case`."""
        return operators().compare("!~*" if ignore_case else "!~", self, pattern)

    def contains(self: Expr[str] | Expr[str | None], text: str | Expr[str] | Unchecked) -> Cond:
        """The text is somewhere in it; %, _ and backslash in `text` are plain characters."""
        return operators().text_test(self, "%", text, "%")

    def startswith(self: Expr[str] | Expr[str | None], text: str | Expr[str] | Unchecked) -> Cond:
        """It begins with the text; %, _ and backslash in `text` are plain characters."""
        return operators().text_test(self, "", text, "%")

    def endswith(self: Expr[str] | Expr[str | None], text: str | Expr[str] | Unchecked) -> Cond:
        """It ends with the text; %, _ and backslash in `text` are plain characters."""
        return operators().text_test(self, "%", text, "")

    def collate(self, collation: str | tuple[str, str] | Unchecked) -> Expr[T]:
        """`COLLATE "name"`; a pair is (schema, name)."""
        return operators().collated(self, collation)

    def at_time_zone(self, zone: Any) -> Expr[Any]:
        """`AT TIME ZONE zone`: timestamptz to the wall clock there, and a wall clock there to timestamptz."""
        return operators().at_time_zone(self, zone)

    def field(self, name: Name) -> Expr[Any]:
        """`(composite).name`: one attribute of a composite value."""
        return operators().field(self, name)

    def op(
        self, symbol: Name, result: PgType[Any] | Unchecked | None = None, *, schema: Name | None = None
    ) -> Operator:
        """Any operator, an extension's too: `User.place.op("<->", FLOAT8)(point)`. `result` is the type it gives.

        >>> print(Qail.get("t").columns(col("a").op("<->", FLOAT8)(5)))
        SELECT "a" <-> $1 FROM "t"
        """
        return operators().op(self, symbol, result, schema)

    @property
    def json(self) -> JsonOperators:
        """The operators of json and jsonb: `User.data.json.text("name")`."""
        return operators().json(self)

    @property
    def array(self) -> ArrayOperators:
        """The operators of arrays: `Post.tags.array.contains(["a"])`."""
        return operators().array(self)

    @property
    def range(self) -> RangeOperators:
        """The operators of ranges and multiranges: `Booking.during.range.overlaps(other)`."""
        return operators().range(self)

    @property
    def bits(self) -> BitOperators:
        """The operators on the bits of integers and bit strings: `User.flags.bits.and_(4)`."""
        return operators().bits(self)

    @property
    def network(self) -> NetworkOperators:
        """The operators of inet and cidr: `Host.address.network.within("10.0.0.0/8")`."""
        return operators().network(self)

    @property
    def search(self) -> SearchOperators:
        """The operators of tsvector: `Post.words.search.matches(func.to_tsquery("cat & rat"))`."""
        return operators().search(self)

    def not_null(self: Expr[U | None]) -> Expr[U]:
        """Promise the type checker that the value is never NULL. The SQL is the same."""
        return operators().promise(self)

    def asc(self) -> SortBy:
        """Sort key, ascending."""
        return operators().ascending(self)

    def desc(self) -> SortBy:
        """Sort key, descending."""
        return operators().descending(self)

    def as_(self, name: Name) -> Expr[T]:
        """`AS name` in a select list; anywhere else it is the expression itself."""
        return operators().named(self, name)

    def filter(self, condition: BoolOperand, /, *more: BoolOperand) -> Expr[T]:
        """`FILTER (WHERE ...)` of an aggregate call; several conditions must all hold."""
        raise BuildError(f"filter() belongs to an aggregate call such as count(), not to {type(self).__name__}")

    def within_group(self, key: Expr[Any] | SortBy, /, *more: Expr[Any] | SortBy) -> Expr[T]:
        """`WITHIN GROUP (ORDER BY ...)` of an ordered-set aggregate: `func.percentile_cont(0.5).within_group(x)`."""
        raise BuildError(f"within_group() belongs to an aggregate such as func.mode(), not to {type(self).__name__}")

    def over(
        self,
        window: Name | None = None,
        /,
        *,
        partition_by: Expr[Any] | Collection[Expr[Any]] = (),
        order_by: Expr[Any] | SortBy | Collection[Expr[Any] | SortBy] = (),
        frame: Frame | Unchecked | None = None,
    ) -> Expr[T]:
        """`OVER (PARTITION BY ... ORDER BY ... frame)` of a call; `window` names one of the query's, to be added to."""
        raise BuildError(f"over() belongs to a call such as count() or func.rank(), not to {type(self).__name__}")


class Cond(Expr[bool | None]):
    """A predicate. SQL is three-valued, hence `bool | None` when it is selected."""

    def result_type(self) -> PgType[Any] | None:
        return BOOL


BoolOperand: TypeAlias = Expr[bool] | Expr[bool | None] | Unchecked


def depth_over(first: Node, second: Node) -> int:
    """The depth of a node over two others."""
    return (first.depth if first.depth > second.depth else second.depth) + 1


def depth_of(nodes: Collection[Node]) -> int:
    """The depth of a node over a list of others."""
    depth = 0
    for node in tuple(nodes):  # compiled code reads a tuple without an iterator
        if node.depth > depth:
            depth = node.depth
    return depth + 1
