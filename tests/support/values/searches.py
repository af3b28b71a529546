"""Values of tsvector and tsquery."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.text_search import TsQuery, TsVector
from support.codecs import CODECS, round_trip
from support.values.case import Case, cases

MANY_POSITIONS: Final = ",".join(str(number) for number in range(1, 257))
CASES: Final[list[Case]] = [
    *cases(
        "CO17",
        "tsvector",
        ("''", TsVector("")),
        ("'a'", TsVector("'a'")),
        ("'cat:3A fat:2'", TsVector("'cat':3A 'fat':2")),
        ("'a:1,2B,3c,4D'", TsVector("'a':1,2B,3C,4")),
        ("'b a b'", TsVector("'a' 'b'")),
        ("'ab a abc'", TsVector("'a' 'ab' 'abc'")),
        ("'grün:16383 \U0001f427:1A é'", TsVector("'grün':16383 'é' '\U0001f427':1A")),
        (r"'''it''''s'':1 a\\b'", TsVector("'a\\\\b' 'it''s':1")),
        ("'''a b  c'''", TsVector("'a b  c'")),
        ("'a:2,1 a:1B,3'", TsVector("'a':1B,2,3")),
        ("'a:20000'", TsVector("'a':16383")),
        (f"'a:{MANY_POSITIONS}'", TsVector(f"'a':{MANY_POSITIONS}")),
        (f"'{'x' * 2046}'", TsVector(f"'{'x' * 2046}'")),
    ),
    *cases(
        "CO17",
        "tsquery",
        ("'a'", TsQuery("'a'")),
        ("'fat & cat'", TsQuery("'fat' & 'cat'")),
        ("'a | b & c'", TsQuery("'a' | 'b' & 'c'")),
        ("'(a | b) & c'", TsQuery("( 'a' | 'b' ) & 'c'")),
        ("'!a & !!b'", TsQuery("!'a' & !!'b'")),
        ("'!(a & b)'", TsQuery("!( 'a' & 'b' )")),
        ("'a <-> b <2> c'", TsQuery("'a' <-> 'b' <2> 'c'")),
        ("'a <-> (b <16384> c)'", TsQuery("'a' <-> ( 'b' <16384> 'c' )")),
        ("'(a & b) <0> c'", TsQuery("( 'a' & 'b' ) <0> 'c'")),
        ("'super:*'", TsQuery("'super':*")),
        ("'a:AB & b:*cd'", TsQuery("'a':AB & 'b':*CD")),
        (r"'''it''''s'' | a\\b'", TsQuery("'it''s' | 'a\\\\b'")),
        ("'''a & b''<->grün:d'", TsQuery("'a & b' <-> 'grün':D")),
        ("'((\U0001f427))'", TsQuery("'\U0001f427'")),
        ("''", TsQuery("")),
    ),
]
INPUTS: Final[list[Case]] = [
    *cases("CO17", "tsvector", ("'a:1 b'", "b a:1"), ("''' '' x'", "x ' '"), ("'a'':1'", "a':1"), ("'a'", "a\n\ta")),
    *cases("CO17", "tsquery", ("'a&b'", "a&b"), ("'a<->!b|(c)'", " a<->!b|(c)\n"), ("'a:*b'", "'a':b*")),
    *cases("CO17", "tsquery", ("''", " \t\n")),
]
WRONG: Final[dict[str, list[object]]] = {
    "tsvector": ["'a", "a:", "a:b", "a:0", "a:1,", "a\\", "\0", "\ud800", 5, b"a", "a\u00a0b", "x" * 2047],
    "tsquery": ["a b", "a &", "& a", "(a", "a)", "()", "a <b> c", "a <16385> b", "'a", ":a", "a\0", 5, "!"],
}
WORDS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


def quoted(word: str) -> str:
    """A word as both types write it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def vector_of(entries: dict[str, dict[int, str]]) -> TsVector:
    """The text of words with positions and their weights."""
    words: list[str] = []
    for word, positions in sorted(entries.items(), key=lambda entry: entry[0].encode()):
        listed = ",".join(f"{position}{weight}" for position, weight in sorted(positions.items()))
        words.append(quoted(word) + (f":{listed}" if listed else ""))
    return TsVector(" ".join(words))


OPERANDS: Final = st.builds(
    lambda word, modifiers: quoted(word) + modifiers, WORDS, st.sampled_from(["", ":*", ":A", ":*BCD", ":ABCD"])
)
QUERIES: Final = st.recursive(
    OPERANDS,
    lambda inner: (
        st.builds("!({})".format, inner)
        | st.builds("({}) {} ({})".format, inner, st.sampled_from(["&", "|", "<->", "<0>", "<16384>"]), inner)
    ),
    max_leaves=8,
)
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "tsvector": st.dictionaries(
        WORDS, st.dictionaries(st.integers(1, 16383), st.sampled_from(["", "C", "B", "A"]), max_size=5), max_size=8
    ).map(vector_of),
    # As the server prints them, which a test of their own shows.
    "tsquery": QUERIES.map(lambda text: round_trip(CODECS["tsquery"], text)),
}
