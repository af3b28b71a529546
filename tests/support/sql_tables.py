"""Three typed tables for the tests of AST and compiler, made of nodes alone: they need no table classes."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.build.qail import Qail
from qail.ast.clause.column_def import ColumnDef
from qail.ast.clause.from_ import RangeVar
from qail.ast.expression.column import ColumnExpr, WholeRow
from qail.pgtype import BOOL, FLOAT8, INET, INT4, INT4RANGE, INT8, JSONB, TEXT, TIMESTAMPTZ, TSVECTOR, array_of


def table_class(name: str, relation: RangeVar, definitions: tuple[ColumnDef, ...]) -> Any:
    """What the AST knows of a table class: its columns as attributes, and its whole row."""
    columns: dict[str, ColumnExpr[Any]] = {
        definition.name: ColumnExpr(
            relation, definition.name, definition.pg, null=definition.null or relation.is_nullable
        )
        for definition in definitions
    }
    table = type(name, (), dict(columns))
    table.__qail_star__ = WholeRow(table, relation, tuple(columns.values()), definitions)  # type: ignore[attr-defined]
    return table


USER_COLUMNS: Final = (
    ColumnDef("id", INT8, is_key=True),
    ColumnDef("name", TEXT),
    ColumnDef("email", TEXT, null=True),
    ColumnDef("age", INT4),
    ColumnDef("active", BOOL, default=True),
    ColumnDef("joined", TIMESTAMPTZ, null=True),
)
POST_COLUMNS: Final = (
    ColumnDef("id", INT8, is_key=True),
    ColumnDef("title", TEXT),
    ColumnDef("author_id", INT8, references=("users", "id")),
    ColumnDef("score", FLOAT8, null=True),
)
DOC_COLUMNS: Final = (
    ColumnDef("id", INT8, is_key=True),
    ColumnDef("data", JSONB, null=True),
    ColumnDef("tags", array_of(TEXT), null=True),
    ColumnDef("during", INT4RANGE, null=True),
    ColumnDef("address", INET, null=True),
    ColumnDef("words", TSVECTOR, null=True),
)
User: Final = table_class("User", RangeVar("users"), USER_COLUMNS)
UserOuter: Final = table_class("UserOuter", RangeVar("users", is_nullable=True), USER_COLUMNS)
Boss: Final = table_class("Boss", RangeVar("users", alias="boss"), USER_COLUMNS)
Doc: Final = table_class("Doc", RangeVar("docs"), DOC_COLUMNS)
Post: Final = table_class("Post", RangeVar("posts"), POST_COLUMNS)
PostOuter: Final = table_class("PostOuter", RangeVar("posts", is_nullable=True), POST_COLUMNS)
P: Final = table_class("PostOuter", RangeVar("posts", alias="p", is_nullable=True), POST_COLUMNS)

# Expressions that a case uses in several places: each is one object, with one parameter.
DECADE: Final = User.age / 10
YEARS: Final = User.age.as_("years")
NEGATIVE: Final = -User.age

SETUP: Final = (Qail.create(User).temporary(), Qail.create("posts").temporary().column("id", INT8, pk=True)
    .column("title", TEXT).column("author_id", INT8).column("score", FLOAT8, null=True),
    Qail.create(Doc).temporary())  # fmt: skip
