"""Decoding and encoding take steps and memory in proportion to the bytes, and look at no byte behind a value.

Steps are lines that ran, counted by a trace: they are the same on a busy machine. In compiled code there are none to
count; the source is one, and memory is measured on both builds.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from types import FrameType
from typing import Any, Final

import pytest

from qail import BitString, Multirange, Path, Point, Polygon, Range, Snapshot, SparseVector, Unknown
from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import Codec
from qail.pg.codec.text_composite import TextCompositeCodec, text_twin
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import decoded, encoded, refused
from support.every_codec import BY_NAME, EVERY_CODEC, valid_encodings
from support.memory import peaks

pytestmark = pytest.mark.feature("PR5")
SAMPLES: Final = valid_encodings()
SMALL: Final = 60
TIMES: Final = 8
"""How many times larger the large value is."""
ODD: Final = UnknownCodec("odd", 50_000)
TEXTUAL: Final = TextCompositeCodec("textual", 50_001, ["o", "t"], [ODD, BY_NAME["text[]"]])


def records(count: int) -> bytes:
    """An array of as many records, which only a server makes."""
    record = struct.pack("!iIiiIi", 2, 23, 4, 7, 25, 1) + b"x"
    items = struct.pack("!i", len(record)) + record
    return struct.pack("!iiIii", 1, 0, 2249, count, 1) + items * count


def places(count: int) -> list[Any]:
    return [(number, "x", "sad", None) for number in range(count)]


GROWING: Final[dict[str, tuple[Codec, Callable[[int], Any]]]] = {
    "text": (BY_NAME["text"], lambda count: "é" * count),
    "bytea": (BY_NAME["bytea"], lambda count: b"\0" * count),
    "numeric": (BY_NAME["numeric"], lambda count: Decimal("7" * count + "." + "3" * count)),
    "varbit": (BY_NAME["varbit"], lambda count: BitString("10" * count)),
    "int4[]": (BY_NAME["int4[]"], lambda count: list(range(count))),
    "text[][]": (BY_NAME["text[]"], lambda count: [["a", None, 'q"']] * count),
    "composites": (BY_NAME["public.place[]"], places),
    "nested composites": (BY_NAME["public.deep[]"], lambda count: [(None, places(2), None, 1)] * count),
    "ranges": (BY_NAME["int4range[]"], lambda count: [Range(1, 5), None] * count),
    "multirange": (
        BY_NAME["int4multirange"],
        lambda count: Multirange([Range(9 * number, 9 * number + 5) for number in range(count)]),
    ),
    "jsonb": (BY_NAME["jsonb"], lambda count: [{"a": 'x"'}] * count),
    "hstore": (BY_NAME["hstore"], lambda count: {f"k{number}": None for number in range(count)}),
    "tsvector": (BY_NAME["tsvector"], lambda count: " ".join(f"w{number}:1A" for number in range(count))),
    "positions": (BY_NAME["tsvector"], lambda count: "w:" + ",".join(str(number + 1) for number in range(count // 2))),
    "tsquery": (BY_NAME["tsquery"], lambda count: " & ".join(f"(!w{number}:*|b)" for number in range(count))),
    "deep tsquery": (BY_NAME["tsquery"], lambda count: "(" * count + "a" + ")" * count),
    "refusing tsquery": (BY_NAME["tsquery"], lambda count: "!" * count + "a"),
    "ltree": (BY_NAME["ltree"], lambda count: ".".join(["a"] * count)),
    "path": (BY_NAME["path"], lambda count: Path([Point(1, 2)] * count)),
    "polygon": (BY_NAME["polygon"], lambda count: Polygon([Point(1, 2)] * count)),
    "snapshot": (BY_NAME["pg_snapshot"], lambda count: Snapshot(1, count + 9, range(2, count))),
    "oidvector": (BY_NAME["oidvector"], lambda count: [26] * count),
    "vector": (BY_NAME["vector"], lambda count: [0.5] * count),
    "sparsevec": (BY_NAME["sparsevec"], lambda count: SparseVector({1000 + n: 0.5 for n in range(count)}, 9999)),
    "text array literal": (text_twin(BY_NAME["text[]"]), lambda count: [["a", None, '\\"q', ""]] * count),
    "record literals": (text_twin(BY_NAME["public.place[]"]), places),
    "record literal": (TEXTUAL, lambda count: (Unknown('\\"'), ['\\"'] * count)),
    "multirange literal": (
        text_twin(BY_NAME["nummultirange"]),
        lambda count: Multirange([Range(Decimal(9 * n), Decimal(9 * n + 5)) for n in range(count)]),
    ),
    "hstore literal": (text_twin(BY_NAME["hstore"]), lambda count: {f"k{number}": '\\"' for number in range(count)}),
}


def steps(call: Callable[[], object]) -> int:
    """The lines of Python that `call` ran."""
    count = 0

    def local(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: local)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def survived(call: Callable[[], object]) -> None:
    try:
        call()
    except (DecodeError, EncodeError):
        return


def check_linear(name: str, small: Callable[[], object], large: Callable[[], object]) -> None:
    """Eight times as much takes eight times as many steps, and as much memory; a little is the same for both."""
    small()
    large()  # what is imported and cached at first use is no part of it
    few, many = steps(small), steps(large)
    assert many <= (TIMES + 1) * few + 400, f"{name}: {few} steps, and {many} for {TIMES} times as much"
    low, high = peaks([small, large])
    assert high <= (TIMES + 2) * low + 20_000, f"{name}: {low} bytes held, and {high} for {TIMES} times as much"


def test_what_is_not_in_proportion_is_found() -> None:
    def squared(count: int) -> object:
        return [[None for _ in range(count)] for _ in range(count)]

    with pytest.raises(AssertionError, match="squares"):
        check_linear("squares", partial(squared, SMALL), partial(squared, SMALL * TIMES))
    with pytest.raises(AssertionError, match=r"memory: \d+ bytes held"):
        check_linear("memory", lambda: bytes(2**10), lambda: bytes(2**20))


@pytest.mark.parametrize("name", GROWING)
def test_a_value_takes_steps_and_memory_in_proportion(name: str) -> None:
    codec, make = GROWING[name]
    small, large = make(SMALL), make(SMALL * TIMES)
    fields = encoded(codec, small), encoded(codec, large)

    check_linear(f"{name} sent", partial(encoded, codec, small), partial(encoded, codec, large))
    check_linear(f"{name} read", partial(decoded, codec, fields[0]), partial(decoded, codec, fields[1]))
    # Broken at its end, when all is done but the last.
    broken = [partial(survived, partial(decoded, codec, field[:-1])) for field in fields]
    check_linear(f"{name} broken", *broken)


def test_records_take_steps_and_memory_in_proportion() -> None:
    codec = BY_NAME["record[]"]

    check_linear("records", partial(decoded, codec, records(SMALL)), partial(decoded, codec, records(SMALL * TIMES)))


HOSTILE: Final[dict[str, tuple[str, Callable[[int], bytes]]]] = {
    "open quotes": ("text[]", lambda count: b'{"' * count),
    "escapes": ("text[]", lambda count: b"{" + b"\\" * count),
    "open braces": ("text[]", lambda count: b"{" * count),
    "bounds": ("text[]", lambda count: b"[1:1]" * count),
    "blanks": ("text[]", lambda count: b"{" + b" " * count),
    "open records": ("public.place", lambda count: b'("' * count),
    "quotes in records": ("public.place", lambda count: b"(" + b'""' * count),
    "backslashes in records": ("public.place", lambda count: b'("' + b"\\" * (2 * count + 1)),
    "commas": ("public.place", lambda count: b"(" + b"," * count + b")"),
    "open ranges": ("numrange", lambda count: b"[" * count),
    "quotes in ranges": ("numrange", lambda count: b'["' + b'""' * count),
    "open multiranges": ("nummultirange", lambda count: b"{" + b"empty," * count),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_steps_and_memory_in_proportion(name: str) -> None:
    of_type, make = HOSTILE[name]
    codec = text_twin(BY_NAME[of_type])
    calls = [partial(survived, partial(decoded, codec, make(SMALL * times))) for times in (1, TIMES)]

    check_linear(name, *calls)


def nested(depth: int) -> bytes:
    """Arrays of records of arrays: what no server makes."""
    data = struct.pack("!i", 0)
    for _ in range(depth):
        record = struct.pack("!iIi", 1, 2287, len(data)) + data
        data = struct.pack("!iiIiii", 1, 0, 2249, 1, 1, len(record)) + record
    return data


@pytest.mark.parametrize("name", ["record[]", "record", "public.deep", "public.pairs[]"])
def test_a_thousand_levels_take_no_more_than_their_bytes(name: str) -> None:
    """They are refused at a bound, and what lies below it is not even looked at."""
    codec = BY_NAME[name]
    shallow, deep = nested(125), nested(1_000)
    calls = [partial(survived, partial(codec.decode, data, 0, len(data))) for data in (shallow, deep)]

    with pytest.raises(DecodeError):
        codec.decode(deep, 0, len(deep))
    check_linear(name, *calls)
    assert steps(calls[1]) <= steps(calls[0]) + 400


NAMES: Final = sorted(SAMPLES)
FIRST_LETTERS: Final = sorted({name.removeprefix("public.")[0] for name in NAMES})
MOST_PLACES: Final = 40
MOST_SAMPLE_BYTES: Final = 400


@pytest.mark.parametrize("first", FIRST_LETTERS)
def test_a_value_is_the_same_whatever_lies_behind_it(first: str) -> None:
    """Overlapping: a length inside that reaches beyond the value's own end never takes what is a neighbour's."""
    for name in NAMES:
        if name.removeprefix("public.")[0] != first:
            continue
        codec = BY_NAME[name]
        for sample in [each for each in sorted(SAMPLES[name], key=len) if len(each) <= MOST_SAMPLE_BYTES][-2:]:
            for data in [sample, *reaching_beyond(sample)]:
                alone = outcome(codec, data, b"")
                assert outcome(codec, data, bytes(80)) == alone, name
                assert outcome(codec, data, b"\xff" * 3 + b"x" * 77) == alone, name


def reaching_beyond(sample: bytes) -> list[bytes]:
    """The value with a number anywhere in it that says there is more than there is."""
    return [
        sample[:place] + struct.pack("!i", len(sample) - place - 4 + more) + sample[place + 4 :]
        for place in range(min(len(sample) - 3, MOST_PLACES))
        for more in (1, 4, 60)
    ]


def outcome(codec: Codec, data: bytes, behind: bytes) -> str:
    """The repr of the value, or that there is none."""
    try:
        return repr(codec.decode(data + behind, 0, len(data)))
    except DecodeError:
        return "DecodeError"


@pytest.mark.parametrize(
    "name", ["int4[]", "text[]", "jsonb[]", "public.place", "public.place[]", "public.pairs", "oidvector"]
)
def test_a_value_that_contains_itself_is_refused(name: str) -> None:
    items: list[Any] = []
    items.append(items)
    fields: list[Any] = [1, "x", "sad", None]
    fields[2] = fields

    for value in (items, fields, {"spans": items, "deep": items}):
        refused(BY_NAME[name], value, ".")


def test_every_codec_that_holds_many_things_grows_here() -> None:
    """A family whose values have no bound is judged above: its name is here, or it is of one size."""
    grown = {codec.type_name.partition("[")[0] for codec, _ in GROWING.values()}
    of_text = {
        *("text", "varchar", "bpchar", "name", "xml", "unknown", "refcursor", "citext", "query_int", "seg", "aclitem"),
        *("lquery", "ltxtquery", "jsonpath", "json", '"char"', "mood", "public.mood"),
    }
    alike = {"bit", '"bit"', "halfvec", "int2vector", "txid_snapshot", "record", "cube", "geometry", "geography"}
    sizes: dict[str, set[int]] = {}
    for codec in EVERY_CODEC:
        name = codec.type_name
        if name.endswith(("[]", "range")) or name.startswith(("reg", "pg_", "gts", "public.")):
            continue
        sizes[name] = {len(sample) for sample in SAMPLES.get(name, [])}

    varying = {name for name, found in sizes.items() if len(found) > 1}
    assert varying - grown - of_text - alike <= {"inet", "cidr", "money"}
