"""Prepared functions on a server: every verb takes a call, and later calls only send values."""

from __future__ import annotations

from typing import Any

import pytest

from qail import INT8, TEXT, BuildError, Qail, prepared, select
from qail.testing import ChaosProxy
from support.backends import Backend
from support.library import SETUP, Reader
from support.servers import Database

pytestmark = pytest.mark.feature("PS5")


@pytest.fixture
def readers(fresh_database: Database) -> Database:
    fresh_database.sql(SETUP)
    return fresh_database


@prepared
def named(pattern: str, most: int = 100) -> Any:
    return select(Reader.id, Reader.name).where(Reader.name.ilike(pattern)).order_by(Reader.id).limit(most)


@prepared
def whole(ids: Any) -> Any:
    return Qail.get(Reader).where(Reader.id.in_(ids)).order_by(Reader.id)


@prepared
def by_name(name: str) -> Any:
    return Qail.get("readers").columns("id", "name").eq("name", name)


@prepared
def rename(id: int, name: str) -> Any:
    return Qail.set(Reader).values({"name": name}).where(Reader.id == id)


@prepared
def added(id: int, name: str) -> Any:
    row: Any = {"id": id, "name": name, "age": 30, "active": True}
    return Qail.add(Reader).values(row).returning(Reader.id, Reader.name)


@prepared
def raw(least: int) -> Any:
    return Qail.sql("SELECT id, name FROM readers WHERE id >= {least} ORDER BY id", least=least).returns(INT8, TEXT)


def test_every_verb_takes_a_call(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.pool(readers.dsn) as pool:
            everybody = await pool.fetch_all(select(Reader.id, Reader.name).order_by(Reader.id))
            first = everybody[0]
            assert await pool.fetch_all(named("%")) == everybody
            assert await pool.fetch_all(named("%", most=2)) == everybody[:2]
            assert await pool.fetch_all(raw(first[0])) == everybody
            assert await pool.fetch_one(by_name(first[1])) == first
            assert (await pool.fetch_one(by_name(first[1]))).name == first[1]
            assert await pool.fetch_optional(by_name("nobody")) is None
            assert all(isinstance(reader, Reader) for reader in await pool.fetch_all(whole([first[0]])))
            assert [reader.name for reader in await pool.fetch_all(whole({key for key, _ in everybody}))] == [
                name for _, name in everybody
            ]
            assert await pool.execute(rename(first[0], name="Zoe")) == 1
            assert await pool.batch([by_name("Zoe"), rename(first[0], first[1]), named("Zoe")]) == [
                [(first[0], "Zoe")], 1, []
            ]  # fmt: skip
            async with pool.pipeline() as pipeline:
                answers = [pipeline.fetch_all(named("%", 1)), pipeline.execute(rename(first[0], first[1]))]
            assert [answer.result() for answer in answers] == [[first], 1]
            async with pool.transaction() as transaction:
                assert await transaction.fetch_all(whole([first[0]])) != []
                async with transaction.stream(named("%"), fetch_size=2) as rows:
                    assert [row async for row in rows] == everybody
            statement = await pool.prepare(named("%"))
            assert await statement.fetch_all() == everybody
            assert await statement.fetch_all({"pattern": "%", "most": 1}) == [first]
            assert await statement.fetch_all(("nobody",)) == []
            assert await statement.fetch_all() == everybody

    backend.run(body)


def test_sets_of_arguments_run_as_many(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        async with backend.pool(readers.dsn) as pool:
            rows = await pool.fetch_many(added(0, ""), [(901, "a"), {"name": "b", "id": 902}])
            assert rows == [[(901, "a")], [(902, "b")]]
            assert await pool.execute_many(rename(0, ""), [(901, "A"), (902, "B"), (-1, "C")]) == [1, 1, 0]
            assert [reader.name for reader in await pool.fetch_all(whole((901, 902)))] == ["A", "B"]

    backend.run(body)


def test_later_calls_send_values_alone(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(readers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.fetch_all(named("a%"))
                proxy.audit.forget()
                for pattern in ("b%", "c%", "d%"):
                    await connection.fetch_all(named(pattern, most=3))
                assert dict(proxy.audit.sent) == {"B": 3, "E": 3, "S": 3}

    backend.run(body)


def test_what_cannot_be_sent_sends_nothing(backend: Backend, readers: Database) -> None:
    async def body() -> None:
        with ChaosProxy(readers.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.fetch_all(named("a%"))
                proxy.audit.forget()
                attempts: list[tuple[Any, str]] = [
                    (lambda: named(None), "None under ILIKE"),
                    (lambda: named("a%", -1), "negative"),
                    (lambda: whole([1, None]), "None in in_"),
                    (lambda: named(), "misses the argument"),
                ]
                for attempt, told in attempts:
                    with pytest.raises((BuildError, TypeError), match=told):
                        await connection.fetch_all(attempt())
                assert dict(proxy.audit.sent) == {}

    backend.run(body)
