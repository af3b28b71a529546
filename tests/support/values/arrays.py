"""Arrays: several dimensions, NULL elements, shifted lower bounds, empty; and of types that travel as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qail.pg.codec.array import PgArray
from qail.pg.codec.multirange import Multirange
from qail.pg.codec.range import Range
from support.values.case import Case, cases

DEEP: Final = [[[[[[1, 2]], [[3, None]]]]]]
CASES: Final[list[Case]] = [
    *cases("CO15", "int4[]", ("'{}'", []), ("'{1,NULL,-2147483648}'", [1, None, -(2**31)]), ("'{NULL}'", [None])),
    *cases("CO15", "int4[]", ("'{{1,2},{3,NULL}}'", [[1, 2], [3, None]]), ("'{{{{{{1,2}},{{3,NULL}}}}}}'", DEEP)),
    *cases("CO15", "int4[]", ("'[0:1]={1,2}'", PgArray([1, 2], [0])), ("'[-5:-5]={NULL}'", PgArray([None], [-5]))),
    *cases("CO15", "int4[]", ("'[0:1][-2:-1]={{1,2},{3,4}}'", PgArray([[1, 2], [3, 4]], [0, -2]))),
    *cases("CO15", "int4[]", ("'[1:2][2:2]={{1},{2}}'", PgArray([[1], [2]], [1, 2]))),
    *cases("CO15", "int4[]", ("'[2147483646:2147483646]={7}'", PgArray([7], [2**31 - 2]))),
    *cases(
        "CO15",
        "text[]",
        ("""'{"",NULL,"NULL","a b","q\\"q","b\\\\b","{,}"}'""", ["", None, "NULL", "a b", 'q"q', "b\\b", "{,}"]),
    ),
    *cases("CO15", "text[]", ("'{}'", []), ("'[0:0]={x}'", PgArray(["x"], [0])), ("'{{a},{NULL}}'", [["a"], [None]])),
    *cases("CO15", "numeric[]", ("'{1.50,NaN,NULL}'", [Decimal("1.50"), Decimal("NaN"), None])),
    *cases("CO15", "bool[]", ("'{t,f,NULL}'", [True, False, None]), ("'{{t},{f}}'", [[True], [False]])),
    *cases("CO15", "bytea[]", ("""'{"\\\\x00ff",NULL}'""", [b"\x00\xff", None])),
    *cases("CO15", "int4range[]", ("""'{"[1,3)",empty,NULL}'""", [Range(1, 3), Range.empty(), None])),
    *cases("CO15", "int4multirange[]", ("""'{"{[1,3)}","{}"}'""", [Multirange([Range(1, 3)]), Multirange()])),
    *cases(
        "CO15", "speeds[]", ("'{slow,NULL,fast}'", ["slow", None, "fast"]), ("'{}'", []), ("'{{fast}}'", [["fast"]])
    ),
    *cases("CO15", "aclitem[]", ("'{}'", []), ("'[0:0]={NULL}'", PgArray([None], [0]))),
]
INPUTS: Final[list[Case]] = [
    *cases("CO15", "int4[]", ("'{1,2}'", (1, 2)), ("'{0,1,2}'", range(3)), ("'{{1,2}}'", ((1, 2),))),
    *cases("CO15", "int4[]", ("'{1}'", PgArray([1]))),
    *cases("CO15", "text[]", ("'{a}'", ("a",))),
    *cases("CO15", "int4multirange[]", ("""'{"{[1,3)}"}'""", [[Range(1, 3)]])),
]
WRONG: Final[dict[str, list[object]]] = {
    "int4[]": ["{1}", 1, b"12", {1}, {"a": 1}, [[1], [2, 3]], [[1], None], [[]], [1, [2]], [[[[[[[1]]]]]]], [2**31]],
    "text[]": ["a", ["a", 5], ["\0"], [["a"], ["b", "c"]], PgArray(["a"], [1, 1]), PgArray(["a"], [2**31 - 1])],
    "speeds[]": ["slow", [5]],
    "int4range[]": [[Range("a", "b")], Range(1, 2)],
}
