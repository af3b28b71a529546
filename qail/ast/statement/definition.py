"""Definition: statements that are words, what they are about, and clauses; most of data definition and utilities.

Rule 1: which words and clauses a statement takes, and in which order, is its form in qail/compile/statement/forms.py.
What a statement was given and its form does not take is an error there: nothing is dropped.
Rule 2: each class carries the name of PostgreSQL's parse node.
"""

from __future__ import annotations

from typing import Final

from qail.ast.clause.definition import DefElem
from qail.ast.clause.option import Option
from qail.ast.node import Node, Statement
from qail.ast.steps import Steps
from qail.ast.tokens import CLAUSE, ELEMENT, OPTION
from qail.errors import BuildError


class Definition(Statement):
    """`subject` is what the statement is about; `words` are the options it was given, `clauses` the rest in order.

    `elements` are the columns and constraints of a table.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__(1)
        subject = steps.last(steps.first)
        assert subject is not None, "a statement begins with what it is about"
        self.form: Final = steps.first
        self.builder: Final = steps.statement
        self.subject: Final[Node] = subject
        self.words: Final = [node.word for node in steps.all(OPTION) if isinstance(node, Option)]
        self.clauses: Final = [node for node in steps.items(CLAUSE) if isinstance(node, DefElem)]
        self.elements: Final[list[Node]] = steps.all(ELEMENT)
        steps.finish()

    def need(self, kinds: tuple[str, ...], advice: str) -> None:
        """Raise BuildError when no clause is of these kinds."""
        if not any(clause.kind in kinds for clause in self.clauses):
            raise BuildError(f"{self.builder} is not complete: {advice}")
