from __future__ import annotations

import pytest

from qail.pg.steps.names import name_advice


@pytest.mark.parametrize(
    ("message", "sql", "advice"),
    [
        ('relation "public.u" does not exist', 'SELECT * FROM "public.u"', '("public", "u")'),
        ('column "u.id" does not exist', 'SELECT "u.id" FROM "u"', 'col("u", "id")'),
        ("die Spalte »u.id« existiert nicht", 'SELECT "u.id" FROM "u"', 'col("u", "id")'),
        ('column "id desc" does not exist', 'SELECT * FROM "u" ORDER BY "id desc"', '("id", "desc")'),
        ('column "id ASC" does not exist', 'SELECT * FROM "u" ORDER BY "id ASC"', '("id", "asc")'),
        ('relation "users AS u" does not exist', 'SELECT * FROM "users AS u"', 'get("users", alias="u")'),
        ('column "*" does not exist', 'SELECT "*" FROM "u"', "star() is every column"),
        ('column "odd"name.x" does not exist', 'SELECT "odd""name.x" FROM "u"', "one identifier"),
    ],
)
def test_a_name_meant_as_two_is_told_how_to_be_written(message: str, sql: str, advice: str) -> None:
    assert advice in name_advice(message, sql)


@pytest.mark.parametrize(
    ("message", "sql"),
    [
        ('relation "public.u" does not exist', 'SELECT * FROM "public"."u"'),
        ('column "nmae" does not exist', 'SELECT "nmae" FROM "u"'),
        ('column "nmae" does not exist', 'SELECT "u.id", "nmae" FROM "u"'),
        ('column "a b" does not exist', 'SELECT "a b" FROM "u"'),
        (f'column "{"x." * 40}" does not exist', f'SELECT "{"x." * 40}" FROM "u"'),
        ("", ""),
    ],
)
def test_other_names_are_not_spoken_of(message: str, sql: str) -> None:
    assert name_advice(message, sql) == ""
