"""The catalogs' own types on real servers: every column of every catalog is read, and what can be written is."""

from __future__ import annotations

from typing import Any, Final

import pytest

from qail import TEXT, PgLsn, Qail, Snapshot, Tid, cast, func, select
from qail.errors import DecodeError, EncodeError
from qail.pg.codec.base import BINARY_FORMAT
from qail.pg.codec.bytea import ByteaCodec
from qail.pg.codec.registry import BUILTIN
from qail.pg.codec.unknown import Unknown
from qail.pgtype import PG_LSN, PG_SNAPSHOT, REGCLASS, REGTYPE
from qail.sqlstate import AmbiguousFunction, InvalidBinaryRepresentation
from support.backends import Backend
from support.binary_client import BinaryClient
from support.codecs import CODECS
from support.servers import Database, Server

pytestmark = pytest.mark.feature("CO17")
# Types that initdb makes beside pg_type.dat get their OIDs above this (FirstGenbkiObjectId in transam.h).
FIRST_OID_THAT_DIFFERS: Final = 10_000
# Their columns of sampled values are of anyarray, a pseudo-type: each value says its own type. They are marked text.
OF_ANY_ARRAYS: Final = {"pg_statistic", "pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"}


def test_every_type_that_this_server_was_built_with_has_a_codec(client: BinaryClient) -> None:
    rows = client.fetch(
        "SELECT t.oid, t.typname FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typname LIKE '\\_%' "
        "WHERE t.oid < $1 AND t.typtype NOT IN ('p', 'c') AND e.typtype IS DISTINCT FROM 'c' "
        "AND e.typtype IS DISTINCT FROM 'p'",
        [FIRST_OID_THAT_DIFFERS],
        [26],
    )

    assert len(rows) > 140
    assert {name for oid, name in rows if oid not in BUILTIN} == set()


def test_every_column_of_every_catalog_is_read(client: BinaryClient) -> None:
    tables = client.fetch(
        "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'pg_catalog'::regnamespace "
        "AND relname NOT LIKE '%numa%'",  # which not every machine has
        [],
        [],
    )
    seen: set[str] = set()

    assert len(tables) > 100
    for (table,) in tables:
        rows = client.fetch(f"SELECT * FROM {table} LIMIT 200", [], [])
        found = {type(value).__name__ for row in rows for value in row}
        if table not in OF_ANY_ARRAYS:
            assert Unknown.__name__ not in found, (table, found)
        seen |= found
    assert {"str", "int", "list", "bool", "float", "NoneType", "datetime"} <= seen


def test_vectors_of_the_catalogs_are_lists(client: BinaryClient) -> None:
    key = client.value("SELECT indkey FROM pg_index WHERE indexrelid = 'pg_class_relname_nsp_index'::regclass")
    arguments = client.value("SELECT proargtypes FROM pg_proc WHERE oid = 'substr(text,int4,int4)'::regprocedure")
    nothing = client.value("SELECT proargtypes FROM pg_proc WHERE oid = 'now()'::regprocedure")

    assert (key, arguments, nothing) == ([2, 3], [25, 23, 23], [])


@pytest.mark.parametrize(("name", "numbers"), [("int2vector", [1, -2, 32767]), ("oidvector", [0, 26, 2**32 - 1])])
def test_vectors_go_both_ways(client: BinaryClient, name: str, numbers: list[int]) -> None:
    codec, many = CODECS[name], CODECS[name + "[]"]
    text = " ".join(map(str, numbers))

    ((back, printed),) = client.fetch("SELECT $1, $1::text", [numbers], [codec.type_oid])
    assert (back, printed) == (numbers, text)
    assert client.value("SELECT $1", [numbers, None, numbers[:1]], many.type_oid) == [numbers, None, numbers[:1]]
    assert client.value(f"SELECT ''::{name}") == []
    assert client.fetch("SELECT $1, $1 IS NULL", [None], [codec.type_oid]) == [(None, True)]
    assert client.fetch("SELECT $1, $1::text", [[]], [codec.type_oid]) == [([], "")]
    assert client.value("SELECT $1", [numbers, [], None], many.type_oid) == [numbers, [], None]


def test_the_server_itself_refuses_an_empty_vector_in_binary(client: BinaryClient) -> None:
    """Why it goes as text: the server takes not even the bytes that it sends itself."""
    sent = client.value("SELECT oidvectorsend('')")
    codec = CODECS["oidvector"]

    assert isinstance(sent, bytes)
    assert codec.decode(sent, 0, len(sent)) == []
    client.registry.register(ByteaCodec("oidvector", codec.type_oid))
    try:
        with pytest.raises(InvalidBinaryRepresentation):
            client.value("SELECT $1", sent, codec.type_oid)
    finally:
        client.registry.register(codec)


def test_names_go_both_ways_by_the_search_path(any_fresh_database: Database) -> None:
    any_fresh_database.sql('CREATE SCHEMA "Odd, one"; CREATE TABLE "Odd, one"."a ""b""" (id int)')
    with BinaryClient(any_fresh_database.server, any_fresh_database.name) as client:
        oid = CODECS["regclass"].type_oid
        name = client.value("SELECT oid::regclass FROM pg_class WHERE relname = 'a \"b\"'")

        assert name == '"Odd, one"."a ""b"""'
        assert client.fetch("SELECT $1, $1::oid > 0", [name], [oid]) == [(name, True)]
        client.fetch("SELECT set_config('search_path', '\"Odd, one\"', false)", [], [])
        assert client.value("SELECT $1", name, oid) == '"a ""b"""'
        assert client.value("SELECT $1", ["pg_class", name, None], CODECS["regclass[]"].type_oid) == [
            "pg_class",
            '"a ""b"""',
            None,
        ]


def test_a_regproc_of_an_overloaded_function_goes_by_its_oid(client: BinaryClient) -> None:
    oid = client.value("SELECT 'sum(int4)'::regprocedure::oid")
    name = client.value("SELECT $1::regproc", oid, 26)

    assert name == "pg_catalog.sum"
    assert client.value("SELECT $1", oid, CODECS["regproc"].type_oid) == name
    assert client.value("SELECT $1", "sum(integer)", CODECS["regprocedure"].type_oid) == "sum(integer)"
    with pytest.raises(AmbiguousFunction):
        client.value("SELECT $1", name, CODECS["regproc"].type_oid)


def test_reg_types_in_queries(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            query = select(cast("pg_class", REGCLASS), cast("int4", REGTYPE), cast(1259, REGCLASS))
            assert tuple(await connection.fetch_one(query)) == ("pg_class", "integer", "pg_class")
            rows = Qail.get("pg_class").columns("relname").eq("oid", 1259)
            assert await connection.fetch_values(rows) == ["pg_class"]
            assert await connection.fetch_value(select(func.to_regclass("pg_class"))) == "pg_class"

    backend.run(body)


def test_row_versions_have_a_tid(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            await connection.script("CREATE TEMP TABLE rows_ AS SELECT n FROM generate_series(1, 3) n")
            found = await connection.fetch_values(Qail.get("rows_").columns("ctid").order_by("n"))
            assert found == [Tid(0, 1), Tid(0, 2), Tid(0, 3)]
            numbers = Qail.get("rows_").columns("n").order_by("n")
            assert await connection.fetch_value(numbers.eq("ctid", Tid(0, 2))) == 2
            assert await connection.fetch_values(numbers.in_("ctid", [Tid(0, 3), Tid(0, 1)])) == [1, 3]

    backend.run(body)


def test_positions_and_snapshots_of_the_server(backend: Backend, server: Server) -> None:
    async def body() -> None:
        async with backend.connect(server.dsn) as connection:
            position: Any = await connection.fetch_value(select(func.pg_current_wal_lsn()))
            assert type(position) is PgLsn
            assert await connection.fetch_value(select(cast(cast(position, PG_LSN), TEXT))) == str(position)
            behind = select(func.pg_wal_lsn_diff(PgLsn(position + 5), position))
            assert await connection.fetch_value(behind) == 5
            assert await connection.fetch_value(select(cast("0/A", PG_LSN))) == PgLsn(10)
            snapshot: Any = await connection.fetch_value(select(func.pg_current_snapshot()))
            assert type(snapshot) is Snapshot
            assert 0 < snapshot.xmin <= snapshot.xmax
            seen = select(func.pg_visible_in_snapshot(3, snapshot), cast(cast(snapshot, PG_SNAPSHOT), TEXT))
            assert tuple(await connection.fetch_one(seen)) == (True, str(snapshot))

    backend.run(body)


@pytest.mark.parametrize("name", ["pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "gtsvector"])
def test_what_is_only_printed_is_text_and_takes_no_value(client: BinaryClient, name: str) -> None:
    oid = CODECS[name].type_oid

    with pytest.raises(EncodeError, match=f"{name} takes no value"):
        client.value("SELECT $1", "x", oid)
    assert client.fetch("SELECT $1, $1 IS NULL", [None], [oid]) == [(None, True)]


def test_statistics_and_expressions_are_their_text(fresh_database: Database) -> None:
    fresh_database.sql(
        "CREATE TABLE t (a int DEFAULT 5, b int); CREATE STATISTICS s (ndistinct, dependencies, mcv) ON a, b FROM t; "
        "INSERT INTO t SELECT n % 3, n % 3 FROM generate_series(1, 300) n; ANALYZE t"
    )
    with BinaryClient(fresh_database.server, fresh_database.name) as client:
        (row,) = client.fetch("SELECT stxdndistinct, stxddependencies, stxdmcv FROM pg_statistic_ext_data", [], [])
        assert [type(value) for value in row] == [str, str, str]
        assert row[0] == '{"1, 2": 3}'
        tree = client.value("SELECT adbin FROM pg_attrdef WHERE adrelid = 't'::regclass")
        assert type(tree) is str
        assert tree.startswith("{")


def test_rights_are_their_text_in_lists(fresh_database: Database) -> None:
    fresh_database.sql(
        'CREATE ROLE "qail, ""odd"" role"; CREATE TABLE t (a int); GRANT SELECT ON t TO "qail, ""odd"" role"'
    )
    try:
        with BinaryClient(fresh_database.server, fresh_database.name) as client:
            rights = client.value("SELECT relacl FROM pg_class WHERE relname = 't'")
            assert isinstance(rights, list)
            assert len(rights) == 2
            assert rights[1].startswith('"qail, ""odd"" role"=r/')
            oid = CODECS["aclitem[]"].type_oid
            assert client.fetch("SELECT $1, $1 = relacl FROM pg_class WHERE relname = 't'", [rights], [oid]) == [
                (rights, True)
            ]
    finally:
        fresh_database.sql('DROP OWNED BY "qail, ""odd"" role"; DROP ROLE "qail, ""odd"" role"')


def test_a_cursor_is_named_by_its_refcursor(client: BinaryClient) -> None:
    oid = CODECS["refcursor"].type_oid

    assert client.value("SELECT $1", "my cursor", oid) == "my cursor"
    assert client.value("SELECT $1", ["a", None], CODECS["refcursor[]"].type_oid) == ["a", None]


def test_hostile_bytes_of_a_vector_are_a_decode_error(client: BinaryClient) -> None:
    with pytest.raises(DecodeError):
        CODECS["oidvector"].decode(bytes(12), 0, 12)
    assert client.value("SELECT 1") == 1


# Names are what a reg type is about, and its binary form is a number; money's text says how its locale reads it. The
# rest has a function that sends, and one that refuses whatever it is given.
TEXT_ON_PURPOSE: Final = {
    *("regproc", "regprocedure", "regoper", "regoperator", "regclass", "regcollation", "regtype", "regconfig"),
    *("regdictionary", "regnamespace", "regrole", "money", "pg_node_tree", "pg_ndistinct", "pg_dependencies"),
    *("pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"),
}


@pytest.mark.feature("PA1")
def test_every_type_that_a_server_sends_and_reads_in_binary_is_binary_here(client: BinaryClient) -> None:
    rows: Any = client.fetch(
        "SELECT oid::int8, typname::text, typreceive::oid <> 0 AND typsend::oid <> 0 FROM pg_type "
        "WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A'",
        [],
        [],
    )
    codecs = {oid: BUILTIN.get(oid) for oid, _, _ in rows}
    binary = {oid for oid, codec in codecs.items() if codec is not None and codec.format_code == BINARY_FORMAT}

    assert {name for oid, name, has_binary in rows if has_binary and oid not in binary} <= TEXT_ON_PURPOSE
    assert {name for oid, name, has_binary in rows if not has_binary and oid in binary} == set()
    assert len(binary) > 50
