"""CreateView, CreateMaterializedView and Refresh.

Source: sql-createview.html; sql-creatematerializedview.html; sql-refreshmaterializedview.html
"""

from __future__ import annotations

from typing import Any, Literal

from qail.ast.build.builder import Fetchable
from qail.ast.build.definition import Defining
from qail.ast.clause.definition import (
    DefElem,
    defined,
    identifier_of,
    listed,
    name_list,
    object_name,
    storage_options,
    word,
)
from qail.ast.name import Name, TableName, Unchecked
from qail.ast.tokens import CLAUSE, CREATE_MATERIALIZED_VIEW, CREATE_VIEW, REFRESH
from qail.errors import BuildError

INVOKER_VERSION = 150_000


class CreateView(Defining):
    """`Qail.create_view(name, query)`. The values of the query stand in the text."""

    def or_replace(self) -> CreateView:
        """`OR REPLACE`: a view of that name gets this query."""
        return self._option("OR REPLACE")

    def temporary(self) -> CreateView:
        """`TEMPORARY`: it lives as long as the connection."""
        return self._option("TEMPORARY")

    def with_check_option(self, scope: Literal["cascaded", "local"] | Unchecked = "cascaded") -> CreateView:
        """`WITH CHECK OPTION`: rows that are written through the view must be seen by it."""
        return self._option(f"WITH {word(scope, ('cascaded', 'local'), 'with_check_option()')} CHECK OPTION")

    def with_options(self, *, security_barrier: bool | None = None, security_invoker: bool | None = None) -> CreateView:
        """`WITH (security_barrier = true)`; `security_invoker`, with the rights of who asks, needs PostgreSQL 15."""
        asked = {"security_barrier": security_barrier, "security_invoker": security_invoker}
        options = {name: value for name, value in asked.items() if value is not None}
        parts = storage_options(options, "with_options()")
        needs = 0 if security_invoker is None else INVOKER_VERSION
        return self._clause("WITH", "WITH", *parts, needs=needs, what="security_invoker of a view")


class CreateMaterializedView(Defining):
    """`Qail.create_materialized_view(name, query)`. The values of the query stand in the text."""

    def if_not_exists(self) -> CreateMaterializedView:
        """`IF NOT EXISTS`: nothing happens when something of that name is there."""
        return self._option("IF NOT EXISTS")

    def with_no_data(self) -> CreateMaterializedView:
        """`WITH NO DATA`: it cannot be read before it is refreshed."""
        return self._option("WITH NO DATA")

    def with_options(self, **options: bool | int | float | str | Unchecked) -> CreateMaterializedView:
        """`WITH (fillfactor = 70)`: parameters of storage."""
        return self._clause("WITH", "WITH", *storage_options(options, "with_options()"))

    def tablespace(self, name: Name) -> CreateMaterializedView:
        """`TABLESPACE name`."""
        return self._clause("TABLESPACE", "TABLESPACE", identifier_of(name, "a tablespace"))


class Refresh(Defining):
    """`Qail.refresh(name)`: REFRESH MATERIALIZED VIEW."""

    def concurrently(self) -> Refresh:
        """`CONCURRENTLY`: it can be read meanwhile; it needs a unique index."""
        if self.find_word("WITH NO DATA"):
            raise BuildError("concurrently() and with_no_data() exclude each other")
        return self._option("CONCURRENTLY")

    def with_no_data(self) -> Refresh:
        """`WITH NO DATA`: it is emptied."""
        if self.find_word("CONCURRENTLY"):
            raise BuildError("concurrently() and with_no_data() exclude each other")
        return self._option("WITH NO DATA")

    def find_word(self, word: str | Unchecked) -> bool:
        """Whether this option was given."""
        current: Any = self
        while current is not None:
            if getattr(current.node, "word", "") == word:
                return True
            current = current.previous
        return False


def create_view(
    name: TableName | Unchecked, query: Fetchable[Any] | Unchecked, columns: tuple[Name, ...]
) -> CreateView:
    """CREATE VIEW."""
    start = CreateView(None, CREATE_VIEW, object_name(name, "a view's name"))
    if columns:
        start = CreateView(start, CLAUSE, DefElem("COLUMNS", listed(name_list(columns, "a column of a view"))))
    return CreateView(start, CLAUSE, DefElem("AS", (defined(query, "create_view()"),)))


def create_materialized_view(
    name: TableName | Unchecked, query: Fetchable[Any] | Unchecked, columns: tuple[Name, ...]
) -> CreateMaterializedView:
    """CREATE MATERIALIZED VIEW."""
    start = CreateMaterializedView(None, CREATE_MATERIALIZED_VIEW, object_name(name, "a view's name"))
    if columns:
        found = DefElem("COLUMNS", listed(name_list(columns, "a column of a view")))
        start = CreateMaterializedView(start, CLAUSE, found)
    return CreateMaterializedView(start, CLAUSE, DefElem("AS", (defined(query, "create_materialized_view()"),)))


def refresh(name: TableName | Unchecked) -> Refresh:
    """REFRESH MATERIALIZED VIEW."""
    return Refresh(None, REFRESH, object_name(name, "a view's name"))
