"""Level: what one query may hold where it is being written, and what it has held; for errors that need no server.

Rule 1: an aggregate call belongs to the innermost query whose columns it names, as in PostgreSQL; one that names none
to the query it stands in.
Rule 2: what cannot be known here (untyped names, raw text, keys nobody declared) is left to the server. Nothing that it
would accept is refused.

Source: src/backend/parser/parse_agg.c
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from qail.ast.clause.from_ import FULL, LEFT, RIGHT, TABLE_KIND, JoinExpr
from qail.ast.clause.sort import SortBy
from qail.ast.clause.target import ResTarget
from qail.ast.clause.window import WindowDef
from qail.ast.expression.column import ColumnExpr, ColumnRef
from qail.ast.expression.comparison import NotNull
from qail.ast.expression.function import FuncCall
from qail.ast.expression.grouping import GroupingSet
from qail.ast.expression.parameter import Literal
from qail.ast.node import Node
from qail.ast.statement.select import named_relation, relations_of
from qail.ast.walk import Walk
from qail.compile.calls import is_window_function
from qail.errors import BuildError

Tokens: TypeAlias = tuple[object, ...]

# An aggregate there would be of groups that are not there yet.
WHERE_CLAUSE: Final = "WHERE"
JOIN_CLAUSE: Final = "JOIN ... ON"
GROUP_CLAUSE: Final = "GROUP BY"
HAVING_CLAUSE: Final = "HAVING"
CHANGE_CLAUSE: Final = "INSERT, UPDATE, DELETE or MERGE"
LIMIT_CLAUSE: Final = "LIMIT"
OFFSET_CLAUSE: Final = "OFFSET"
FRAME_CLAUSE: Final = "the frame of a window"
VALUES_CLAUSE: Final = "VALUES"
FUNCTION_CLAUSE: Final = "a function in FROM"
DEFINITION_CLAUSE: Final = "a definition"
DEFAULT_CLAUSE: Final = "a default"
POLICY_CLAUSE: Final = "a policy"
WITHOUT_AGGREGATES: Final[dict[str, str]] = {
    WHERE_CLAUSE: "having() has conditions on groups, or a subquery finds the value",
    JOIN_CLAUSE: "join a subquery that has the value, or put the condition into having()",
    GROUP_CLAUSE: "rows are grouped before it is known: group a subquery",
    CHANGE_CLAUSE: "a query finds the value first: from_select(), or a subquery's scalar()",
    LIMIT_CLAUSE: "a subquery's scalar() finds the value",
    OFFSET_CLAUSE: "a subquery's scalar() finds the value",
    FRAME_CLAUSE: "a subquery's scalar() finds the value",
    VALUES_CLAUSE: "a subquery's scalar() finds the value",
    FUNCTION_CLAUSE: "a subquery's scalar() finds the value",
    DEFINITION_CLAUSE: "it is about one row",
    DEFAULT_CLAUSE: "it is there before any row is",
    POLICY_CLAUSE: "it is about one row: a subquery may count others",
}
WITHOUT_COLUMNS: Final[dict[str, str]] = {
    LIMIT_CLAUSE: "it is one number for all rows: a value, or a subquery's scalar()",
    OFFSET_CLAUSE: "it is one number for all rows: a value, or a subquery's scalar()",
    FRAME_CLAUSE: "it is one distance for all rows: a value, or a subquery's scalar()",
    VALUES_CLAUSE: "it makes rows and reads none: from_select() and select() read a table's",
    DEFAULT_CLAUSE: "it is there before any row is: generated() makes a value of other columns",
}
WITHOUT_QUERIES: Final[dict[str, str]] = {
    DEFINITION_CLAUSE: "it is about one row: a function or a trigger may read others",
    DEFAULT_CLAUSE: "a function may read rows",
}
WITHOUT_SETS: Final = frozenset(
    {
        WHERE_CLAUSE, JOIN_CLAUSE, HAVING_CLAUSE, LIMIT_CLAUSE, OFFSET_CLAUSE, FRAME_CLAUSE, DEFINITION_CLAUSE,
        DEFAULT_CLAUSE, POLICY_CLAUSE,
    }
)  # fmt: skip
"""What a set-returning function cannot stand in; of the other clauses it depends on what is around it."""


class Level:
    """One query or other statement that is being written. `clause` is where one is, "" where anything may stand."""

    def __init__(self, relations: list[str], clause: str = "") -> None:
        self.clause = clause
        self.relations: Final = relations
        self.optional: list[str] = []
        """The items of FROM whose rows may be absent, in what is being written."""
        self.first_items: list[Node] = []
        self.joined: Final[list[JoinExpr]] = []
        self.has_groups = False
        self.aggregate = ""
        """The first aggregate that belongs to this query."""
        self.window = ""
        """The first window function of this query."""
        self.windows: Final[dict[str, WindowDef]] = {}
        """The windows that it names."""
        self.row_source = ""
        """The first set-returning function outside of FROM, which makes rows of each row."""
        self.is_collecting = False
        """Columns are written that have to be of a group."""
        self.inside_aggregates = 0
        self.inside_windows = 0
        self.inside_keys = 0
        self.columns: Final[list[Node]] = []
        self.keys: Final[list[Tokens]] = []
        self.key_owners: Final[list[list[object]]] = []
        self.has_twin = False
        """What is written like a key, with parameters of its own, is none: to PostgreSQL `$1` and `$2` differ."""
        self.key_columns: Final[list[Node]] = []
        self.aliases: Final[list[str]] = []
        self.is_known = True
        """Whether the group keys are known: a number among them is the number of a column."""

    def group_by(self, keys: list[Node], targets: list[Node]) -> None:
        """Take the group keys; a name may be that of a select item."""
        self.aliases.extend([target.name for target in targets if isinstance(target, ResTarget)])
        pending = list(keys)
        while pending:
            key = plain(pending.pop())
            if isinstance(key, GroupingSet):
                pending.extend(key.content)
                continue
            if isinstance(key, Literal):
                self.is_known = False
            self._add_key(key)
            if column_token(key):
                self.key_columns.append(key)
            selected = sorted_by(key, targets)
            if selected is not key:
                self._add_key(selected)

    def _add_key(self, key: Node) -> None:
        walk = walk_of(key)
        self.keys.append(tuple(walk.tokens))
        self.key_owners.append(walk.owners)

    def is_key(self, node: Node) -> bool:
        """Whether the node is a group key itself."""
        if not self.keys:
            return False
        walk = walk_of(node)
        tokens = tuple(walk.tokens)
        is_twin = False
        for index, key in enumerate(self.keys):
            if key == tokens:
                if are_same(walk.owners, self.key_owners[index]):
                    return True
                is_twin = True
        self.has_twin = self.has_twin or (is_twin and self.is_collecting)
        return False

    def note(self, column: Node, *, is_own: bool) -> None:
        """A column is written; outside of aggregates and keys it has to be of a group.

        What a subquery makes of it may be a key as a whole: there a column of any key will do.
        """
        advice = WITHOUT_COLUMNS.get(self.clause) if self.clause else None
        if advice is not None:
            raise BuildError(f"column {tokens_name(column)!r} cannot stand in {self.clause}: {advice}")
        if not self.is_collecting or self.inside_aggregates or self.inside_keys:
            return
        if is_own or not any(column_token(column) in key for key in self.keys):
            self.columns.append(column)

    def join(self, join: JoinExpr) -> None:
        """A join is written, with its condition."""
        self.joined.append(join)
        self.optional = optional_relations(self.first_items, list(self.joined))

    def begin_window(self, call: FuncCall) -> None:
        """The call of a window function begins.

        Raises:
            BuildError: none may stand here.
        """
        if self.inside_aggregates:
            raise BuildError(f"{call.name}() over a window is no argument of an aggregate: use a subquery's column")
        if self.inside_windows:
            raise BuildError(
                f"{call.name}() over a window is no argument of another and no key: use a subquery's column"
            )
        if self.clause:
            advice = WITHOUT_QUERIES.get(self.clause, "put it into a subquery, and what asks for it around that")
            raise BuildError(
                f"{call.name}() over a window stands in {self.clause}, where PostgreSQL has none: {advice}"
            )
        self.window = self.window or call.name
        self.inside_windows += 1

    def begin_aggregate(self, call: FuncCall) -> None:
        """The call of an aggregate of this query begins; the caller counts it where it stands.

        Raises:
            BuildError: none may stand here.
        """
        if self.inside_aggregates:
            raise BuildError(f"{call.name}() stands inside another aggregate: take the inner one in a subquery")
        advice = WITHOUT_AGGREGATES.get(self.clause)
        if advice is not None:
            raise BuildError(f"the aggregate {call.name}() cannot stand in {self.clause}: {advice}")
        self.aggregate = self.aggregate or call.name
        self.inside_aggregates += 1

    def check_plain(self, call: FuncCall) -> None:
        """A call that is of no aggregate.

        Raises:
            BuildError: it is of a window function, without a window.
        """
        if is_window_function(call):
            raise BuildError(f"{call.name}() is a window function: .over(order_by=...) says over which rows")

    def check_groups(self) -> None:
        """Refuse columns that have no one value in a group.

        Raises:
            BuildError: a column stands beside an aggregate, or in a grouped query, and is no group key.
        """
        if not self.is_known or not (self.aggregate or self.has_groups):
            return
        for column in self.columns:
            if not self._has_one_value(column):
                beside = f"{self.aggregate}()" if self.aggregate else "GROUP BY or HAVING"
                name = tokens_name(column)
                if self.has_twin:
                    raise BuildError(
                        f"column {name!r} stands in an expression that is written like a group key and has parameters "
                        "of its own, $1 here and $2 there: make the expression once, and use that object in both places"
                    )
                raise BuildError(
                    f"column {name!r} stands beside {beside} and is no group key: "
                    "name it in group_by(), or take one value of each group, such as max_() of it"
                )

    def _has_one_value(self, column: Node) -> bool:
        """Whether a column is a key, or depends on one, as far as that is known."""
        if not isinstance(column, ColumnExpr):
            # Any key at all may be the primary key of its table.
            return bool(self.keys) and not (self.has_twin and len(self.keys) == 1)
        names: list[str] = []
        for key in self.key_columns:
            if isinstance(key, ColumnExpr):
                if key.name == column.name and key.relation.token == column.relation.token:
                    return True
                if key.relation.token == column.relation.token:
                    names.append(key.name)
            elif isinstance(key, ColumnRef):
                if key.fields[-1] == column.name:
                    return True
                names.append(key.fields[-1])
        relation = column.relation
        if relation.kind != TABLE_KIND or not names:
            return False
        return all(name in names for name in relation.key)


def plain(node: Node) -> Node:
    """The node without what is only for type checkers, for the select list, or for sorting."""
    while True:
        if isinstance(node, NotNull):
            node = node.argument
        elif isinstance(node, ResTarget):
            node = node.value
        elif isinstance(node, SortBy):
            node = node.node
        else:
            return node


def tokens_of(node: Node) -> Tokens:
    """The shape of a node by itself; subqueries in it count as equal."""
    return tuple(walk_of(node).tokens)


def walk_of(node: Node) -> Walk:
    """The tokens and the parameters of a node by itself."""
    walk = Walk(is_flat=True)
    plain(node).shape(walk)
    return walk


def are_same(one: list[object], other: list[object]) -> bool:
    """Whether the same objects hold the parameters of two nodes of one shape."""
    return all(owner is known for owner, known in zip(one, other, strict=True))


def column_token(node: Node) -> str:
    """The token of a column."""
    return node.token if isinstance(node, (ColumnExpr, ColumnRef)) else ""


def tokens_name(node: Node) -> str:
    """The name of a column."""
    if isinstance(node, ColumnExpr):
        return node.name
    return node.fields[-1] if isinstance(node, ColumnRef) else type(node).__name__


def optional_relations(first: list[Node], joins: list[JoinExpr]) -> list[str]:
    """The tokens of the items of FROM whose rows may be absent when all joins are done."""
    present = [relation.token for relation in [named_relation(item) for item in first] if relation is not None]
    optional: list[str] = []
    for join in joins:
        join_optional(join, present, optional)
    return optional


def join_optional(join: JoinExpr, present: list[str], optional: list[str]) -> None:
    """What one more join makes optional; `present` are the tokens before it, and gets its own."""
    relation = named_relation(join.relation)
    if join.kind in (RIGHT, FULL):
        optional.extend(present)
    if relation is not None:
        present.append(relation.token)
        if join.kind in (LEFT, FULL):
            optional.append(relation.token)


def check_optional(column: ColumnExpr[Any]) -> None:
    """Refuse the plain form of a column whose rows may be absent.

    Raises:
        BuildError: a type checker would take it for never NULL.
    """
    relation = column.relation
    name = relation.alias or relation.name
    if relation.kind != TABLE_KIND:
        if not column.null:
            raise BuildError(
                f"the rows of {name!r} may be absent behind this join, so that {column.name!r} may be NULL: "
                f"{name}.outer(...) in the place of {name}[...]"
            )
        return
    if not relation.is_nullable:
        raise BuildError(
            f"the rows of table {name!r} may be absent behind this join, so that column {column.name!r} may be NULL: "
            "take it from the table's outer twin, class ...Outer(..., Outer[...])"
        )


def owner_of(call: FuncCall, levels: list[Level]) -> Level:
    """The query that an aggregate call belongs to."""
    named = [relation.token for relation in relations_of(call)]
    if named:
        for level in reversed(levels):
            if any(token in level.relations for token in named):
                return level
    return levels[-1]


def sorted_by(node: Node, targets: list[Node]) -> Node:
    """What a key stands for: the item of the select list that it names, or itself."""
    found = plain(node)
    if isinstance(found, ColumnRef) and len(found.fields) == 1:
        for target in targets:
            if isinstance(target, ResTarget) and target.name == found.fields[0]:
                return plain(target.value)
    return found


def relation_names(tokens: list[str]) -> list[str]:
    """What items of FROM are called, by their tokens."""
    found: list[str] = []
    for token in tokens:
        _, _, name, alias = token.split("\0")
        found.append(alias or name)
    return found
