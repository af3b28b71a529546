"""What no definition can hold: refused before anything is sent, and by the server as well; its neighbours are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest

import qail
from qail import INT4, INT8, Qail, Trusted, col, count, exists, func, max_, select
from qail.compile.cache import lookup
from qail.ddl import check, exclude, generated
from qail.errors import BuildError, PostgresError
from support.finishing import finish
from support.servers import Database, Server
from support.validity_tables import SETUP, Member, Visit

AGGREGATE: Final[Any] = max_(col("a"))
WINDOW: Final[Any] = max_(col("a")).over()
SETS: Final[Any] = func.generate_series(1, 3)
QUERY: Final[Any] = select(max_(Member.id)).scalar()
PLAIN: Final[Any] = func.abs(col("a"))
CONSTANT: Final[Any] = func.abs(5)
VALUES: Final[dict[str, Any]] = {"aggregate": AGGREGATE, "window": WINDOW, "set": SETS, "query": QUERY}
NEW_TABLE: Final = Qail.create("x").column("a", INT4)
NEW_POLICY: Final = Qail.create_policy("p", "old")

CONDITIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "check": lambda condition: NEW_TABLE.constraint(check(condition)),
    "index predicate": lambda condition: Qail.create_index("i", "old", "a").where(condition),
    "exclusion predicate": lambda condition: NEW_TABLE.constraint(exclude(("a", "="), using="btree").where(condition)),
}
EXPRESSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "generated column": lambda value: NEW_TABLE.column("b", INT4, generated(value)),
    "index key": lambda value: Qail.create_index("i", "old", value),
    "new type": lambda value: Qail.alter("old").set_type("a", INT8, using=value),
    "partition key": lambda value: NEW_TABLE.partition_by("list", value),
}
DEFAULTS: Final[dict[str, Callable[[Any], Any]]] = {
    "default": lambda value: NEW_TABLE.column("b", INT4, default=value),
    "new default": lambda value: Qail.alter("old").set_default("a", value),
    "default of a domain": lambda value: Qail.create_domain("d", INT4).default(value),
}
REFUSED: Final[dict[str, Callable[[], Any]]] = {
    **{f"{what} in {place}": partial(CONDITIONS[place], VALUES[what] == 1) for place in CONDITIONS for what in VALUES},
    **{f"{what} in {place}": partial(EXPRESSIONS[place], VALUES[what]) for place in EXPRESSIONS for what in VALUES},
    **{f"{what} in {place}": partial(DEFAULTS[place], VALUES[what]) for place in DEFAULTS for what in VALUES},
    **{f"column in {place}": partial(DEFAULTS[place], col("a") + 1) for place in DEFAULTS},
    **{f"{what} in policy": partial(NEW_POLICY.using, VALUES[what] == 1) for what in VALUES if what != "query"},
    "typed column in new default": partial(Qail.alter(Visit).set_default, "id", Visit.member_id),
}
ACCEPTED: Final[dict[str, Callable[[], Any]]] = {
    **{place: partial(make, PLAIN == 1) for place, make in CONDITIONS.items()},
    **{place: partial(make, PLAIN) for place, make in EXPRESSIONS.items()},
    **{place: partial(make, CONSTANT) for place, make in DEFAULTS.items()},
    "policy with a query": partial(NEW_POLICY.using, exists(select(Member.id).where(QUERY > 0))),
    "view of an aggregate": partial(Qail.create_view, "v", Qail.get("old").columns(count(), SETS).limit(1)),
    "procedure that is called as an aggregate is": partial(Qail.call, "mode"),
}
OWN: Final = """
CREATE TABLE old (a int, b int);
CREATE PROCEDURE mode() LANGUAGE sql AS '';
"""


@pytest.fixture(scope="module")
def defined(server: Server) -> Iterator[Database]:
    with server.fresh_database() as database:
        database.sql(SETUP + OWN)
        yield database


@pytest.mark.feature("TY4")
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_definition_can_hold_is_refused(name: str) -> None:
    with pytest.raises(BuildError, match=r"cannot stand in (a|the) |stands in a "):
        lookup(REFUSED[name]())


def _written(value: str) -> list[str]:
    """A definition of each kind with `value` in it."""
    return [
        f"CREATE TABLE x (a int, CHECK ({value} = 1))",
        f"CREATE INDEX i ON old (a) WHERE {value} = 1",
        f"CREATE TABLE x (a int, EXCLUDE USING btree (a WITH =) WHERE ({value} = 1))",
        f"CREATE TABLE x (a int, b int GENERATED ALWAYS AS ({value}) STORED)",
        f"CREATE INDEX i ON old (({value}))",
        f"ALTER TABLE old ALTER COLUMN a TYPE bigint USING {value}",
        f"CREATE TABLE x (a int) PARTITION BY LIST (({value}))",
        f"CREATE TABLE x (a int, b int DEFAULT ({value}))",
        f"ALTER TABLE old ALTER COLUMN a SET DEFAULT ({value})",
        f"CREATE DOMAIN d AS int DEFAULT ({value})",
        f"CREATE POLICY p ON old USING ({value} = 1)",
    ]


WRITTEN: Final = [
    *[text for value in ("max(a)", "max(a) OVER ()", "generate_series(1, 3)") for text in _written(value)],
    *_written("(SELECT max(id) FROM members)")[:-1],
    *[text for text in _written("a + 1") if "DEFAULT" in text],
]


@pytest.mark.feature("TY4")
def test_a_server_refuses_it_too_and_takes_its_neighbours(defined: Database) -> None:
    async def tried(connection: Any, command: Any) -> PostgresError | None:
        try:
            async with connection.transaction() as transaction:
                await transaction.execute(command)
                await transaction.rollback()
        except PostgresError as error:
            return error
        return None

    async def body() -> tuple[list[str], list[Any]]:
        async with qail.connect(defined.dsn) as connection:
            taken = [text for text in WRITTEN if await tried(connection, Qail.sql(Trusted(text))) is None]
            refused = [(name, error) for name, make in ACCEPTED.items() if (error := await tried(connection, make()))]
            return taken, refused

    taken, refused = finish(body)
    assert taken == []
    assert refused == []
