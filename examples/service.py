"""A web service on one pool: a bookshop's stock and its orders, with Starlette.

    python examples/service.py                 # an embedded PostgreSQL of its own, on http://127.0.0.1:8000
    QAIL_DSN=postgresql://... uvicorn --app-dir examples --factory service:create_app

What it shows: the pool lives as long as the application (`lifespan`); every request shares its few connections; what
must happen together is a transaction; a caller's mistake, a full pool and a late answer have a status of their own.
Try `curl localhost:8000/books/1` and `curl -X POST localhost:8000/orders -d '{"book_id": 1, "quantity": 2}'`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import asdict
from uuid import UUID as PyUUID
from uuid import uuid4

from pydantic import BaseModel, PositiveInt, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import qail
from qail import INT4, INT8, TEXT, UUID, Col, Columns, DeadlineExceeded, PoolTimeout, Qail, Table, col, select

ANSWER_SECONDS = 5.0
PAGE = 20


class _Book(Columns):
    id: Col[int] = col(INT8, pk=True)
    title: Col[str] = col(TEXT)
    stock: Col[int] = col(INT4)


class Book(_Book, Table, name="books"):
    """What is sold, and how many are left."""


class _Order(Columns):
    id: Col[PyUUID] = col(UUID, pk=True)
    book_id: Col[int] = col(INT8, references=("books", "id"))
    quantity: Col[int] = col(INT4)


class Order(_Order, Table, name="orders"):
    """What was sold."""


class NewOrder(BaseModel):
    """The body of POST /orders."""

    book_id: int
    quantity: PositiveInt


def pool_of(request: Request) -> qail.Pool:
    pool: qail.Pool = request.app.state.pool
    return pool


async def show_book(request: Request) -> Response:
    """GET /books/{id}."""
    query = select(Book.id, Book.title, Book.stock).where(Book.id == request.path_params["id"])
    found = await pool_of(request).fetch_optional(query, timeout=ANSWER_SECONDS)
    if found is None:
        return JSONResponse({"error": "no such book"}, status_code=404)
    return JSONResponse({"id": found[0], "title": found[1], "stock": found[2]})


async def list_books(request: Request) -> Response:
    """GET /books?after=17: the next page behind a key, which costs the same however far one has paged."""
    try:
        after = int(request.query_params.get("after", "0"))
    except ValueError:
        return JSONResponse({"error": "after is the id of a book"}, status_code=422)
    page = select(Book.id, Book.title).where(Book.id > after).order_by(Book.id).limit(PAGE)
    rows = await pool_of(request).fetch_all(page, timeout=ANSWER_SECONDS)
    return JSONResponse({"books": [{"id": id_, "title": title} for id_, title in rows]})


async def take_order(request: Request) -> Response:
    """POST /orders: stock and order change together, or not at all."""
    try:
        order = NewOrder.model_validate_json(await request.body())
    except ValidationError as refused:
        return JSONResponse({"error": refused.errors(include_url=False, include_context=False)}, status_code=422)
    take = (
        Qail.set(Book)
        .values({"stock": Book.stock - order.quantity})
        .where(Book.id == order.book_id, Book.stock >= order.quantity)
    )
    async with pool_of(request).transaction() as transaction:
        if not await transaction.execute(take, timeout=ANSWER_SECONDS):
            return JSONResponse({"error": "not so many in stock"}, status_code=409)
        order_id = uuid4()
        keep = Qail.add(Order).values({"id": order_id, "book_id": order.book_id, "quantity": order.quantity})
        await transaction.execute(keep, timeout=ANSWER_SECONDS)
    return JSONResponse({"id": str(order_id)}, status_code=201)


async def show_health(request: Request) -> Response:
    """GET /health: what the pool says of itself."""
    return JSONResponse(asdict(pool_of(request).stats()))


async def too_busy(request: Request, error: Exception) -> Response:
    """No connection came free: nothing was sent, the client may try again."""
    return JSONResponse({"error": str(error)}, status_code=503, headers={"Retry-After": "1"})


async def too_late(request: Request, error: Exception) -> Response:
    """The database did not answer in time."""
    return JSONResponse({"error": "the answer came too late"}, status_code=504)


async def set_up(pool: qail.Pool) -> None:
    """The tables, and some books; nothing when they are there."""
    books = [{"id": i, "title": f"Volume {i}", "stock": 100} for i in range(1, 101)]
    # One implicit transaction: another instance that starts at the same time finds all of it, or makes it.
    with suppress(qail.sqlstate.DuplicateTable, qail.sqlstate.UniqueViolation):
        await pool.batch([Qail.create(Book), Qail.create(Order), Qail.add(Book).values(*books)])


@asynccontextmanager
async def own_pool() -> AsyncIterator[qail.Pool]:
    """A pool to the server that QAIL_DSN or the PG* variables name."""
    async with qail.create_pool(os.environ.get("QAIL_DSN"), max_size=10) as pool:
        yield pool


@asynccontextmanager
async def embedded_pool() -> AsyncIterator[qail.Pool]:
    """A pool to a server that lives as long as the application."""
    async with qail.embedded.start() as server, qail.create_pool(server.dsn, max_size=10) as pool:
        yield pool


def create_app(open_pool: Callable[[], AbstractAsyncContextManager[qail.Pool]] = own_pool) -> Starlette:
    """The application; `open_pool` says where its database is."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_pool() as pool:
            await set_up(pool)
            app.state.pool = pool
            yield

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/books/{id:int}", show_book),
            Route("/books", list_books),
            Route("/orders", take_order, methods=["POST"]),
            Route("/health", show_health),
        ],
        exception_handlers={PoolTimeout: too_busy, DeadlineExceeded: too_late},
    )


def main() -> None:
    import uvicorn

    uvicorn.run(create_app(embedded_pool), host="127.0.0.1", port=8000, log_level="warning")


if __name__ == "__main__":
    main()
