"""`listen` and `notify`: in order, complete or told, on any runtime."""

from __future__ import annotations

import pytest

from qail import (
    BuildError,
    ConnectionLost,
    DeadlineExceeded,
    EncodeError,
    Lagged,
    Notification,
    Qail,
    UsageError,
    count,
    func,
    select,
)
from qail.sqlstate import InvalidParameterValue
from support.backends import Backend
from support.servers import Database, Server

BASICS = pytest.mark.feature("LN1")
DELIVERY = pytest.mark.feature("LN2")
ITERATOR = pytest.mark.feature("LN3")
NAMES = ("news", "News", "a b", 'with "quotes"', "semi;colon", "--", "ünïcode 漢", "x" * 63, "select")
PAYLOADS = (
    "",
    "plain",
    "'; DROP TABLE x; --",
    'quo"te',
    "back\\slash",
    "line\nbreak",
    "漢字 🙂",
    "$1 %s {x}",
    "x" * 7999,
)


@BASICS
def test_any_channel_and_any_payload_arrive_as_they_were_sent(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as listener, backend.pool(server.dsn) as pool:
            async with listener.listen(*NAMES) as messages:
                for name in NAMES:
                    for payload in PAYLOADS:
                        await pool.notify(name, payload)
                found = [await messages.get(timeout=20) for _ in range(len(NAMES) * len(PAYLOADS))]
            assert [(each.channel, each.payload) for each in found] == [(n, p) for n in NAMES for p in PAYLOADS]
            assert all(each.process_id for each in found)

    backend.run(body)


@BASICS
def test_what_cannot_be_a_channel_or_a_payload_is_told(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            for wrong in ("", "x" * 64, "a\0b"):
                with pytest.raises(BuildError):
                    connection.listen(wrong)
                with pytest.raises(BuildError):
                    await connection.notify(wrong)
            with pytest.raises(UsageError, match="one or more"):
                async with connection.listen():
                    pytest.fail("it was entered")
            with pytest.raises(EncodeError):
                await connection.notify("news", "a\0b")
            with pytest.raises(InvalidParameterValue):
                await connection.notify("news", "x" * 8000)
            with pytest.raises(UsageError, match="max_waiting"):
                connection.listen("news", max_waiting=0)

    backend.run(body)


@BASICS
def test_behind_a_pooler_nobody_listens_and_no_setting_is_made(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn, pooler_mode=True) as connection:
            with pytest.raises(UsageError, match="pooler mode"):
                async with connection.listen("news"):
                    pytest.fail("it was entered")
            with pytest.raises(UsageError, match="pooler mode"):
                await connection.set_param("work_mem", "7MB")
            await connection.notify("news", "")
            async with connection.stream(Qail.get("pg_class").columns("relname"), fetch_size=7) as rows:
                assert len([row async for row in rows]) > 7

    backend.run(body)


@BASICS
def test_listen_is_sent_once_and_unlisten_with_the_last_subscriber(backend: Backend, server: Server) -> None:
    heard = select(func.pg_listening_channels())

    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            async with connection.listen("a", "b") as first:
                async with connection.listen("b", "c") as second:
                    assert sorted(await connection.fetch_values(heard)) == ["a", "b", "c"]
                    first.unlisten("b")
                    assert sorted(await connection.fetch_values(heard)) == ["a", "b", "c"]
                    await second.listen("d", "b")
                    assert second.channels == ("b", "c", "d")
                    second.unlisten("b")
                    assert sorted(await connection.fetch_values(heard)) == ["a", "c", "d"]
                    second.unlisten()
                    assert await connection.fetch_values(heard) == ["a"]
                assert await connection.fetch_values(heard) == ["a"]
            assert await connection.fetch_values(heard) == []

    backend.run(body)


@BASICS
def test_notify_in_a_transaction_is_delivered_when_it_is_committed(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as listener, backend.connect(server.dsn) as speaker:
            async with listener.listen("news") as messages:
                async with speaker.transaction() as inside:
                    await inside.notify("news", "undone")
                    await inside.rollback()
                async with speaker.transaction() as inside:
                    await inside.notify("news", "done")
                    assert messages.waiting == 0
                assert (await messages.get(timeout=20)).payload == "done"
            async with listener.transaction():
                with pytest.raises(UsageError, match="committed"):
                    async with listener.listen("news"):
                        pytest.fail("it was entered")

    backend.run(body)


@DELIVERY
def test_messages_arrive_while_idle_during_queries_and_during_copy(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE numbers (id int)")

    async def body() -> None:
        async with (
            backend.connect(fresh_database.dsn) as listener,
            backend.connect(fresh_database.dsn) as speaker,
            listener.listen("news") as messages,
        ):
            await speaker.notify("news", "idle")
            assert (await messages.get(timeout=20)).payload == "idle"

            for number in range(20):
                await speaker.notify("news", str(number))
                await listener.fetch_all(Qail.get("numbers"))
            assert [(await messages.get(timeout=20)).payload for _ in range(20)] == list(map(str, range(20)))

            def records() -> list[tuple[int]]:
                return [(number,) for number in range(20_000)]

            async with listener.transaction():
                # PostgreSQL sends them between transactions.
                await speaker.notify("news", "copying")
                await listener.copy_in("numbers", records())
            assert (await messages.get(timeout=20)).payload == "copying"
            async with listener.copy_out("numbers") as rows:
                await speaker.notify("news", "copied")
                assert len([row async for row in rows]) == 20_000
            assert (await messages.get(timeout=20)).payload == "copied"

    backend.run(body)


@DELIVERY
def test_a_timed_wait_ends_at_its_deadline_and_loses_nothing(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as listener,
            backend.connect(server.dsn) as speaker,
            listener.listen("news") as messages,
        ):
            with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
                await messages.get(timeout=0.05)
            sent = 0
            found: list[str] = []
            # Waits that are cut short at every moment, messages that come in any.
            while len(found) < 100:
                if sent < 100:
                    await speaker.notify("news", str(sent))
                    sent += 1
                try:
                    found.append((await messages.get(timeout=0.0001 * (sent % 7))).payload)
                except DeadlineExceeded:
                    continue
            assert found == [str(number) for number in range(100)]

    backend.run(body)


@DELIVERY
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_a_cancelled_wait_loses_nothing(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as listener,
            backend.connect(server.dsn) as speaker,
            listener.listen("news") as messages,
        ):
            async with backend.jobs() as jobs:
                waiting = jobs.start(messages.get)
                await speaker.fetch_value(select(func.abs(1)))
                await speaker.notify("news", "kept")
                waiting.cancel()
                await waiting.ended()
            if waiting.result is None:
                waiting.result = await messages.get(timeout=20)
            assert waiting.result.payload == "kept"

    backend.run(body)


@ITERATOR
def test_many_subscribers_share_one_connection(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection, backend.connect(server.dsn) as speaker:
            called: list[Notification] = []
            connection.add_notification_handler(called.append)
            async with (
                connection.listen("a") as one,
                connection.listen("a", "b") as two,
                connection.listen("b") as three,
            ):
                for number in range(10):
                    await speaker.notify("ab"[number % 2], str(number))
                evens, odds = [str(n) for n in range(0, 10, 2)], [str(n) for n in range(1, 10, 2)]
                assert [(await one.get(timeout=20)).payload for _ in range(5)] == evens
                assert [(await two.get(timeout=20)).payload for _ in range(10)] == [str(n) for n in range(10)]
                assert [(await three.get(timeout=20)).payload for _ in range(5)] == odds
            assert [each.payload for each in called] == [str(n) for n in range(10)]

    backend.run(body)


@ITERATOR
def test_overflow_is_counted_at_its_place_and_the_subscription_goes_on(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as listener,
            backend.connect(server.dsn) as speaker,
            listener.listen("news", max_waiting=3) as messages,
            listener.listen("news") as others,
        ):
            for number in range(10):
                await speaker.notify("news", str(number))
            assert [(await others.get(timeout=20)).payload for _ in range(10)] == [str(n) for n in range(10)]
            assert [(await messages.get(timeout=20)).payload for _ in range(3)] == ["0", "1", "2"]
            with pytest.raises(Lagged, match="7 notifications") as caught:
                await messages.get(timeout=20)
            assert caught.value.count == 7
            await speaker.notify("news", "after")
            assert (await messages.get(timeout=20)).payload == "after"

    backend.run(body)


@ITERATOR
def test_the_iterator_ends_when_the_connection_is_closed_or_given_back(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as connection,
            backend.connect(server.dsn) as speaker,
            connection.listen("news") as messages,
        ):
            await speaker.notify("news", "last")
            await connection.fetch_value(select(func.pg_sleep(0)))
            await connection.close()
            assert [each.payload async for each in messages] in (["last"], [])
            with pytest.raises(UsageError, match="has ended"):
                await messages.get()
        async with backend.pool(server.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                messages = await connection.listen("news").__aenter__()
            assert [each async for each in messages] == []
            assert await pool.fetch_values(select(func.pg_listening_channels())) == []
            async with pool.listen("news") as messages:
                assert pool.stats().leased == 1
            assert pool.stats().leased == 0

    backend.run(body)


@ITERATOR
@pytest.mark.backends("asyncio", "uvloop", "trio")
def test_closing_ends_a_reader_that_waits(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as connection,
            backend.connect(server.dsn) as speaker,
            connection.listen("news") as messages,
        ):
            found: list[str] = []

            async def read() -> None:
                found.extend([each.payload async for each in messages])
                found.append("end")

            async with backend.jobs() as jobs:
                job = jobs.start(read)
                await speaker.notify("news", "one")
                while messages.waiting:
                    await backend.sleep(0.01)
                await speaker.fetch_value(Qail.get("pg_class").columns(count()))
                await connection.close()
                await job.ended()
            assert job.error is None
            assert found == ["one", "end"] or found == ["end"]

    backend.run(body)


@ITERATOR
def test_the_loss_of_the_connection_is_raised_behind_what_came_before(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with (
            backend.connect(server.dsn) as connection,
            backend.connect(server.dsn) as speaker,
            connection.listen("news") as messages,
        ):
            await speaker.notify("news", "before")
            assert await connection.fetch_value(select(func.abs(-1))) == 1
            await speaker.execute(select(func.pg_terminate_backend(connection.info.process_id, 5000)))
            assert (await messages.get(timeout=20)).payload == "before"
            for _ in range(2):
                with pytest.raises(ConnectionLost, match="57P01"):
                    await messages.get(timeout=20)

    backend.run(body)
