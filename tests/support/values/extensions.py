"""Values of the types of extensions: hstore, the ltree family, cube, pgvector, PostGIS, citext, intarray, seg."""

from __future__ import annotations

import math
import struct
from array import array
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.cube import Cube
from qail.pg.codec.vector import SparseVector
from support.values.case import Case, cases


def point(x: float, y: float, srid: int = 0) -> bytes:
    """EWKB of a point, little-endian, as the server sends it."""
    head = struct.pack("<BI", 1, 1 | (0x20000000 if srid else 0)) + (struct.pack("<I", srid) if srid else b"")
    return head + struct.pack("<dd", x, y)


LINE_Z: Final = struct.pack("<BIIdddddd", 1, 2 | 0x80000000, 2, 0.0, 1.5, 2.0, 3.0, 4.0, 5.0)
LONG_KEY: Final = "k" * 60_000
LONG_TEXT: Final = "v" * 70_000
HUNDRED: Final = [float(number) for number in range(100)]
LONG_VECTOR: Final = [number / 4 for number in range(1536)]
CASES: Final[list[Case]] = [
    *cases(
        "CO17",
        "hstore",
        ("''", {}),
        ("'a=>1'", {"a": "1"}),
        ("'a=>NULL'", {"a": None}),
        ("""'a=>"NULL"'""", {"a": "NULL"}),
        ("""'""=>""'""", {"": ""}),
        ("""'"k ey"=>"v \\"al\\"", b=>NULL, "=>"=>","'""", {"=>": ",", "b": None, "k ey": 'v "al"'}),
        ("'grün=>\U0001f427'", {"grün": "\U0001f427"}),
        ("""E'a=>"b\\nc"'""", {"a": "b\nc"}),
        (f"'{LONG_KEY}=>{LONG_TEXT}'", {LONG_KEY: LONG_TEXT}),
        needs="hstore",
    ),
    *cases(
        "CO17",
        "ltree",
        ("''", ""),
        ("'Top'", "Top"),
        ("'Top.Science.Astronomy_1'", "Top.Science.Astronomy_1"),
        needs="ltree",
    ),
    *cases(
        "CO17",
        "lquery",
        ("'Top.*{0,2}.sci*@|a%.!b'", "Top.*{,2}.sci@*|a%.!b"),
        ("'*'", "*"),
        ("'a.b'", "a.b"),
        needs="ltree",
    ),
    *cases(
        "CO17",
        "ltxtquery",
        ("'Europe & Russia*@ & !Trans'", "Europe & Russia@* & !Trans"),
        ("'a | b'", "a | b"),
        needs="ltree",
    ),
    *cases("CO4", "citext", ("''", ""), ("'Grün \U0001f427'", "Grün \U0001f427"), ("'NULL'", "NULL"), needs="citext"),
    *cases(
        "CO17",
        "cube",
        ("'()'", Cube(())),
        ("'1'", Cube([1])),
        ("'(1,2,3)'", Cube((1, 2, 3))),
        ("'(0,0),(1,-2.5)'", Cube((0, 0), (1, -2.5))),
        ("'(3,1),(1,3)'", Cube((3, 1), (1, 3))),
        ("'(1e308),(-1e-308)'", Cube([1e308], [-1e-308])),
        ("'(Infinity),(-Infinity)'", Cube([math.inf], [-math.inf])),
        ("'(0.1,0.2)'", Cube((0.1, 0.2))),
        (f"'({','.join(map(str, HUNDRED))})'", Cube(HUNDRED)),
        needs="cube",
    ),
    *cases(
        "CO17",
        "vector",
        ("'[0]'", [0.0]),
        ("'[1,-2.5,3.4028235e38]'", [1.0, -2.5, 2.0**128 - 2.0**104]),
        ("'[0.5,1e-45]'", [0.5, 2.0**-149]),
        (f"'{LONG_VECTOR}'", LONG_VECTOR),
        ("array_fill(0.25, ARRAY[16000])", [0.25] * 16000),
        needs="vector",
    ),
    *cases(
        "CO17",
        "halfvec",
        ("'[0]'", [0.0]),
        ("'[1,-2.5,65504]'", [1.0, -2.5, 65504.0]),
        ("'[6e-8]'", [2.0**-24]),
        (f"'{[number / 4 for number in range(768)]}'", [number / 4 for number in range(768)]),
        needs="vector",
    ),
    *cases(
        "CO17",
        "sparsevec",
        ("'{}/1'", SparseVector({}, 1)),
        ("'{1:1.5,3:-2}/5'", SparseVector({0: 1.5, 2: -2.0}, 5)),
        ("'{1000000000:0.5}/1000000000'", SparseVector({999_999_999: 0.5}, 10**9)),
        ("'{1:1e-45}/2'", SparseVector({0: 2.0**-149}, 2)),
        needs="vector",
    ),
    *cases(
        "CO17",
        "geometry",
        ("'POINT(1 2)'", point(1, 2)),
        ("'SRID=4326;POINT(-71.06 42.28)'", point(-71.06, 42.28, 4326)),
        ("'POINT EMPTY'", point(math.nan, math.nan)),
        ("'LINESTRING Z (0 1.5 2, 3 4 5)'", LINE_Z),
        ("'GEOMETRYCOLLECTION EMPTY'", struct.pack("<BII", 1, 7, 0)),
        needs="postgis",
    ),
    *cases("CO17", "geography", ("'POINT(-71.06 42.28)'", point(-71.06, 42.28, 4326)), needs="postgis"),
    *cases("CO17", "query_int", ("'1&(2|!3)'", "1 & ( 2 | !3 )"), ("'7'", "7"), needs="intarray"),
    *cases("CO17", "seg", ("'1.50 .. 2'", "1.50 .. 2"), ("'<5'", "<5"), ("'6.25'", "6.25"), needs="seg"),
]
INPUTS: Final[list[Case]] = [
    *cases("CO17", "hstore", ("'b=>2,a=>1'", OrderedDict([("b", "2"), ("a", "1")])), needs="hstore"),
    *cases("CO17", "ltxtquery", ("'a & b'", "a&b"), needs="ltree"),
    *cases("CO17", "vector", ("'[1,2]'", (1, 2)), ("'[1,2]'", array("f", [1, 2])), needs="vector"),
    *cases("CO17", "vector", ("'[1,2]'", array("d", [1, 2])), ("'[0.5]'", [Fraction(1, 2)]), needs="vector"),
    *cases("CO17", "vector", ("'[0.1]'", [0.1]), ("'[1]'", range(1, 2)), needs="vector"),
    *cases("CO17", "halfvec", ("'[0.1]'", [0.1]), ("'[1,2]'", array("f", [1, 2])), needs="vector"),
    *cases("CO17", "sparsevec", ("'{2:0.1}/2'", SparseVector({0: 0, 1: 0.1}, 2)), needs="vector"),
    *cases("CO17", "geometry", ("'POINT(1 2)'", memoryview(struct.pack(">BIdd", 0, 1, 1, 2))), needs="postgis"),
    *cases("CO17", "geography", ("'POINT(1 2)'", bytearray(point(1, 2))), needs="postgis"),
]
WRONG: Final[dict[str, list[object]]] = {
    "hstore": [[("a", "1")], "a=>1", {"a": 1}, {1: "a"}, {None: "a"}, {"a\0": "b"}, {"a": "\ud800"}],
    "ltree": ["\0", 5, b"a"],
    "lquery": ["a\0", "\ud800", frozenset()],
    "ltxtquery": ["a\0", 5],
    "citext": ["a\0", "\udfff", 5],
    "cube": [(1, 2), "(1,2)", [1.0], 5],
    "vector": [
        [],
        5,
        "[1,2]",
        [math.nan],
        [math.inf],
        [1e39],
        ["1"],
        [True],
        [None],
        [[1.0]],
        [Decimal(1)],
        b"\0\0",
        [0.0] * 16001,
    ],
    "halfvec": [[], [65520], [math.nan], [-math.inf], {1: 2}, [0.0] * 16001],
    "sparsevec": [
        [1.0],
        {0: 1.0},
        "{1:1}/2",
        SparseVector({0: 1e39}, 1),
        SparseVector({0: math.nan}, 1),
        SparseVector({0: 1e-46}, 1),
    ],
    "geometry": ["POINT(1 2)", b"", b"\x02\0\0\0\0", 5, (1, 2)],
    "geography": ["POINT(1 2)", b"\x01"],
    "query_int": ["1\0", 5],
    "seg": ["\0", 1.5],
}
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LABELS: Final = st.text("abcXYZ019_", min_size=1, max_size=10)
DOUBLES: Final = st.floats(allow_nan=False)
SINGLES: Final = st.floats(width=32, allow_nan=False, allow_infinity=False)
# Every half-precision number: bits below those of infinity, and a sign. Hypothesis' own floats of 16 bits are filtered.
HALVES: Final = st.builds(
    lambda bits, sign: float(sign * struct.unpack("e", struct.pack("H", bits))[0]),
    st.integers(0, 0x7BFF),
    st.sampled_from([1.0, -1.0]),
)
LEVELS: Final = st.sampled_from(["a", "*", "b@", "c*", "d%", "*{2}", "*{1,3}", "!e", "f|g"])
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "hstore": st.dictionaries(TEXTS, st.none() | TEXTS, max_size=8),
    "ltree": st.lists(LABELS, max_size=8).map(".".join),
    "lquery": st.lists(LEVELS, min_size=1, max_size=6).map(".".join),
    "ltxtquery": st.lists(LABELS, min_size=1, max_size=6).map(" & ".join),
    "citext": TEXTS,
    "cube": st.lists(st.tuples(DOUBLES, DOUBLES), max_size=6).map(
        lambda pairs: Cube([a for a, _ in pairs], [b for _, b in pairs])
    )
    | st.lists(DOUBLES, max_size=6).map(Cube),
    "vector": st.lists(SINGLES, min_size=1, max_size=50),
    "halfvec": st.lists(HALVES, min_size=1, max_size=50),
    "sparsevec": st.dictionaries(st.integers(0, 10**9 - 1), SINGLES, max_size=20).map(
        lambda elements: SparseVector(elements, 10**9)
    ),
    "geometry": st.builds(point, st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.sampled_from([0, 4326])),
    "geography": st.builds(point, st.floats(-179, 179), st.floats(-89, 89), st.just(4326)),
    "query_int": st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=6).map(
        lambda numbers: " & ".join(map(str, numbers))
    ),
    "seg": st.integers(1, 9).map(str) | st.integers(1, 8).map(lambda number: f"{number} .. {number + 1}"),
}
