"""The type OID a Python value has by itself, for parameters whose type the server cannot infer (`select $1`).

Rule: it is the type that the builder says for plain arguments of functions, but for what one value must not decide: a
description is kept for the values of later calls.

Source: datatype.html; the OIDs are those of `pgtype`
"""

from __future__ import annotations

from typing import cast

from qail.ast.expression.own_type import sent_type


def own_oid(value: object) -> int:
    """The type OID of `value`; 0 where nothing says: NULL is of any type, and one call with it decides for none.

    A list whose members have no type in common is an array of the first one's type: the error about another member
    names it, where the server's would only name the parameter.
    """
    if value is None:
        return 0
    found = sent_type(value)
    if found is None and isinstance(value, list):
        first = next((member for member in cast("list[object]", value) if member is not None), None)
        element = None if first is None else sent_type(first)
        return 0 if element is None else element.array_oid
    return 0 if found is None else found.oid
