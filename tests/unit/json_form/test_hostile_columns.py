"""What stands behind a table's name in a client's JSON form: a column that is known, or nothing.

PostgreSQL takes `t.f` for `f(t)`, a call, where the table has no column of that name.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

import qail
from qail import BuildError, Qail, col, select
from support.sql_tables import Post, User

CALLS: Final = (
    Qail.get("users").columns(col("users", "wipe")),
    Qail.get("users", alias="u").where(col("u", "wipe") == 1),
    Qail.get("users").columns(col("public", "users", "wipe")),
    Qail.get("users").columns(col("users").field("wipe")),
    Qail.get("users").columns("id").order_by(col("users", "wipe").desc()),
    Qail.get("posts").columns("id").join("users", on=col("users", "wipe") == col("posts", "author_id")),
    Qail.get(User).where(col("users", "wipe") == 1),
    select(User.id).where(qail.exists(Qail.get("posts", alias="p").columns("id").where(col("p", "wipe") == 1))),
    Qail.get(Qail.get("users").columns("id").subquery("s")).columns(col("s", "wipe")),
    Qail.get(Qail.get("users").subquery("s")).columns(col("s", "id")),
)


@pytest.mark.feature("ST9")
@pytest.mark.parametrize("query", CALLS, ids=str)
def test_what_only_looks_like_a_column_is_no_call_of_a_function(query: Any) -> None:
    text = query.to_json()

    for tables in ([User, Post], {"users": ["id", "name"], "posts": ["id", "author_id"], User: None}):
        with pytest.raises(BuildError, match=r"may be a function|no column 'wipe'|columns are not known|none of those"):
            qail.from_json(text, tables=tables)


@pytest.mark.feature("ST9")
def test_a_typed_column_of_another_name_is_no_call_of_a_function() -> None:
    text = (
        select(User.name)
        .to_json()
        .replace('"name": "name"', '"name": "wipe"')
        .replace('"name":"name"', '"name":"wipe"')
    )

    assert "wipe" in text
    with pytest.raises(BuildError, match="no column 'wipe'"):
        qail.from_json(text, tables=[User])


@pytest.mark.feature("ST9")
def test_columns_are_named_with_their_tables_where_these_are_known() -> None:
    query = (
        Qail.get("users", alias="u")
        .columns(col("u", "id"))
        .join("posts", on=col("p", "author_id") == col("u", "id"), alias="p")
    )
    text = query.to_json()

    assert str(qail.from_json(text, tables={"users": ["id"], "posts": ["author_id"]})) == str(query)
    with pytest.raises(BuildError, match=r"columns of 'u' are not known|columns of 'p' are not known"):
        qail.from_json(text, tables=["users", "posts"])
    with pytest.raises(BuildError, match="in a list"):
        qail.from_json(text, tables={"users": "id", "posts": ["author_id"]})
