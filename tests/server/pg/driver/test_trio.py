"""The same engine on trio, through anyio's streams."""

# ruff: noqa: PT012  # what a block raises at its end is what these tests are about

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from qail.ast.build.qail import Qail
from qail.errors import ConnectError, ConnectionLost, DeadlineExceeded, PostgresError, TlsError, UsageError
from qail.pg.driver.connection import connect
from qail.pg.pool.pool import create_pool
from support.listening import ListeningServer
from support.servers import Database

EVERYWHERE = pytest.mark.feature("CN9")


def run(main: Callable[[], Awaitable[Any]]) -> None:
    async def limited() -> None:
        with trio.fail_after(90):
            await main()

    trio.run(limited)


@pytest.fixture
def numbers(fresh_database: Database) -> Database:
    fresh_database.sql("CREATE TABLE numbers AS SELECT i AS id, 'n' || i AS name FROM generate_series(1, 200) i")
    return fresh_database


def name_of(number: int) -> Any:
    return Qail.get("numbers").columns("name").eq("id", number)


@EVERYWHERE
def test_connects_fetches_and_cancels_on_trio(numbers: Database) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as connection:
            assert await connection.fetch_value(name_of(7)) == "n7"
            found: dict[int, str] = {}

            async def fetch(number: int) -> None:
                found[number] = await connection.fetch_value(name_of(number))

            async with trio.open_nursery() as nursery:
                for number in range(1, 101):
                    nursery.start_soon(fetch, number)
            assert found == {number: f"n{number}" for number in range(1, 101)}

            caught: list[PostgresError] = []

            async def sleep() -> None:
                with pytest.raises(PostgresError) as error:
                    await connection.script("SELECT pg_sleep(60)")
                caught.append(error.value)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(sleep)
                await trio.sleep(0.05)
                await connection.cancel()
            assert caught[0].sqlstate == "57014"

            with trio.move_on_after(0.05):
                await connection.script("SELECT pg_sleep(0.3)")
            assert await connection.fetch_value(name_of(8)) == "n8"

    run(main)


@EVERYWHERE
def test_pool_transaction_and_copy_on_trio(numbers: Database) -> None:
    async def main() -> None:
        async with create_pool(numbers.dsn, max_size=2) as pool:
            assert await pool.fetch_value(name_of(3)) == "n3"
            assert await pool.copy_in("numbers", ((i, "more") for i in range(1000, 3000))) == 2000
            with pytest.raises(ZeroDivisionError):
                async with pool.transaction() as transaction:
                    await transaction.execute(Qail.delete("numbers").all_rows())
                    raise ZeroDivisionError
            assert len([row async for row in pool.copy_out("numbers")]) == 2200

            async def lease() -> None:
                async with pool.acquire() as connection:
                    assert await connection.fetch_value(name_of(4)) == "n4"

            async with trio.open_nursery() as nursery:
                for _ in range(20):
                    nursery.start_soon(lease)

    run(main)


@EVERYWHERE
def test_tls_and_wrong_certificates_on_trio(tls_server: ListeningServer) -> None:
    async def main() -> None:
        settings = tls_server.settings("scram_user", sslmode="verify-full", sslrootcert=tls_server.ca_pem)
        async with connect(**settings) as connection:
            assert connection.info.tls_version in ("TLSv1.2", "TLSv1.3")
            assert await connection.script("SELECT 1") == [[("1",)]]
        with tls_server.presenting("unknown-ca"), pytest.raises(TlsError):
            async with connect(**settings):
                pass

    run(main)


@EVERYWHERE
def test_outside_asyncio_only_the_block_opens(numbers: Database) -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="async with"):
            await connect(numbers.dsn)
        with pytest.raises(UsageError, match="async with"):
            await create_pool(numbers.dsn).open()
        with pytest.raises(ConnectError):
            async with connect(host="/nowhere"):
                pass

    run(main)


@EVERYWHERE
def test_notices_healing_and_giving_up_on_trio(numbers: Database) -> None:
    async def main() -> None:
        heard: list[str] = []
        async with create_pool(numbers.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
                connection.add_notice_handler(lambda notice: heard.append(notice.message))
                await connection.script("DROP TABLE IF EXISTS nothing_there")
                assert heard == ['table "nothing_there" does not exist, skipping']
                await connection.script("DISCARD ALL")
                assert await connection.fetch_value(name_of(5)) == "n5"
            numbers.sql("ALTER TABLE numbers ALTER id TYPE int8")
            assert await pool.fetch_all(Qail.get("numbers").eq("id", 6)) == [(6, "n6")]

            async with connect(numbers.dsn) as other, other.transaction() as holder:
                await holder.execute(Qail.set("numbers").values({"name": "held"}).eq("id", 1))
                with pytest.raises(DeadlineExceeded):
                    await pool.execute(Qail.set("numbers").values({"name": "mine"}).eq("id", 1), timeout=0.1)
                while pool.stats().idle == 0:
                    await trio.sleep(0.01)
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                assert await connection.fetch_value(name_of(1)) == "held"
            pool.resize(2)
            assert pool.stats().max_size == 2

    run(main)


@EVERYWHERE
def test_closing_while_a_statement_runs_ends_it_on_trio(numbers: Database) -> None:
    async def main() -> None:
        async with connect(numbers.dsn) as connection:

            async def sleep() -> None:
                with pytest.raises(ConnectionLost):
                    await connection.script("SELECT pg_sleep(60)")

            async with trio.open_nursery() as nursery:
                nursery.start_soon(sleep)
                await trio.sleep(0.1)
                await connection.close()

    run(main)
