"""The example service answers as its routes promise, on a pool that its lifespan opens and closes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import service

import qail
from support.asgi import Client
from support.backends import Backend
from support.servers import Database

pytestmark = [pytest.mark.server, pytest.mark.backends("asyncio", "uvloop", "trio")]


@asynccontextmanager
async def running(dsn: str, max_size: int = 3) -> AsyncIterator[Client]:
    """A client of the service on the database `dsn`, between its startup and its shutdown."""
    app = service.create_app(lambda: qail.create_pool(dsn, max_size=max_size))
    async with app.router.lifespan_context(app):
        yield Client(app)


@pytest.mark.feature("IN1", partial="through PgBouncer")
def test_a_book_is_shown_and_a_missing_one_is_404(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with running(fresh_database.dsn) as client:
            assert (await client.get("/books/7")).json() == {"id": 7, "title": "Volume 7", "stock": 100}
            assert (await client.get("/books/7000")).status == 404

    backend.run(body)


def test_pages_follow_each_other(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with running(fresh_database.dsn) as client:
            first = (await client.get("/books")).json()["books"]
            second = (await client.get("/books", after=first[-1]["id"])).json()["books"]

            assert [book["id"] for book in first + second] == list(range(1, 41))
            assert (await client.get("/books", after="x")).status == 422

    backend.run(body)


def test_an_order_takes_stock_and_a_refused_one_takes_none(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with running(fresh_database.dsn) as client:
            bodies = ({"book_id": 1, "quantity": 30}, {"book_id": 1, "quantity": 80}, {"book_id": 1, "quantity": -1})
            statuses = [(await client.post("/orders", each)).status for each in (*bodies, {"book_id": 1})]

            assert statuses == [201, 409, 422, 422]
            assert (await client.get("/books/1")).json()["stock"] == 70

    backend.run(body)


def test_orders_at_once_never_sell_what_is_not_there(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        async with running(fresh_database.dsn) as client:
            buy = partial(client.post, "/orders", {"book_id": 2, "quantity": 10})
            answers = await backend.together(*[buy] * 16)

            assert sorted(answer.status for answer in answers) == [201] * 10 + [409] * 6
            assert (await client.get("/books/2")).json()["stock"] == 0
            assert (await client.get("/health")).json()["leased"] == 0

    backend.run(body)


def test_a_pool_without_a_free_connection_is_503(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        app = service.create_app(lambda: qail.create_pool(fresh_database.dsn, max_size=1))
        service_seconds, service.ANSWER_SECONDS = service.ANSWER_SECONDS, 0.2
        try:
            async with app.router.lifespan_context(app), app.state.pool.acquire():
                answer = await Client(app).get("/books/1")
        finally:
            service.ANSWER_SECONDS = service_seconds

        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"

    backend.run(body)


def test_a_second_start_finds_what_the_first_one_made(backend: Backend, fresh_database: Database) -> None:
    async def body() -> None:
        for stock in (99, 98):
            async with running(fresh_database.dsn) as client:
                assert (await client.post("/orders", {"book_id": 3, "quantity": 1})).status == 201
                assert (await client.get("/books/3")).json()["stock"] == stock

    backend.run(body)
