"""What the golden cases about clauses inside clauses are made of."""

from __future__ import annotations

from typing import Final

from qail import (
    literal,
    max_,
    select,
)
from support.sql_tables import Boss, Post, User

ODD: Final = (
    'CREATE TEMPORARY TABLE "Select" ("From" int8 PRIMARY KEY, "ünï cödé" text, "a.b" int8, "q""q" bool, '
    '"\\n" int8, "$1" int8)'
)
TREE: Final = (
    select(User.id, User.age.as_("boss"), literal(1).as_("level"))
    .where(User.id == 1)
    .recursive(
        "tree",
        lambda tree: select(Boss.id, Boss.age, tree["level"] + 1).from_(Boss).join(tree, on=Boss.age == tree["id"]),
    )
)
OLDER: Final = select(User.id, User.age).where(User.age > 30)
TOP: Final = select(Post.author_id, max_(Post.score).as_("best")).group_by(Post.author_id)
BEST: Final = TOP.cte("best")
CHEAP: Final = Post.score < 2
