"""COPY of bytes: files, and iterables of bytes, in text, CSV and binary."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import anyio
import pytest

from qail import Qail, UsageError
from qail.sqlstate import BadCopyFileFormat, UndefinedTable
from support.backends import Backend
from support.memory import resident_bytes
from support.servers import Database

FILES = pytest.mark.feature("SY1")
IN = pytest.mark.feature("CP1", partial="10 million rows")
OUT = pytest.mark.feature("CP2")
ABORT = pytest.mark.feature("CP4")
FORMATS = pytest.mark.parametrize("form", ["binary", "text", "csv"])
BODIES = ["plain", "", "a,b", 'say "so"', "tab\there", "two\nlines", "back\\slash", "\\.", "\\N", "é€😀", None]
ROWS = [(number, body) for number, body in enumerate(BODIES)]


@pytest.fixture
def things(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE things (id int PRIMARY KEY, body text); CREATE TABLE copies (id int, body text)")
    return fresh_database


async def rows_of(db: Any, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch_all(Qail.get(table).columns("id", "body").order_by("id"))]


@FILES
@IN
@OUT
@FORMATS
@pytest.mark.parametrize("kind", ["connection", "pool", "transaction"])
def test_what_a_file_was_written_with_a_file_is_read_from(
    backend: Backend, things: Database, tmp_path: Path, form: str, kind: str
) -> None:
    path = tmp_path / "things"

    async def both_ways(db: Any) -> None:
        assert await db.copy_in("things", ROWS) == len(ROWS)
        with path.open("wb") as file:
            assert await db.copy_out("things", format=form).write_to(file) == len(ROWS)
        with path.open("rb") as file:
            assert await db.copy_in("copies", file, format=form) == len(ROWS)
        assert await rows_of(db, "copies") == ROWS

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool, backend.connect(things.dsn) as connection:
            if kind == "transaction":
                async with connection.transaction() as transaction:
                    await both_ways(transaction)
            else:
                await both_ways(pool if kind == "pool" else connection)

    backend.run(body)
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            assert [(int(number), text or None) for number, text in csv.reader(file)] == [
                (number, text or None) for number, text in ROWS
            ]


@IN
@pytest.mark.parametrize("source", ["bytes", "str", "pieces", "letters", "async pieces", "text file", "bytearrays"])
def test_bytes_come_from_whatever_gives_them(backend: Backend, things: Database, source: str) -> None:
    text = "1,one\n2,zwei €\n"

    async def slowly() -> AsyncIterator[bytes]:
        for letter in text.encode():
            await backend.sleep(0)
            yield bytes([letter])

    sources: dict[str, Any] = {
        "bytes": text.encode(),
        "str": text,
        "pieces": [text[:3], text[3:]],
        "letters": iter(text),
        "async pieces": slowly(),
        "text file": io.StringIO(text),
        "bytearrays": [bytearray(text.encode()), memoryview(b"3,three\n")],
    }

    async def body() -> None:
        async with backend.connect(things.dsn) as db:
            expected = [(1, "one"), (2, "zwei €"), *([(3, "three")] if source == "bytearrays" else [])]
            assert await db.copy_in("things", sources[source], format="csv") == len(expected)
            assert await rows_of(db, "things") == expected
            assert await db.copy_in("copies", b"", format="text") == 0
            assert await db.copy_in("copies", b"one\t7\n", columns=["body", "id"], format="text") == 1
            assert await rows_of(db, "copies") == [(7, "one")]

    backend.run(body)


@OUT
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_text_and_csv_come_out_by_lines(backend: Backend, things: Database, kind: str) -> None:
    things.sql("INSERT INTO things SELECT i, 'n' || i FROM generate_series(1, 5000) i")

    async def body() -> None:
        open_it = backend.connect if kind == "connection" else backend.pool
        async with open_it(things.dsn) as db:
            lines = [line async for line in db.copy_out("things", format="csv")]
            assert lines == [b"%d,n%d\n" % (number, number) for number in range(1, 5001)]
            names = Qail.get("things").columns("body").order_by(("id", "desc"))
            async with db.copy_out(names, format="text") as found:
                assert await anext(found) == b"n5000\n"
                rest = io.BytesIO()
                assert await found.write_to(rest) == 5000
            assert rest.getvalue().splitlines() == [b"n%d" % number for number in range(4999, 0, -1)]
            assert await rows_of(db, "copies") == []

    backend.run(body)


@OUT
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_file_that_is_awaited_is_written_and_read(backend: Backend, things: Database, tmp_path: Path) -> None:
    things.sql("INSERT INTO things SELECT i, repeat('n', 500) FROM generate_series(1, 3000) i")

    async def body() -> None:
        async with backend.connect(things.dsn) as db:
            async with await anyio.open_file(tmp_path / "things", "wb") as file:
                assert await db.copy_out("things", format="text").write_to(file) == 3000
            async with await anyio.open_file(tmp_path / "things", "rb") as file:
                assert await db.copy_in("copies", file, format="text") == 3000
            assert await rows_of(db, "copies") == await rows_of(db, "things")

    backend.run(body)


@IN
@OUT
def test_memory_is_bounded_by_pieces_and_not_by_the_file(backend: Backend, things: Database, tmp_path: Path) -> None:
    path, line, count = tmp_path / "large", b"%d\t" + b"n" * 4000 + b"\n", 12_000
    with path.open("wb") as file:
        file.writelines(line % number for number in range(count))
    growth: list[int] = []
    before = 0

    class Watched(io.FileIO):
        """Notes the memory at each call; a short write is the file's right."""

        def read(self, size: int | None = -1, /) -> bytes:
            growth.append(resident_bytes() - before)
            return super().read(size) or b""

        def write(self, data: Any, /) -> int:
            growth.append(resident_bytes() - before)
            return super().write(bytes(data[:100_000])) or 0

    async def body() -> None:
        nonlocal before
        async with backend.connect(things.dsn) as db:
            # What is loaded at its first use, and what pieces take, is there already with an eighth of the file.
            with path.open("rb") as source:
                assert await db.copy_in("things", islice(source, count // 8), format="text") == count // 8
            with (tmp_path / "out").open("wb") as target:
                assert await db.copy_out("things", format="text").write_to(target) == count // 8
            before = resident_bytes()
            with Watched(path, "r") as source:
                assert await db.copy_in("copies", source, format="text") == count
            with Watched(tmp_path / "out", "w") as target:
                assert await db.copy_out("copies", format="text").write_to(target) == count

    backend.run(body)
    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    # 48 MB went through, twice.
    assert max(growth) < 32 * 1024 * 1024


class Broken(io.RawIOBase):
    """A file that fails at its third call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.fail_in_time()
        return b"%d\tx\n" % self.calls

    def write(self, data: Any, /) -> int:
        self.fail_in_time()
        return 10

    def fail_in_time(self) -> None:
        self.calls += 1
        if self.calls == 3:
            raise OSError("the disk is gone")


@ABORT
@pytest.mark.parametrize("kind", ["connection", "pool"])
def test_a_failing_file_ends_the_copy_and_the_connection_goes_on(backend: Backend, things: Database, kind: str) -> None:
    things.sql("INSERT INTO things SELECT i, repeat('n', 1000) FROM generate_series(1, 20000) i")

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as pool, backend.connect(things.dsn) as connection:
            db: Any = connection if kind == "connection" else pool
            with pytest.raises(OSError, match="the disk is gone"):
                await db.copy_in("copies", Broken(), format="text")
            assert await rows_of(db, "copies") == []
            with pytest.raises(OSError, match="the disk is gone"):
                await db.copy_out("things", format="text").write_to(Broken())
            assert len(await rows_of(db, "things")) == 20_000
            assert pool.stats().lost_total == 0

    backend.run(body)


@ABORT
def test_what_is_no_file_no_format_and_no_row_is_told(backend: Backend, things: Database) -> None:
    def numbers() -> Iterator[int]:
        yield 1

    async def body() -> None:
        async with backend.pool(things.dsn, max_size=1) as db:
            with pytest.raises(UsageError, match="format is one of binary, text, csv, not 'json'"):
                await db.copy_in("things", [], format="json")
            with pytest.raises(UsageError, match="format"):
                async with db.copy_out("things", format="json") as rows:
                    assert not rows
            with pytest.raises(UsageError, match="gave int: it takes bytes or str"):
                await db.copy_in("things", numbers(), format="csv")
            with pytest.raises(UsageError, match="not int"):
                await db.copy_in("things", 7, format="csv")
            with pytest.raises(UsageError, match="binary mode"):
                await db.copy_out("things", format="csv").write_to(io.StringIO())
            with pytest.raises(UsageError, match="not list"):
                await db.copy_out("things", format="csv").write_to([])
            with pytest.raises(BadCopyFileFormat):
                await db.copy_in("things", b"1,one,more\n", format="csv")
            with pytest.raises(BadCopyFileFormat):
                await db.copy_in("things", io.BytesIO(b"no binary COPY"))
            with pytest.raises(UndefinedTable):
                await db.copy_in("nobody", b"1\n", format="csv")
            with pytest.raises(UndefinedTable):
                await db.copy_out("nobody", format="csv").write_to(io.BytesIO())
            assert await rows_of(db, "things") == []
            assert await db.copy_in("things", b"1,one\n", format="csv") == 1
            async with db.copy_out("things") as rows:
                assert await anext(rows) == (1, "one")
                with pytest.raises(UsageError, match="row by row"):
                    await rows.write_to(io.BytesIO())
            assert await rows_of(db, "things") == [(1, "one")]

    backend.run(body)
