"""Advisory locks: keys and the functions that take them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import EncodeError
from qail.pg.steps.advisory import AdvisoryKey, LockKind


@pytest.mark.parametrize(
    ("in_transaction", "shared", "wait", "name"),
    [
        (False, False, True, "pg_advisory_lock"),
        (False, True, True, "pg_advisory_lock_shared"),
        (False, False, False, "pg_try_advisory_lock"),
        (False, True, False, "pg_try_advisory_lock_shared"),
        (True, False, True, "pg_advisory_xact_lock"),
        (True, True, False, "pg_try_advisory_xact_lock_shared"),
    ],
)
def test_each_kind_has_its_function(in_transaction: bool, shared: bool, wait: bool, name: str) -> None:
    kind = LockKind(in_transaction=in_transaction, shared=shared, wait=wait)

    command = AdvisoryKey(5).lock(kind)

    assert command.sql.decode() == f"SELECT pg_catalog.{name}($1::pg_catalog.int8)"
    assert command.values == [b"5"]


def test_a_pair_is_another_key_space_and_is_freed_as_it_was_taken() -> None:
    kind = LockKind(in_transaction=False, shared=True, wait=False)

    command = AdvisoryKey((1, -2)).unlock(kind)

    assert command.sql.decode() == (
        "SELECT pg_catalog.pg_advisory_unlock_shared($1::pg_catalog.int4, $2::pg_catalog.int4)"
    )
    assert command.values == [b"1", b"-2"]


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_int_of_64_bits_is_a_key(key: int) -> None:
    assert AdvisoryKey(key).unlock(LockKind(in_transaction=False, shared=False, wait=True)).values == [b"%d" % key]


@pytest.mark.parametrize(
    "key", [2**63, -(2**63) - 1, (2**31, 0), (0, -(2**31) - 1), True, (1, True), (1, 2, 3), (1,), (), "a", 1.0, None]
)
def test_what_is_no_key_is_refused(key: Any) -> None:
    with pytest.raises(EncodeError, match="advisory lock"):
        AdvisoryKey(key)
