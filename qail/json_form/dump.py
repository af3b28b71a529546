"""A tree as its JSON form."""

from __future__ import annotations

import json
from typing import Any, Final

from qail.ast.build.builder import Builder
from qail.ast.expression.column import WholeRow
from qail.ast.node import Node
from qail.ast.tokens import TARGET
from qail.errors import BuildError
from qail.json_form.forms import FORMS, READERS, why_refused
from qail.json_form.kinds import AGAIN, TAG, Kind, is_default
from qail.json_form.limits import MAX_BYTES, MAX_NESTING, check_document
from qail.json_form.schema import VERSION, WHOLE_ROW
from qail.json_form.steps import CLASSES, HOLDS, NAMES, steps_of
from qail.json_form.types import dump_type
from qail.json_form.values import dump_value

ALIKE: Final = frozenset({"A_Star", "ColumnExpr", "ColumnRef", "Literal", "MergeActionExpr", "NodeList", "Nothing",
    "RangeVar", "SetToDefault", "WholeRow"})  # fmt: skip
"""Classes of which two equal nodes are as good as one: they are written wherever they stand."""
MOST_NODES_DEEP: Final = MAX_NESTING // 2 + 1


def to_json(builder: Builder) -> str:
    """The JSON form of a statement, as text.

    Raises:
        BuildError: a part of it has none, or it is over a limit.
    """
    writer = TreeWriter()
    writer.part(builder)  # to see which parts stand there more than once
    writer.start()
    document = {"version": VERSION, "statement": writer.part(builder)}
    check_document(document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if len(text.encode()) > MAX_BYTES:
        raise BuildError(f"the JSON form would have more than {MAX_BYTES} bytes")
    return text


class TreeWriter:
    """Writes parts of a tree; the first round only counts them."""

    def __init__(self) -> None:
        self._met: dict[int, object] = {}
        self._shared: Final[set[int]] = set()
        self._numbers: Final[dict[int, int]] = {}
        self._depth = 0

    def start(self) -> None:
        """Begin the round that counts."""
        self._met = {}

    def value(self, value: Any) -> Any:
        """A value of Python."""
        return dump_value(value)

    def type(self, pg: Any) -> Any:
        """A type object."""
        return dump_type(pg)

    def part(self, node: Any) -> Any:
        """A node or builder; one that was written before as a reference."""
        if isinstance(node, WholeRow):
            return _whole_row(node)
        name = type(node).__name__
        is_shareable = isinstance(node, (Node, Builder)) and name not in ALIKE
        if is_shareable and id(node) in self._met:
            self._shared.add(id(node))
            return {TAG: AGAIN, "id": self._number(node)}
        self._met[id(node)] = node
        self._depth += 1
        if self._depth > MOST_NODES_DEEP:
            raise BuildError(f"a statement nested deeper than {MOST_NODES_DEEP} has no JSON form")
        made = self._builder(node) if isinstance(node, Builder) else self._node(name, node)
        self._depth -= 1
        if id(node) in self._shared:
            made["id"] = self._number(node)
        return made

    def _number(self, node: object) -> int:
        return self._numbers.setdefault(id(node), len(self._numbers) + 1)

    def _node(self, name: str, node: Any) -> dict[str, Any]:
        known: type[Any] = node.__class__
        found = FORMS.get(name)
        if found is None:
            raise BuildError(f"{name} has no JSON form: {why_refused(name, known)}")
        made: dict[str, Any] = {TAG: name}
        for field in found[1]:
            read = READERS.get((name, field.name))
            value = getattr(node, field.name) if read is None else read(node)
            if field.kind.default is not Kind.REQUIRED and is_default(value, field.kind.default):
                continue
            made[field.name] = field.kind.dump(value, self)
        return made

    def _builder(self, builder: Builder) -> dict[str, Any]:
        steps: list[dict[str, Any]] = []
        for step in steps_of(builder):
            if step.step == TARGET:
                raise BuildError(
                    "what rows become (map, into) is Python's own: the JSON form is of the query before it"
                )
            name = NAMES.get(step.step)
            if name is None:
                raise BuildError(f"a {type(builder).__name__} has no JSON form: definitions and raw SQL have none")
            steps.append(
                {"step": name} if HOLDS[name] == ("Nothing",) else {"step": name, "node": self.part(step.node)}
            )
        kind = type(builder).__name__
        if kind not in CLASSES:
            raise BuildError(f"a {kind} has no JSON form: complete it, and leave out what rows become")
        return {"query": kind, "steps": steps}


def _whole_row(row: WholeRow) -> dict[str, Any]:
    relation = row.relation
    made: dict[str, Any] = {TAG: WHOLE_ROW, "name": relation.name}
    if relation.schema is not None:
        made["schema"] = relation.schema
    if relation.alias is not None:
        made["alias"] = relation.alias
    return {**made, "outer": True} if relation.is_nullable else made
