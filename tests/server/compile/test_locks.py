"""Row locks and samples, seen from a second transaction."""

from __future__ import annotations

from typing import Any

import pytest

from qail import Qail, only, select, sqlstate, tablesample
from support.backends import Backend
from support.library import Loan, Reader, fetch
from support.servers import Database

ONE = select(Reader.id).where(Reader.id == 1)
STRENGTHS = ["for_update", "for_no_key_update", "for_share", "for_key_share"]
# Source: explicit-locking.html#ROW-LOCK-COMPATIBILITY-TABLE
AGREE = {
    ("for_key_share", "for_key_share"),
    ("for_key_share", "for_share"),
    ("for_key_share", "for_no_key_update"),
    ("for_share", "for_key_share"),
    ("for_share", "for_share"),
    ("for_no_key_update", "for_key_share"),
}


@pytest.mark.feature("ST8")
@pytest.mark.parametrize("held", STRENGTHS)
@pytest.mark.parametrize("asked", STRENGTHS)
def test_four_strengths_exclude_each_other_as_the_manual_says(
    backend: Backend, fresh_library: Database, held: str, asked: str
) -> None:
    async def body() -> None:
        async with (
            backend.connect(fresh_library.dsn) as one,
            backend.connect(fresh_library.dsn) as other,
            one.transaction() as holder,
            other.transaction() as asker,
        ):
            await holder.fetch_all(getattr(ONE, held)())
            skipped = await asker.fetch_all(getattr(ONE, asked)(skip_locked=True))
            if (held, asked) in AGREE:
                assert skipped == [(1,)]
                assert await asker.fetch_all(getattr(ONE, asked)(nowait=True)) == [(1,)]
                return
            assert skipped == []
            with pytest.raises(sqlstate.LockNotAvailable):
                async with asker.transaction():
                    await asker.fetch_all(getattr(ONE, asked)(nowait=True))

    backend.run(body)


@pytest.mark.feature("ST8")
def test_of_locks_the_rows_of_the_named_tables_alone(backend: Backend, fresh_library: Database) -> None:
    joined = select(Reader.id, Loan.id).join(Loan, on=Loan.reader_id == Reader.id).where(Loan.id == 1)

    async def body() -> None:
        async with (
            backend.connect(fresh_library.dsn) as one,
            backend.connect(fresh_library.dsn) as other,
            one.transaction() as holder,
            other.transaction() as asker,
        ):
            assert await holder.fetch_all(joined.for_update(of=Loan)) == [(1, 1)]
            free: Any = await asker.fetch_all(ONE.for_update(skip_locked=True))
            taken: Any = await asker.fetch_all(Qail.get("loans").columns("id").eq("id", 1).for_update(skip_locked=True))
            assert (free, taken) == ([(1,)], [])

    backend.run(body)


@pytest.mark.feature("ST8")
def test_the_same_seed_gives_the_same_sample(backend: Backend, fresh_library: Database) -> None:
    sample = Qail.get(tablesample(Loan, 50, repeatable=4)).columns("id")

    async def body() -> None:
        async with backend.connect(fresh_library.dsn) as connection:
            first = await connection.fetch_values(sample)
            assert first == await connection.fetch_values(sample)
            assert await connection.fetch_values(Qail.get(tablesample(Loan, 0)).columns("id")) == []
            assert set(first) < set(await connection.fetch_values(select(Loan.id)))

    backend.run(body)


@pytest.mark.feature("ST8")
def test_only_leaves_out_the_tables_that_inherit(fresh_library: Database) -> None:
    fresh_library.sql(
        "CREATE TABLE old_loans () INHERITS (loans); INSERT INTO old_loans SELECT * FROM loans WHERE id = 1"
    )

    assert len(fetch(fresh_library, select(Loan.id))) == 10
    assert len(fetch(fresh_library, select(Loan.id).from_(only(Loan)))) == 9
    assert len(fetch(fresh_library, Qail.delete(Loan).only().all_rows().returning(Loan.id))) == 9
    assert fetch(fresh_library, select(Loan.id)) == [(1,)]
