"""`part()`: several columns of a row as one object: a model in a tuple, or in a field of another model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from qail.ast.build.builder import INSTALLED
from qail.ast.build.items import whole_row_of
from qail.ast.clause.part import Part, is_all_outer, is_outer, is_part, may_tell_absence
from qail.ast.expression.column import WholeRow
from qail.ast.node import Expr, Expression
from qail.errors import BuildError

if TYPE_CHECKING:
    from qail.table import Outer, Table

M = TypeVar("M")
RowT = TypeVar("RowT")
TableT = TypeVar("TableT", bound="Table[Any, Any]")


@overload
def part(table: type[Outer[RowT]], /) -> Part[RowT | None]: ...
@overload
def part(table: type[TableT], /) -> Part[TableT]: ...
@overload
def part(model: type[M], table: type[Outer[Any]], /) -> Part[M | None]: ...
@overload
def part(
    model: type[M],
    first: Expr[Any] | Part[Any] | type[Table[Any, Any]],
    /,
    *more: Expr[Any] | Part[Any] | type[Table[Any, Any]],
    optional: Literal[False] = ...,
) -> Part[M]: ...
@overload
def part(
    model: type[M],
    first: Expr[Any] | Part[Any] | type[Table[Any, Any] | Outer[Any]],
    /,
    *more: Expr[Any] | Part[Any] | type[Table[Any, Any] | Outer[Any]],
    optional: Literal[True],
) -> Part[M | None]: ...
def part(model: Any, /, *items: Any, optional: bool = False) -> Any:
    """Columns of a row as one value of it: a model filled by name, or the row of a table class.

    `part(Post)` is a row of the table, `part(Card, Post)` and `part(Card, Post.id, Post.title)` an object of a class
    that `into()` can fill; `as_()` gives the name of the field that takes it. The outer twin of a table, and columns
    with `optional=True`, give None where the row is absent: where all columns of the outer side are NULL. One of them
    must be NOT NULL in its table, such as the primary key, so that no row of NULLs is taken for an absent one.

    >>> from collections import namedtuple
    >>> Head = namedtuple("Head", ["id", "title"])
    >>> head = part(Head, col("p", "id"), col("p", "title"), optional=True)
    >>> by = col("p", "author_id") == col("u", "id")
    >>> print(Qail.get("users", alias="u").columns("name", head.as_("post")).left_join("posts", by, alias="p"))
    SELECT "name", "p"."id", "p"."title" FROM "users" AS "u" LEFT JOIN "posts" AS "p" ON "p"."author_id" = "u"."id"

    Raises:
        BuildError: the model has no such fields, or nothing would tell an absent row from one of NULLs.
    """
    if not items:
        found = whole_row_of(model)
        if found is None:
            raise BuildError(f"part() takes a table class, or a model and the columns that fill it, not {model!r:.60}")
        row: Part[Any] = Part(None, (found,), "", is_optional=found.relation.is_nullable)
        _check_absence(row)
        return row
    listed = tuple([_item(item) for item in items])
    is_row = len(listed) == 1 and isinstance(listed[0], WholeRow) and is_outer(listed[0])
    made: Part[Any] = Part(model, listed, "", is_optional=optional or is_row)
    _check_absence(made)
    INSTALLED.models.check_part(made)
    return made


def _item(item: object) -> Any:
    if is_part(item) or isinstance(item, Expression):
        return item
    found = whole_row_of(item)
    if found is None:
        raise BuildError(f"part() takes columns, other expressions, table classes and parts, not {item!r:.40}")
    return found


def _check_absence(made: Part[Any]) -> None:
    if not made.is_optional and is_all_outer(made.columns):
        raise BuildError(
            "all columns of this part are of the side of a join that may be absent: part(..., optional=True)"
        )
    if made.is_optional and not may_tell_absence(made.columns):
        raise BuildError(
            "each column of this part may be NULL where its row is there, so that nothing tells an absent row: "
            "add one that cannot, such as the primary key"
        )
