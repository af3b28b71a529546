"""Each type through qail's own connection: COPY and INSERT write it, SELECT reads it; a wrong value is refused, and
nothing of it is sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

import qail
from qail import Qail
from qail.errors import EncodeError
from qail.pg.codec.base import BINARY_FORMAT
from qail.testing import ChaosProxy
from support.conformance import Conformance
from support.value_cases import CASES, INPUTS, TYPE_NAMES, WRONG, Case, same

Find = Callable[[str], Conformance]
ROWS = {case.name: case.row for case in (*CASES, *INPUTS)}
# Binary COPY takes no type that has only text.
# A pseudo-type stands in no table.
STORED = [name for name in TYPE_NAMES if name != "record"]


def each(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.feature(ROWS[name])) for name in names]
    )


def cases_of(conformance: Conformance, name: str) -> list[Case]:
    return [case for case in CASES if case.name == name and not conformance.lack(case.needs)]


@contextmanager
def kept(conformance: Conformance, name: str) -> Iterator[None]:
    """A table of the type, and of its array where there is one."""
    facts = conformance.types[name]
    many = f", many {facts.sql}[]" if facts.array_oid else ""
    conformance.database.sql(f"CREATE TABLE kept (id int4, value {facts.sql}{many})")
    try:
        yield
    finally:
        conformance.database.sql("DROP TABLE kept")


def is_binary(conformance: Conformance, name: str) -> bool:
    """Whether it has a binary form; COPY has the others in text only."""
    oid = conformance.types[name].oid
    conformance.client.value("SELECT $1", None, oid)
    return conformance.client.registry.for_parameter(oid).format_code == BINARY_FORMAT


# No server reads these in binary: as a parameter they go as text, and COPY refuses them by name.
NO_BINARY_FORM: Final[dict[str, object]] = {"tsquery": "", "oidvector": [], "int2vector": []}
NOTHING: Final = object()


async def write_and_read(conformance: Conformance, name: str) -> list[tuple[object, ...]]:
    """What a table holds after COPY wrote one row a case, and INSERT the same once more, and a row of NULLs."""
    columns = ("id", "value", "many") if conformance.types[name].array_oid else ("id", "value")
    async with qail.connect(conformance.database.dsn) as connection:
        cases = cases_of(conformance, name)
        records: list[tuple[object, ...]] = [
            (index, case.value, [case.value, None])[: len(columns)] for index, case in enumerate(cases)
        ]
        if is_binary(conformance, name):
            copied = [record for record in records if record[1] != NO_BINARY_FORM.get(name, NOTHING)]
            await connection.copy_in("kept", copied, columns=list(columns))
            for record in records:
                if record not in copied:
                    with pytest.raises(EncodeError, match="has no binary form that a server reads"):
                        await connection.copy_in("kept", [record], columns=list(columns))
                    insert = Qail.add("kept").values(dict(zip(columns, record, strict=True)))
                    await connection.execute_many(insert, [record])
        else:
            with pytest.raises(EncodeError, match="has no binary form here"):
                await connection.copy_in("kept", records, columns=list(columns))
            for record in records:
                await connection.execute(Qail.add("kept").values(dict(zip(columns, record, strict=True))))
        for record in [*records, (len(cases), None, None)[: len(columns)]]:
            await connection.execute(Qail.add("kept").values(dict(zip(columns, record, strict=True))))
        rows = await connection.fetch_all(Qail.get("kept").columns(*columns).order_by("id"))
    return [tuple(row) for row in rows]


@each([name for name in STORED if any(case.name == name for case in CASES)])
def test_copy_and_insert_write_what_select_reads(conformance_with: Find, name: str) -> None:
    conformance = conformance_with(name)
    with kept(conformance, name):
        rows = asyncio.run(write_and_read(conformance, name))

    cases = cases_of(conformance, name)
    assert set(rows[-1]) == {len(cases), None}
    assert len(rows) == 2 * len(cases) + 1
    for number, found, *many in rows[:-1]:
        assert isinstance(number, int)
        assert same(found, cases[number].value), found
        for items in many:
            assert isinstance(items, list)
            assert same(items[0], cases[number].value), items
            assert items[1] is None


async def refuse(conformance: Conformance, name: str) -> Counter[str]:
    """Try every wrong value, by INSERT and by COPY; what was sent meanwhile. The connection must go on."""
    with ChaosProxy(conformance.database.dsn) as proxy:
        async with qail.connect(proxy.dsn()) as connection:
            nothing = Qail.add("kept").values({"value": None})
            await connection.execute(nothing)
            proxy.audit.forget()
            for value in WRONG[name]:
                with pytest.raises(EncodeError, match=r'parameter \$1 \(column "value"\): ') as caught:
                    await connection.execute(Qail.add("kept").values({"value": value}))
                assert str(caught.value).count(": ") >= 2, f"no fix is said: {caught.value}"
                assert (caught.value.outcome, caught.value.connection_spent) == (qail.Outcome.NOT_SENT, False)
            await connection.execute(nothing)
            sent = Counter(proxy.audit.sent)
            for value in WRONG[name]:
                with pytest.raises(EncodeError, match=r'(record 1, |^)column "value": '):
                    await connection.copy_in("kept", [(value,)], columns=["value"])
            assert len(await connection.fetch_all(Qail.get("kept").columns("value"))) == 2
    return sent


@pytest.mark.feature("PA3")
@each([name for name in STORED if name in WRONG])
def test_a_wrong_value_is_refused_nothing_is_sent_and_the_connection_goes_on(conformance_with: Find, name: str) -> None:
    conformance = conformance_with(name)
    with kept(conformance, name):
        sent = asyncio.run(refuse(conformance, name))

    assert sent == {"B": 1, "E": 1, "S": 1}
