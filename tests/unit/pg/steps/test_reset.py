from __future__ import annotations

import pytest

from qail.ast.build.qail import Qail
from qail.compile.cache import lookup
from qail.pg.steps.reset import IDLE, RESET, ROLLBACK, cleaning, may_dirty


@pytest.mark.parametrize(
    ("status", "is_dirty", "texts"),
    [(IDLE, False, []), (IDLE, True, [RESET]), (ord("T"), False, [ROLLBACK]), (ord("E"), True, [ROLLBACK, RESET])],
)
def test_what_is_owed_follows_status_and_dirt(status: int, is_dirty: bool, texts: list[str]) -> None:
    assert cleaning(status, is_dirty) == texts


@pytest.mark.parametrize(
    ("query", "dirty"),
    [
        (Qail.get("t").eq("id", 1), False),
        (Qail.add("t").values({"id": 1}), False),
        (Qail.set("t").values({"id": 1}).eq("id", 2), False),
        (Qail.delete("t").all_rows(), False),
        (Qail.drop("t"), True),
    ],
    ids=["select", "insert", "update", "delete", "drop"],
)
def test_only_what_is_known_to_be_harmless_needs_no_reset(query: object, dirty: bool) -> None:
    assert may_dirty(lookup(query).plan) is dirty  # type: ignore[arg-type]  # each is a Builder
