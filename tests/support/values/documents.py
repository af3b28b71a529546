"""Values of json, jsonb, jsonpath and xml."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.json import Json
from support.values.case import Case, cases

# 64 bits, and what a float cannot tell from its neighbours.
BIG: Final = 2**64 + 1
NESTED: Final = {"a": [{"b": [{}, [], [[]], None, True, False]}], "c": {"d": {"e": -0.5}}}
DEEP: Final[list[object]] = []
for _ in range(99):
    DEEP[:] = [list(DEEP)]
BOTH: Final[list[tuple[str, object]]] = [
    ("'{}'", {}),
    ("'[]'", []),
    ("""'""'""", ""),
    ("'true'", True),
    ("'false'", False),
    ("'0'", 0),
    ("'-1'", -1),
    ("'18446744073709551617'", BIG),
    (f"'{'9' * 300}'", int("9" * 300)),
    ("'9007199254740993'", 2**53 + 1),
    ("'-9223372036854775809'", -(2**63) - 1),
    ("'1.5'", 1.5),
    ("'0.1'", 0.1),
    ("'-2.5'", -2.5),
    ("'123456789.125'", 123456789.125),
    ("""'"text"'""", "text"),
    ("""'"null"'""", "null"),
    ("""'"grün \U0001f427"'""", "grün \U0001f427"),
    (r"""'"\"\\\/\b\f\n\r\t"'""".replace(r"\/", "/"), '"\\/\b\f\n\r\t'),
    (r"""'"\\u0000"'""", "\\u0000"),
    (r"""'"\u001f"'""", "\x1f"),
    ("""'"''"'""", "'"),
    ("""'["a",1,null,{"b":[]}]'""", ["a", 1, None, {"b": []}]),
    ("'[[1,2],[3]]'", [[1, 2], [3]]),
    ("'[null]'", [None]),
    ("""'{"":{"":""}}'""", {"": {"": ""}}),
    ("""'{"k ey":"v","ключ":[1.25,-7]}'""", {"k ey": "v", "ключ": [1.25, -7]}),
    ("""'{"a":[{"b":[{},[],[[]],null,true,false]}],"c":{"d":{"e":-0.5}}}'""", NESTED),
    (f"'{'[' * 100}{']' * 100}'", DEEP),
]
WRONG_JSON: Final[list[object]] = [
    math.nan,
    math.inf,
    [-math.inf],
    {"a": {"b": math.nan}},
    "\ud800",
    {"\udfff": 1},
    {1, 2},
    b"{}",
    Decimal(1),
    date(2024, 1, 1),
    {(1, 2): 3},
    {"a": object()},
    Json(math.nan),
    Json({1}),
    10**5000,
]
CASES: Final[list[Case]] = [
    *cases("CO7", "json", *BOTH),
    *cases("CO7", "jsonb", *BOTH),
    *cases("CO7", "json", (r"""'"\u0000"'""", "\0")),
    *cases("CO7", "jsonb", ("'1e22'", 10**22), ("'1.0'", 1.0), ("""'{"b":1,"a":2}'""", {"a": 2, "b": 1})),
    *cases(
        "CO7",
        "jsonpath",
        ("'$'", "$"),
        ("'$.a[*]'", '$."a"[*]'),
        ("""'strict $."grün"[1 to last] ? (@ > 1.50)'""", 'strict $."grün"[1 to last]?(@ > 1.50)'),
        ("""'$ ? (@ like_regex "^a" flag "i")'""", '$?(@ like_regex "^a" flag "i")'),
        ("""'"\U0001f427"'""", '"\U0001f427"'),
    ),
    *cases(
        "CO4",
        "xml",
        ("'<a>grün \U0001f427</a>'", "<a>grün \U0001f427</a>"),
        ("'<a b=\"1\"/><c/>'", '<a b="1"/><c/>'),
        ("'plain text'", "plain text"),
        ("''", ""),
        ('\'<?xml version="1.0" standalone="yes"?><a/>\'', '<?xml version="1.0" standalone="yes"?><a/>'),
        needs="libxml",
    ),
]
INPUTS: Final[list[Case]] = [
    *cases(
        "CO7", "json", ("'null'", Json(None)), ("'[1,[2]]'", Json((1, (2,)))), ("""'{"a":null}'""", {"a": Json(None)})
    ),
    *cases("CO7", "jsonb", ("'null'", Json(None)), ("'[1,[2]]'", Json((1, (2,)))), ("""'{"1":2}'""", {1: 2})),
    *cases("CO7", "jsonb", ("'1e100'", 1e100), ("'5e-324'", 5e-324), ("""'"a"'""", Json("a"))),
]
WRONG: Final[dict[str, list[object]]] = {
    "json": WRONG_JSON,
    "jsonb": [*WRONG_JSON, "\0", {"a\0": 1}, ["\\\0"]],
    "jsonpath": ["\0", "\ud800", 5, b"$", {"a": 1}],
    "xml": [
        "<a\0/>",
        "\udc00",
        b"<a/>",
        '<?xml version="1.0" encoding="latin1"?><a>é</a>',
        "<?xml version='1.0' encoding = 'UTF-16' ?><a/>",
    ],
}
WRONG_NEEDS: Final = {"xml": "libxml"}
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def documents(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """JSON values but null, which arrives as NULL does."""
    scalars = st.booleans() | st.integers(-(10**300), 10**300) | floats | TEXTS
    return scalars | st.recursive(
        st.none() | scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
        max_leaves=20,
    ).map(lambda value: [value])


# jsonb keeps numeric: it has no -0.0, and a float that is written with an exponent may come back as an int.
EVERY_FLOAT: Final = st.floats(allow_nan=False, allow_infinity=False)
SMALL_FLOATS: Final = st.floats(-1e15, 1e15).map(lambda number: number + 0.0)
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "json": documents(EVERY_FLOAT),
    "jsonb": documents(SMALL_FLOATS),
    "jsonpath": st.lists(st.text("ab ü\U0001f427'", min_size=1)).map(
        lambda keys: "$" + "".join(f'."{key}"' for key in keys)
    ),
}
