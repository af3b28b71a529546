"""The lists that `nest()` gives, in the form their queries promise: all rows of one nest are turned at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias

from qail.ast.build.builder import Builder
from qail.ast.build.result import formed_rows
from qail.ast.clause.output import result_items
from qail.ast.expression.column import WholeRow
from qail.ast.expression.nest import NestedRows
from qail.errors import DecodeError

Rows: TypeAlias = list[tuple[Any, ...]]
Former: TypeAlias = Callable[[Builder, Rows, Callable[[], tuple[str, ...]]], list[Any]]


def with_nested_rows(query: Builder, rows: Rows, form: Former) -> Rows:
    """Rows as decoded, with the lists of each nest in its form; `form` is `rows_in_form`.

    Raises:
        DecodeError: a row of a list does not fit its form.
    """
    places: list[tuple[int, NestedRows]] = []
    position = 0
    for item in result_items(query) or ():
        found = formed_rows(item)
        if found is not None:
            places.append((position, found))
        position += len(item.columns) if isinstance(item, WholeRow) else 1
    if not places or not rows:
        return rows
    columns: list[Any] = list(zip(*rows, strict=True))
    for place, node in places:
        columns[place] = _formed(node, columns[place], form)
    return list(zip(*columns, strict=True))


def _formed(node: NestedRows, lists: tuple[Rows, ...], form: Former) -> list[list[Any]]:
    together = [row for rows in lists for row in rows]
    try:
        made = iter(form(node.query, together, lambda: node.names))
    except DecodeError as error:
        raise DecodeError(f"the rows of a nest(), counted through: {error}") from error.__cause__
    return [list(islice(made, len(rows))) for rows in lists]
