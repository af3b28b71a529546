"""Steps: what a builder says, sorted by clause, for the statement nodes to take."""

from __future__ import annotations

from typing import Final

from qail.ast.build.builder import Builder
from qail.ast.clause.target import NodeList
from qail.ast.node import Node
from qail.ast.tokens import TARGET
from qail.errors import BuildError


class Steps:
    """The steps of one builder in the order of its calls. Each must be taken: one that is left over is an error."""

    def __init__(self, builder: Builder) -> None:
        steps: list[int] = []
        nodes: list[Node] = []
        current: Builder | None = builder
        while current is not None:
            if current.step != TARGET:
                steps.append(current.step)
                nodes.append(current.node)
            current = current.previous
        steps.reverse()
        nodes.reverse()
        self.statement: Final = type(builder).__name__
        self.first: Final = steps[0]
        self._steps: Final = steps
        self._nodes: Final = nodes
        self._taken: Final[set[int]] = set()

    def all(self, step: int) -> list[Node]:
        """What every step of this kind says, in order."""
        self._taken.add(step)
        return [node for known, node in zip(self._steps, self._nodes, strict=True) if known == step]

    def last(self, step: int) -> Node | None:
        """What the last step of this kind says: later calls replace earlier ones."""
        found = self.all(step)
        return found[-1] if found else None

    def items(self, step: int) -> list[Node]:
        """The items of every step of this kind, in order."""
        found: list[Node] = []
        for node in self.all(step):
            found.extend(node.items if isinstance(node, NodeList) else [node])
        return found

    def has(self, step: int) -> bool:
        """Whether there is such a step."""
        self._taken.add(step)
        return step in self._steps

    def finish(self) -> None:
        """Check that no step is left over: a clause the statement does not have would be dropped in silence.

        Raises:
            BuildError: there is one.
        """
        left = sorted(set(self._steps) - self._taken)
        if left:
            raise BuildError(f"{self.statement} has clauses this statement does not take: steps {left}")
