"""The tables of the cookbook: customers and their orders, employees, jobs, products, readings, bookings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import qail
from qail import BOOL, DATE, DATERANGE, INT4, INT8, JSONB, NUMERIC, TEXT, Col, Columns, Outer, Qail, Range, Table, col


class _Customer(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    city: Col[str | None] = col(TEXT, null=True)
    active: Col[bool] = col(BOOL, default=True)


class Customer(_Customer, Table, name="customers"):
    """Who buys."""


class _Order(Columns):
    id: Col[int] = col(INT8, pk=True)
    customer_id: Col[int] = col(INT8)
    placed: Col[date] = col(DATE)
    total: Col[Decimal] = col(NUMERIC)
    status: Col[str] = col(TEXT)


class Order(_Order, Table, name="orders"):
    """What was bought."""


class OrderOuter(_Order, Outer[Order], name="orders"):
    """An order that may not be there."""


class Archived(_Order, Table, name="archived_orders"):
    """Orders that are over."""


class Employee(Table, name="employees"):
    """Who works, and for whom."""

    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    boss_id: Col[int | None] = col(INT8, null=True)


class Job(Table, name="jobs"):
    """What is to be done."""

    id: Col[int] = col(INT8, pk=True)
    task: Col[str] = col(TEXT)
    done: Col[bool] = col(BOOL, default=False)


class Product(Table, name="products"):
    """What is sold, described by a document."""

    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    stock: Col[int] = col(INT4)
    data: Col[Any] = col(JSONB)


class Booking(Table, name="bookings"):
    """Who has the room, and when."""

    id: Col[int] = col(INT8, pk=True)
    guest: Col[str] = col(TEXT)
    during: Col[Range[date]] = col(DATERANGE)


async def fill(pool: qail.Pool) -> None:
    """Make the tables and put a few rows into each."""
    await pool.batch([Qail.create(table) for table in (Customer, Order, Archived, Employee, Job, Product, Booking)])
    people = [(1, "Ada", "London"), (2, "Grace", "New York"), (3, "Alan", "London"), (4, "Edsger", None)]
    orders = [
        (1, 1, date(2024, 1, 1), 10, "paid"), (2, 1, date(2024, 1, 2), 30, "paid"),
        (3, 2, date(2024, 1, 3), 20, "open"), (4, 3, date(2024, 1, 7), 5, "paid"),
        (5, 1, date(2024, 1, 8), 40, "open"), (6, 2, date(2024, 1, 9), 15, "void"),
    ]  # fmt: skip
    staff = [(1, "Ruth", None), (2, "Sam", 1), (3, "Tess", 1), (4, "Uma", 2), (5, "Vic", 4)]
    products = [
        (1, "Red bicycle", 3, {"price": 200, "tags": ["sport", "red"]}),
        (2, "Blue kettle", 0, {"price": 35, "tags": ["kitchen"], "maker": {"country": "SE"}}),
        (3, "Bicycle bell", 12, {"price": 9, "tags": ["sport"]}),
    ]
    await pool.batch(
        [
            Qail.add(Customer).values(*[{"id": n, "name": name, "city": city} for n, name, city in people]),
            Qail.add(Order).values(
                *[
                    {"id": n, "customer_id": who, "placed": day, "total": total, "status": status}
                    for n, who, day, total, status in orders
                ]
            ),
            Qail.add(Employee).values(*[{"id": n, "name": name, "boss_id": boss} for n, name, boss in staff]),
            Qail.add(Job).values(*[{"id": n, "task": task} for n, task in enumerate(["mail", "bill", "ship"], 1)]),
            Qail.add(Product).values(
                *[{"id": n, "name": name, "stock": stock, "data": data} for n, name, stock, data in products]
            ),
            Qail.add(Booking).values(
                {"id": 1, "guest": "Ada", "during": Range(date(2024, 5, 1), date(2024, 5, 4))},
                {"id": 2, "guest": "Alan", "during": Range(date(2024, 5, 6), date(2024, 5, 7))},
            ),
        ]
    )
