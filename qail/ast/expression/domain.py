"""DomainValue: `VALUE`, in the constraint of a domain."""

from __future__ import annotations

from typing import Any, Final

from qail.ast.node import Expr
from qail.ast.walk import Walk

VALUE_TOKEN: Final = "v\0VALUE"


class DomainValue(Expr[Any]):
    """`VALUE`: what the constraint of a domain checks."""

    def __init__(self) -> None:
        super().__init__(1)

    def shape(self, walk: Walk) -> None:
        walk.tokens.append(VALUE_TOKEN)


def domain_value() -> Expr[Any]:
    """`VALUE`: in the check() of a domain, the value itself."""
    return DomainValue()
