"""IndexElem: a key of an index or of an exclusion constraint. OperatorName: an operator by itself.

Source: sql-createindex.html
"""

from __future__ import annotations

from typing import Any, Final

from qail.ast.clause.definition import ObjectName, object_name
from qail.ast.clause.sort import SortBy
from qail.ast.expression.column import column_named
from qail.ast.expression.operation import checked_symbol
from qail.ast.name import Name, Unchecked
from qail.ast.node import Expr, Expression, Node
from qail.ast.tokens import DEFINED
from qail.ast.walk import Walk
from qail.errors import BuildError


class IndexElem(Node):
    """`key COLLATE "collation" "operator class" ASC|DESC NULLS FIRST|LAST`; an expression stands in parentheses."""

    def __init__(
        self,
        key: Node,
        collation: ObjectName | None = None,
        operator_class: ObjectName | None = None,
        order: SortBy | None = None,
    ) -> None:
        super().__init__(key.depth + 1)
        self.key: Final = key
        self.collation: Final = collation
        self.operator_class: Final = operator_class
        self.order: Final = order

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(DEFINED)
        for part in (self.collation, self.operator_class):
            if part is None:
                walk.tokens.append(0)
            else:
                part.shape(walk)
        if self.order is None:
            self.key.shape(walk)
        else:
            self.order.shape(walk)


class OperatorName(Node):
    """An operator such as `&&`."""

    def __init__(self, symbol: object) -> None:
        super().__init__(1)
        self.symbol: Final = checked_symbol(symbol)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append("o\0" + self.symbol)


def index_key(
    key: Name | Expr[Any] | SortBy | Unchecked,
    /,
    *,
    collation: Name | tuple[str, str] | None = None,
    operator_class: Name | tuple[str, str] | None = None,
) -> IndexElem:
    """A key of an index with a collation or an operator class of its own.

    >>> print(Qail.create_index("i", "t", index_key("name", operator_class="text_pattern_ops"), col("age").desc()))
    CREATE INDEX "i" ON "t" ("name" "text_pattern_ops", "age" DESC)
    """
    plain = index_elem(key)
    return IndexElem(
        plain.key,
        None if collation is None else object_name(collation, "a collation"),
        None if operator_class is None else object_name(operator_class, "an operator class"),
        plain.order,
    )


def index_elem(item: object) -> IndexElem:
    """The IndexElem of a column's name, an expression, a sort key, or what `index_key` made.

    Raises:
        BuildError: it is none of them.
    """
    if isinstance(item, IndexElem):
        return item
    if isinstance(item, str):
        return IndexElem(column_named(item))
    if isinstance(item, SortBy):
        return IndexElem(item.node, order=item)
    if not isinstance(item, Expression):
        raise BuildError(f"an index has columns and expressions for its keys, not {type(item).__name__}")
    return IndexElem(item)
