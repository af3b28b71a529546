"""Tables for queries that cannot be, and their neighbours that can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from qail import (
    BOOL,
    INT4,
    INT8,
    JSONB,
    TEXT,
    TIMESTAMPTZ,
    UUID,
    Col,
    Columns,
    Outer,
    Qail,
    Table,
    col,
    count,
    select,
)

SETUP: Final = """
CREATE TABLE members (id bigint PRIMARY KEY, name text NOT NULL UNIQUE, email text, age int NOT NULL,
 active bool NOT NULL, joined timestamptz, token uuid, data jsonb);
CREATE TABLE visits (id bigint PRIMARY KEY, member_id bigint NOT NULL, place text NOT NULL, at timestamptz);
CREATE TABLE pairs (a bigint, b bigint, note text, PRIMARY KEY (a, b));
"""


class _Member(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)
    age: Col[int] = col(INT4)
    active: Col[bool] = col(BOOL)
    joined: Col[Any] = col(TIMESTAMPTZ, null=True)
    token: Col[Any] = col(UUID, null=True)
    data: Col[Any] = col(JSONB, null=True)


class Member(_Member, Table, name="members", unique=(("name",),)):
    """One member; all unique keys are told."""


class MemberOuter(_Member, Outer[Member], name="members"):
    """A member that may be absent."""


class _Visit(Columns):
    id: Col[int] = col(INT8, pk=True)
    member_id: Col[int] = col(INT8)
    place: Col[str] = col(TEXT)
    at: Col[Any] = col(TIMESTAMPTZ, null=True)


class Visit(_Visit, Table, name="visits"):
    """One visit; other unique keys than the primary one are not told."""


class VisitOuter(_Visit, Outer[Visit], name="visits"):
    """A visit that may be absent."""


class Pair(Table, name="pairs", unique=()):
    """A key of two columns."""

    a: Col[int] = col(INT8, pk=True)
    b: Col[int] = col(INT8, pk=True)
    note: Col[str | None] = col(TEXT, null=True)


Accepted: TypeAlias = Callable[[], Any]


class Refused(NamedTuple):
    """`sql` is what a server is asked instead, and refuses; "" where only the types would be wrong."""

    build: Callable[[], Any]
    told: str
    sql: str


ON: Final = Visit.member_id == Member.id
OUTER_ON: Final = VisitOuter.member_id == Member.id
VISITED: Final = select(Visit.member_id, count().as_("n")).group_by(Visit.member_id).subquery("visited")
ADDED: Final = Qail.add(Member).values({"id": 1, "name": "a", "age": 1, "active": True})
