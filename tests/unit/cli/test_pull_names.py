"""Names of a database as Python: identifiers that mean what they say, and string literals that nothing leaves."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qail.pgtype
from qail.cli.pull_imports import Imports
from qail.cli.pull_names import (
    METHODS,
    TAKEN,
    Names,
    attributes,
    class_word,
    constant_word,
    docstring,
    escaped,
    is_plain,
    quoted,
    singular,
)
from qail.cli.pull_types import MODULES, PYTHON_TYPES
from qail.pgtype import PgType
from support.hostile import HOSTILE_TEXTS
from support.source import PACKAGE

ANY_TEXT = st.text(st.characters(exclude_characters="\0"))


@pytest.mark.feature("TY5")
@given(st.one_of(ANY_TEXT, st.sampled_from(HOSTILE_TEXTS)))
def test_a_literal_is_its_text_and_shows_all_of_it(text: str) -> None:
    source = quoted(text)

    assert ast.literal_eval(source) == text
    assert source.isprintable()
    assert len(ast.parse(source).body) == 1


@pytest.mark.feature("TY5")
@given(st.one_of(ANY_TEXT, st.sampled_from(['"""', "\\", 'a\n"""\nb', '"', '\n"', "\\N{DASH}", "\u2028"])))
def test_a_comment_is_one_docstring(text: str) -> None:
    source = f"class X:\n    {docstring(text, '    ')}\n"

    tree = ast.parse(source)
    (found,) = tree.body
    assert isinstance(found, ast.ClassDef)
    assert len(tree.body) == len(found.body) == 1
    shown = [line.strip() for line in (ast.get_docstring(found, clean=False) or "").split("\n")]
    assert [line for line in shown if line] == [line.strip() for line in text.strip().split("\n") if line.strip()]


@pytest.mark.feature("TY5")
@given(
    st.lists(
        st.one_of(ANY_TEXT.filter(bool), st.sampled_from([*keyword.kwlist, "as_", "a b", "a_b", "1", "_"])), unique=True
    )
)
def test_each_column_gets_an_attribute_of_its_own(names: list[str]) -> None:
    found = attributes(names)

    assert list(found) != names or [*found] == names
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    for name, attribute in found.items():
        assert is_plain(attribute)
        assert attribute not in METHODS
        assert attribute == name or not is_plain(name) or name in METHODS
        assert list(ast.walk(ast.parse(attribute)))[2].__class__ is ast.Name


@pytest.mark.feature("TY5")
@given(ANY_TEXT)
def test_classes_and_constants_are_identifiers(name: str) -> None:
    names = Names(())

    for word in (class_word(name, is_table=True), class_word(name), constant_word(name)):
        assert is_plain(word)
        claimed = names.claim(word)
        assert claimed not in TAKEN
        assert names.claim(word) != claimed


@pytest.mark.feature("TY5")
@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("users", "User"),
        ("order_items", "OrderItem"),
        ("categories", "Category"),
        ("statuses", "Status"),
        ("addresses", "Address"),
        ("boxes", "Box"),
        ("branches", "Branch"),
        ("houses", "House"),
        ("movies", "Movie"),
        ("status", "Status"),
        ("analysis", "Analysis"),
        ("news", "News"),
        ("data", "Data"),
        ("bus", "Bus"),
        ("UserAccounts", "UserAccount"),
        ("2fa", "T2fa"),
        ("übung", "Übung"),
        ("名前", "名前"),
        ("a-b c", "ABC"),
        ("!", "T"),
    ],
)
def test_tables_are_named_in_the_singular(table: str, name: str) -> None:
    assert class_word(table, is_table=True) == name


@pytest.mark.feature("TY5")
def test_short_words_stay() -> None:
    assert [singular(word) for word in ("gas", "as", "s", "")] == ["gas", "as", "s", ""]


@pytest.mark.feature("TY5")
def test_an_import_gives_way_to_an_attribute() -> None:
    imports = Imports(Names({"date", "date_", "int", "col"}))

    assert [imports.name(name) for name in ("date", "int", "str", "col", "Col")] == [
        "date__",
        "int_",
        "str",
        "col_",
        "Col",
    ]
    assert "\n".join(imports.lines()) == (
        "from __future__ import annotations\n\n"
        "from builtins import int as int_\nfrom datetime import date as date__\n\n"
        "from qail import Col, col as col_"
    )


@pytest.mark.feature("TY5")
def test_what_a_literal_escapes() -> None:
    assert escaped('a"\\\n\t\u202e\u2066\u0301\U000e0001é名') == 'a\\"\\\\\\n\\x09\\u202e\\u2066\\u0301\\U000e0001é名'


@pytest.mark.feature("TY5")
def test_the_python_types_are_those_that_the_constants_declare() -> None:
    source = (PACKAGE / "pgtype.py").read_text(encoding="utf-8")
    declared = dict(re.findall(r"^([A-Z0-9_]+): Final\[PgType\[(.*)\]\] = PgType\(", source, re.MULTILINE))
    constants = {name for name, value in vars(qail.pgtype).items() if isinstance(value, PgType)}

    pseudo = {name for name in constants - set(PYTHON_TYPES) if is_pseudo(getattr(qail.pgtype, name))}
    assert constants - pseudo == set(PYTHON_TYPES)
    assert {name: declared[name] for name in PYTHON_TYPES} == PYTHON_TYPES
    names = {name for python in PYTHON_TYPES.values() for name in re.findall(r"[A-Za-z]\w*", python)}
    assert names - {"None", "bool", "bytes", "float", "int", "list", "str"} <= set(MODULES)


def is_pseudo(pg: PgType[Any]) -> bool:
    """Whether no column can be of this type: record and its kin."""
    return pg.name in ("record", "unknown", "void")
