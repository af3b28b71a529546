"""The tables of a database, as PostgreSQL describes them: made by `python -m qail pull`.

Do not edit: run it again. With `--locked` it tells whether the database has changed since.
"""

from __future__ import annotations

from builtins import int as int_
from datetime import date as date_, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple, Never
from uuid import UUID as PyUUID

from typing_extensions import NotRequired, TypedDict

from qail import (
    BOOL,
    DATE,
    INT4,
    INT8,
    JSONB,
    TEXT,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
    Col,
    Columns,
    NullVal,
    Outer,
    PgType,
    Range,
    Table,
    Val,
    array_of,
    col,
)


class Mood(StrEnum):
    """How one \"feels\""""

    SAD = "sad"
    VERY_HAPPY = "very happy"
    L_1ST = "1st"
    L_EMPTY = ""


class Address(NamedTuple):
    street: str | None
    city: str | None
    mood: Mood | None


MOOD: Final[PgType[Mood]] = PgType("mood", 0, 0, "mood")
ADDRESS: Final[PgType[Address]] = PgType("address", 0, 0, "address")
CODE: Final[PgType[str]] = PgType("code", 0, 0, "string")
HOURS: Final[PgType[Range[time]]] = PgType("hours", 0, 0, "hours")
ODD: Final[PgType[tuple[Any, ...]]] = PgType("odd", 0, 0, "odd")
PRICE: Final[PgType[Decimal]] = PgType("price", 0, 0, "number")


class AdultInsert(TypedDict):
    id: NotRequired[NullVal[int_]]
    name: NotRequired[NullVal[str]]


class AdultUpdate(TypedDict, total=False):
    id: NullVal[int_]
    name: NullVal[str]


class _Adult(Columns):
    id: Col[int_ | None] = col(INT8, null=True)
    name: Col[str | None] = col(TEXT, null=True)


class Adult(_Adult, Table[AdultInsert, AdultUpdate], name="adults"): ...


class AdultOuter(_Adult, Outer[Adult], name="adults"): ...


class _Age(Columns):
    age: Col[int_ | None] = col(INT4, null=True)
    n: Col[int_ | None] = col(INT8, null=True)


class Age(_Age, Table[Never, Never], name="ages"): ...


class AgeOuter(_Age, Outer[Age], name="ages"): ...


class FarInsert(TypedDict):
    id: Val[int_]
    name: NotRequired[NullVal[str]]


class FarUpdate(TypedDict, total=False):
    id: Val[int_]
    name: NullVal[str]


class _Far(Columns):
    id: Col[int_] = col(INT4)
    name: Col[str | None] = col(TEXT, null=True)


class Far(_Far, Table[FarInsert, FarUpdate], name="far", unique=()): ...


class FarOuter(_Far, Outer[Far], name="far"): ...


class PairInsert(TypedDict):
    a: Val[int_]
    b: Val[int_]


class PairUpdate(TypedDict, total=False):
    a: Val[int_]
    b: Val[int_]


class _Pair(Columns):
    a: Col[int_] = col(INT4, pk=True)
    b: Col[int_] = col(INT4, pk=True)


class Pair(_Pair, Table[PairInsert, PairUpdate], name="pair", unique=()): ...


class PairOuter(_Pair, Outer[Pair], name="pair"): ...


class PairsInsert(TypedDict):
    x: NotRequired[NullVal[int_]]
    y: NotRequired[NullVal[int_]]


class PairsUpdate(TypedDict, total=False):
    x: NullVal[int_]
    y: NullVal[int_]


class _Pairs(Columns):
    x: Col[int_ | None] = col(INT4, null=True)
    y: Col[int_ | None] = col(INT4, null=True)


class Pairs(_Pairs, Table[PairsInsert, PairsUpdate], name="pairs", unique=(), foreign_keys=((("y", "x"), "pair", ("b", "a")),)): ...


class PairsOuter(_Pairs, Outer[Pairs], name="pairs"): ...


class PartInsert(TypedDict):
    id: NotRequired[NullVal[int_]]
    day: Val[date_]


class PartUpdate(TypedDict, total=False):
    id: NullVal[int_]
    day: Val[date_]


class _Part(Columns):
    id: Col[int_ | None] = col(INT4, null=True)
    day: Col[date_] = col(DATE)


class Part(_Part, Table[PartInsert, PartUpdate], name="parts", unique=()): ...


class PartOuter(_Part, Outer[Part], name="parts"): ...


class PostInsert(TypedDict):
    id: NotRequired[Val[int_]]
    author_id: Val[int_]
    title: Val[str]


class PostUpdate(TypedDict, total=False):
    id: Val[int_]
    author_id: Val[int_]
    title: Val[str]


class _Post(Columns):
    id: Col[int_] = col(INT4, pk=True)
    author_id: Col[int_] = col(INT8, references=("users", "id"))
    title: Col[str] = col(TEXT)


class Post(_Post, Table[PostInsert, PostUpdate], name="posts", unique=(("author_id", "title"),)): ...


class PostOuter(_Post, Outer[Post], name="posts"): ...


class _Total(Columns):
    n: Col[int_ | None] = col(INT8, null=True)


class Total(_Total, Table[Never, Never], name="totals"): ...


class TotalOuter(_Total, Outer[Total], name="totals"): ...


UserInsert = TypedDict("UserInsert", {
    "name": "Val[str]",
    "email": "NotRequired[NullVal[str]]",
    "age": "NotRequired[Val[int_]]",
    "active": "NotRequired[Val[bool]]",
    "mood": "NotRequired[NullVal[Mood]]",
    "joined": "NotRequired[Val[datetime]]",
    "budget": "NotRequired[NullVal[Decimal]]",
    "homes": "NotRequired[NullVal[list[Address | None]]]",
    "o": "NotRequired[NullVal[tuple[Any, ...]]]",
    "open": "NotRequired[NullVal[Range[time]]]",
    "tags": "NotRequired[Val[list[str | None]]]",
    "doc": "NotRequired[NullVal[Any]]",
    "code": "NotRequired[Val[str]]",
    "moods": "NotRequired[NullVal[list[Mood | None]]]",
    "date": "NotRequired[NullVal[date_]]",
    "int": "NotRequired[NullVal[int_]]",
    "class": "NotRequired[NullVal[str]]",
    "as_": "NotRequired[NullVal[str]]",
    "odd name": "NotRequired[NullVal[str]]",
    "nick": "NotRequired[Val[str]]",
    "uid": "NotRequired[Val[PyUUID]]",
})


UserUpdate = TypedDict("UserUpdate", {
    "name": "Val[str]",
    "email": "NullVal[str]",
    "age": "Val[int_]",
    "active": "Val[bool]",
    "mood": "NullVal[Mood]",
    "joined": "Val[datetime]",
    "budget": "NullVal[Decimal]",
    "homes": "NullVal[list[Address | None]]",
    "o": "NullVal[tuple[Any, ...]]",
    "open": "NullVal[Range[time]]",
    "tags": "Val[list[str | None]]",
    "doc": "NullVal[Any]",
    "code": "Val[str]",
    "moods": "NullVal[list[Mood | None]]",
    "date": "NullVal[date_]",
    "int": "NullVal[int_]",
    "class": "NullVal[str]",
    "as_": "NullVal[str]",
    "odd name": "NullVal[str]",
    "nick": "Val[str]",
    "uid": "Val[PyUUID]",
}, total=False)


class _User(Columns):
    id: Col[int_] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    """as in the passport"""
    email: Col[str | None] = col(TEXT, null=True)
    age: Col[int_] = col(INT4, default=0)
    active: Col[bool] = col(BOOL, default=True)
    mood: Col[Mood | None] = col(MOOD, null=True)
    joined: Col[datetime] = col(TIMESTAMPTZ)
    budget: Col[Decimal | None] = col(PRICE, null=True)
    homes: Col[list[Address | None] | None] = col(array_of(ADDRESS), null=True)
    o: Col[tuple[Any, ...] | None] = col(ODD, null=True)
    open: Col[Range[time] | None] = col(HOURS, null=True)
    tags: Col[list[str | None]] = col(array_of(TEXT))
    doc: Col[Any] = col(JSONB, null=True)
    code: Col[str] = col(CODE)
    moods: Col[list[Mood | None] | None] = col(array_of(MOOD), null=True)
    low: Col[str | None] = col(TEXT, null=True, generated=True)
    date: Col[date_ | None] = col(DATE, null=True)
    int: Col[int_ | None] = col(INT4, null=True)
    class_: Col[str | None] = col(TEXT, null=True, name="class")
    as__: Col[str | None] = col(TEXT, null=True, name="as_")
    odd_name: Col[str | None] = col(TEXT, null=True, name="odd name")
    nick: Col[str] = col(VARCHAR, default="it's")
    uid: Col[PyUUID] = col(UUID)


class User(_User, Table[UserInsert, UserUpdate], name="users", unique=(("email",),)):
    """People.
    Second \"\"\" line \\ end\"
    """


class UserOuter(_User, Outer[User], name="users"): ...


TYPES = {
    ("public", "address"): Address,
    ("public", "mood"): Mood,
}
