"""What the clauses of definitions are made of: constraints, columns' parts, keys of indexes, bounds of partitions.

The statements themselves begin with `Qail`: `Qail.create(...)`, `Qail.alter(...)`, `Qail.create_index(...)` ...

>>> from qail.ddl import identity
>>> print(Qail.create("users").column("id", INT8, identity(), pk=True))
CREATE TABLE "users" ("id" int8 GENERATED ALWAYS AS IDENTITY, PRIMARY KEY ("id"))
"""

from __future__ import annotations

from qail.ast.build.routine import argument
from qail.ast.clause.constraint import (
    Constraint,
    check,
    collation,
    compression,
    exclude,
    foreign_key,
    generated,
    identity,
    primary_key,
    references,
    storage,
    unique,
)
from qail.ast.clause.index import index_key
from qail.ast.clause.partition import MAXVALUE, MINVALUE, all_others, from_to, in_values, remainder
from qail.ast.expression.domain import domain_value

__all__ = [
    "MAXVALUE",
    "MINVALUE",
    "Constraint",
    "all_others",
    "argument",
    "check",
    "collation",
    "compression",
    "domain_value",
    "exclude",
    "foreign_key",
    "from_to",
    "generated",
    "identity",
    "in_values",
    "index_key",
    "primary_key",
    "references",
    "remainder",
    "storage",
    "unique",
]
