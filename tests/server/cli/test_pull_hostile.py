"""Names, labels and comments that would be code if they could: they stay what they are, and the module still works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import qail.sync
from qail import Qail, cast, select
from qail.cli.pull_catalog import Choice, read_database
from qail.cli.pull_module import module_source
from qail.pgtype import PgType
from support.generated_module import loaded
from support.hostile import HOSTILE_TEXTS, MAX_NAME_BYTES, NAMES
from support.servers import Server

CODE = (
    '"""\nimport os\nos.abort()\n"""',
    '"); import os; os.abort(); ("',
    "'''",
    "\\",
    'x"\\',
    "a\nb: int = 1/0",
    "# type: ignore",
    "class X: ...",
    "__import__('os')",
    "{1/0}",
    "\u2028import os",
    "\u202e\u2066evil",
    "\x85\x0b\x0c\r",
    "None",
    "col",
    "Col",
    "INT8",
    "int",
    "str",
    "self",
    "cls",
    "as_",
    "__class__",
    "__qail_star__",
    "__debug__",
    "mro",
    "ﬁ",
    "fi",
    "user",
    "users",
    "User",
    "UserInsert",
    "_User",
    "TYPES",
    "annotations",
    "type",
    "Table",
    "name",
    "1st",
    "pg_class",
    "_",
    "__",
)


def fits(name: str) -> bool:
    return 0 < len(name.encode()) <= MAX_NAME_BYTES


FREE_NAMES = st.one_of(st.sampled_from([name for name in (*CODE, *HOSTILE_TEXTS) if fits(name)]), NAMES)
COMMENTS = st.one_of(st.sampled_from(CODE), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))


class Trap(NamedTuple):
    table: str
    second: str
    columns: list[str]
    enum: str
    labels: list[str]
    comment: str


TRAPS = st.builds(
    Trap,
    FREE_NAMES,
    FREE_NAMES,
    st.lists(FREE_NAMES, min_size=1, max_size=6, unique=True),
    FREE_NAMES,
    st.lists(FREE_NAMES, max_size=4, unique=True),
    COMMENTS,
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def script(trap: Trap) -> str:
    table, second, enum = [f"public.{quoted(name)}" for name in (trap.table, trap.second, trap.enum)]
    columns = ", ".join(f"{quoted(name)} text" for name in trap.columns)
    return (
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
        f"CREATE TYPE {enum} AS ENUM ({', '.join(map(text, trap.labels))});"
        f"CREATE TABLE {table} ({columns}); CREATE TABLE {second} ({quoted(trap.columns[0])} {enum});"
        f"COMMENT ON TABLE {table} IS {text(trap.comment)};"
        f"COMMENT ON TYPE {enum} IS {text(trap.comment)};"
        f"COMMENT ON COLUMN {table}.{quoted(trap.columns[0])} IS {text(trap.comment)}"
    )


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[Any]:
    with server.fresh_database() as database, qail.sync.connect(database.dsn) as connection:
        yield connection


@pytest.mark.feature("TY5")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRAPS)
@example(Trap("t", "u", ["c"], "pg_class", ["a"], "rows of the catalog's tables are types, too"))
@example(Trap("pg_class", "pg_type", ["c"], "name", ["a"], "the catalog's names come first"))
def test_nothing_of_the_database_becomes_code(connection: Any, trap: Trap) -> None:
    # A table's row type and its array take names as well.
    assume(len({trap.table, trap.second, trap.enum}) == 3)
    assume(not any(name.startswith("_") for name in (trap.table, trap.second, trap.enum)))
    connection.script(script(trap))
    with connection.transaction() as tx:
        source = module_source(read_database(tx, Choice()))

    schema = loaded(source)

    tables = {value.__qail_star__.relation.name: value for name, value in vars(schema).items() if is_table(name, value)}
    assert set(tables) == {trap.table, trap.second}
    star = tables[trap.table].__qail_star__
    assert [column.name for column in star.columns] == trap.columns
    (enum,) = schema.TYPES.values()
    assert [member.value for member in enum] == trap.labels
    row = {name: f"{number}" for number, name in enumerate(trap.columns)}
    connection.execute(Qail.add(tables[trap.table]).values(row))
    (found,) = connection.fetch_all(Qail.get(tables[trap.table]))
    assert found.__qail_values__() == tuple(row.values())
    pg = next(value for value in vars(schema).values() if isinstance(value, PgType) and not value.oid)
    for label in trap.labels[:1]:
        assert connection.fetch_value(select(cast(label, pg))) == label


def is_table(name: str, value: Any) -> bool:
    return hasattr(value, "__qail_star__") and not value.__qail_star__.relation.is_nullable
