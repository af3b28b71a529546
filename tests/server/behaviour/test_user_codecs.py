"""What users register for types: classes for enums and composite types, functions for any, per pool and by name."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Final, NamedTuple

import pydantic
import pytest

from qail import (
    NUMERIC,
    TEXT,
    ConfigError,
    DecodeError,
    EncodeError,
    Multirange,
    Qail,
    Range,
    TypeCodec,
    UsageError,
    array_of,
    cast,
    select,
)
from support.backends import Backend
from support.servers import Database

pytestmark = pytest.mark.feature("CO18")

SQL: Final = """
CREATE SCHEMA app; CREATE SCHEMA other;
CREATE TYPE app.mood AS ENUM ('sad', 'very happy');
CREATE TYPE other.mood AS ENUM ('sad', 'grim');
CREATE TYPE app.address AS (street text, mood app.mood);
CREATE TYPE app.order_line AS (price numeric, at app.address, n int4);
CREATE DOMAIN app.price AS numeric;
CREATE TYPE app.prices AS RANGE (subtype = numeric);
CREATE TABLE t (
    m app.mood, ms app.mood[], o other.mood, a app.address, many app.address[], l app.order_line,
    p numeric, ps numeric[], r numrange, own app.prices, mr nummultirange, d app.price, ds app.price[]
);
"""


class Mood(Enum):
    SAD = "sad"
    HAPPY = "very happy"


class ByName(IntEnum):
    sad = 1
    grim = 2


class Address(NamedTuple):
    street: str
    mood: Mood | None


@dataclass(frozen=True)
class Line:
    n: int
    at: Address
    price: Any = field(kw_only=True)


class Model(pydantic.BaseModel):
    street: str = pydantic.Field(alias="way", min_length=1)
    mood: Mood | None


FLOATS: Final = TypeCodec(encode=repr, decode=float)


def get(*columns: str) -> Any:
    return Qail.get("t").columns(*columns)


def put(**values: Any) -> Any:
    return Qail.add("t").values(values).returning(*values)


def test_classes_stand_for_enums_and_composite_types_inside_of_anything(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(SQL)
    types = {("app", "mood"): Mood, ("other", "mood"): ByName, "address": Address, "order_line": Line}
    here = Address("x", Mood.HAPPY)
    line = Line(3, here, price=Decimal("1.5"))
    values: dict[str, Any] = {
        "m": Mood.SAD,
        "ms": [Mood.SAD, None, Mood.HAPPY],
        "o": ByName.grim,
        "a": here,
        "many": [here, None, Address("y", None)],
        "l": line,
    }

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, types=types) as pool:
            found = await pool.fetch_one(put(**values))
            assert tuple(found) == tuple(values.values())
            assert [type(each) for each in (found.m, found.o, found.a, found.l, found.l.at)] == [
                *(Mood, ByName, Address, Line, Address)
            ]
            await pool.copy_in("t", [[Mood.HAPPY, None, "sad", ("z", "sad"), [("z", None)]]], columns=[*values][:5])
            rows = [row async for row in pool.copy_out("t", columns=list(values))]
            assert rows[1] == (Mood.HAPPY, None, ByName.sad, Address("z", Mood.SAD), [Address("z", None)], None)
            with pytest.raises(EncodeError, match=r"app\.mood takes Mood or str, not ByName <ByName.sad: 1>"):
                await pool.execute(put(m=ByName.sad))

    backend.run(body)


def test_pydantic_checks_what_comes_and_its_error_is_the_cause(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(SQL)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn, types={"address": Model, ("app", "mood"): Mood}) as connection:
            made = Model(way="x", mood=Mood.SAD)
            assert tuple(await connection.fetch_one(put(a=made, many=[made]))) == (made, [made])
            await connection.execute(put(a=("", None)))
            with pytest.raises(DecodeError, match=r'column "a" of row 1: Model, registered for app\.address') as raised:
                await connection.fetch_one(get("a").is_null("many"))
            assert isinstance(raised.value.__cause__, pydantic.ValidationError)
            assert "min_length" not in str(raised.value)
            assert await connection.fetch_value(select(cast(1, NUMERIC))) == 1

    backend.run(body)


def test_a_text_codec_of_a_builtin_type_holds_in_arrays_ranges_domains_and_composites(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql(SQL)
    values: dict[str, Any] = {
        "p": 1.5,
        "ps": [1.5, None, 2.25],
        "r": Range(1.5, 2.5, "[]"),
        "own": Range(None, 2.5, "(]"),
        "mr": Multirange([Range(1.5, 2.5), Range(7.5, None)]),
        "d": 3.25,
        "ds": [3.25, None],
        "l": (1.5, ("a,b", "sad"), 7),
    }

    async def body() -> None:
        async with backend.pool(fresh_database.dsn, types={"numeric": FLOATS}) as pool:
            found = await pool.fetch_one(put(**values))
            assert tuple(found) == tuple(values.values())
            assert isinstance(found.l.price, float)
            assert type(found.l.at).__name__ == "address"
            assert await pool.fetch_value(select(cast([1.25, math.inf], array_of(NUMERIC)))) == [1.25, math.inf]
            with pytest.raises(UsageError, match='column "p": numeric is read as text here, not in binary'):
                _ = [row async for row in pool.copy_out("t", columns=["p"])]
            with pytest.raises(EncodeError, match='column "p": numeric has no binary form here'):
                await pool.copy_in("t", [(1.5,)], columns=["p"])
        async with backend.pool(fresh_database.dsn) as pool:
            assert await pool.fetch_value(get("p")) == Decimal("1.5")

    backend.run(body)


def test_a_binary_codec_leaves_all_around_it_binary(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TYPE spot AS (at point, n int4); CREATE TABLE t (p point, ps point[], s spot)")

    def decode(data: bytes) -> complex:
        return complex(*struct.unpack("!dd", data))

    def encode(value: complex) -> bytes:
        return struct.pack("!dd", value.real, value.imag)

    async def body() -> None:
        types = {("pg_catalog", "point"): TypeCodec(encode=encode, decode=decode, format="binary")}
        async with backend.pool(fresh_database.dsn, types=types) as pool:
            row = await pool.fetch_one(put(p=1 + 2j, ps=[1j, None], s=(3j, 4)))
            assert tuple(row) == (1 + 2j, [1j, None], (3j, 4))

    backend.run(body)


@pytest.mark.parametrize("name", ["text", "json", "jsonb", "mood"])
def test_a_text_codec_of_a_type_whose_binary_form_is_text_travels_as_binary(
    backend: Backend, fresh_database: Database, name: str
) -> None:
    fresh_database.sql(f"CREATE TYPE mood AS ENUM ('\"x\"'); CREATE TYPE w AS (v {name}, d date, many {name}[]);")
    fresh_database.sql(f"CREATE TABLE t (v {name}, many {name}[], w w, ws w[])")

    class Boxed(NamedTuple):
        value: str

    async def body() -> None:
        codec = TypeCodec(encode=lambda boxed: boxed.value, decode=Boxed)
        async with backend.pool(fresh_database.dsn, types={name: codec}) as pool:
            x = Boxed('"x"')
            row = await pool.fetch_one(put(v=x, many=[x, None], w=(x, None, [x]), ws=[(x, None, None)]))
            assert tuple(row) == (x, [x, None], (x, None, [x]), [(x, None, None)])
            copied = [each async for each in pool.copy_out("t")]
            assert copied == [tuple(row)]

    backend.run(body)


def test_what_is_registered_later_holds_from_then_on_and_after_the_type_was_made_anew(
    backend: Backend, fresh_database: Database
) -> None:
    make = "CREATE TYPE mood AS ENUM ('sad', 'very happy'); CREATE TABLE m (v mood)"
    fresh_database.sql(make)
    add = Qail.add("m").values({"v": "sad"}).returning("v")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as pool:
            assert await pool.fetch_value(add) == "sad"
            pool.register_type("mood", Mood)
            assert await pool.fetch_value(add) is Mood.SAD
            async with pool.acquire() as connection:
                assert await connection.fetch_value(add) is Mood.SAD
                with pytest.raises(UsageError, match="register them with the pool"):
                    connection.register_type("mood", Mood)
            fresh_database.sql(f"DROP TABLE m; DROP TYPE mood; {make}")
            assert await pool.fetch_value(add) is Mood.SAD
        async with backend.connect(fresh_database.dsn) as connection:
            assert await connection.fetch_value(add) == "sad"
            connection.register_type(("public", "mood"), Mood)
            assert await connection.fetch_value(add) is Mood.SAD
            connection.register_type("numeric", FLOATS)
            assert await connection.fetch_value(select(cast(1.5, NUMERIC))) == 1.5

    backend.run(body)


def test_what_a_users_function_raises_is_the_cause_of_an_error_that_names_where(
    backend: Backend, fresh_database: Database
) -> None:
    fresh_database.sql("CREATE TYPE pair AS (a text, b int4); CREATE TABLE t (v text, many pair[])")

    def fail(value: Any) -> Any:
        raise ZeroDivisionError(f"secret {value}")

    async def body() -> None:
        async with backend.pool(fresh_database.dsn) as writer:
            await writer.execute(put(v="hidden", many=[("hidden", 1)]))
        for codec in (TypeCodec(encode=fail, decode=fail), TypeCodec(encode=lambda _: b"", decode=fail)):
            async with backend.pool(fresh_database.dsn, types={"text": codec}) as pool:
                with pytest.raises(
                    DecodeError, match=r'column "v" of row 1: the codec registered for text raised Zero'
                ) as v:
                    await pool.fetch_all(get("v"))
                with pytest.raises(DecodeError, match=r"in public\.pair\[\]: in public\.pair\.a: the codec") as many:
                    await pool.fetch_all(get("many"))
                for raised in (v, many):
                    assert isinstance(raised.value.__cause__, ZeroDivisionError)
                    assert "hidden" not in str(raised.value)
                match = r'parameter \$1 \(column "many"\): in public\.pair\[\]: in public\.pair\.a: the codec reg'
                with pytest.raises(EncodeError, match=match):
                    await pool.execute(put(many=[("x", 1)]))
                assert await pool.fetch_values(get("many").columns("many").is_null("many")) == []

    backend.run(body)


class Missing(NamedTuple):
    street: str


@dataclass
class TooMany:
    street: str
    mood: str
    more: int


class NoLabels(Enum):
    A = "nothing"


@pytest.mark.parametrize(
    ("name", "how", "column", "match"),
    [
        ("address", Missing, "a", r"Missing does not fit app\.address: it has no field for mood"),
        ("address", TooMany, "a", r"TooMany does not fit app\.address: it has more, which it has not"),
        ("mood", NoLabels, "m", r"NoLabels does not fit app\.mood: .*it has sad, very happy"),
        ("mood", Missing, "m", r"Missing is registered for app\.mood, which is an enum"),
        ("address", Mood, "a", r"Mood is registered for app\.address, which is a composite type"),
    ],
)
def test_a_class_that_does_not_fit_is_refused_when_its_type_is_met(
    backend: Backend, fresh_database: Database, name: str, how: Any, column: str, match: str
) -> None:
    fresh_database.sql(SQL)

    async def body() -> None:
        async with backend.connect(fresh_database.dsn, types={name: how}) as connection:
            for _ in range(2):
                with pytest.raises(UsageError, match=match):
                    await connection.fetch_all(get(column))
            assert await connection.fetch_value(select(cast("x", TEXT))) == "x"

    backend.run(body)


@pytest.mark.backends("asyncio", "sync")
@pytest.mark.parametrize(
    ("types", "match"),
    [
        ({"mood": int}, "an Enum, a NamedTuple, a dataclass, a pydantic model or a qail.TypeCodec, not <class 'int'>"),
        ({"mood": len}, "not <built-in function len>"),
        ({5: Mood}, "a type's name is a str such as 'mood'"),
        ({("a", "b", "c"): Mood}, "a type's name is a str such as 'mood'"),
        ({("", "mood"): Mood}, "a type's name is a str such as 'mood'"),
        ({"": Mood}, "a type's name is a str such as 'mood'"),
        ({"integer": FLOATS}, "the type 'integer' is called 'int4' in pg_type"),
        (5, "types"),
    ],
)
def test_what_cannot_be_registered_is_refused_where_it_is_written(backend: Backend, types: Any, match: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=match):
            async with backend.pool("postgresql:///x", types=types):
                pass

    backend.run(body)
