"""Functions by their names: what looks like one and is syntax, and the one that counts rows."""

from __future__ import annotations

from typing import Any

import pytest

from qail import BuildError, Qail, func, select
from qail.ast.expression.function import SYNTAX
from support.sql_tables import User


@pytest.mark.feature("EX5")
@pytest.mark.parametrize("word", SYNTAX)
def test_what_is_syntax_is_no_function(word: str) -> None:
    with pytest.raises(BuildError, match=rf"{word} is no function but syntax of SQL: .*func\.named\('{word}'\)"):
        getattr(func, word)


@pytest.mark.feature("EX5")
def test_the_way_out_names_what_is_there() -> None:
    import qail

    named = [advice.split("(")[0].removeprefix("qail.") for advice in SYNTAX.values() if advice.startswith("qail.")]

    assert named
    assert [name for name in named if not hasattr(qail, name)] == []


@pytest.mark.feature("EX5")
def test_a_function_of_ones_own_may_have_such_a_name() -> None:
    assert str(select(func.named("coalesce")(User.id))) == 'SELECT "coalesce"("users"."id") FROM "users"'


@pytest.mark.feature("EX6")
def test_to_count_nothing_is_to_count_rows() -> None:
    asked: Any = select(func.count(), func.count().over(), func.count(User.id)).from_(User)

    assert str(asked) == 'SELECT count(*), count(*) OVER (), count("users"."id") FROM "users"'
    with pytest.raises(BuildError, match="needs an argument"):
        func.count(distinct=True)


@pytest.mark.feature("DD2")
def test_a_procedure_is_called_as_it_is_named() -> None:
    assert str(Qail.call("count")) == "CALL count()"
    assert str(Qail.call(("app", "mode"), 1)) == 'CALL "app"."mode"($1)'
