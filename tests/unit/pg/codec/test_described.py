"""Described: what is known of a statement's columns, from one run to the next."""

from __future__ import annotations

import struct

from librt.strings import BytesWriter

from qail.pg.codec.described import Described
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.wire.description import ColumnDescription, RowDescription

REGISTRY = CodecRegistry()
INT4_OID, INT8_OID = 23, 20


def body(*columns: tuple[str, int]) -> bytes:
    out = BytesWriter()
    RowDescription([ColumnDescription(name, oid) for name, oid in columns]).encode(out)
    return out.getvalue()[5:]


def data_row(value: bytes) -> bytes:
    content = struct.pack("!hi", 1, len(value)) + value
    return b"D" + struct.pack("!i", 4 + len(content)) + content


def decoder(described: Described) -> RowDecoder:
    return RowDecoder([REGISTRY.for_column(INT4_OID)], REGISTRY, [INT4_OID], described)


def test_before_any_description_there_are_no_names() -> None:
    described = Described(None, is_current=False)

    assert (described.names, described.columns) == ((), [])
    assert decoder(described).names == ()


def test_a_run_that_is_not_described_has_the_names_of_the_one_before() -> None:
    described = Described(None, is_current=False)

    decoder(described).describe(body(("id", INT4_OID)))

    assert described.is_current
    assert decoder(described).names == ("id",)
    assert [column.type_oid for column in decoder(described).columns] == [INT4_OID]


def test_a_new_name_of_the_same_type_is_the_name_of_later_runs() -> None:
    described = Described(body(("id", INT4_OID)))
    assert described.names == ("id",)

    decoder(described).describe(body(("number", INT4_OID)))

    assert described.is_current
    assert decoder(described).names == ("number",)


def test_another_type_makes_what_was_known_outdated_and_is_the_runs_own() -> None:
    described = Described(body(("id", INT4_OID)))
    sink = decoder(described)

    sink.describe(body(("id", INT8_OID)))

    assert not described.is_current
    assert sink.is_changed
    assert sink.type_oids == [INT8_OID]
    assert decoder(described).type_oids == [INT4_OID]


def test_no_rows_where_some_were_expected_makes_it_outdated() -> None:
    described = Described(body(("id", INT4_OID)))
    sink = decoder(described)

    sink.no_data()

    assert (described.is_current, sink.is_changed, sink.names) == (False, True, ())


def test_the_same_description_again_proves_what_was_known() -> None:
    described = Described(body(("id", INT4_OID)), is_current=False)

    decoder(described).describe(body(("id", INT4_OID)))

    assert described.is_current


def test_a_follower_decodes_by_what_its_leader_was_told() -> None:
    described = Described(body(("id", INT4_OID)))
    leader, follower = decoder(described), decoder(described)
    follower.follow(leader)
    row = data_row((2**40).to_bytes(8, "big"))

    leader.describe(body(("number", INT8_OID)))
    leader.take_rows(row, 0, len(row))
    follower.take_rows(row, 0, len(row))

    assert leader.rows == follower.rows == [(2**40,)]
    assert follower.names == ("number",)
    assert follower.is_changed


def test_a_follower_of_an_unchanged_leader_is_as_it_was() -> None:
    described = Described(body(("id", INT4_OID)))
    leader, follower = decoder(described), decoder(described)
    follower.follow(leader)
    row = data_row((7).to_bytes(4, "big"))

    follower.take_rows(row, 0, len(row))

    assert follower.rows == [(7,)]
    assert not follower.is_changed
