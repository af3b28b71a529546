"""The benchmarks' server and tables. One embedded server serves every contender of a run, with the same settings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID as PyUUID

from benchmarks import peers
from qail import BOOL, FLOAT8, INT4, INT8, NUMERIC, TEXT, TIMESTAMPTZ, UUID, Col, Columns, Table, col

POINTS = 10_000
WIDE = 1_000

SETUP = f"""
drop table if exists points, wide;
create table points (id int4 primary key, name text not null, score float8 not null);
insert into points select i, 'point ' || i, i * 0.5 from generate_series(1, {POINTS}) i;
create table wide (a int4 not null, b int8 not null, c float8 not null, d text not null, e timestamptz not null,
                   f bool not null, g numeric not null, h uuid not null);
insert into wide select i, i::int8 * 1000000007, i * 0.25, 'row number ' || i,
                   timestamptz '2024-01-01 00:00:00+00' + i * interval '1 hour 1 microsecond', i % 2 = 0,
                   (i * 1.25)::numeric(12, 2), md5(i::text)::uuid from generate_series(1, {WIDE}) i;
vacuum analyze points; vacuum analyze wide
"""


class _Point(Columns):
    id: Col[int] = col(INT4, pk=True)
    name: Col[str] = col(TEXT)
    score: Col[float] = col(FLOAT8)


class Point(_Point, Table, name="points"):
    """10,000 rows with a primary key."""


class _Wide(Columns):
    a: Col[int] = col(INT4)
    b: Col[int] = col(INT8)
    c: Col[float] = col(FLOAT8)
    d: Col[str] = col(TEXT)
    e: Col[datetime] = col(TIMESTAMPTZ)
    f: Col[bool] = col(BOOL)
    g: Col[Decimal] = col(NUMERIC)
    h: Col[PyUUID] = col(UUID)


class Wide(_Wide, Table, name="wide"):
    """1,000 rows, eight types."""


async def set_up(server: Any) -> None:
    connection = await peers.asyncpg_connection(server)
    for statement in SETUP.split(";"):
        if statement.strip():
            await connection.execute(statement)
    await connection.close()
