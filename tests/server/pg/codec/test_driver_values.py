"""Each type through qail's own connection: COPY and INSERT write it, SELECT reads it, a wrong value is refused."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

import qail
from qail import Qail
from qail.errors import EncodeError
from support.servers import Server
from support.value_cases import CASES, WRONG, Case, same

ROWS: Final = {"CO1", "CO2", "CO4", "CO5", "CO6"}
NAMES: Final = sorted({case.name for case in CASES})


def feature_of(name: str) -> pytest.MarkDecorator:
    row = next(case.row for case in CASES if case.name == name)
    if row in ROWS:
        return pytest.mark.feature(row)
    return pytest.mark.feature(row, partial="models and more cases come with issue 3")


each_type = pytest.mark.parametrize("name", [pytest.param(name, marks=feature_of(name)) for name in NAMES])


def cases_of(name: str) -> list[Case]:
    return [case for case in CASES if case.name == name]


async def write_and_read(dsn: str, name: str) -> list[tuple[object, ...]]:
    """What a table holds after COPY wrote one row a case, and INSERT the same once more, and a row of NULLs."""
    columns = ("id", "value", "many")
    async with qail.connect(dsn) as connection:
        await connection.script(f"CREATE TEMP TABLE kept (id int4, value {name}, many {name}[])")
        cases = cases_of(name)
        records: list[tuple[object, ...]] = [
            (index, case.value, [case.value, None]) for index, case in enumerate(cases)
        ]
        await connection.copy_in("kept", records, columns=list(columns))
        for record in [*records, (len(cases), None, None)]:
            await connection.execute(Qail.add("kept").values(dict(zip(columns, record, strict=True))))
        rows = await connection.fetch_all(Qail.get("kept").columns(*columns).order_by("id"))
    return [tuple(row) for row in rows]


@each_type
def test_copy_and_insert_write_what_select_reads(server: Server, name: str) -> None:
    rows = asyncio.run(write_and_read(server.dsn, name))

    cases = cases_of(name)
    assert rows[-1] == (len(cases), None, None)
    assert len(rows) == 2 * len(cases) + 1
    for number, found, many in rows[:-1]:
        assert isinstance(number, int)
        assert isinstance(many, list)
        assert same(found, cases[number].value), found
        assert same(many[0], cases[number].value), many
        assert many[1] is None


async def refuse(dsn: str, name: str) -> None:
    """Try every wrong value, by INSERT and by COPY; the connection must go on."""
    async with qail.connect(dsn) as connection:
        await connection.script(f"CREATE TEMP TABLE kept (value {name})")
        for value in WRONG[name]:
            with pytest.raises(EncodeError, match=r'parameter \$1 \(column "value"\): '):
                await connection.execute(Qail.add("kept").values({"value": value}))
            with pytest.raises(EncodeError, match='record 1, column "value": '):
                await connection.copy_in("kept", [(value,)], columns=["value"])
        assert await connection.fetch_all(Qail.get("kept").columns("value")) == []


@pytest.mark.feature("PA3")
@each_type
def test_a_wrong_value_is_refused_and_the_connection_goes_on(server: Server, name: str) -> None:
    asyncio.run(refuse(server.dsn, name))
