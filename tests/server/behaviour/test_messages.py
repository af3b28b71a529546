"""Notices, notifications and parameter changes: handed on, logged, and never kept."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from qail.ast.build.qail import Qail
from qail.errors import UsageError
from qail.pg.driver.messages import Notice, Notification
from support.backends import Backend
from support.servers import Database

NOTICES = pytest.mark.feature("OB3", partial="counters and traces")
BETWEEN = pytest.mark.feature("PR6")
HEARD = "SELECT 1; DO $$ BEGIN RAISE WARNING 'heard %', 7 USING DETAIL = 'a detail', HINT = 'a hint'; END $$; SELECT 2"


@NOTICES
@BETWEEN
def test_a_notice_reaches_its_handlers_before_the_call_returns(backend: Backend, fresh_database: Database) -> None:
    async def main() -> None:
        heard: list[Notice] = []
        async with backend.connect(fresh_database.dsn) as connection:
            connection.add_notice_handler(heard.append)
            assert await connection.script(HEARD) == [[("1",)], 0, [("2",)]]
            (notice,) = heard
            assert (notice.severity, notice.sqlstate, notice.message) == ("WARNING", "01000", "heard 7")
            assert (notice.detail, notice.hint) == ("a detail", "a hint")
            assert notice.where is not None
            assert notice.fields["R"] == "exec_stmt_raise"

            connection.remove_notice_handler(heard.append)
            await connection.script(HEARD)
            assert len(heard) == 1
            with pytest.raises(UsageError, match="not added"):
                connection.remove_notice_handler(heard.append)

    backend.run(main)


@NOTICES
def test_a_failing_handler_is_logged_and_breaks_nothing(
    backend: Backend, fresh_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Notice] = []

    def fail(notice: Notice) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            connection.add_notice_handler(fail)
            connection.add_notice_handler(heard.append)
            assert await connection.script(HEARD) == [[("1",)], 0, [("2",)]]
            assert await connection.script("SELECT 3") == [[("3",)]]

    with caplog.at_level(logging.INFO, "qail.notice"):
        backend.run(main)
    assert len(heard) == 1
    assert [(record.levelname, record.exc_info is not None) for record in caplog.records] == [("ERROR", True)]


@NOTICES
def test_without_a_handler_notices_are_logged_and_values_are_not(
    backend: Backend, fresh_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            await connection.script("DROP TABLE IF EXISTS nothing_there")
            await connection.script("DO $$ BEGIN RAISE NOTICE 'secret' USING DETAIL = 'secret'; END $$")
            await connection.script("LISTEN news; NOTIFY news, 'secret'")

    with caplog.at_level(logging.INFO, "qail.notice"):
        backend.run(main)
    told, raised, notified = [record.getMessage() for record in caplog.records]
    assert told == 'NOTICE 00000: table "nothing_there" does not exist, skipping'
    assert raised == "NOTICE 00000: RAISE with 6 characters"
    assert "'news'" in notified
    assert "secret" not in caplog.text


@BETWEEN
def test_notifications_arrive_in_order_among_the_rows_of_others(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql("CREATE TABLE numbers AS SELECT i AS id FROM generate_series(1, 2000) i")

    async def main() -> None:
        heard: list[Notification] = []
        async with backend.connect(fresh_database.dsn) as listener, backend.connect(fresh_database.dsn) as speaker:
            listener.add_notification_handler(heard.append)
            await listener.script("LISTEN news")
            for number in range(50):
                await speaker.script(f"NOTIFY news, '{number}'")
                assert len(await listener.fetch_all(Qail.get("numbers"))) == 2000
            await listener.script("SELECT 1")
            speaker_id = speaker.info.process_id
            assert heard == [Notification("news", str(number), speaker_id) for number in range(50)]
            listener.remove_notification_handler(heard.append)

    backend.run(main)


@BETWEEN
def test_nothing_piles_up_on_a_chatty_connection(backend: Backend, fresh_database: Database) -> None:
    chatter = "SET client_min_messages = debug5; LISTEN news; NOTIFY news; SET application_name = 'a'"

    async def main() -> None:
        async with backend.connect(fresh_database.dsn) as connection:
            for number in range(50):
                await connection.script(f"{chatter}; SET application_name = 'n{number}'")
                link = connection._link
                assert link is not None
                assert link.session.take_messages() == []
            assert connection.info.parameters["application_name"] == "n49"

    backend.run(main)


@NOTICES
def test_the_next_borrower_has_none_of_the_handlers(backend: Backend, fresh_database: Database) -> None:
    async def main() -> None:
        heard: list[Any] = []
        async with backend.pool(fresh_database.dsn, max_size=1) as pool:
            async with pool.acquire() as connection:
                first = connection.info.process_id
                connection.add_notice_handler(heard.append)
                connection.add_notification_handler(heard.append)
            async with pool.acquire() as connection:
                assert connection.info.process_id == first
                await connection.script(HEARD)
                await connection.script("LISTEN news; NOTIFY news")
        assert heard == []

    backend.run(main)
