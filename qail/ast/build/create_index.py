"""CreateIndex.

Source: sql-createindex.html
"""

from __future__ import annotations

from typing import Any

from qail.ast.build.definition import Defining, definition_table
from qail.ast.clause.definition import DefElem, identifier_of, listed, name_list, storage_options
from qail.ast.clause.index import index_elem
from qail.ast.expression.boolean import all_of
from qail.ast.name import Name, Unchecked
from qail.ast.node import BoolOperand, Expr
from qail.ast.tokens import CLAUSE, CREATE_INDEX


class CreateIndex(Defining):
    """`Qail.create_index(name, table, keys...)`."""

    def unique(self) -> CreateIndex:
        """`UNIQUE`: no two rows with equal keys."""
        return self._option("UNIQUE")

    def nulls_not_distinct(self) -> CreateIndex:
        """`NULLS NOT DISTINCT`: NULL equals NULL in a unique index. Needs PostgreSQL 15."""
        return self._option("NULLS NOT DISTINCT")

    def if_not_exists(self) -> CreateIndex:
        """`IF NOT EXISTS`: nothing happens when an index of that name is there."""
        return self._option("IF NOT EXISTS")

    def concurrently(self) -> CreateIndex:
        """`CONCURRENTLY`: writes to the table go on. Not in a transaction; when it fails an invalid index stays."""
        return self._option("CONCURRENTLY")

    def only(self) -> CreateIndex:
        """`ONLY`: of a partitioned table itself, without its partitions."""
        return self._option("ONLY")

    def using(self, method: Name) -> CreateIndex:
        """`USING method`: btree, hash, gin, gist, brin, spgist, or one of an extension."""
        return self._clause("USING", "USING", identifier_of(method, "an index method"))

    def include(self, column: Name | Expr[Any], /, *more: Name | Expr[Any]) -> CreateIndex:
        """`INCLUDE (columns)`: they are stored without being part of the key."""
        return self._clause("INCLUDE", "INCLUDE", *listed(name_list((column, *more), "include()")))

    def where(self, condition: BoolOperand, /, *more: BoolOperand) -> CreateIndex:
        """`WHERE condition`: a partial index, of these rows alone. Values stand in the text."""
        return self._clause("WHERE", "WHERE", all_of(condition, *more))

    def with_options(self, **options: bool | int | float | str | Unchecked) -> CreateIndex:
        """`WITH (fillfactor = 70)`: parameters of the index method."""
        return self._clause("WITH", "WITH", *storage_options(options, "with_options()"))

    def tablespace(self, name: Name) -> CreateIndex:
        """`TABLESPACE name`."""
        return self._clause("TABLESPACE", "TABLESPACE", identifier_of(name, "a tablespace"))


def create_index(name: Name, table: object, keys: tuple[object, ...]) -> CreateIndex:
    """CREATE INDEX over columns or expressions."""
    start = CreateIndex(None, CREATE_INDEX, definition_table(table, "create_index()"))
    named = CreateIndex(start, CLAUSE, DefElem("NAME", (identifier_of(name, "an index name"),)))
    elements = [index_elem(key) for key in keys]
    return CreateIndex(named, CLAUSE, DefElem("KEYS", listed(elements)))
