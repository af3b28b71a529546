"""Quoting: identifiers, type names, literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.compile.quote import function_name, identifier, literal, qualified, type_name
from qail.errors import BuildError
from qail.pg.codec.snapshot import PgLsn
from qail.pgtype import BIT, INT4, INTERVAL, TEXT, VARBIT, PgType, array_of

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)


@pytest.mark.feature("PL2")
@given(NAMES)
def test_an_identifier_can_be_read_back(name: str) -> None:
    quoted = identifier(name)

    assert quoted[0] == quoted[-1] == '"'
    assert quoted[1:-1].replace('""', "\0").count('"') == 0
    assert quoted[1:-1].replace('""', '"') == name


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_qualified_names_keep_their_parts(names: list[str]) -> None:
    assert qualified(tuple(names)) == ".".join(identifier(name) for name in names)


@pytest.mark.parametrize(
    ("pg", "text"),
    [
        (INT4, "int4"),
        (array_of(TEXT), "text[]"),
        (INTERVAL, "interval"),
        # Without the quotes it would be bit(1), and a cast to it would cut the value off.
        (BIT, '"bit"'),
        (array_of(BIT), '"bit"[]'),
        (VARBIT, "varbit"),
        (PgType("mood", 12345, 0, "enum"), '"mood"'),
        (array_of(PgType("int4; drop table t", 1, 2, "x")), '"int4; drop table t"[]'),
    ],
)
def test_a_type_name_is_quoted_unless_it_is_postgresqls_own(pg: PgType[int], text: str) -> None:
    assert type_name(pg) == text


def test_a_function_name_is_quoted_unless_qail_names_it() -> None:
    assert function_name("count") == "count"
    assert function_name("Count") == '"Count"'
    assert function_name('f"(); --') == '"f""(); --"'


class Odd(float):
    """Printed as something else, as the floats of numpy are."""

    def __repr__(self) -> str:
        return "1); DROP TABLE t; --"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (5, "5"),
        (-5, "(-5)"),
        (1.5, "1.5"),
        (-1.5, "(-1.5)"),
        (1e300, "1e+300"),
        (float("inf"), "CAST('inf' AS float8)"),
        (PgLsn("0/FF"), "255"),
        (Odd(1.5), "1.5"),
        (Odd("-inf"), "CAST('-inf' AS float8)"),
        ("a", "'a'"),
        ("it's", "'it''s'"),
        ("back\\slash'", "E'back\\\\slash'''"),
    ],
)
def test_a_literal_is_a_constant_of_its_type(value: object, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize("value", ["a\0b", b"x", [1], object()])
def test_what_has_no_literal_form_is_refused(value: object) -> None:
    with pytest.raises(BuildError):
        literal(value)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_string_literal_never_ends_early(text: str) -> None:
    quoted = literal(text)

    inner = quoted[2:-1] if quoted.startswith("E") else quoted[1:-1]
    assert quoted.endswith("'")
    assert inner.replace("''", "").count("'") == 0
    assert quoted.startswith("E") == ("\\" in text)
    assert not quoted.startswith("E") or inner.replace("\\\\", "").count("\\") == 0
