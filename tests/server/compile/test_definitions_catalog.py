"""Tables, indexes, views, sequences and types as the catalog knows them afterwards, on every server at hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID as PyUUID

import pytest

import qail
from qail import (
    BYTEA,
    DATE,
    FLOAT8,
    INT4,
    INT8,
    INT8RANGE,
    INTERVAL,
    JSONB,
    NUMERIC,
    TEXT,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
    Command,
    Fetchable,
    Qail,
    Range,
    array_of,
    cast,
    col,
    func,
)
from qail.ddl import (
    all_others,
    check,
    collation,
    domain_value,
    exclude,
    foreign_key,
    from_to,
    generated,
    identity,
    in_values,
    index_key,
    primary_key,
    references,
    remainder,
    unique,
)
from support.finishing import finish
from support.servers import Database

CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = '{}'::regclass AND contype <> 'n' ORDER BY conname
"""
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def run(database: Database, *commands: Command | Fetchable[Any]) -> None:
    async def main() -> None:
        async with qail.create_pool(database.dsn) as pool:
            for command in commands:
                await pool.execute(command)

    finish(main)


def named(rows: list[tuple[str | None, ...]]) -> dict[str | None, str | None]:
    return {row[0]: row[1] for row in rows}


@pytest.mark.feature("DD1")
def test_every_kind_of_constraint_is_in_the_catalog(any_fresh_database: Database) -> None:
    run(
        any_fresh_database,
        Qail.create("place").column("id", INT8, identity(), pk=True).column("name", TEXT, unique(name="named")),
        Qail.create("stay")
        .column("a", INT8)
        .column("b", VARCHAR.sized(9), collation("C"))
        .column("place", INT8, references("place", on_delete="cascade", name="at"), null=True)
        .column("nights", INT4, check(col("nights") > 0, name="some"), default=1)
        .column("during", INT8RANGE, null=True)
        .column("total", NUMERIC.sized(8, 2), generated(cast(col("nights"), NUMERIC) * Decimal(5)), null=True)
        .constraint(primary_key("a", "b", name="stay_key"))
        .constraint(unique("nights", "place", name="once").include("b").deferrable(initially_deferred=True))
        .constraint(check(col("b") != "it's", func.length(col("b")) > 2, name="fine"))
        .constraint(foreign_key("b", "place", "name", on_update="set null", on_delete="restrict", name="of"))
        .constraint(exclude((col("during"), "&&"), name="apart").where(col("nights") > 2)),
    )

    assert named(any_fresh_database.sql(CONSTRAINTS.format("stay"))) == {
        "apart": "EXCLUDE USING gist (during WITH &&) WHERE ((nights > 2))",
        "at": "FOREIGN KEY (place) REFERENCES place(id) ON DELETE CASCADE",
        "fine": "CHECK ((((b)::text <> 'it''s'::text) AND (length((b)::text) > 2)))",
        "of": "FOREIGN KEY (b) REFERENCES place(name) ON UPDATE SET NULL ON DELETE RESTRICT",
        "once": "UNIQUE (nights, place) INCLUDE (b) DEFERRABLE INITIALLY DEFERRED",
        "some": "CHECK ((nights > 0))",
        "stay_key": "PRIMARY KEY (a, b)",
    }
    columns = any_fresh_database.sql(COLUMNS.format("stay"))
    assert columns[1][:3] == ("b", "character varying(9)", "t")
    assert columns[3] == ("nights", "integer", "t", "", "", "1")
    assert columns[5] == ("total", "numeric(8,2)", "f", "", "s", "((nights)::numeric * '5'::numeric)")
    assert any_fresh_database.sql(COLUMNS.format("place"))[0][3] == "a"


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
def test_defaults_of_any_type_are_the_values_that_were_given(any_fresh_database: Database) -> None:
    hostile = "it's \\ $$ $1 \"; DROP TABLE made; --\n"
    given: dict[str, tuple[Any, Any]] = {
        "t": (TEXT, hostile),
        "d": (DATE, date(2024, 2, 29)),
        "n": (NUMERIC, Decimal("-1.50")),
        "u": (UUID, PyUUID(int=7)),
        "b": (BYTEA, b"\x00'\\"),
        "j": (JSONB, {"it's": [hostile, None, 1.5]}),
        "a": (array_of(TEXT), [hostile, None, 'a"b', "NULL", ""]),
        "aa": (array_of(INT4), [[1, 2], [3, None]]),
        "i": (INTERVAL, qail.Interval(-1, 2, -3_000_001)),
        "w": (TIMESTAMPTZ, datetime(1969, 1, 1, 1, 2, 3, 4, tzinfo=UTC)),
        "r": (INT8RANGE, Range(-5, 7)),
        "f": (FLOAT8, -0.1),
        "inf": (FLOAT8, float("inf")),
    }
    table = Qail.create("made").column("id", INT4)
    for name, (pg, value) in given.items():
        table = table.column(name, pg, default=value)

    async def main() -> None:
        async with qail.connect(any_fresh_database.dsn) as connection:
            # Neither setting changes what the text of a value means.
            await connection.execute(Qail.set_parameter("DateStyle", "SQL, DMY"))
            await connection.execute(Qail.set_parameter("IntervalStyle", "sql_standard"))
            await connection.execute(table)
            await connection.execute(Qail.add("made").values({"id": 1}))
            row = await connection.fetch_one(Qail.get("made").columns(*given))
            assert row.as_dict() == {name: value for name, (_, value) in given.items()}

    finish(main)


@pytest.mark.feature("DD1")
def test_partitions_hold_what_their_bounds_say(any_fresh_database: Database) -> None:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    run(
        any_fresh_database,
        Qail.create("sale").column("at", TIMESTAMPTZ).column("land", TEXT, null=True).partition_by("range", "at"),
        Qail.create("early").partition_of("sale", from_to(day - timedelta(days=9), day)),
        Qail.create("late").partition_of("sale", all_others()).partition_by("list", "land"),
        Qail.create("odd").partition_of("late", in_values("it's \\", None)),
        Qail.create("rest").partition_of("late", all_others()).partition_by("hash", "land", "at"),
        Qail.create("half").partition_of("rest", remainder(2, 0)),
        Qail.create("other").column("at", TIMESTAMPTZ).column("land", TEXT, null=True),
        Qail.alter("rest").attach_partition("other", remainder(2, 1)),
        Qail.add("sale").values(
            {"at": day - timedelta(days=1), "land": "de"}, {"at": day, "land": None}, {"at": day, "land": "it's \\"}
        ),
    )

    found = any_fresh_database.sql("SELECT tableoid::regclass::text, land FROM sale ORDER BY 1, 2")
    assert found == [("early", "de"), ("odd", "it's \\"), ("odd", None)]
    bounds = (
        "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')"
    )
    assert named(any_fresh_database.sql(bounds))["other"] == "FOR VALUES WITH (modulus 2, remainder 1)"
    run(any_fresh_database, Qail.alter("rest").detach_partition("other"), Qail.drop("other"))


@pytest.mark.feature("DD1")
def test_a_table_is_altered_as_it_was_asked(any_fresh_database: Database) -> None:
    any_fresh_database.sql(
        "CREATE TABLE t (id int, gone int, text_number text, named text DEFAULT 'x', n int NOT NULL)"
    )
    any_fresh_database.sql("INSERT INTO t VALUES (1, 2, '42', 'y', 3); CREATE SCHEMA elsewhere")
    run(
        any_fresh_database,
        Qail.alter("t")
        .add_column("added", TEXT, check(col("added") != "no", name="said"), default="it's")
        .drop_column("gone")
        .set_type("text_number", INT8, using=cast(col("text_number"), INT8) * 2)
        .drop_default("named")
        .drop_not_null("n")
        .set_not_null("id")
        .add_constraint(unique("n", name="one"))
        .row_level_security("enable")
        .row_level_security("force"),
        Qail.alter("t").add_identity("id"),
        Qail.alter("t").add_constraint(check(col("n") > 5, name="later").not_valid()),
        Qail.alter("t").rename_column("n", "number"),
        Qail.alter("t").rename_constraint("one", "alone"),
        Qail.alter("t").set_schema("elsewhere"),
        Qail.alter(("elsewhere", "t")).rename_to("thing"),
    )

    table = "elsewhere.thing"
    assert [row[:4] for row in any_fresh_database.sql(COLUMNS.format(table))] == [
        ("id", "integer", "t", "a"),
        ("text_number", "bigint", "f", ""),
        ("named", "text", "f", ""),
        ("number", "integer", "f", ""),
        ("added", "text", "t", ""),
    ]
    assert named(any_fresh_database.sql(CONSTRAINTS.format(table))) == {
        "alone": "UNIQUE (number)",
        "later": "CHECK ((number > 5)) NOT VALID",
        "said": "CHECK ((added <> 'no'::text))",
    }
    assert any_fresh_database.sql(f"SELECT text_number, added FROM {table}") == [("84", "it's")]
    flags = f"SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = '{table}'::regclass"
    assert any_fresh_database.sql(flags) == [("t", "t")]


@pytest.mark.feature("DD1")
def test_an_index_is_what_the_catalog_says(any_fresh_database: Database) -> None:
    any_fresh_database.sql("CREATE TABLE t (name text, age int, tags text[], price numeric)")
    run(
        any_fresh_database,
        Qail.create_index(
            "full",
            "t",
            index_key("name", collation="C", operator_class="text_pattern_ops"),
            col("age").desc().nulls_last(),
            func.lower(col("name")),
        )
        .include("price")
        .where(col("age") > 5, col("name") != "it's", col("price") < Decimal("1.5"))
        .with_options(fillfactor=70),
        Qail.create_index("tagged", "t", "tags").using("gin").concurrently(),
    )

    found = named(any_fresh_database.sql("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 't'"))
    assert found == {
        "full": 'CREATE INDEX "full" ON public.t USING btree (name COLLATE "C" text_pattern_ops, age DESC NULLS LAST, '
        "lower(name)) INCLUDE (price) WITH (fillfactor='70') WHERE ((age > 5) AND (name <> 'it''s'::text) AND "
        "(price < 1.5))",
        "tagged": "CREATE INDEX tagged ON public.t USING gin (tags)",
    }


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
def test_a_view_is_the_query_with_its_values(any_fresh_database: Database) -> None:
    any_fresh_database.sql("CREATE TABLE t (id int8, name text, day date)")
    hostile = "it's \\ $1 $$; --"
    query = Qail.get("t").columns("id", "name").where(col("name") == hostile, col("day") > date(2024, 1, 1)).limit(5)
    values = Qail.values({"id": INT8, "name": TEXT, "day": DATE}, (1, hostile, None), (2, None, date(2024, 2, 29)))
    run(
        any_fresh_database,
        Qail.add("t").values({"id": 1, "name": hostile, "day": date(2024, 5, 5)}, {"id": 2, "name": "x", "day": None}),
        Qail.create_view("seen", query, "number", "label"),
        Qail.create_view("rows_of", values),
        Qail.create_materialized_view("kept", Qail.get("seen")).with_no_data(),
        Qail.refresh("kept"),
        Qail.create("copied").as_(Qail.get("seen")),
    )

    assert any_fresh_database.sql("SELECT number, label FROM seen") == [("1", hostile)]
    assert any_fresh_database.sql("SELECT * FROM kept") == any_fresh_database.sql("SELECT * FROM copied")
    assert [row[1] for row in any_fresh_database.sql(COLUMNS.format("rows_of"))] == ["bigint", "text", "date"]
    assert any_fresh_database.sql("SELECT * FROM rows_of") == [("1", hostile, None), ("2", None, "2024-02-29")]
    run(any_fresh_database, Qail.drop_materialized_view("kept"), Qail.drop_view("seen", "rows_of").cascade())
    assert any_fresh_database.sql("SELECT 1 FROM pg_class WHERE relname IN ('seen', 'kept')") == []


@pytest.mark.feature("DD1")
@pytest.mark.feature("DD3")
def test_types_and_sequences_are_what_the_catalog_says(any_fresh_database: Database) -> None:
    labels = ("it's", "\\", "$$ very happy $$", "é\n")
    run(
        any_fresh_database,
        Qail.create_schema("own"),
        Qail.create_enum(("own", "mood"), *labels),
        Qail.alter_enum(("own", "mood")).add_value("'between'", before="\\"),
        Qail.alter_enum(("own", "mood")).rename_value("it's", "was 'its'"),
        Qail.create_domain(("own", "price"), NUMERIC.sized(8, 2)).default(Decimal("1.5")).not_null()
        .constraint(check(domain_value() >= 0, domain_value() != 13, name="fine")),
        Qail.create_type(("own", "address"), {"street": TEXT, "since when": DATE, "lines": array_of(TEXT)}),
        Qail.alter_type(("own", "address")).drop_attribute("since when").add_attribute("zip", INT4)
        .set_attribute_type("street", VARCHAR.sized(5)),
        Qail.create_range(("own", "span"), FLOAT8).multirange(("own", "spans")),
        Qail.create_sequence(("own", "s")).as_type(INT4).increment(-2).max_value(-1).min_value(-9).start(-3).cycle(),
    )  # fmt: skip

    found = any_fresh_database.sql("SELECT enumlabel FROM pg_enum ORDER BY enumsortorder")
    assert [row[0] for row in found] == ["was 'its'", "'between'", *labels[1:]]
    domain = any_fresh_database.sql(
        "SELECT format_type(typbasetype, typtypmod), typnotnull, typdefault FROM pg_type WHERE typname = 'price'"
    )
    assert domain == [("numeric(8,2)", "t", "1.5")]
    attributes = COLUMNS.format("own.address")
    assert [row[:2] for row in any_fresh_database.sql(attributes)] == [
        ("street", "character varying(5)"), ("lines", "text[]"), ("zip", "integer"),
    ]  # fmt: skip
    assert any_fresh_database.sql("SELECT '{[1.5,2)}'::own.spans @> 1.7::float8") == [("t",)]
    sequence = "SELECT data_type, start_value, min_value, max_value, increment_by, cycle FROM pg_sequences"
    assert any_fresh_database.sql(sequence) == [("integer", "-3", "-9", "-1", "-2", "t")]
    with pytest.raises(qail.PostgresError):
        run(any_fresh_database, Qail.drop_schema("own"))
    run(any_fresh_database, Qail.drop_type(("own", "mood")), Qail.drop_schema("own", "none").if_exists().cascade())
    assert any_fresh_database.sql("SELECT nspname FROM pg_namespace WHERE nspname = 'own'") == []
