"""The steps of builders by name, what each may hold, and which builders a step can begin."""

from __future__ import annotations

from typing import Any, Final

from qail.ast import tokens
from qail.ast.build.builder import Builder, Command, Fetchable
from qail.ast.build.delete import Delete
from qail.ast.build.dyn import Dyn
from qail.ast.build.insert import Insert
from qail.ast.build.merge import Merge
from qail.ast.build.query import Query
from qail.ast.build.query_expression import Compound, Values
from qail.ast.build.returning import DynReturning, Returning
from qail.ast.build.select import From, Select
from qail.ast.build.update import Update
from qail.json_form.forms import CLAUSES
from qail.json_form.kinds import EXPRESSIONS, FROM_ITEMS

SELECTS: Final = (Dyn, From, Query, Select)
CHANGES: Final = (Returning, DynReturning)
# The first step, by its name, and the builders that begin so.
BUILDERS: Final[dict[str, tuple[Any, ...]]] = {
    "get": (*SELECTS, Values),
    "select": (Query, Select),
    "set operation": (Compound,),
    "values": (Values,),
    "insert": (Insert, *CHANGES),
    "update": (Update, *CHANGES),
    "delete": (Delete, *CHANGES),
    "merge": (Merge, *CHANGES),
}
CLASSES: Final[dict[str, Any]] = {each.__name__: each for group in BUILDERS.values() for each in group}

# What each step holds: the name of a family or of one class, or several.
HOLDS: Final[dict[str, tuple[str, ...]]] = {
    "all rows": ("Nothing",),
    "columns": ("NodeList",),
    "delete": ("RangeVar", "WholeRow"),
    "distinct": ("Nothing",),
    "distinct on": ("NodeList",),
    "from": (FROM_ITEMS,),
    "get": (FROM_ITEMS, "WholeRow"),
    "group by": ("NodeList",),
    "group distinct": ("Nothing",),
    "having": (EXPRESSIONS,),
    "insert": ("RangeVar", "WholeRow"),
    "join": ("JoinExpr",),
    "limit": (EXPRESSIONS,),
    "locking": ("LockingClause",),
    "merge": ("RangeVar", "WholeRow"),
    "offset": (EXPRESSIONS,),
    "on conflict": ("OnConflictClause",),
    "only table": ("Nothing",),
    "order by": ("NodeList",),
    "overriding": ("Option",),
    "returning": ("NodeList",),
    "reversed": ("Nothing",),
    "rows": ("ValuesRows", "InsertSelect"),
    "select": ("NodeList",),
    "set": ("Assignments", "MultiAssignRef"),
    "set operation": ("SetOperation",),
    "update": ("RangeVar", "WholeRow"),
    "using": (FROM_ITEMS, "JoinExpr"),
    "values": ("ValuesTable",),
    "when": ("MergeWhenClause",),
    "where": (EXPRESSIONS,),
    "windows": ("NamedWindow",),
    "with": ("NodeList",),
    "with ties": (EXPRESSIONS,),
}
NUMBERS: Final[dict[str, int]] = {name: getattr(tokens, name.replace(" ", "_").upper()) for name in HOLDS}
NAMES: Final[dict[int, str]] = {number: name for name, number in NUMBERS.items()}


def steps_of(builder: Builder) -> list[Builder]:
    """The steps of a builder, first to last."""
    found: list[Builder] = []
    current: Builder | None = builder
    while current is not None:
        found.append(current)
        current = current.previous
    found.reverse()
    return found


def is_complete(builder: Builder) -> bool:
    """Whether it can be executed."""
    return isinstance(builder, (Fetchable, Command))


__all__ = ["BUILDERS", "CLASSES", "CLAUSES", "HOLDS", "NAMES", "NUMBERS", "is_complete", "steps_of"]
