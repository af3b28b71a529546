"""No accidental UPDATE or DELETE of a whole table: every way in which one could try, and the table afterwards."""

from __future__ import annotations

from typing import Any

import pytest

import qail
from qail import SKIP, BuildError, Qail, QailError, maybe
from qail.compile.cache import lookup
from support.finishing import finish
from support.library import Reader
from support.servers import Database

SAID = {"name": "everyone"}
INCOMPLETE = [
    ("untyped update", lambda: Qail.set("readers").values(SAID)),
    ("typed update", lambda: Qail.set(Reader).values(SAID)),
    ("update without values", lambda: Qail.set("readers")),
    ("untyped delete", lambda: Qail.delete("readers")),
    ("typed delete", lambda: Qail.delete(Reader)),
]
VANISHED = [
    ("update where of nothing", lambda: Qail.set(Reader).values(SAID).where()),  # type: ignore[call-arg]
    ("delete where of nothing", lambda: Qail.delete(Reader).where()),  # type: ignore[call-arg]
    ("update where absent", lambda: Qail.set(Reader).values(SAID).where(maybe(None))),
    ("delete where absent", lambda: Qail.delete(Reader).where(maybe(None), maybe(None))),
    ("update where none", lambda: Qail.set(Reader).values(SAID).where(None)),  # type: ignore[arg-type]
    ("delete where none", lambda: Qail.delete("readers").where(None)),  # type: ignore[arg-type]
    ("delete where true", lambda: Qail.delete("readers").where(True)),  # type: ignore[arg-type]
    ("delete where text", lambda: Qail.delete("readers").where("id = 1")),  # type: ignore[arg-type]
    ("delete where list", lambda: Qail.delete("readers").where([])),  # type: ignore[arg-type]
    ("update eq none", lambda: Qail.set("readers").values(SAID).eq("id", None)),
    ("delete eq none", lambda: Qail.delete("readers").eq("id", None)),
    ("delete not in none", lambda: Qail.delete("readers").not_in("id", [None])),
    ("update eq skip", lambda: Qail.set("readers").values(SAID).eq("id", SKIP)),
    ("delete in absent", lambda: Qail.delete("readers").in_("id", None)),  # type: ignore[arg-type]
]
VERBS = ["execute", "fetch_all", "fetch_one", "batch", "execute_many"]


@pytest.mark.feature("DM5")
@pytest.mark.parametrize("make", [make for _, make in VANISHED], ids=[name for name, _ in VANISHED])
def test_a_condition_that_vanishes_is_refused_where_it_is_written(make: Any) -> None:
    with pytest.raises((QailError, TypeError)):
        str(make())


@pytest.mark.feature("DM5")
@pytest.mark.parametrize("make", [make for _, make in INCOMPLETE], ids=[name for name, _ in INCOMPLETE])
def test_a_write_without_a_condition_does_not_compile(make: Any) -> None:
    for attempt in (lookup, str, lambda builder: builder.explain_shape()):
        with pytest.raises(BuildError, match=r"where|values"):
            attempt(make())
    assert not hasattr(make(), "returning")


@pytest.mark.feature("DM5")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", ["connection", "transaction", "pool", "pipeline"])
def test_no_verb_runs_a_write_without_a_condition(library: Database, verb: str, kind: str) -> None:
    async def attempt(db: Any, builder: Any) -> None:
        if kind == "pipeline":
            async with db.pipeline() as pipeline:
                pipeline.execute(builder)
        elif verb == "batch":
            await db.batch([Qail.get("readers"), builder])
        elif verb == "execute_many":
            await db.execute_many(builder, [SAID])
        else:
            await getattr(db, verb)(builder)

    async def main() -> None:
        async with qail.create_pool(library.dsn) as pool, pool.acquire() as connection, connection.transaction() as tx:
            db = {"connection": connection, "transaction": tx, "pool": pool, "pipeline": connection}[kind]
            for _, make in INCOMPLETE:
                with pytest.raises(BuildError, match=r"where|values"):
                    await attempt(db, make())
            assert len(await db.fetch_all(Qail.get("readers"))) == 9

    finish(main)

    assert library.sql("SELECT count(*) FROM readers WHERE name = 'everyone'") == [("0",)]


@pytest.mark.feature("DM5")
def test_all_rows_says_it_and_a_later_condition_still_narrows(fresh_library: Database) -> None:
    async def main() -> None:
        async with qail.connect(fresh_library.dsn) as connection:
            assert await connection.execute(Qail.set("readers").values({"age": 1}).all_rows()) == 9
            assert await connection.execute(Qail.set(Reader).values({"age": 2}).all_rows().where(Reader.id == 1)) == 1
            assert await connection.execute(Qail.delete("readers").all_rows().eq("id", 1)) == 1
            assert await connection.execute(Qail.delete(Reader).all_rows()) == 8

    finish(main)


@pytest.mark.feature("DM5")
def test_a_condition_that_is_there_stays_beside_an_absent_one(fresh_library: Database) -> None:
    async def main() -> None:
        async with qail.connect(fresh_library.dsn) as connection:
            query = Qail.delete(Reader).where(maybe(None), Reader.id == 3).where(maybe(None))
            assert await connection.execute(query) == 1
            # An empty list matches no row; it is not the absence of a condition.
            assert await connection.execute(Qail.delete("readers").in_("id", [])) == 0

    finish(main)

    assert fresh_library.sql("SELECT count(*) FROM readers") == [("8",)]
