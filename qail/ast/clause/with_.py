"""CommonTableExpr: a query of WITH. It is an item of FROM as well, by its name, in queries that have it in `with_()`.

Source: queries-with.html; sql-select.html#SQL-WITH
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.clause.from_ import WITH_KIND, FromItem, RangeVar, checked_columns
from qail.ast.clause.output import OutputColumn, output_columns
from qail.ast.expression.parameter import Literal
from qail.ast.expression.subquery import statement_depth
from qail.ast.name import Name, Unchecked, checked_name
from qail.ast.node import Node
from qail.ast.tokens import CTE, CYCLE_CLAUSE, END, SEARCH_CLAUSE
from qail.ast.walk import Walk
from qail.errors import BuildError

MATERIALIZED: Final[dict[bool | None, str]] = {None: "", True: "MATERIALIZED ", False: "NOT MATERIALIZED "}


class CTESearchClause(Node):
    """`SEARCH DEPTH FIRST BY columns SET sequence`, or BREADTH FIRST: a column to sort the rows of a tree by."""

    def __init__(self, columns: Sequence[str], sequence: Name, *, is_breadth_first: bool) -> None:
        super().__init__(1)
        self.columns: Final = checked_columns(columns)
        self.sequence: Final = checked_name(sequence, "a column name")
        self.is_breadth_first: Final = is_breadth_first

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(SEARCH_CLAUSE)
        walk.tokens.append(f"{self.is_breadth_first:d}\0{self.sequence}")
        walk.tokens.extend(self.columns)
        walk.tokens.append(END)


class CTECycleClause(Node):
    """`CYCLE columns SET mark TO value DEFAULT other USING path`: no row again whose columns were on the way to it."""

    def __init__(self, columns: Sequence[str], mark: Name, path: Name, marks: tuple[Literal, Literal] | None) -> None:
        super().__init__(1)
        self.columns: Final = checked_columns(columns)
        self.mark: Final = checked_name(mark, "a column name")
        self.path: Final = checked_name(path, "a column name")
        self.marks: Final = marks

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CYCLE_CLAUSE)
        walk.tokens.append(f"{self.mark}\0{self.path}\0{self.marks is not None:d}")
        walk.tokens.extend(self.columns)
        walk.tokens.append(END)
        if self.marks is not None:
            self.marks[0].shape(walk)
            self.marks[1].shape(walk)


class CommonTableExpr(FromItem):
    """`"name" (columns) AS MATERIALIZED (query)`, with SEARCH and CYCLE when it is recursive."""

    def __init__(
        self,
        name: Name,
        query: Builder,
        columns: Sequence[str] = (),
        *,
        materialized: bool | Unchecked | None = None,
        is_recursive: bool = False,
        walks: tuple[Node, ...] = (),
    ) -> None:
        super().__init__(statement_depth(query), RangeVar(name, kind=WITH_KIND))
        if materialized not in MATERIALIZED:
            raise BuildError(f"materialized is True, False or None, not {materialized!r:.40}")
        if not isinstance(query, (Fetchable, Command)):
            raise BuildError(f"{type(query).__name__} is not complete, so that it cannot be a query of WITH")
        self.name: Final = checked_name(name, "the name of a query of WITH")
        self.query: Final[Builder] = query
        self.columns: Final = checked_columns(columns)
        self.materialized: Final = materialized
        self.is_recursive: Final = is_recursive
        self.walks: Final = walks

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(CTE)
        walk.tokens.append(f"{self.name}\0{MATERIALIZED[self.materialized]}\0{self.is_recursive:d}")
        walk.tokens.extend(self.columns)
        walk.tokens.append(END)
        for clause in self.walks:
            clause.shape(walk)
        walk.tokens.append(END)
        self.query.shape(walk)

    def known_columns(self) -> list[OutputColumn] | None:
        found = output_columns(self.query, self.columns)
        if found is None:
            return None
        for clause in self.walks:
            added = [clause.mark, clause.path] if isinstance(clause, CTECycleClause) else []
            if isinstance(clause, CTESearchClause):
                added = [clause.sequence]
            found.extend([OutputColumn(name, None, None, null=False) for name in added])
        return found

    def as_(self, alias: Name) -> CommonTableReference:
        """The same query under another name in FROM, for joins of it with itself."""
        return CommonTableReference(self, alias)

    def search_depth_first(self, *columns: str, into: Name) -> CommonTableExpr:
        """`SEARCH DEPTH FIRST BY columns SET into`: sorted by the column `into`, each row comes before its children."""
        return self._with(CTESearchClause(columns, into, is_breadth_first=False))

    def search_breadth_first(self, *columns: str, into: Name) -> CommonTableExpr:
        """`SEARCH BREADTH FIRST BY columns SET into`: sorted by `into`, each level comes before the next."""
        return self._with(CTESearchClause(columns, into, is_breadth_first=True))

    def cycle(
        self,
        *columns: str,
        mark: Name,
        path: Name,
        marks: tuple[bool | int | str, bool | int | str] | None = None,
    ) -> CommonTableExpr:
        """`CYCLE columns SET mark USING path`: a row whose columns were met on the way is marked, not followed.

        The column `mark` is true for it; `marks` are two other constants, for such a row and for any other.
        """
        constants = None if marks is None else (Literal(marks[0]), Literal(marks[1]))
        return self._with(CTECycleClause(columns, mark, path, constants))

    def _with(self, clause: CTESearchClause | CTECycleClause) -> CommonTableExpr:
        if not self.is_recursive:
            raise BuildError(
                f"SEARCH and CYCLE belong to a recursive query; {self.name!r} is none: recursive() makes one"
            )
        if not clause.columns:
            raise BuildError("SEARCH and CYCLE go by columns: name at least one")
        for column in clause.columns:
            self[column]
        for known in self.walks:
            if type(known) is type(clause):
                raise BuildError(f"{self.name!r} has such a clause already")
        # SEARCH comes first, in whatever order they are said.
        walks = (clause, *self.walks) if isinstance(clause, CTESearchClause) else (*self.walks, clause)
        return CommonTableExpr(
            self.name, self.query, self.columns, materialized=self.materialized, is_recursive=True, walks=walks
        )


class CommonTableReference(FromItem):
    """A query of WITH under another name in FROM."""

    def __init__(self, table: CommonTableExpr, alias: Name) -> None:
        super().__init__(1, RangeVar(table.name, alias=checked_name(alias, "an alias"), kind=WITH_KIND))
        self.table: Final = table

    def shape(self, walk: Walk) -> None:
        self.relation.shape(walk)

    def known_columns(self) -> list[OutputColumn] | None:
        return self.table.known_columns()


def with_items(items: tuple[object, ...]) -> tuple[Node, ...]:
    """The queries of one `with_()`.

    Raises:
        BuildError: one is none, or two have the same name.
    """
    found: list[Node] = []
    names: list[str] = []
    for item in items:
        if not isinstance(item, CommonTableExpr):
            raise BuildError(f"with_() takes what cte() and recursive() make, not {type(item).__name__}")
        if item.name in names:
            raise BuildError(f"with_() has two queries named {item.name!r}")
        names.append(item.name)
        found.append(item)
    return tuple(found)
