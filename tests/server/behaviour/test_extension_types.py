"""Types of extensions, in a schema that is not on the search path, through the driver: found by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

import qail
from qail import Qail
from support.backends import Backend
from support.servers import Database, Server
from support.values.extensions import point

SCHEMA: Final = "elsewhere"
CONTRIB: Final[dict[str, object]] = {
    "hstore": {"a": "1", "b": None},
    "citext": "Grün",
    "ltree": "Top.Science",
    "lquery": "Top.*",
    "ltxtquery": "a & b",
    "cube": qail.Cube([1, 2], [3, 4.5]),
    "query_int": "1 & 2",
    "seg": "1.50 .. 2",
}
VECTORS: Final[dict[str, object]] = {
    "vector": [1.0, -2.5],
    "halfvec": [0.5],
    "sparsevec": qail.SparseVector({0: 1.5, 7: -2.0}, 9),
}
SHAPES: Final[dict[str, object]] = {"geometry": point(1, 2), "geography": point(-71.06, 42.28, 4326)}


def with_extensions(server: Server, *names: str) -> Iterator[Database]:
    """A database with extensions in a schema of their own; a server without them skips the test by name."""
    available = {name for (name,) in server.sql("SELECT name FROM pg_available_extensions")}
    if lacking := set(names) - available:
        pytest.skip(f"{server.name} has no {', '.join(sorted(lacking))}")
    with server.fresh_database() as database:
        database.sql(f"CREATE SCHEMA {SCHEMA}")
        for name in names:
            database.sql(f"CREATE EXTENSION {name} SCHEMA {SCHEMA}")
        yield database


@pytest.fixture
def contrib(fit_server: Server) -> Iterator[Database]:
    yield from with_extensions(fit_server, "hstore", "citext", "ltree", "cube", "intarray", "seg")


@pytest.fixture
def vectors(any_server: Server) -> Iterator[Database]:
    yield from with_extensions(any_server, "vector")


@pytest.fixture
def shapes(any_server: Server) -> Iterator[Database]:
    yield from with_extensions(any_server, "postgis")


async def check(db: Any, types: dict[str, object]) -> None:
    """INSERT, COPY and SELECT of each type and of its array, twice: found by name, then known."""
    columns = ", ".join(f"{name} {SCHEMA}.{name}, {name}s {SCHEMA}.{name}[]" for name in types)
    await db.script(f"CREATE TABLE kept (id int, {columns})")
    row: dict[str, object] = {}
    for name, value in types.items():
        row |= {name: value, f"{name}s": [value, None]}
    await db.execute(Qail.add("kept").values({"id": 1, **row}))
    await db.execute(Qail.add("kept").values({"id": 2, **dict.fromkeys(row)}))
    # A table with a type that has no binary form, in whatever column, takes no binary COPY.
    binary = {name: value for name, value in row.items() if not name.startswith(("query_int", "seg"))}
    await db.script(f"CREATE TABLE copied AS SELECT {', '.join(binary)} FROM kept WHERE false")
    await db.copy_in("copied", [tuple(binary.values())])

    for _ in range(2):
        found = await db.fetch_all(Qail.get("kept").columns(*row).order_by("id"))
        assert [each.as_dict() for each in found] == [row, dict.fromkeys(row)]
    assert [each.as_dict() for each in await db.fetch_all(Qail.get("copied"))] == [binary]


@pytest.mark.feature("CO17")
@pytest.mark.feature("CO4")
@pytest.mark.needs(contrib=True)
def test_types_of_contrib_are_found_in_any_schema(backend: Backend, contrib: Database) -> None:
    async def main() -> None:
        async with backend.connect(contrib.dsn) as db:
            await check(db, CONTRIB)

    backend.run(main)


@pytest.mark.feature("CO17")
@pytest.mark.backends("asyncio", "sync")
def test_vectors_are_found_in_any_schema(backend: Backend, vectors: Database) -> None:
    async def main() -> None:
        async with backend.pool(vectors.dsn) as db:
            await check(db, VECTORS)

    backend.run(main)


@pytest.mark.feature("CO17")
@pytest.mark.backends("asyncio", "sync")
def test_geometries_are_found_in_any_schema(backend: Backend, shapes: Database) -> None:
    async def main() -> None:
        async with backend.pool(shapes.dsn) as db:
            await check(db, SHAPES)

    backend.run(main)


@pytest.mark.feature("CO17")
@pytest.mark.backends("asyncio")
def test_vectors_are_numpy_arrays_when_asked_for(backend: Backend, vectors: Database) -> None:
    numpy = pytest.importorskip("numpy")
    from qail.numpy import VECTORS as TYPES

    vectors.sql(f"CREATE TABLE kept (v {SCHEMA}.vector, h {SCHEMA}.halfvec, vs {SCHEMA}.vector[])")
    single, half = numpy.array([1.5, -2.0], "float32"), numpy.array([0.5], "float16")

    async def main() -> None:
        async with backend.connect(vectors.dsn, types=TYPES) as db:
            await db.execute(Qail.add("kept").values({"v": single, "h": half, "vs": [single, None]}))
            await db.execute(Qail.add("kept").values({"v": [1, 2], "h": numpy.array([3.0]), "vs": []}))
            for value in ([float("nan")], [[1.0]], [], ["1"], [1e39]):
                with pytest.raises(qail.EncodeError, match="vector"):
                    await db.execute(Qail.add("kept").values({"v": value}))
            first, second = await db.fetch_all(Qail.get("kept").columns("v", "h", "vs"))

            assert (first.v.dtype, first.h.dtype, first.vs[1]) == ("float32", "float16", None)
            assert numpy.array_equal(first.v, single)
            assert numpy.array_equal(first.h, half)
            assert numpy.array_equal(first.vs[0], single)
            assert second.v.tolist() == [1.0, 2.0]
            first.v[0] = 7  # an array of its own, not a view of what came
        async with backend.connect(vectors.dsn) as db:
            await db.execute(Qail.add("kept").values({"v": single, "h": half, "vs": [single]}))
            *_, row = await db.fetch_all(Qail.get("kept").columns("v", "h", "vs"))
            assert tuple(row) == ([1.5, -2.0], [0.5], [[1.5, -2.0]])

    backend.run(main)


@pytest.mark.feature("CO17")
@pytest.mark.backends("asyncio")
def test_geometries_are_shapelys_when_asked_for(backend: Backend, shapes: Database) -> None:
    shapely = pytest.importorskip("shapely")
    from qail.shapely import GEOMETRIES

    shapes.sql(f"CREATE TABLE kept (g {SCHEMA}.geometry, e {SCHEMA}.geography, gs {SCHEMA}.geometry[])")
    flat = shapely.set_srid(shapely.from_wkt("POLYGON Z ((0 0 1, 1 0 2, 1 1 3, 0 0 1))"), 3857)
    round_one = shapely.Point(-71.06, 42.28)

    async def main() -> None:
        async with backend.connect(shapes.dsn, types=GEOMETRIES) as db:
            await db.execute(Qail.add("kept").values({"g": flat, "e": round_one, "gs": [flat, None]}))
            with pytest.raises(qail.EncodeError, match="geometry refuses str 'POINT"):
                await db.execute(Qail.add("kept").values({"g": "POINT(1 2)"}))
            (row,) = await db.fetch_all(Qail.get("kept").columns("g", "e", "gs"))

            assert shapely.equals_identical(row.g, flat)
            assert (shapely.get_srid(row.g), shapely.get_srid(row.e)) == (3857, 4326)
            assert (row.e.x, row.e.y) == (-71.06, 42.28)
            assert shapely.equals_identical(row.gs[0], flat)
            assert row.gs[1] is None

    backend.run(main)
