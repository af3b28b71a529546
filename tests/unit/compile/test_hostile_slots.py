"""Hostile text in every str slot of every golden case, through PostgreSQL's own parser.

What comes out is one statement, and its tree is the case's own but for that one text: an identifier, a literal where
PostgreSQL takes no parameter, or nothing at all, because a value is no part of the text. What is no free text (a sort
direction, an operator, a field of EXTRACT) is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from qail.compile.cache import lookup
from qail.errors import BuildError, EncodeError
from support.case_sources import CaseSource, case_sources, replaced

pglast: Any = pytest.importorskip("pglast", reason="pglast, PostgreSQL's own parser, is a part of the test extra")
PARSER_VERSION = pglast.get_postgresql_version()[0]
HOSTILE = ["a\"b'c; DROP TABLE x; --", "$1 /* \\' %s {0} */ \u2028\""]
SOURCES = list(case_sources())
# "public" and its kin are words of PostgreSQL's, not names.
WORDS = frozenset({"public", "current_user", "current_role", "session_user"})


def tree(sql: str) -> Any:
    """PostgreSQL's tree of a text, without the places in it."""

    def without_places(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: without_places(value) for name, value in node.items() if not is_place(name)}
        return [without_places(item) for item in node] if isinstance(node, list) else node

    parsed = json.loads(pglast.parser.parse_sql_json(sql))
    assert len(parsed["stmts"]) == 1, sql
    return without_places(parsed["stmts"])


def is_place(name: str) -> bool:
    """Whether a field of PostgreSQL's tree says where in the text something stands."""
    return name.endswith(("location", "_len", "_start", "_end"))


def differences(plain: Any, other: Any) -> list[tuple[str, str]]:
    """The texts in which two trees of one form differ.

    Raises:
        AssertionError: they differ in anything else.
    """
    if isinstance(plain, dict) and isinstance(other, dict):
        assert list(plain) == list(other), f"{list(plain)} has become {list(other)}"
        return [pair for name in plain for pair in differences(plain[name], other[name])]
    if isinstance(plain, list) and isinstance(other, list):
        assert len(plain) == len(other), f"{plain} has become {other}"
        return [pair for one, two in zip(plain, other, strict=True) for pair in differences(one, two)]
    if plain == other:
        return []
    assert isinstance(plain, str), f"{plain} has become {other}"
    assert isinstance(other, str), f"{plain} has become {other}"
    return [(plain, other)]


def is_readable(case: CaseSource) -> bool:
    return bool(lookup(case.built()).plan.least_version // 10_000 <= PARSER_VERSION)


READABLE = [case for case in SOURCES if is_readable(case)]


@pytest.mark.feature("PL2")
@pytest.mark.feature("PL3")
@pytest.mark.feature("PA2")
@pytest.mark.parametrize("case", READABLE, ids=[case.name for case in READABLE])
def test_a_hostile_text_is_one_identifier_or_one_value_wherever_it_stands(case: CaseSource) -> None:
    sql = str(case.built())
    plain = tree(sql)

    for hostile in HOSTILE:
        for changed in replaced(case, hostile):
            if changed.text in WORDS:
                continue
            try:
                text = str(changed.built())
            except (BuildError, EncodeError):
                continue
            if text == sql:  # it is a value, and values are no part of the text
                continue
            for before, after in differences(plain, tree(text)):
                # Inside the text of an array quotes and backslashes have a backslash.
                inner = re.sub(r"([\\\"])", r"\\\1", hostile)
                assert hostile in after or inner in after, f"{changed.text!r}: {before!r} became {after!r}"
                assert after.replace(hostile, changed.text) == before or changed.text not in before or inner in after


def test_most_texts_are_tried_and_not_refused() -> None:
    """The test above would be empty if everything were refused."""
    refused = tried = 0
    for case in SOURCES[::7]:
        for changed in replaced(case, HOSTILE[0]):
            tried += 1
            try:
                str(changed.built())
            except BuildError:
                refused += 1

    assert tried > 100
    assert refused < tried / 2
