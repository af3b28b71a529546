"""CODECS: client CPU per value of each type family, decoded and encoded, beside asyncpg and psycopg (C, binary).

Decoding is a fetch of a table of one type, 500 rows of 20 columns; encoding is a binary COPY of the same values, 20
times over, into a table that keeps nothing. What the contenders decoded is compared; each encodes its own values.
Bar: scalars at most 1.0 of the faster peer's CPU, other families at most 1.2, among the peers that give the same class;
the classes that others give are named. Each line says its bar and whether it holds, the last one which do not.
A type that the server has not, for want of an extension, is left out and said so.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import psycopg
import psycopg.types.composite

import qail
from benchmarks import harness, peers
from benchmarks.harness import Contender, Timing, at_most, measure
from qail import Qail

COLUMNS: Final = 20
SCALAR: Final = 1.0
OTHER: Final = 1.2
NANOSECONDS_A_MICROSECOND: Final = 1000
NAMES: Final = [f"c{number}" for number in range(COLUMNS)]
PEERS: Final = ("asyncpg", "psycopg")
VECTOR: Final = "create extension if not exists vector"


NO_FORM: Final = (
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, psycopg.Error),
    *(TypeError, ValueError, AttributeError, KeyError),
)
"""What a peer raises for a type that it has no binary form of."""


@dataclass(frozen=True)
class Size:
    """How much is done: `copies` of the `rows` go into each of `copyings` COPY commands."""

    rows: int = 500
    fetches: int = 20
    copies: int = 20
    copyings: int = 2
    rounds: int = harness.ROUNDS

    @property
    def values(self) -> int:
        return self.rows * COLUMNS


@dataclass(frozen=True)
class Case:
    """One type: its values by SQL over `i`, from 1 to the number of values."""

    name: str
    type: str
    value: str
    bar: float = OTHER
    setup: str = ""

    @property
    def is_optional(self) -> bool:
        """Whether a server may be without the type: it is of an extension, or of a library."""
        return self.setup.startswith("create extension") or self.type == "xml"


CASES: Final = (
    Case("bool", "bool", "i % 3 = 0", SCALAR),
    Case("int2", "int2", "i % 30000", SCALAR),
    Case("int4", "int4", "i * 100003", SCALAR),
    Case("int8", "int8", "i * 1000000007::int8", SCALAR),
    Case("oid", "oid", "i", SCALAR),
    Case("float4", "float4", "i * 0.25", SCALAR),
    Case("float8", "float8", "i * 0.1", SCALAR),
    Case("numeric, 6 digits", "numeric", "(i * 1.25)::numeric(12, 2)", SCALAR),
    Case("numeric, 36 digits", "numeric", "i / 7::numeric * 1e20 + 1e30", SCALAR),
    Case("text, 10 characters", "text", "'text ' || 10000 + i", SCALAR),
    Case("text, 100 bytes, not ASCII", "text", "repeat('é', 48) || i", SCALAR),
    Case("varchar", "varchar", "'name ' || i", SCALAR),
    Case("name", "name", "'name ' || i", SCALAR),
    Case("bpchar", "bpchar", "'name ' || i", SCALAR),
    Case('"char"', '"char"', "chr(65 + i % 50)", SCALAR),
    Case("xid8", "xid8", "i::text", SCALAR),
    Case("bytea, 16 bytes", "bytea", "decode(md5(i::text), 'hex')", SCALAR),
    Case("uuid", "uuid", "md5(i::text)::uuid", SCALAR),
    Case("date", "date", "date '1990-01-01' + i", SCALAR),
    Case("timestamp", "timestamp", "timestamp '1990-01-01' + i * interval '1 hour 1 microsecond'", SCALAR),
    Case(
        "timestamptz", "timestamptz", "timestamptz '1990-01-01 00:00+00' + i * interval '1 hour 1 microsecond'", SCALAR
    ),
    Case("time", "time", "time '00:00' + i * interval '7.000001 seconds'"),
    Case("timetz", "timetz", "(time '00:00' + i * interval '7.000001 seconds')::text::time || '+02'"),
    Case("interval", "interval", "i * interval '1 day 1.000001 seconds'"),
    Case("json", "json", "json_build_object('id', i, 'tags', json_build_array('a', 'b'), 'x', i * 0.5)"),
    Case("jsonb", "jsonb", "jsonb_build_object('id', i, 'tags', jsonb_build_array('a', 'b'), 'x', i * 0.5)"),
    Case("inet", "inet", "inet '10.0.0.0' + i"),
    Case("cidr", "cidr", "set_masklen(('10.' || i % 250 || '.0.0')::cidr, 16)"),
    Case("macaddr", "macaddr", "('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr"),
    Case("macaddr8", "macaddr8", "('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr::macaddr8"),
    Case("bit(12)", "varbit", "(i % 4096)::bit(12)"),
    Case("point", "point", "point(i, i * 0.5)"),
    Case("box", "box", "box(point(i, i), point(0, 0))"),
    Case("line", "line", "line(point(i, 1), point(0, i))"),
    Case("lseg", "lseg", "lseg(point(i, 1), point(0, i))"),
    Case("path", "path", "('((0,0),(' || i || ',1),(2,2))')::path"),
    Case("polygon", "polygon", "('((0,0),(' || i || ',1),(2,2))')::polygon"),
    Case("circle", "circle", "circle(point(i, 1), 2)"),
    Case("int4range", "int4range", "int4range(i, i + 10)"),
    Case(
        "tstzrange",
        "tstzrange",
        "tstzrange(timestamptz '1990-01-01 00:00+00', timestamptz '1990-01-01 00:00+00' + i * interval '1 s')",
    ),
    Case("int4multirange", "int4multirange", "int4multirange(int4range(i, i + 10), int4range(i + 20, i + 30))"),
    Case("int4[10]", "int4[]", "array(select generate_series(i, i + 9))"),
    Case("text[4]", "text[]", "array['a', 'bb', 'ccc', i::text]"),
    Case(
        "enum",
        "codec_mood",
        "(array['sad', 'ok', 'glad'])[1 + i % 3]",
        setup="create type codec_mood as enum ('sad', 'ok', 'glad')",
    ),
    Case(
        "composite",
        "codec_pair",
        "row(i, 'name ' || i)::codec_pair",
        setup="create type codec_pair as (id int4, name text)",
    ),
    Case("domain", "codec_count", "i", setup="create domain codec_count as int4 check (value > 0)"),
    Case("hstore", "hstore", "hstore('id', i::text)", setup="create extension if not exists hstore"),
    Case("ltree", "ltree", "('top.n' || i)::ltree", setup="create extension if not exists ltree"),
    Case("cube", "cube", "cube(array[i, 2, 3])", setup="create extension if not exists cube"),
    Case("citext", "citext", "'name ' || i", setup="create extension if not exists citext"),
    Case("xml", "xml", "('<a id=\"' || i || '\"/>')::xml"),
    Case("jsonpath", "jsonpath", "('$.a[' || i || ']')::jsonpath"),
    Case("tsquery", "tsquery", "('one & n' || i)::tsquery"),
    Case("tsvector", "tsvector", "to_tsvector('simple', 'one two three four ' || i)"),
    Case("pg_lsn", "pg_lsn", "pg_lsn '0/0' + i"),
    Case("tid", "tid", "('(' || i || ',1)')::tid"),
    Case("pg_snapshot", "pg_snapshot", "(i || ':' || i + 5 || ':' || i + 2)::pg_snapshot"),
    Case("int2vector", "int2vector", "(i % 9 || ' 2 3')::int2vector"),
    Case("oidvector", "oidvector", "(i || ' 2 3')::oidvector"),
    Case(
        "halfvec(8)",
        "halfvec",
        "array[i % 99, 2, 3, 4, 5, 6, 7, 8]::vector",
        setup="create extension if not exists vector",
    ),
    Case("sparsevec", "sparsevec", "('{1:' || i || ',5:2}/8')::sparsevec", setup=VECTOR),
    Case("vector(8)", "vector", "array[i, 2, 3, 4, 5, 6, 7, 8]", setup=VECTOR),
)


@dataclass
class Line:
    """A line of the summary: nanoseconds per value of each contender, and the verdict."""

    case: Case
    direction: str
    nanoseconds: dict[str, float] = field(default_factory=dict)
    verdict: str = ""

    def __str__(self) -> str:
        figures = "".join(f"{self.nanoseconds.get(name, float('nan')):>10.0f}" for name in ("qail", *PEERS))
        return f"  {self.case.name:<28}{self.direction:<8}{figures}   {self.verdict}"


class Ours:
    """qail: an untyped query over one connection."""

    name = "qail"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self) -> list[Any]:
        return list(await self._connection.fetch_all(Qail.get("codec_values").columns(*NAMES)))

    async def copy(self, records: list[Any]) -> bool:
        await self._connection.copy_in("codec_sink", records, columns=NAMES)
        return True


class Asyncpg:
    """asyncpg: its statement cache, its own COPY."""

    name = "asyncpg"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self) -> list[Any]:
        found: list[Any] = await self._connection.fetch(f"select {', '.join(NAMES)} from codec_values")
        return found

    async def copy(self, records: list[Any]) -> bool:
        await self._connection.copy_records_to_table("codec_sink", records=records, columns=NAMES)
        return True


class Psycopg:
    """psycopg: a binary cursor and a prepared statement; COPY with the types named, as it must be in binary."""

    name = "psycopg"

    def __init__(self, connection: Any, type_name: str) -> None:
        self._connection = connection
        self._type_name = type_name

    async def fetch(self) -> list[Any]:
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(f"select {', '.join(NAMES)} from codec_values")
            found: list[Any] = await cursor.fetchall()
            return found

    async def copy(self, records: list[Any]) -> bool:
        async with (
            self._connection.cursor() as cursor,
            cursor.copy(f"copy codec_sink ({', '.join(NAMES)}) from stdin (format binary)") as copy,
        ):
            copy.set_types([self._type_name] * COLUMNS)
            for record in records:
                await copy.write_row(record)
        return True


async def set_up(connection: Any, case: Case, rows: int) -> None:
    """The table of values, and the table that keeps nothing."""
    if case.setup:
        await connection.execute(case.setup)
    # i runs over all values, so that no two in a row are equal.
    columns = ", ".join(
        f"(select {case.value} from (select {COLUMNS} * r + {number + 1} as i) s)::{case.type} as {name}"
        for number, name in enumerate(NAMES)
    )
    await connection.execute(f"create table codec_values as select {columns} from generate_series(0, {rows - 1}) r")
    await connection.execute("create table codec_sink (like codec_values)")
    await connection.execute(
        "create or replace function codec_drop() returns trigger language plpgsql as 'begin return null; end'"
    )
    await connection.execute("create trigger t before insert on codec_sink for each row execute function codec_drop()")
    await connection.execute("vacuum analyze codec_values")


async def tear_down(connection: Any) -> None:
    await connection.execute("drop table if exists codec_values, codec_sink cascade")


def class_of(rows: list[Any]) -> type:
    """The class of a value that came."""
    return type(rows[0][0])


def same_values(ours: list[Any], theirs: list[Any]) -> bool:
    return all(tuple(mine) == tuple(other) for mine, other in zip(ours, theirs, strict=True))


def decoding(driver: Any) -> Contender:
    """Fetches; the checksum is the number of values, since equal values were compared before."""

    async def run(operations: int) -> int:
        count = 0
        for _ in range(operations):
            count += sum(map(len, await driver.fetch()))
        return count

    return Contender(driver.name, run)


def encoding(driver: Any, records: list[Any]) -> Contender:
    """Copies in what this driver decoded."""

    async def run(operations: int) -> int:
        for _ in range(operations):
            await driver.copy(records)
        return operations

    return Contender(driver.name, run)


async def attempt(what: Awaitable[Any]) -> Any:
    """What came, or None where a peer has no binary form of its own for the type, said so."""
    try:
        return await what
    except NO_FORM as why:
        print(f"  not to be had: {type(why).__name__}: {str(why)[:160]}")
        return None


def line_of(case: Case, direction: str, timings: list[Timing], values: int, alike: list[str], note: str) -> Line:
    """Nanoseconds per value, and whether the bar holds against the peers whose class is ours."""
    line = Line(case, direction)
    for timing in timings:
        line.nanoseconds[timing.name] = statistics.median(timing.cpu) * NANOSECONDS_A_MICROSECOND / values
    compared = [timing for timing in timings if timing.name in alike]
    if len(compared) > 1:
        verdict = harness.verdict(at_most("cpu", case.bar), compared[0], compared)
        line.verdict = f"{verdict.split(' times')[0]}; bar {case.bar}{note}"
    else:
        line.verdict = f"no peer with this class{note}"
    return line


async def compare(case: Case, drivers: list[Any], size: Size) -> list[Line]:
    """Both directions of one type."""
    fetched = {driver.name: await attempt(driver.fetch()) for driver in drivers}
    present = [driver for driver in drivers if fetched[driver.name]]
    classes = {driver.name: class_of(fetched[driver.name]) for driver in present}
    ours = fetched["qail"]
    alike = [name for name, python in classes.items() if python is classes["qail"]]
    for name in alike:
        assert same_values(ours, fetched[name]), f"{case.name}: {name} decoded other values"
    note = "".join(f"; {name} gives {python.__qualname__}" for name, python in classes.items() if name not in alike)
    print(f"\n{case.name}: {case.value}\n   {ours[0][0]!r:.200}, {classes['qail'].__qualname__}{note}")
    readers = [decoding(driver) for driver in present]
    timings = await measure(f"CODECS {case.name}, decode", readers, size.fetches, rounds=size.rounds)
    lines = [line_of(case, "decode", timings, size.values, alike, note)]
    writers: list[Contender] = []
    for driver in present:
        records = [tuple(row) for row in fetched[driver.name]]
        if await attempt(driver.copy(records)):
            writers.append(encoding(driver, records * size.copies))
    timings = await measure(f"CODECS {case.name}, encode", writers, size.copyings, rounds=size.rounds)
    return [*lines, line_of(case, "encode", timings, size.values * size.copies, alike, note)]


async def read_json(connection: Any) -> None:
    """Have asyncpg read and write JSON in binary as the others do; by itself it gives text."""
    for name, version in (("json", b""), ("jsonb", b"\x01")):
        await connection.set_type_codec(
            name,
            encoder=lambda value, version=version: version + json.dumps(value).encode(),
            decoder=lambda data, version=version: json.loads(data[len(version) :]),
            schema="pg_catalog",
            format="binary",
        )


async def connected(server: Any, case: Case) -> AsyncIterator[list[Any]]:
    """The drivers, each with a connection made after the type was; asyncpg reads JSON as the others do."""
    async with qail.connect(server.dsn) as ours, AsyncExitStack() as stack:
        theirs = await peers.asyncpg_connection(server)
        stack.push_async_callback(theirs.close)
        other = await peers.psycopg_connection(server)
        stack.push_async_callback(other.close)
        await read_json(theirs)
        if case.setup.startswith("create type") and " enum " not in case.setup:
            info = await psycopg.types.composite.CompositeInfo.fetch(other, case.type)
            psycopg.types.composite.register_composite(info, other)
        yield [Ours(ours), Asyncpg(theirs), Psycopg(other, case.type)]


async def run_cases(server: Any, cases: Sequence[Case], size: Size) -> list[Line]:
    """Each case in turn, on tables of its own."""
    lines: list[Line] = []
    arranging = await peers.asyncpg_connection(server)
    for case in cases:
        try:
            await set_up(arranging, case, size.rows)
        except asyncpg.PostgresError as why:
            if not case.is_optional:
                raise
            print(f"\n{case.name}: not on this server: {why}")
            continue
        async with asynccontextmanager(connected)(server, case) as drivers:
            lines += await compare(case, drivers, size)
        await tear_down(arranging)
    await arranging.close()
    return lines


def tally(lines: Sequence[Line]) -> str:
    """How many bars hold, and which do not."""
    compared = [line for line in lines if line.verdict.startswith(("holds", "MISSED"))]
    missed = [f"{line.case.name} {line.direction}" for line in compared if line.verdict.startswith("MISSED")]
    return f"{len(compared) - len(missed)} of {len(compared)} bars hold; missed: {', '.join(missed) or 'none'}"


async def main(server: Any) -> None:
    lines = await run_cases(server, CASES, Size())
    print(f"\nCODECS summary, qail {qail.IMPLEMENTATION}: client CPU, ns per value, median of {harness.ROUNDS} rounds")
    print(f"  {'':<36}{'qail':>10}{'asyncpg':>10}{'psycopg':>10}   ratio to the faster peer of this class (spread)")
    for line in lines:
        print(line)
    print(f"  {tally(lines)}")
