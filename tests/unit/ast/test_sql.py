"""Raw SQL: what a template takes, what it refuses, and that no value or name ever becomes other text."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.build.sql import Sql, SqlRows, Trusted
from qail.ast.expression.function import count
from qail.ast.expression.parameter import SKIP
from qail.ast.name import MAX_NAME_BYTES
from qail.compile.cache import lookup
from qail.errors import BuildError, EncodeError
from qail.pgtype import INT8, TEXT
from support.hostile import TEXTS
from support.sql_tables import User

pytestmark = pytest.mark.feature("RW2")


class Interpolation(NamedTuple):
    """As `string.templatelib.Interpolation` of Python 3.14."""

    value: Any
    expression: str
    conversion: str | None = None
    format_spec: str = ""


class Template(NamedTuple):
    """As `string.templatelib.Template`: what a t-string makes."""

    strings: tuple[str, ...]
    interpolations: tuple[Interpolation, ...]


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no value for a place": ("SELECT {id}", {}, "{id} and no value"),
    "another value": ("SELECT {id}", {"name": 1}, "given name"),
    "no place for a value": ("SELECT {id}", {"id": 1, "name": 2}, "no place for name"),
    "a place by number": ("SELECT {}", {}, "names no value"),
    "an attribute": ("SELECT {user.id}", {"user": 1}, "names no value"),
    "an index": ("SELECT {ids[0]}", {"ids": [1]}, "names no value"),
    "a conversion": ("SELECT {id!r}", {"id": 1}, "names no value"),
    "a format": ("SELECT {id:>3}", {"id": 1}, "has no format"),
    "an open brace": ("SELECT {id", {"id": 1}, "never closed"),
    "a closing brace": ("SELECT }", {}, "stands alone"),
    "inside a string": ("SELECT '{id}'", {"id": 1}, "inside a string"),
    "inside a string with escapes": ("SELECT E'\\'{id}'", {"id": 1}, "inside a string"),
    "inside a name": ('SELECT "{id}"', {"id": 1}, "inside a quoted identifier"),
    "inside a comment": ("SELECT 1 -- {id}", {"id": 1}, "inside a comment"),
    "inside a nested comment": ("SELECT /* /* */ {id} */ 1", {"id": 1}, "inside a comment"),
    "inside dollars": ("SELECT $a$ $b$ {id} $a$", {"id": 1}, "between dollar signs"),
    "behind a word": ("SELECT x{id}", {"id": 1}, "touches 'x'"),
    "before a digit": ("SELECT {id}0", {"id": 1}, "touches '0'"),
    "before a quoted name": ('SELECT {id:i}"x"', {"id": "a"}, "touches '\"'"),
    "behind a quoted name": ('SELECT "x"{id:i}', {"id": "a"}, "touches '\"'"),
    "behind a dollar string": ("SELECT $$a$${id}", {"id": 1}, "touches '[$]'"),
    "beside another": ("SELECT {id}{id}", {"id": 1}, "touch: write a space"),
    "a number of its own": ("SELECT $1", {}, "their numbers are made"),
    "a number behind an operator": ("SELECT 1+$12", {}, "their numbers are made"),
    "a string that does not end": ("SELECT 'a''", {}, "ends inside a string"),
    "a comment that does not end": ("SELECT /* /* */", {}, "ends inside a comment"),
    "a name that does not end": ('SELECT "a', {}, "ends inside a quoted identifier"),
    "NUL": ("SELECT \0", {}, "NUL"),
    "a name that is none": ("SELECT {a:i}", {"a": 3}, "{a:i} is a str"),
    "an empty name": ("SELECT {a:i}", {"a": ""}, "empty"),
    "no names": ("SELECT {a:i}", {"a": []}, "empty list"),
    "no parts": ("SELECT {a:i}", {"a": ()}, "empty name"),
    "a long name": ("SELECT {a:i}", {"a": "a" * (MAX_NAME_BYTES + 1)}, "at most 63"),
    "a write": ("SELECT {q}", {"q": Qail.delete("t").all_rows()}, "no rows"),
    "SKIP": ("SELECT {a}", {"a": SKIP}, "SKIP"),
    "a class": ("SELECT {a}", {"a": int}, "neither an expression nor a value"),
    "no text": (3, {}, "takes a text, not int"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_could_become_other_text_is_refused_with_the_way_out(name: str) -> None:
    template, parts, told = WRONG[name]

    with pytest.raises(BuildError, match=told):
        Qail.sql(template, **parts)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_no_statement(text: str) -> None:
    with pytest.raises(BuildError, match="empty"):
        lookup(Qail.sql(Trusted(text)))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SELECT a$1, 'it''s {{', U&'x', e.b, E'a''b\\'{{'", "SELECT a$1, 'it''s {', U&'x', e.b, E'a''b\\'{'"),
        ("SELECT 1 - -2 / 3 * 4 -- x\n, {n}::int", "SELECT 1 - -2 / 3 * 4 -- x\n, $1::int"),
        ("SELECT ({n})", "SELECT ($1)"),
        ("SELECT é, {n}", "SELECT é, $1"),
        ("SELECT $tag$ $1 $ta$ {{ $tag$, {n}", "SELECT $tag$ $1 $ta$ { $tag$, $1"),
    ],
)
def test_texts_are_kept_as_they_are(text: Any, written: str) -> None:
    parts = {"n": 1} if "{n}" in text else {}

    assert str(Qail.sql(text, **parts)) == written


def test_a_comment_at_the_end_of_a_piece_ends_there() -> None:
    piece = Qail.sql("age > 3 -- adults")

    assert str(Qail.sql("SELECT 1 FROM users WHERE {p} AND id = {id}", p=piece, id=1)).endswith(
        "-- adults\n AND id = $1"
    )


def test_a_t_string_is_the_same_by_its_parts() -> None:
    found = Template(("SELECT ", " FROM ", " WHERE ", ""), (
        Interpolation(["id", "name"], "columns", None, "i"), Interpolation(User, "User"),
        Interpolation(User.id == 5, "User.id == 5"),
    ))  # fmt: skip

    assert str(Qail.sql(found)) == 'SELECT "id", "name" FROM "users" WHERE ("users"."id" = $1)'


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (Template(("SELECT '", "'"), (Interpolation(1, "id"),)), "inside a string"),
        (Template(("SELECT x", ""), (Interpolation(1, "id"),)), "touches"),
        (Template(("SELECT ", ""), (Interpolation(1, "id", "r"),)), "without|nothing converts"),
        (Template(("SELECT ", ""), (Interpolation(1, "id", None, ">3"),)), "no format"),
    ],
)
def test_a_t_string_is_held_to_the_same_rules(template: Template, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        Qail.sql(template)
    with pytest.raises(BuildError, match="has its values in it"):
        Qail.sql(template, id=1)


def test_one_shape_is_one_plan_whatever_the_values_are() -> None:
    def query(number: int, table: str) -> Any:
        return Qail.sql("SELECT {n} FROM {t:i}", n=number, t=table).returns(INT8)

    first = lookup(query(1, "a")).plan

    assert lookup(query(2, "a")).plan is first
    assert lookup(query(1, "b")).plan is not first
    assert lookup(Qail.sql("SELECT {n} FROM {t:i}", n=1, t="a")).plan is not first


def test_raw_sql_is_never_taken_for_read_only() -> None:
    assert not lookup(Qail.sql("SELECT 1")).plan.is_read_only
    assert not lookup(select(User.id).where(Qail.sql("f({x})", x=1).expression(TEXT) == "a")).plan.is_read_only


@pytest.mark.parametrize(
    ("text", "is_bound"),
    [
        ("SET search_path = a", True),
        ("  begin", True),
        ("LISTEN x", True),
        ("CREATE TEMP TABLE t ()", True),
        ("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", True),
        ("SELECT 1 INTO TEMP t", True),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT temp, temporary FROM weather", False),
        ("UPDATE t SET a = 1", False),
        ("SELECT 1", False),
    ],
)
def test_what_changes_its_session_is_known_by_its_words(text: Any, is_bound: bool) -> None:
    assert lookup(Qail.sql(text)).plan.is_session_bound is is_bound
    assert lookup(Qail.sql("{piece}", piece=Qail.sql(text))).plan.is_session_bound is is_bound


def test_columns_in_raw_sql_need_no_table_in_scope_and_in_a_typed_query_they_do() -> None:
    piece = Qail.sql("{id} + 1", id=User.id)

    assert str(Qail.sql("SELECT {p} FROM users", p=piece)) == 'SELECT "users"."id" + 1 FROM users'
    with pytest.raises(BuildError, match="not in FROM"):
        str(Qail.get("posts").columns(piece.expression(INT8)))


def test_what_is_promised_of_a_result_is_a_type_a_column_or_a_table() -> None:
    raw = Qail.sql("SELECT 1")

    assert type(raw) is Sql
    assert type(raw.returns(INT8, TEXT | None, User.id, User)) is SqlRows
    assert (TEXT | None).is_nullable
    assert (None | TEXT).is_nullable
    assert not TEXT.is_nullable
    for wrong in ((), (int,), ("int8",), (3,)):
        with pytest.raises(BuildError, match="returns"):
            raw.returns(*wrong)
    with pytest.raises(BuildError, match="type object"):
        raw.expression("int8")  # type: ignore[arg-type]  # what it refuses
    with pytest.raises(TypeError):
        TEXT | 3  # type: ignore[operator]  # what it refuses


def test_aggregates_in_a_piece_are_left_to_the_server() -> None:
    total = Qail.sql("sum({age}) FILTER (WHERE {active})", age=User.age, active=User.active).expression(INT8)

    assert str(select(count(), total)).startswith("SELECT count(*), (sum(")


@given(TEXTS)
def test_a_hostile_value_is_a_value_and_a_hostile_name_one_identifier(text: str) -> None:
    assert str(Qail.sql("SELECT {x}", x=text)) == "SELECT $1"
    try:
        written = str(Qail.sql("SELECT {x:i}", x=text))
    except BuildError:
        return
    assert written == 'SELECT "' + text.replace('"', '""') + '"'


@given(st.text(alphabet="ae{}'\"$-/*\\\n1;: ", max_size=14))
def test_any_text_is_taken_with_its_places_outside_of_everything_or_refused(text: str) -> None:
    try:
        query = Qail.sql(Trusted(text), a=1)
        written = str(query)
    except BuildError:
        return

    # Without strings, names and comments nothing but numbered parameters is left of the places.
    assert "{a}" not in written or "{{" in text
    assert "$1" in written
    try:
        assert lookup(query).plan.slots == [0]
    except EncodeError:
        pytest.fail("one value is one parameter")


def test_a_query_in_from_stands_where_it_is_put() -> None:
    adults = select(User.id).where(User.age > 17).subquery("adults")
    sql = Qail.sql("SELECT count(*) FROM {adults} WHERE {n} < 5", adults=adults, n=3)

    assert lookup(sql).plan.sql == (
        b'SELECT count(*) FROM (SELECT "users"."id" FROM "users" WHERE "users"."age" > $1) AS "adults" WHERE $2 < 5'
    )
