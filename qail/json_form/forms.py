"""The form of each node class: its declared fields, each with its kind. One union over all of them is the schema.

Rule 1: a field's kind follows from its annotation, `_fields.py`; where that says too little (a `str` may be a name, an
operator or text of SQL) KINDS says it. A class one of whose fields nobody has said is not taken, in or out.
Rule 2: a class of the registry has a form, or stands in REFUSED with the reason. A test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from qail.ast import tokens
from qail.ast.clause import json_table
from qail.ast.clause.from_ import DERIVED_KIND, FULL, INNER, LEFT, RIGHT, TABLE_KIND, WITH_KIND, FromItem
from qail.ast.clause.locking import KEY_SHARE, NO_KEY_UPDATE, SHARE, UPDATE_STRENGTH
from qail.ast.clause.merge import (
    DELETE_ACTION,
    INSERT_ACTION,
    MATCHED,
    NOT_MATCHED,
    NOT_MATCHED_BY_SOURCE,
    NOTHING_ACTION,
    UPDATE_ACTION,
)
from qail.ast.clause.option import WORDS
from qail.ast.clause.set_operation import ALL_SUFFIX, EXCEPT, INTERSECT, UNION
from qail.ast.clause.window import EXCLUSIONS, GROUPS_MODE, RANGE_MODE, ROWS_MODE
from qail.ast.expression import json_query
from qail.ast.expression.case import COALESCE_KEYWORDS
from qail.ast.expression.collation import FIELDS as PARTS_OF_TIME
from qail.ast.expression.column import EXCLUDED, NEW, OLD
from qail.ast.expression.comparison import OPERATORS, TRUTH_TESTS
from qail.ast.expression.function import PLAIN, CallForm
from qail.ast.expression.grouping import CUBE, ROLLUP, SETS
from qail.ast.expression.json_aggregate import ALL_ROWS_OF_GROUP, Rows
from qail.ast.expression.json_clause import AS_IT_IS, BEHAVIORS, DEFAULT_WORD, NULLS, QUOTES, WRAPPERS, JsonForm
from qail.ast.expression.json_constructor import KINDS as JSON_KINDS
from qail.ast.node import Expression, Node, Statement
from qail.compile.registry import RENDERERS, WITHOUT_SQL
from qail.json_form._fields import FIELDS
from qail.json_form.kinds import (
    EXPRESSIONS,
    FROM_ITEMS,
    QUERY,
    TYPE,
    VALUE,
    Count,
    Flag,
    Kind,
    Many,
    Name,
    Nothing,
    Optional,
    Reference,
    Slot,
    Symbol,
    Text,
    Words,
)

EXPRESSION: Final = Reference(EXPRESSIONS)
A_TYPE: Final = Reference(TYPE)
A_VALUE: Final = Reference(VALUE)
A_QUERY: Final = Reference(QUERY)
NAME: Final = Name()
NAMES: Final = Many(NAME)
NAMES_OR_NONE: Final = Optional(NAMES, ())
NAME_OR_NOTHING: Final = Optional(NAME, "")
ON_NULL: Final = Words({"": "", **NULLS}, default="")
COLUMN_KINDS: Final = (
    json_table.ORDINALITY,
    json_table.REGULAR,
    json_table.FORMATTED,
    json_table.EXISTS,
    json_table.NESTED,
)
CLAUSES: Final = "clause"
"""What a list of a clause holds: expressions, sort keys, queries of WITH."""


def _tokens(*names: str) -> dict[str, object]:
    return {name.lower().replace("_", " "): getattr(tokens, name) for name in names}


_UPTO_JOIN: Final = (INNER, LEFT, RIGHT, FULL, "CROSS JOIN", "USING")
_SETS: Final = (UNION, INTERSECT, EXCEPT)
KINDS: Final[dict[tuple[str, str], Kind]] = {
    ("A_Expr", "operator"): Words(OPERATORS),
    ("A_Indirection", "kind"): Words(_tokens("ITEM", "SLICE", "FIELD", "KEY")),
    ("A_Indirection", "name"): NAME_OR_NOTHING,
    ("BoolExpr", "arguments"): Many(EXPRESSION, least=1),
    ("BoolExpr", "operator"): Words(_tokens("AND", "OR")),
    ("BooleanTest", "test"): Words(TRUTH_TESTS),
    ("CallForm", "names"): NAMES,
    ("CallForm", "schema"): Optional(NAME),
    ("CoalesceExpr", "keyword"): Words(COALESCE_KEYWORDS),
    ("CollateClause", "names"): Many(NAME, least=1),
    ("ColumnExpr", "name"): NAME,
    ("ColumnExpr", "own_null"): Optional(Flag()),
    ("ColumnRef", "fields"): Many(NAME, least=1),
    ("CommonTableExpr", "columns"): NAMES,
    ("CommonTableExpr", "materialized"): Optional(Flag()),
    ("CommonTableExpr", "walks"): Many(Reference("walk")),
    ("CTECycleClause", "columns"): NAMES,
    ("CTECycleClause", "marks"): Optional(Many(Reference("Literal"), length=2)),
    ("CTESearchClause", "columns"): NAMES,
    ("ExtractExpr", "part"): Words(PARTS_OF_TIME),
    ("Frame", "exclusion"): Words({word or "": sql for word, sql in EXCLUSIONS.items()}, default=""),
    ("Frame", "mode"): Words((ROWS_MODE, RANGE_MODE, GROUPS_MODE)),
    ("FrameBound", "kind"): Words(_tokens("UNBOUNDED", "CURRENT_ROW", "PRECEDING", "FOLLOWING")),
    ("FuncCall", "form"): Reference("CallForm", PLAIN),
    ("FuncCall", "kind"): Words(_tokens("FUNCTION", "FUNCTION_DISTINCT", "FUNCTION_STAR"), default=tokens.FUNCTION),
    ("FuncCall", "name"): NAME,
    ("GroupingSet", "content"): Many(EXPRESSION),
    ("GroupingSet", "kind"): Words(("", SETS, ROLLUP, CUBE)),
    ("InferClause", "constraint"): NAME_OR_NOTHING,
    ("JsonAggregate", "on_null"): ON_NULL,
    ("JsonArgument", "name"): NAME,
    ("JsonArrayAgg", "on_null"): ON_NULL,
    ("JsonArrayConstructor", "on_null"): ON_NULL,
    ("JsonBehavior", "word"): Words([*BEHAVIORS, DEFAULT_WORD]),
    ("JsonForm", "quotes"): Words({"": "", **QUOTES}, default=""),
    ("JsonForm", "wrapper"): Words({"": "", **WRAPPERS}, default=""),
    ("JsonFuncExpr", "form"): Reference("JsonForm", AS_IT_IS),
    ("JsonFuncExpr", "function"): Words((json_query.EXISTS, json_query.VALUE, json_query.QUERY)),
    ("JsonIsPredicate", "kind"): Words(JSON_KINDS),
    ("JsonObjectAgg", "on_null"): ON_NULL,
    ("JsonObjectConstructor", "on_null"): ON_NULL,
    ("JsonArrayAgg", "seen"): Reference("Rows", ALL_ROWS_OF_GROUP),
    ("JsonObjectAgg", "seen"): Reference("Rows", ALL_ROWS_OF_GROUP),
    ("JsonTable", "form"): Reference("JsonForm", AS_IT_IS),
    ("JsonTableColumn", "form"): Reference("JsonForm", AS_IT_IS),
    ("JsonTable", "alias"): NAME,
    ("JsonTable", "path"): Text(),
    ("JsonTableColumn", "kind"): Words(COLUMN_KINDS),
    ("JsonTableColumn", "name"): NAME_OR_NOTHING,
    ("JsonTableColumn", "path"): Text(),
    ("JoinExpr", "condition"): Optional(Reference("join condition")),
    ("JoinExpr", "kind"): Words(_UPTO_JOIN),
    ("JoinExpr", "relation"): Reference(FROM_ITEMS),
    ("JoinUsing", "columns"): NAMES,
    ("LockingClause", "names"): NAMES,
    ("LockingClause", "strength"): Words((UPDATE_STRENGTH, NO_KEY_UPDATE, SHARE, KEY_SHARE)),
    ("Literal", "value"): A_VALUE,
    ("MergeWhenClause", "action"): Words((UPDATE_ACTION, DELETE_ACTION, INSERT_ACTION, NOTHING_ACTION)),
    ("MergeWhenClause", "match"): Words((MATCHED, NOT_MATCHED, NOT_MATCHED_BY_SOURCE)),
    ("MergeWhenClause", "payload"): Optional(Reference("payload")),
    ("NestedRows", "is_formed"): Nothing("what becomes objects by nest()", False),
    ("NestedRows", "names"): NAMES,
    ("NegateExpr", "operator"): Symbol("-"),
    ("NodeList", "items"): Many(Reference(CLAUSES)),
    ("NodeList", "parts"): Nothing("a part of rows that becomes one value"),
    ("OperatorTest", "operator"): Symbol(),
    ("OpExpr", "operator"): Symbol(),
    ("OpExpr", "schema"): Optional(NAME),
    ("Option", "word"): Words(WORDS),
    ("ParamRef", "value"): A_VALUE,
    ("RangeFunction", "alias"): NAME,
    ("RangeFunction", "columns"): NAMES,
    ("RangeSubselect", "columns"): NAMES,
    ("RangeTableSample", "item"): Reference(FROM_ITEMS),
    ("RangeVar", "key"): NAMES_OR_NONE,
    ("RangeVar", "kind"): Words({"table": TABLE_KIND, "with": WITH_KIND, "derived": DERIVED_KIND}, default=TABLE_KIND),
    ("RowMembership", "rows"): Many(Many(A_VALUE, is_list=True), is_list=True),
    ("SetOperation", "operator"): Words([*_SETS, *[word + ALL_SUFFIX for word in _SETS]]),
    ("SortBy", "direction"): Words(_tokens("ASCENDING", "DESCENDING")),
    ("SortBy", "nulls"): Words(_tokens("NULLS_DEFAULT", "NULLS_FIRST", "NULLS_LAST"), default=tokens.NULLS_DEFAULT),
    ("ValuesRows", "row_count"): Count(),
    ("ValuesRows", "values"): Many(Slot(), is_list=True),
    ("ValuesTable", "names"): Many(NAME, least=1),
    ("ValuesTable", "values"): Many(Slot(), is_list=True),
    ("VersionColumn", "version"): Words((EXCLUDED, OLD, NEW)),
    ("WindowDef", "base"): NAME_OR_NOTHING,
}

_DEFINITION: Final = "a part of a definition (DDL): those are made by your own code, and their text is not data"
_RAW: Final = "raw SQL, which is text: it is written in your own code"
_STATEMENT: Final = "made of the steps of a builder, which are what the form holds"
REFUSED: Final[dict[str, str]] = {
    "AlterTableCmd": _DEFINITION,
    "ColumnDef": _DEFINITION,
    "Constraint": _DEFINITION,
    "DefElem": _DEFINITION,
    "Defined": _DEFINITION,
    "DomainValue": _DEFINITION,
    "IndexElem": _DEFINITION,
    "Number": _DEFINITION,
    "ObjectName": _DEFINITION,
    "OperatorName": _DEFINITION,
    "PartitionBoundSpec": _DEFINITION,
    "TypeName": _DEFINITION,
    "Maybe": "where() takes it out; nothing is left of it in a query",
    "Placeholder": "it stands for an argument of a @prepared function",
    "SqlColumn": _RAW,
    "SqlExpression": _RAW,
    "SqlNames": _RAW,
    "SqlQuery": _RAW,
    "SqlTemplate": _RAW,
    "SqlType": _RAW,
}
"""Node classes without a form, and why. Statements have none either: see `why_refused`."""

READERS: Final[dict[tuple[str, str], Callable[[Any], Any]]] = {
    ("BoolExpr", "arguments"): lambda node: node.terms(),
    ("JsonTable", "alias"): lambda node: node.relation.name,
    ("CommonTableReference", "alias"): lambda node: node.relation.alias,
    ("RangeFunction", "alias"): lambda node: node.relation.name,
    ("RowMembership", "rows"): lambda node: [
        list(row) for row in zip(*[each.value for each in node.arrays], strict=True)
    ],
}
"""How to read a field that the node does not keep under its name."""
SPECIAL: Final = frozenset({"WholeRow"})
"""Classes whose form is written by hand, in schema.py and dump.py."""


class Field:
    """One field of a form."""

    def __init__(self, name: str, kind: Kind, *, has_default: bool) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.has_default: Final = has_default


def _kinds_by_annotation() -> dict[str, Kind]:
    """The kinds that an annotation says by itself."""
    found: dict[str, Kind] = {
        "Node": EXPRESSION,
        "Builder": A_QUERY,
        "Name": NAME,
        "bool": Flag(),
        "PgType[Any]": A_TYPE,
    }
    found |= {name: Reference(name) for name in FIELDS}
    found |= {"Node": EXPRESSION}
    for annotation, kind in list(found.items()):
        found[f"{annotation} | None"] = Optional(kind)
        found[f"tuple[{annotation}, ...]"] = Many(kind)
        found[f"tuple[{annotation} | None, ...]"] = Many(Optional(kind))
    return found


BY_ANNOTATION: Final = _kinds_by_annotation()


def form_of(name: str) -> list[Field] | None:
    """The fields of a node class; None when the kind of one is not said."""
    found: list[Field] = []
    for field, annotation, has_default, _ in FIELDS.get(name, ()):
        kind = KINDS.get((name, field), BY_ANNOTATION.get(annotation))
        if kind is None:
            return None
        found.append(Field(field, kind, has_default=has_default))
    return found if name in FIELDS else None


def node_types() -> dict[str, type[Any]]:
    """Every class that can stand in a tree, by name: those of the registry, and what calls are made of."""
    return {known.__name__: known for known in (*RENDERERS, *WITHOUT_SQL)} | {
        known.__name__: known for known in (CallForm, JsonForm, Rows)
    }


def why_refused(name: str, known: type[Any]) -> str | None:
    """Why a class has no form; None when it has one."""
    if known in WITHOUT_SQL:
        return "a base class, or what only Python knows"
    if issubclass(known, Statement):
        return _STATEMENT
    if name in REFUSED:
        return REFUSED[name]
    return None if name in SPECIAL or form_of(name) is not None else "a field of it is of a kind that nobody has said"


def _forms() -> Mapping[str, tuple[type[Any], list[Field]]]:
    return {
        name: (known, form_of(name) or [])
        for name, known in sorted(node_types().items())
        if why_refused(name, known) is None and name not in SPECIAL
    }


FORMS: Final = _forms()
"""The classes that have a form, with its fields."""


def families() -> dict[str, list[str]]:
    """The names that a field may ask for, with the classes that are meant: those of FORMS and WholeRow."""
    types = node_types()
    names = [*FORMS, *SPECIAL]
    expressions = [name for name in names if issubclass(types[name], Expression) and name not in SPECIAL]
    items = [name for name in names if issubclass(types[name], FromItem) or name == "RangeVar"]
    nodes = [name for name in names if issubclass(types[name], Node)]
    return {
        EXPRESSIONS: expressions,
        FROM_ITEMS: items,
        CLAUSES: [*expressions, "SortBy", "CommonTableExpr", "WholeRow"],
        "join condition": [*expressions, "JoinUsing"],
        "payload": ["Assignments", "ValuesRows", "MultiAssignRef", "NodeList"],
        "walk": ["CTESearchClause", "CTECycleClause"],
        "any node": nodes,
    }
