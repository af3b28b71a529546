"""Runs of one statement in one flight: what stands between them, how the answers arrive, what goes wrong amid."""

from __future__ import annotations

from typing import Any

import pytest

from qail import INT4, ConnectionLost, PipelineAborted, Qail, QailError
from qail.sqlstate import DivisionByZero
from qail.testing import ChaosProxy, Rule
from support.backends import Backend
from support.servers import Database

BATCH = pytest.mark.feature("PI2")
RUN = 40


def half(number: int) -> Any:
    return Qail.sql("SELECT {n}::int4, 100 / {n}::int4", n=number).returns(INT4, INT4)


def other(number: int) -> Any:
    return Qail.sql("SELECT {n}::int4 + 1000", n=number).returns(INT4)


def halves(*numbers: int) -> list[Any]:
    return [[(number, 100 // number)] for number in numbers]


def plain(results: list[Any]) -> list[Any]:
    return [[tuple(row) for row in each] for each in results]


@BATCH
def test_runs_of_a_known_statement_carry_nothing_but_their_values(backend: Backend, server: Database) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([half(1), other(1)])
                proxy.audit.forget()
                queries = [half(1), half(2), other(3), half(4), other(5), other(6), half(7)]
                found = plain(await connection.batch(queries))
                assert found == [*halves(1, 2), [(1003,)], *halves(4), [(1005,)], [(1006,)], *halves(7)]
                assert dict(proxy.audit.sent) == {"B": 7, "E": 7, "S": 1}

    backend.run(body)


@BATCH
def test_a_new_statement_is_parsed_once_by_a_run(backend: Backend, server: Database) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([half(1)])
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([other(1)])
                # One connection knows `other` alone: `half` is parsed amid runs of the other.
                proxy.audit.forget()
                found = plain(await connection.batch([other(1), half(1), half(2), other(2), half(5)]))
                assert found == [[(1001,)], *halves(1, 2), [(1002,)], *halves(5)]
                assert proxy.audit.sent["B"] == 5
                assert proxy.audit.sent["S"] <= 2, "one flight, and one to ask for types that nobody knows"

    backend.run(body)


@BATCH
@pytest.mark.parametrize("by", ["batch", "pipeline"])
@pytest.mark.parametrize("rule", [Rule("trickle", size=1), Rule("split", size=7)], ids=["bytes", "pieces"])
def test_answers_in_pieces_are_those_of_their_own_calls(
    backend: Backend, server: Database, by: str, rule: Rule
) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([half(1)])
                proxy.add(rule)
                numbers = list(range(1, RUN + 1))
                assert plain(await run(connection, by, [half(number) for number in numbers])) == halves(*numbers)

    backend.run(body)


@BATCH
def test_an_error_amid_a_run_is_that_of_its_item(backend: Backend, server: Database) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await connection.batch([half(1)])
            numbers = [1, 2, 0, 4, 5]
            together: list[Any] = await connection.batch([half(number) for number in numbers], return_errors=True)
            assert plain(together[:2]) == halves(1, 2)
            assert isinstance(together[2], DivisionByZero)
            assert together[2].index == 2
            assert all(isinstance(each, PipelineAborted) and each.index == 2 for each in together[3:])
            apart: list[Any] = await connection.batch(
                [half(number) for number in numbers], atomic=False, return_errors=True
            )
            assert isinstance(apart.pop(2), DivisionByZero)
            assert plain(apart) == halves(1, 2, 4, 5)
            assert plain(await connection.batch([half(2)])) == halves(2)

    backend.run(body)


@BATCH
@pytest.mark.parametrize("by", ["batch", "separate batch"])
@pytest.mark.parametrize(
    "bad",
    [
        b"Z\x00\x00\x00\x05I",
        b"C\x00\x00\x00\x0dSELECT 1\x00",
        b"C\x00\x00\x00\x0dSELECT 1x",
    ],
    ids=["a ReadyForQuery", "a CommandComplete", "an open tag"],
)
def test_a_message_that_does_not_belong_there_ends_the_connection(
    backend: Backend, server: Database, by: str, bad: bytes
) -> None:
    async def body() -> None:
        with ChaosProxy(server.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                await connection.batch([half(1)])
                # Behind the tenth BindComplete, ahead of a row.
                proxy.add(Rule("inject", message="D", nth=10, data=bad))
                found: list[Any] = await connection.batch(
                    [half(number) for number in range(1, RUN + 1)], atomic=by == "batch", return_errors=True
                )
                if by == "batch":
                    assert all(isinstance(each, QailError) for each in found)
                else:
                    # Those before it were told by their own ReadyForQuery; none has another's rows.
                    assert plain(found[:9]) == halves(*range(1, 10))
                    assert all(isinstance(each, QailError) for each in found[9:])
                with pytest.raises(ConnectionLost):
                    await connection.fetch_all(half(1))

    backend.run(body)


async def run(connection: Any, by: str, queries: list[Any]) -> list[Any]:
    if by == "batch":
        found: list[Any] = await connection.batch(queries)
        return found
    async with connection.pipeline() as pipeline:
        answers = [pipeline.fetch_all(query) for query in queries]
    return [answer.result() for answer in answers]
