"""Raw SQL as nodes: SqlTemplate, the text and what stands in it; SqlNames, SqlQuery, SqlType, its parts."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.expression.arithmetic import type_token
from qail.ast.expression.subquery import query_depth
from qail.ast.node import Expr, Expression, Node, depth_of
from qail.ast.tokens import ITEM, SQL_EXPRESSION, SQL_NAMES, SQL_QUERY, SQL_TEXT, SQL_TYPE
from qail.ast.walk import Walk
from qail.pgtype import PgType


class SqlTemplate(Node):
    """Text with nodes in it: `parts[i]` stands between `texts[i]` and `texts[i + 1]`."""

    def __init__(self, texts: tuple[str, ...], parts: tuple[Node, ...]) -> None:
        super().__init__(depth_of(parts))
        self.texts: Final = texts
        self.parts: Final = parts

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SQL_TEXT)
        walk.tokens.append(len(self.parts))
        for text in self.texts:
            walk.tokens.append(text)
        for part in self.parts:
            part.shape(walk)


class SqlNames(Node):
    """Names with commas between them, each perhaps qualified."""

    def __init__(self, names: tuple[tuple[str, ...], ...]) -> None:
        super().__init__(1)
        self.names: Final = names

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SQL_NAMES)
        walk.tokens.append(len(self.names))
        for name in self.names:
            walk.tokens.append("\0".join(name))


class SqlQuery(Node):
    """A query in parentheses."""

    def __init__(self, query: Builder) -> None:
        super().__init__(query_depth(query))
        self.query: Final = query

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SQL_QUERY)
        self.query.shape(walk)


class SqlType(Node):
    """The name of a type."""

    def __init__(self, pg: PgType[Any]) -> None:
        super().__init__(1)
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SQL_TYPE)
        walk.tokens.append(type_token(self.pg))


class SqlExpression(Expr[Any]):
    """Raw SQL as an expression of a query, in parentheses. `pg` is the type that was promised for it."""

    def __init__(self, template: SqlTemplate, pg: PgType[Any]) -> None:
        super().__init__(template.depth + 1)
        self.template: Final = template
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SQL_EXPRESSION)
        walk.tokens.append(type_token(self.pg))
        self.template.shape(walk)

    def result_type(self) -> PgType[Any] | None:
        return self.pg


class SqlColumn(Expression):
    """A column of a raw query's result, by the type that was promised for it."""

    def __init__(self, pg: PgType[Any]) -> None:
        super().__init__(1)
        self.pg: Final = pg

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(ITEM)
        walk.tokens.append(type_token(self.pg))

    def result_type(self) -> PgType[Any] | None:
        return self.pg
