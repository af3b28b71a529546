"""BoundPlan: the frames of a run, byte by byte as the wire decoder reads them back."""

from __future__ import annotations

from typing import Any

import pytest
from librt.strings import BytesWriter

from qail import INT8, TSQUERY, cast
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.expression.function import count, func
from qail.compile.cache import lookup
from qail.compile.frames import (
    PARSE,
    PREPARED,
    REPLACE,
    asked_oids,
    bind_known,
    bind_plan,
    describe_segment,
    statement_name,
)
from qail.errors import EncodeError
from qail.pg.codec.registry import CodecRegistry
from support.sql_tables import User


def frames_of(segment: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    position = 0
    while position < len(segment):
        length = int.from_bytes(segment[position + 1 : position + 5], "big")
        found.append((chr(segment[position]), segment[position + 5 : position + 1 + length]))
        position += 1 + length
    return found


def known(query: Any) -> Any:
    bound = bind_known(lookup(query).plan, CodecRegistry())
    assert bound is not None
    return bound


@pytest.mark.feature("PL1")
@pytest.mark.parametrize(("how", "types"), [(PREPARED, "BES"), (PARSE, "PDBES"), (REPLACE, "CPDBES")])
def test_a_segment_has_the_frames_that_its_name_needs(how: int, types: str) -> None:
    query = select(User.id).where(User.age > 30).limit(5)

    frames = frames_of(known(query).segment(lookup(query).values, how))

    assert "".join(code for code, _ in frames) == types


@pytest.mark.feature("PL1")
def test_bind_carries_binary_values_in_the_order_of_the_text() -> None:
    query = select(User.id).where(User.age > 30).limit(5)
    bound = known(query)

    name = bound.statement_name
    (_, bind), (_, execute), (_, sync) = frames_of(bound.segment(lookup(query).values, PREPARED))

    assert bind == (
        b"\0" + name + b"\0"  # unnamed portal, statement
        + b"\0\1\0\1"  # one format code for all: binary
        + b"\0\2" + b"\0\0\0\4\0\0\0\x1e" + b"\0\0\0\x08" + bytes(7) + b"\5"
        + b"\0\1\0\1"
    )  # fmt: skip
    assert (execute, sync) == (b"\0\0\0\0\0", b"")


@pytest.mark.feature("PL1")
def test_parse_carries_the_known_type_oids() -> None:
    query = select(User.id).where(User.age > 30).limit(5)
    bound = known(query)

    code, body = frames_of(bound.segment(lookup(query).values, PARSE))[0]

    sql = lookup(query).plan.sql
    assert code == "P"
    assert body == bound.statement_name + b"\0" + sql + b"\0" + b"\0\2\0\0\0\x17\0\0\0\x14"


def test_an_unknown_type_is_asked_of_the_server() -> None:
    plan = lookup(Qail.get("t").eq("a", 1).limit(2)).plan

    assert asked_oids(plan) == [0, 20]
    assert bind_known(plan, CodecRegistry()) is None
    assert [code for code, _ in frames_of(describe_segment(plan, b"n", asked_oids(plan)))] == ["P", "D", "S"]


def test_a_function_of_unknown_result_is_asked_of_the_server() -> None:
    assert bind_known(lookup(select(func.lower(User.name))).plan, CodecRegistry()) is None
    assert bind_known(lookup(select(User.name, count()).group_by(User.name)).plan, CodecRegistry()) is not None


def test_a_described_plan_takes_the_servers_types() -> None:
    plan = lookup(Qail.get("t").eq("a", 1)).plan
    description = b"\0\1a\0" + bytes(6) + b"\0\0\0\x17" + b"\0\4" + b"\xff\xff\xff\xff" + b"\0\0"

    bound = bind_plan(plan, CodecRegistry(), [23], description)

    assert (bound.parameter_oids, bound.type_oids, bound.row_description) == ([23], [23], description)
    assert bound.statement_name == statement_name(plan.sql, [23], [23])
    assert bound.sink().type_oids == [23]


def test_a_command_has_no_columns() -> None:
    bound = known(Qail.delete(User).where(User.id == 1))

    assert (bound.type_oids, bound.row_description) == ([], None)


NAMED_BY = (([], []), ([1], []), ([], [1]), ([1, 2], []), ([12], []), ([1], [2]))


def test_statement_names_depend_on_text_and_types_and_nothing_else() -> None:
    names = {statement_name(sql, *oids) for sql in (b"SELECT 1", b"SELECT 2") for oids in NAMED_BY}

    assert len(names) == 12
    assert all(len(name) == 37 and name.isascii() for name in names)
    assert statement_name(b"SELECT 1", [1], [2]) == statement_name(b"SELECT 1", [1], [2])


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("how", [PREPARED, PARSE, REPLACE])
@pytest.mark.parametrize("value", [2**31, "x", True, 1.5])
def test_a_value_that_does_not_fit_leaves_the_buffer_as_it_was(how: int, value: Any) -> None:
    query = select(User.id).where(User.age > value)
    out = BytesWriter()
    out.write(b"before")

    with pytest.raises(EncodeError, match=r'\$1.*"age".*int4'):
        known(query).write_item(out, lookup(query).values, how)
    assert out.getvalue() == b"before"


def test_none_is_null() -> None:
    query = Qail.set(User).values({"age": None}).where(User.id == 1)

    (_, bind), *_ = frames_of(known(query).segment(lookup(query).values, PREPARED))

    assert b"\0\2\xff\xff\xff\xff\0\0\0\x08" in bind


def test_explain_shape_shows_text_parameters_name_and_frames() -> None:
    query = select(User.id).where(User.age > 30).limit(5)

    text = query.explain_shape()

    for part in ('"age" > $1', "$1 = 30", 'int4, column "age"', "$2 = 5", "qail_", "Parse", "Bind", "Execute", "Sync"):
        assert part in text
    assert "asks the server" in Qail.get("t").eq("a", "secret" * 40).explain_shape()


@pytest.mark.feature("PS4")
def test_where_nothing_is_kept_every_run_carries_the_unnamed_statement() -> None:
    query = select(User.id).where(User.age > 30)
    bound = bind_known(lookup(query).plan, CodecRegistry(), is_named=False)
    assert bound is not None

    frames = frames_of(bound.segment(lookup(query).values, PARSE))

    assert bound.statement_name == b""
    assert "".join(code for code, _ in frames) == "PDBES"
    assert frames[0][1].startswith(b"\0SELECT")
    assert frames[2][1].startswith(b"\0\0")


@pytest.mark.feature("PI5")
def test_a_set_has_its_values_in_the_order_of_the_text() -> None:
    query = select(User.id).where(User.age > 30).limit(5)
    bound, call = known(query), lookup(query)
    in_order = [call.values[slot] for slot in call.plan.slots]
    one, other = BytesWriter(), BytesWriter()

    bound.write_set(one, in_order, PREPARED)
    bound.write_item(other, call.values, PREPARED)

    assert call.plan.slots != sorted(call.plan.slots)
    assert one.getvalue() == other.getvalue()
    with pytest.raises(EncodeError):
        bound.write_set(one, ["thirty", 5], PREPARED)
    assert one.getvalue() == other.getvalue()


def test_describing_a_statement_runs_nothing() -> None:
    bound = known(select(User.id))

    assert "".join(code for code, _ in frames_of(bound.describe_segment(PARSE))) == "PDS"
    assert "".join(code for code, _ in frames_of(bound.describe_segment(REPLACE))) == "CPDS"


@pytest.mark.feature("PA1")
@pytest.mark.parametrize("how", [PREPARED, PARSE, REPLACE])
def test_a_value_that_goes_as_text_only_changes_the_formats_of_its_own_run(how: int) -> None:
    query = select(cast("a", TSQUERY), cast(7, INT8))
    bound = known(query)
    plain = bound.segment(["a", 7], how)

    texted = bound.segment(["", 7], how)

    name = bound.statement_name
    before, after = frames_of(plain), frames_of(texted)
    assert [code for code, _ in before] == [code for code, _ in after]
    assert dict(after)["B"] == (
        b"\0" + name + b"\0"
        + b"\0\2\0\0\0\1"  # text, and binary
        + b"\0\2" + bytes(4) + b"\0\0\0\x08" + bytes(7) + b"\7"
        + b"\0\1\0\1"
    )  # fmt: skip
    assert dict(after) | {"B": b""} == dict(before) | {"B": b""}
    assert bound.segment(["a", 7], how) == plain


@pytest.mark.feature("PA3")
def test_a_refusal_beside_a_value_that_goes_as_text_writes_nothing() -> None:
    bound = known(select(cast("a", TSQUERY), cast(7, INT8)))
    out = BytesWriter()
    out.write(b"kept")

    for write in (bound.write_item, bound.write_set):
        with pytest.raises(EncodeError, match=r"parameter \$2: int .* is outside int8"):
            write(out, ["", 2**70], REPLACE)
    with pytest.raises(EncodeError, match=r"parameter \$2: int .* is outside int8"):
        bound.write_portal(out, ["", 2**70], REPLACE, b"p", 1)

    assert out.getvalue() == b"kept"
