"""DISTINCT and DISTINCT ON against ORDER BY: what the server would refuse, told before it is asked.

Rule: as in `level`, what cannot be known here is left to the server; nothing that it would accept is refused.

Source: src/backend/parser/parse_clause.c, transformDistinctClause and transformDistinctOnClause
"""

from __future__ import annotations

from qail.ast.expression.column import ColumnExpr
from qail.ast.expression.parameter import Literal
from qail.ast.node import Node
from qail.compile.level import are_same, column_token, plain, sorted_by, tokens_name, walk_of
from qail.errors import BuildError


def check_distinct(sorts: list[Node], targets: list[Node]) -> None:
    """Refuse an ORDER BY of SELECT DISTINCT that names what is not selected.

    Raises:
        BuildError: a key is a column that no item of the list is, or an item written twice.
    """
    are_columns = bool(targets)
    for target in targets:
        are_columns = are_columns and column_token(plain(target)) != ""
    for sort in sorts:
        key = sorted_by(sort, targets)
        is_found = False
        for target in targets:
            is_found = _is_same(key, plain(target), "an item of the select list") or is_found
        if not is_found and are_columns and column_token(key):
            raise BuildError(
                f"distinct() leaves one row of equal ones, so that order_by() takes only what is selected, and column "
                f"{tokens_name(key)!r} is not: select it, too, or take distinct_on()"
            )


def check_distinct_on(keys: list[Node], sorts: list[Node], targets: list[Node]) -> None:
    """Refuse an ORDER BY that does not begin with the keys of DISTINCT ON, in any order.

    Raises:
        BuildError: it does not; the first row of each would be of nobody's choice.
    """
    wanted = [sorted_by(key, targets) for key in keys]
    met: list[bool] = [False] * len(wanted)
    is_over = False
    for sort in sorts:
        found = sorted_by(sort, targets)
        is_wanted = False
        for index, key in enumerate(wanted):
            if _is_same(found, key, "a key of distinct_on()"):
                is_wanted = True
                met[index] = True
        if is_over and is_wanted:
            _refuse_order()
        is_over = is_over or not is_wanted
    if is_over and not all(met):
        _refuse_order()


def _refuse_order() -> None:
    raise BuildError(
        "distinct_on() keeps the first row of each of its keys, so that order_by() has to begin with those keys; "
        "other sort keys come behind them"
    )


def _is_one_table(one: Node, other: Node) -> bool:
    """Whether two columns may be of one table, through it or its outer twin: of a name alone that is not known."""
    if isinstance(one, ColumnExpr) and isinstance(other, ColumnExpr):
        return one.relation.token == other.relation.token
    return True


def _is_same(one: Node, other: Node, what: str) -> bool:
    """Whether two expressions are one to the server, as far as it can be told.

    Raises:
        BuildError: they are but for their parameters, which have to be the same ones, too; `other` is `what`.
    """
    if column_token(one) and column_token(other):
        return _is_one_table(one, other) and tokens_name(one) == tokens_name(other)
    if isinstance(one, Literal) or isinstance(other, Literal):
        return True
    walk, known = walk_of(one), walk_of(other)
    if tuple(walk.tokens) != tuple(known.tokens):
        return False
    if not are_same(walk.owners, known.owners):
        raise BuildError(
            f"a key of order_by() is written like {what} and has parameters of its own, $1 here and $2 there: "
            "make the expression once, and use that object in both places"
        )
    return True
