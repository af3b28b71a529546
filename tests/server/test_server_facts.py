"""What PostgreSQL does, where rules of the engine rest on it: observed on every server at hand.

No driver is involved: each fact is a few messages and what the server answers; tests/support/message_client.py says
how to read it. A server that answers otherwise breaks a rule, whatever the rest of the tests say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from qail.pg.wire.constants import PORTAL, STATEMENT
from qail.pg.wire.copy import CopyData, CopyDone, CopyFail
from qail.pg.wire.extended import Close, Describe, Execute, Flush, Parse, Query, Sync
from support.message_client import GONE, MessageClient, again, frame, run
from support.servers import Database, Server

SETUP = """
CREATE TABLE notes (id int PRIMARY KEY);
CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE PROCEDURE half() LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO notes VALUES (20); COMMIT; INSERT INTO notes VALUES (20); END$$;
"""
# Without the volatile function it would fail when it is planned, at Bind.
FAILING = b"SELECT 1 / (random() * 0)::int"
SLEEPING = b"SELECT pg_sleep(60)"
LONG_NAME = b"n" * 10_001


@pytest.fixture(scope="module")
def shared_database(any_server: Server) -> Iterator[Database]:
    with any_server.fresh_database() as database:
        database.sql(SETUP)
        yield database


@pytest.fixture
def database(shared_database: Database) -> Database:
    shared_database.sql("TRUNCATE notes, late")
    return shared_database


@pytest.fixture
def client(database: Database) -> Iterator[MessageClient]:
    with MessageClient(database) as client:
        yield client


def ids(database: Database, table: str = "notes") -> list[int]:
    return [int(row[0] or 0) for row in database.sql(f"SELECT id FROM {table} ORDER BY id")]


def insert(number: int, table: str = "notes") -> bytes:
    return b"INSERT INTO %s VALUES (%d)" % (table.encode(), number)


def wait_for(database: Database, what: str, is_it: Callable[[list[tuple[str | None, ...]]], bool]) -> None:
    """Look at pg_stat_activity of the others until it is so; the server's own waiting bounds each look."""
    found: list[tuple[str | None, ...]] = []
    for _ in range(3_000):
        found = database.sql(
            f"SELECT {what}, pg_sleep(0.01) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        if is_it(found):
            return
        database.sql("SELECT pg_sleep(0.01)")
    pytest.fail(f"it never came to be: {found}")


# What a success is


def test_a_deferred_constraint_fails_between_the_tag_and_ready(client: MessageClient, database: Database) -> None:
    assert client.exchange(*run(insert(1, "late")), Sync()) == "1 2 C:INSERT 0 1 Z:I"

    assert client.exchange(*run(insert(1, "late")), Sync()) == "1 2 C:INSERT 0 1 E:23505 Z:I"
    assert ids(database, "late") == [1]


def test_commit_of_a_failed_transaction_says_rollback_and_no_error(client: MessageClient, database: Database) -> None:
    assert client.exchange(*run(b"BEGIN"), *run(insert(1)), Sync()) == "1 2 C:BEGIN 1 2 C:INSERT 0 1 Z:T"
    assert client.exchange(*run(FAILING), Sync()) == "1 2 E:22012 Z:E"

    assert client.exchange(*run(b"COMMIT"), Sync()) == "1 2 C:ROLLBACK Z:I"
    assert ids(database) == []


# What a segment is


def test_callers_that_share_a_sync_share_their_fate(client: MessageClient, database: Database) -> None:
    answer = client.exchange(*run(insert(1)), *run(FAILING), *run(insert(2)), Sync())

    assert answer == "1 2 C:INSERT 0 1 1 2 E:22012 Z:I"
    assert ids(database) == []


def test_callers_with_a_sync_each_do_not(client: MessageClient, database: Database) -> None:
    answer = client.exchange(*run(insert(1)), Sync(), *run(FAILING), Sync(), *run(insert(2)), Sync())

    assert [answer, client.answer(), client.answer()] == [
        "1 2 C:INSERT 0 1 Z:I",
        "1 2 E:22012 Z:I",
        "1 2 C:INSERT 0 1 Z:I",
    ]
    assert ids(database) == [1, 2]


def test_after_an_error_nothing_comes_before_a_sync(client: MessageClient) -> None:
    client.send(*run(FAILING), Flush())
    assert client.answer("E") == "1 2 E:22012"

    # Were there a ReadyForQuery already, it would be read ahead of this one, and another would follow.
    assert client.exchange(*run(b"SELECT 1"), Sync()) == "Z:I"
    assert client.exchange(Sync()) == "Z:I"


def test_what_fails_behind_commit_leaves_what_was_committed(client: MessageClient, database: Database) -> None:
    answer = client.exchange(*run(b"BEGIN"), *run(insert(1)), *run(b"COMMIT"), *run(FAILING), Sync())

    assert answer == "1 2 C:BEGIN 1 2 C:INSERT 0 1 1 2 C:COMMIT 1 2 E:22012 Z:I"
    assert ids(database) == [1]


def test_a_commit_behind_an_error_of_its_segment_is_skipped(client: MessageClient, database: Database) -> None:
    answer = client.exchange(*run(b"BEGIN"), *run(insert(1)), *run(FAILING), *run(b"COMMIT"), Sync())

    assert answer == "1 2 C:BEGIN 1 2 C:INSERT 0 1 1 2 E:22012 Z:E"
    assert client.exchange(*run(b"ROLLBACK"), Sync()) == "1 2 C:ROLLBACK Z:I"
    assert ids(database) == []


def test_create_database_stays_although_its_segment_fails(client: MessageClient, database: Database) -> None:
    name = f"{database.name}_other"

    answer = client.exchange(*run(f'CREATE DATABASE "{name}"'.encode()), *run(FAILING), Sync())

    assert answer == "1 2 C:CREATE DATABASE 1 2 E:22012 Z:I"
    assert database.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == [("1",)]
    database.sql(f'DROP DATABASE "{name}"')


def test_up_to_17_a_call_that_committed_and_failed_keeps_what_came_before_it(
    client: MessageClient, database: Database
) -> None:
    answer = client.exchange(*run(insert(1)), *run(b"CALL half()"), Sync())

    # 18 refuses the COMMIT inside when another statement of its segment came before; 17 did not.
    is_refused = answer == "1 2 C:INSERT 0 1 1 2 E:2D000 Z:I"
    assert is_refused or answer == "1 2 C:INSERT 0 1 1 2 E:23505 Z:I"
    assert is_refused is (client.server.version > 17)
    assert ids(database) == ([] if is_refused else [1, 20])


def test_a_portal_dies_at_sync_in_autocommit(client: MessageClient) -> None:
    rows = run(b"SELECT generate_series(1, 3)", portal_name=b"p", max_rows=1)
    assert client.exchange(*rows, Sync()) == "1 2 D s Z:I"

    assert client.exchange(Execute(b"p", 1), Sync()) == "E:34000 Z:I"


def test_a_portal_lives_in_a_transaction(client: MessageClient) -> None:
    client.exchange(*run(b"BEGIN"), Sync())
    rows = run(b"SELECT generate_series(1, 3)", portal_name=b"p", max_rows=1)
    assert client.exchange(*rows, Sync()) == "1 2 D s Z:T"

    assert client.exchange(Execute(b"p", 1), Sync()) == "D s Z:T"


# Prepared statements


def test_parse_survives_a_rollback(client: MessageClient) -> None:
    client.exchange(*run(b"BEGIN"), Parse(b"s", b"SELECT 1", []), *run(b"ROLLBACK"), Sync())

    assert client.exchange(*again(b"s"), Sync()) == "2 D C:SELECT 1 Z:I"


def test_parse_survives_the_failure_of_its_segment(client: MessageClient) -> None:
    assert client.exchange(Parse(b"s", b"SELECT 1", []), *run(FAILING), Sync()) == "1 1 2 E:22012 Z:I"

    assert client.exchange(*again(b"s"), Sync()) == "2 D C:SELECT 1 Z:I"


def test_parse_behind_an_error_of_its_segment_was_skipped(client: MessageClient) -> None:
    assert client.exchange(*run(FAILING), Parse(b"s", b"SELECT 1", []), Sync()) == "1 2 E:22012 Z:I"

    assert client.exchange(*again(b"s"), Sync()) == "E:26000 Z:I"


def test_closing_an_unknown_name_is_no_error_and_parsing_a_known_one_is(client: MessageClient) -> None:
    assert client.exchange(Close(STATEMENT, b"s"), Parse(b"s", b"SELECT 1", []), Sync()) == "3 1 Z:I"

    assert client.exchange(Parse(b"s", b"SELECT 1", []), Sync()) == "E:42P05 Z:I"
    assert client.exchange(Close(STATEMENT, b"s"), Parse(b"s", b"SELECT 2", []), Sync()) == "3 1 Z:I"


@pytest.mark.parametrize("target", [STATEMENT, PORTAL], ids=["statement", "portal"])
def test_a_describe_with_a_name_beyond_10_000_bytes_ends_the_connection(client: MessageClient, target: int) -> None:
    assert client.exchange(frame(b"D", bytes([target]) + LONG_NAME + b"\0"), Sync()).endswith(GONE)


def test_a_parse_takes_such_a_name(client: MessageClient) -> None:
    assert client.exchange(Parse(LONG_NAME, b"SELECT 1", []), Sync()) == "1 Z:I"


def test_a_statement_has_up_to_65_535_parameters_and_describes_all(client: MessageClient) -> None:
    places = b", ".join(b"$%d::int" % number for number in range(1, 65_536))

    # A list of rows: no result may have so many columns.
    sql = b"SELECT count(*) FROM unnest(ARRAY[" + places + b"])"

    assert client.exchange(Parse(b"s", sql, []), Describe(STATEMENT, b"s"), Sync()) == "1 t T Z:I"
    assert client.exchange(*again(b"s", *[b"1"] * 65_535), Sync()) == "2 D C:SELECT 1 Z:I"
    assert client.rows == [[b"65535"]]


# COPY


def test_a_sync_sent_ahead_of_the_data_is_swallowed_by_copy(client: MessageClient, database: Database) -> None:
    client.send(*run(b"COPY notes FROM STDIN"), Sync())
    assert client.answer("G") == "1 2 G"

    # Had the first Sync been answered, its ReadyForQuery would come ahead of the tag.
    assert client.exchange(CopyData(b"1\n"), CopyDone(), Sync()) == "C:COPY 1 Z:I"
    assert client.exchange(Sync()) == "Z:I"
    assert ids(database) == [1]


def test_a_sync_sent_ahead_is_answered_if_copy_fails_to_begin(client: MessageClient) -> None:
    assert client.exchange(*run(b"COPY nothing FROM STDIN"), Sync()) == "1 2 E:42P01 Z:I"


def test_copy_fail_undoes_and_is_told_as_cancelled(client: MessageClient, database: Database) -> None:
    client.send(*run(b"COPY notes FROM STDIN"), Flush())
    client.answer("G")

    assert client.exchange(CopyData(b"1\n"), CopyFail("no"), Sync()) == "E:57014 Z:I"
    assert ids(database) == []


def test_a_reason_beyond_10_000_bytes_ends_the_connection(client: MessageClient) -> None:
    client.send(*run(b"COPY notes FROM STDIN"), Flush())
    client.answer("G")

    assert client.exchange(frame(b"f", b"x" * 10_001 + b"\0"), Sync()).endswith(GONE)


def test_under_simple_query_copy_needs_no_sync_and_stray_data_is_dropped(client: MessageClient) -> None:
    client.send(Query(b"COPY notes FROM STDIN"))
    client.answer("G")

    assert client.exchange(CopyData(b"not a number\n"), CopyData(b"2\n"), CopyData(b"3\n"), CopyDone()) == "E:22P02 Z:I"
    assert client.exchange(CopyData(b"4\n"), *run(b"SELECT 1"), Sync()) == "1 2 D C:SELECT 1 Z:I"


# Sessions


def test_reset_all_leaves_set_role(client: MessageClient) -> None:
    client.exchange(Query(b"SET ROLE pg_monitor"))
    client.exchange(Query(b"RESET ALL"))
    assert client.exchange(Query(b"SELECT current_user = session_user")) == "T D C:SELECT 1 Z:I"
    assert client.rows == [[b"f"]]

    client.exchange(Query(b"SET SESSION AUTHORIZATION DEFAULT"))
    client.exchange(Query(b"SELECT current_user = session_user"))
    assert client.rows == [[b"t"]]


def test_discard_all_cannot_stand_behind_another_statement(client: MessageClient) -> None:
    assert client.exchange(Query(b"SELECT 1; DISCARD ALL")).endswith("E:25001 Z:I")
    assert client.exchange(Query(b"BEGIN; DISCARD ALL")).endswith("E:25001 Z:E")


def test_a_nul_in_a_startup_value_begins_another_parameter(any_server: Server) -> None:
    any_server.sql("DROP ROLE IF EXISTS impostor; CREATE ROLE impostor LOGIN")
    try:
        with MessageClient(any_server, {"application_name": b"x\0user\0impostor"}) as client:
            client.exchange(Query(b"SELECT current_user"))
            assert client.rows == [[b"impostor"]]
    finally:
        any_server.sql("DROP ROLE impostor")


# Time and cancelling


def test_a_local_setting_holds_to_the_end_of_its_segment(client: MessageClient) -> None:
    limit = run(b"SELECT set_config('statement_timeout', '300', true)")

    assert client.exchange(*limit, *run(SLEEPING), Sync()) == "1 2 D C:SELECT 1 1 2 E:57014 Z:I"
    client.exchange(*run(b"SHOW statement_timeout"), Sync())
    assert client.rows == [[b"0"]]


def test_a_local_setting_overrides_a_stricter_one_of_the_session(client: MessageClient) -> None:
    client.exchange(Query(b"SET statement_timeout = 300"))

    looser = run(b"SELECT set_config('statement_timeout', '60000', true)")

    assert client.exchange(*looser, *run(b"SELECT pg_sleep(0.5)"), Sync()) == "1 2 D C:SELECT 1 1 2 D C:SELECT 1 Z:I"
    assert client.exchange(*run(SLEEPING), Sync()) == "1 2 E:57014 Z:I"


def test_a_cancel_that_reaches_an_idle_backend_is_ignored(client: MessageClient) -> None:
    for _ in range(20):
        client.cancel()

        assert client.exchange(*run(b"SELECT 1"), Sync()) == "1 2 D C:SELECT 1 Z:I"


def test_a_cancel_addresses_the_backend_and_not_a_statement(client: MessageClient, database: Database) -> None:
    """What is cancelled is what runs when the request arrives: here not the first statement but the second."""
    client.send(*run(b"SELECT 1"), Sync(), *run(SLEEPING), Sync())
    assert client.answer() == "1 2 D C:SELECT 1 Z:I"
    wait_for(database, "wait_event", lambda rows: any(row[0] == "PgSleep" for row in rows))

    client.cancel()

    assert client.answer() == "1 2 E:57014 Z:I"


def test_closing_a_socket_does_not_stop_its_query(database: Database) -> None:
    sleeper = MessageClient(database)
    sleeper.send(*run(SLEEPING), Sync())
    wait_for(database, "wait_event", lambda rows: any(row[0] == "PgSleep" for row in rows))

    sleeper.close()

    database.sql("SELECT pg_sleep(0.1)")
    wait_for(database, "wait_event", lambda rows: any(row[0] == "PgSleep" for row in rows))
    sleeper.cancel()
    wait_for(database, "pid", lambda rows: not rows)


def test_a_backend_that_cannot_write_hears_no_cancel_and_dies_of_terminate(database: Database) -> None:
    with MessageClient(database) as client:
        client.send(*run(b"SELECT repeat('x', 20000000)"), Sync())
        wait_for(database, "wait_event", lambda rows: any(row[0] == "ClientWrite" for row in rows))
        for _ in range(4):
            client.cancel()
        wait_for(database, "wait_event", lambda rows: any(row[0] == "ClientWrite" for row in rows))

        database.sql(f"SELECT pg_terminate_backend({client.process_id})")

        wait_for(database, "pid", lambda rows: not rows)
        assert client.answer().endswith(GONE)
