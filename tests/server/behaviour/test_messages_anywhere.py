"""Notices, notifications and parameter changes between any two messages of a session that does a bit of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qail import INT8, Outcome, Qail, QailError, cast, col, count, func, select
from qail.pg.wire.notice import NoticeResponse, NotificationResponse, ParameterStatus
from qail.sqlstate import DivisionByZero
from qail.testing import ChaosProxy, Rule, frames
from support.backends import Backend
from support.servers import Database

NOISE = frames(
    NoticeResponse({"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": "noise"}),
    NotificationResponse(4711, "noise", "payload"),
    ParameterStatus("application_name", "noise"),
)
TABLES = "CREATE TABLE things (id int PRIMARY KEY, body text); CREATE TABLE copied (id int, body text)"


async def a_bit_of_everything(connection: Any) -> list[Any]:
    """What each verb gave."""
    things = Qail.get("things").columns("id", "body").order_by("id")
    add = Qail.add("things")
    found: list[Any] = [await connection.execute(add.values({"id": 1, "body": "one"}))]
    found.append(await connection.fetch_all(things))
    found.append(
        await connection.batch([add.values({"id": 2, "body": "two"}), things, Qail.get("things").columns(count())])
    )
    found.append(await connection.execute_many(add.values({"id": 0, "body": ""}), [(n, f"{n}") for n in range(3, 40)]))
    with pytest.raises(DivisionByZero):
        await connection.fetch_value(select(func.div(cast(1, INT8), cast(0, INT8))))
    async with connection.transaction() as transaction:
        found.append(await transaction.execute(Qail.set("things").values({"body": "x"}).eq("id", 1)))
        async with transaction.stream(things, fetch_size=7) as rows:
            found.append([row async for row in rows])
        async with transaction.transaction():
            found.append(await transaction.fetch_all(things.limit(3)))
    async with connection.pipeline() as pipeline:
        answers = [pipeline.fetch_value(Qail.get("things").columns("body").eq("id", n)) for n in range(1, 6)]
    found.append([answer.result() for answer in answers])
    found.append(await connection.copy_in("copied", [(n, f"{n}") for n in range(200)], columns=["id", "body"]))
    async with connection.copy_out(Qail.get("copied").columns("id", "body").order_by("id")) as copied:
        found.append([row async for row in copied])
    found.append(
        await connection.script(
            "SELECT 1; UPDATE things SET body = 'y' WHERE id = 2; SELECT 2, 'b'; SELECT 3 WHERE false"
        )
    )
    found.append(await connection.execute(Qail.delete("things").where(col("id") >= 0)))
    found.append(await connection.execute(Qail.delete("copied").all_rows()))
    return found


@pytest.mark.feature("PR6")
def test_what_stands_between_any_two_messages_changes_no_answer(backend: Backend, fresh_database: Database) -> None:
    fresh_database.sql(TABLES)

    async def body() -> None:
        notices: list[Any] = []
        notifications: list[Any] = []
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                plain = await a_bit_of_everything(connection)
            async with backend.connect(proxy.dsn()) as connection:
                connection.add_notice_handler(notices.append)
                connection.add_notification_handler(notifications.append)
                proxy.audit.forget()
                noise = proxy.add(Rule("inject", message="*", after=True, every=True, data=NOISE))
                assert await a_bit_of_everything(connection) == plain
                noise.disarm()
                assert connection.info.parameters["application_name"] == "noise"
                assert await connection.fetch_value(select(cast(5, INT8))) == 5
            # More than once behind each of: parsing, rows, tags, COPY, errors, the end of a segment.
            assert noise.fired > 500
            assert len(notices) == len(notifications) == noise.fired
            assert {each.message for each in notices} == {"noise"}

    backend.run(body)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "65,536 parameters": lambda db: db.execute(
        Qail.add("things").values(*[{"id": number, "body": "x"} for number in range(32_768)])
    ),
    "a NUL in a text": lambda db: db.execute(Qail.add("things").values({"id": 1, "body": "a\0b"})),
    "a lone surrogate": lambda db: db.execute(Qail.add("things").values({"id": 1, "body": "\ud800"})),
    "a NUL in a name": lambda db: db.fetch_all(Qail.get("thi\0ngs")),
    "a NUL in SQL": lambda db: db.script("SELECT 1\0; DROP TABLE things"),
    "a surrogate in SQL": lambda db: db.script("SELECT '\ud800'"),
    "a NUL in a setting": lambda db: db.set_param("application_name", "a\0b"),
    "the last value of a batch": lambda db: db.batch(
        [Qail.get("things"), Qail.add("things").values({"id": 2**31, "body": "x"})]
    ),
}


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_sent_fails_here_and_not_a_byte_leaves(
    backend: Backend, fresh_database: Database, what: str
) -> None:
    fresh_database.sql(TABLES)

    async def body() -> None:
        with ChaosProxy(fresh_database.dsn) as proxy:
            async with backend.connect(proxy.dsn()) as connection:
                assert await connection.fetch_all(Qail.get("things")) == []
                await connection.batch([Qail.get("things"), Qail.add("things").values({"id": 1, "body": "x"})])
                sent = proxy.audit.connections[0].bytes_sent
                with pytest.raises(QailError) as caught:
                    await REFUSED[what](connection)
                assert caught.value.outcome is Outcome.NOT_SENT
                assert not caught.value.connection_spent
                assert proxy.audit.connections[0].bytes_sent == sent
                assert len(await connection.fetch_all(Qail.get("things"))) == 1

    backend.run(body)
