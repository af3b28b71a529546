"""The two services that `b_service` loads: examples/service.py, and the same two routes on asyncpg's pool.

Run by uvicorn in a process of its own: `uvicorn benchmarks.service_apps:ours --factory`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))

POOL_SIZE = 10
ANSWER_SECONDS = 5.0
SHOW = "select id, title, stock from books where id = $1"
PAGE = "select id, title from books where id > $1 order by id limit 20"


def ours() -> Any:
    """examples/service.py as it stands; the database is QAIL_DSN's."""
    import service

    return service.create_app()


def theirs() -> Starlette:
    """The same answers by asyncpg, its pool as it comes."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            host=os.environ["BENCH_HOST"],
            port=int(os.environ["BENCH_PORT"]),
            user=os.environ["BENCH_USER"],
            database=os.environ["BENCH_DATABASE"],
            min_size=POOL_SIZE,
            max_size=POOL_SIZE,
        ) as pool:
            app.state.pool = pool
            yield

    async def show_book(request: Request) -> Response:
        found = await request.app.state.pool.fetchrow(SHOW, request.path_params["id"], timeout=ANSWER_SECONDS)
        if found is None:
            return JSONResponse({"error": "no such book"}, status_code=404)
        return JSONResponse({"id": found[0], "title": found[1], "stock": found[2]})

    async def list_books(request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        rows = await request.app.state.pool.fetch(PAGE, after, timeout=ANSWER_SECONDS)
        return JSONResponse({"books": [{"id": row[0], "title": row[1]} for row in rows]})

    return Starlette(lifespan=lifespan, routes=[Route("/books/{id:int}", show_book), Route("/books", list_books)])
