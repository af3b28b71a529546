"""The fetch verbs on connection, transaction and pool: each gives what its query promises, or says why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

import qail
from qail import (
    DecodeError,
    NoRowsError,
    Outcome,
    Qail,
    Row,
    TooManyRowsError,
    UsageError,
    count,
    max_,
    select,
)
from support.finishing import finish
from support.library import SETUP, Loan, LoanOuter, Reader
from support.servers import Database

KINDS = pytest.mark.parametrize("kind", ["connection", "transaction", "pool", "leased"])
ADA_DAY = dt.date(1815, 12, 10)
ADA = Reader(id=1, name="Ada", city="London", age=36, score=9.5, active=True)


@dataclass
class Card:
    """What `into` fills by name."""

    name: str
    age: int


@pytest.fixture
def library(fresh_database: Database) -> Database:
    fresh_database.sql(SETUP)
    return fresh_database


@asynccontextmanager
async def executor(kind: str, dsn: str) -> AsyncIterator[Any]:
    if kind in ("pool", "leased"):
        async with qail.create_pool(dsn) as pool:
            if kind == "pool":
                yield pool
                return
            async with pool.acquire() as connection:
                yield connection
        return
    async with qail.connect(dsn) as connection:
        if kind == "connection":
            yield connection
            return
        async with connection.transaction() as transaction:
            yield transaction


@pytest.mark.feature("RS1")
@KINDS
def test_rows_have_the_form_of_their_query(library: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(kind, library.dsn) as db:
            (ada,) = await db.fetch_all(Qail.get(Reader).where(Reader.id == 1))
            assert ada == ADA
            assert type(ada).__mro__[1] is Reader
            pair = await db.fetch_one(select(Reader.name, Reader.age).where(Reader.id == 1))
            assert (type(pair), pair) == (tuple, ("Ada", 36))
            row = await db.fetch_one(Qail.get("readers").columns("name", "age").eq("id", 1))
            assert isinstance(row, Row)
            assert (row.name, row["age"], row[0], tuple(row)) == ("Ada", 36, "Ada", ("Ada", 36))
            both = select(Reader, LoanOuter).left_join(LoanOuter, on=LoanOuter.reader_id == Reader.id)
            reader, loan = await db.fetch_one(both.where(Reader.id == 6))
            assert (reader.name, loan) == ("Margaret", None)
            mapped = select(Reader.name, Reader.age).where(Reader.id == 1)
            assert await db.fetch_all(mapped.map(lambda name, age: f"{name}, {age}")) == ["Ada, 36"]
            assert await db.fetch_optional(mapped.into(Card)) == Card("Ada", 36)

    finish(main)


@pytest.mark.feature("RS1")
@KINDS
def test_one_optional_value_and_values_count_the_rows(library: Database, kind: str) -> None:
    names = select(Reader.name).order_by(Reader.id)
    none, one = names.where(Reader.id == 77), names.where(Reader.id == 3)

    async def main() -> None:
        async with executor(kind, library.dsn) as db:
            assert await db.fetch_one(one) == ("Edsger",)
            assert await db.fetch_optional(one) == ("Edsger",)
            assert await db.fetch_value(one) == "Edsger"
            assert await db.fetch_values(one) == ["Edsger"]
            assert await db.fetch_optional(none) is None
            assert await db.fetch_values(none) == []
            assert await db.fetch_all(none) == []
            for verb in (db.fetch_one, db.fetch_value):
                with pytest.raises(NoRowsError) as missed:
                    await verb(none)
                assert missed.value.outcome == Outcome.DONE
            for verb in (db.fetch_one, db.fetch_value, db.fetch_optional):
                with pytest.raises(TooManyRowsError, match="9 rows"):
                    await verb(names)
            with pytest.raises(DecodeError, match="2 columns"):
                await db.fetch_value(select(Reader.name, Reader.age).where(Reader.id == 1))
            assert await db.fetch_value(select(count()).from_(Reader)) == 9
            # NULL is a value; no row is none.
            assert await db.fetch_value(select(max_(Reader.score)).where(Reader.id == 77)) is None
            assert await db.fetch_optional(select(Reader.city).where(Reader.id == 3)) == (None,)

    finish(main)


@pytest.mark.feature("RS1")
@KINDS
def test_execute_counts_rows_and_keeps_none(library: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(kind, library.dsn) as db:
            assert await db.execute(Qail.set(Reader).values({"age": 1}).where(Reader.age == 20)) == 3
            assert await db.execute(Qail.delete(Loan).where(Loan.id == 12345)) == 0
            loan = {"id": 50, "reader_id": None, "title": "x", "price": Decimal("1.50"), "day": ADA_DAY}
            assert await db.execute(Qail.add(Loan).values(loan).returning(Loan.id)) == 1
            assert await db.execute(Qail.get(Reader)) == 9
            assert await db.execute(Qail.create_index("some", "readers", "age")) == 0
            assert await db.execute(Qail.truncate("loans")) == 0

    finish(main)


@pytest.mark.feature("RS1")
@KINDS
def test_rows_of_a_plain_command_are_refused_before_it_runs(library: Database, kind: str) -> None:
    command: Any = Qail.delete(Loan).all_rows()

    async def main() -> None:
        async with executor(kind, library.dsn) as db:
            for verb in (db.fetch_all, db.fetch_one, db.fetch_optional, db.fetch_value, db.fetch_values):
                with pytest.raises(UsageError, match=r"returning.*execute") as refused:
                    await verb(command)
                assert refused.value.outcome == Outcome.NOT_SENT
            with pytest.raises(UsageError, match=r"returning.*execute"):
                await db.fetch_many(command, [()])
            async with db.pipeline() as pipeline:
                for call in (pipeline.fetch_all, pipeline.fetch_value):
                    with pytest.raises(UsageError, match=r"returning.*execute"):
                        call(command)
            assert await db.batch([command.returning(Loan.id), Qail.get(Loan)]) == [
                [(number,) for number in range(1, 10)],
                [],
            ]

    finish(main)


@KINDS
def test_scripts_and_copies_run_wherever_statements_do(library: Database, kind: str) -> None:
    async def main() -> None:
        async with executor(kind, library.dsn) as db:
            text = "CREATE TABLE pairs (id int8, name text); SELECT 1; INSERT INTO pairs VALUES (1, 'a')"
            assert await db.script(text, timeout=60) == [0, [("1",)], 1]
            assert await db.copy_in("pairs", [(2, "b"), (3, "c")]) == 2
            async with db.copy_out("pairs", columns=["id"]) as rows:
                assert [row async for row in rows] == [(1,), (2,), (3,)]

    finish(main)


def test_what_a_script_and_a_copy_do_in_a_transaction_is_undone_with_it(library: Database) -> None:
    async def main() -> None:
        async with qail.connect(library.dsn) as connection:
            with pytest.raises(LookupError):  # noqa: PT012 - the transaction is what the error leaves
                async with connection.transaction() as transaction:
                    await transaction.script("DELETE FROM loans WHERE id < 9")
                    await transaction.copy_in("loans", [(77, None, "x", None, ADA_DAY)])
                    assert await transaction.fetch_value(select(count()).from_(Loan)) == 2
                    raise LookupError
            assert await connection.fetch_value(select(count()).from_(Loan)) == 9

    finish(main)
