from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from uuid import UUID

import pytest

from qail.pg.steps.infer import own_oid


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "oid"),
    [
        (True, 16),
        (1, 20),
        (1.5, 701),
        ("a", 25),
        (Colour.RED, 25),
        (b"a", 17),
        (Decimal(1), 1700),
        (dt.date(2024, 1, 1), 1082),
        (dt.datetime(2024, 1, 1), 1114),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), 1184),
        (UUID(int=1), 2950),
        ([None, 1], 1016),
        ((True,), 1000),
        ([], 0),
        (None, 0),
        (object(), 0),
    ],
)
def test_a_value_stands_for_its_own_type(value: object, oid: int) -> None:
    assert own_oid(value) == oid
