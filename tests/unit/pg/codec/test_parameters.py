from __future__ import annotations

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.strings import BytesWriter

from qail.errors import EncodeError, Outcome
from qail.pg.codec.base import Codec
from qail.pg.codec.parameters import check_count, write_parameters, write_result_formats
from qail.pg.codec.unknown import UnknownCodec
from support.codecs import CODECS

INT4, TEXT = CODECS["int4"], CODECS["text"]
POINT = UnknownCodec("point", 600)


def section(codecs: list[Codec], values: list[object], slots: list[int] | None = None) -> bytes:
    out = BytesWriter()
    write_parameters(out, codecs, values, list(range(len(values))) if slots is None else slots, [])
    return out.getvalue()


def formats(codecs: list[Codec]) -> bytes:
    out = BytesWriter()
    write_result_formats(out, codecs)
    return out.getvalue()


def test_binary_parameters_share_one_format_code() -> None:
    written = section([INT4, TEXT], [5, "ab"])

    assert written == struct.pack("!HHHiiI2s", 1, 1, 2, 4, 5, 2, b"ab")


def test_a_text_parameter_gives_each_a_format_code() -> None:
    assert section([INT4, POINT], [5, "(1,2)"]) == struct.pack("!HHHHiii5s", 2, 1, 0, 2, 4, 5, 5, b"(1,2)")


def test_null_is_a_length_of_minus_one() -> None:
    assert section([INT4, INT4], [None, 1]) == struct.pack("!HHHiii", 1, 1, 2, -1, 4, 1)


def test_no_parameters_are_two_zeros() -> None:
    assert section([], []) == b"\0\0\0\0"


def test_a_value_is_taken_from_its_slot() -> None:
    assert section([INT4, INT4, INT4], [7, 8], [1, 0, 1]) == struct.pack("!HHHiiiiii", 1, 1, 3, 4, 8, 4, 7, 4, 8)


def test_result_formats_are_as_short_as_can_be() -> None:
    assert formats([]) == struct.pack("!H", 0)
    assert formats([INT4, TEXT]) == struct.pack("!HH", 1, 1)
    assert formats([POINT]) == struct.pack("!HH", 1, 0)
    assert formats([INT4, POINT, TEXT]) == struct.pack("!HHHH", 3, 1, 0, 1)


@pytest.mark.feature("PR5")
@pytest.mark.parametrize("count", [0, 1, 32_767, 32_768, 65_535])
def test_the_count_is_unsigned(count: int) -> None:
    written = section([INT4] * count, [None] * count)

    (found,) = struct.unpack_from("!H", written, 4 if count else 2)
    assert found == count
    assert written.endswith(b"\xff" * 4 * count)


@pytest.mark.feature("PR5")
def test_65_536_parameters_are_refused() -> None:
    out = BytesWriter()
    with pytest.raises(EncodeError, match="65536 parameters and PostgreSQL takes at most 65535") as refusal:
        write_parameters(out, [INT4] * 65_536, [None], [0] * 65_536, [])
    assert out.getvalue() == b""
    assert refusal.value.outcome is Outcome.NOT_SENT
    check_count(65_535)


@pytest.mark.feature("PA3")
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("int2", 40000, "int 40000"),
        ("int4", True, "bool True"),
        ("int4", {"a": 1}, "dict"),
        ("text", 5, "int 5"),
        ("timestamptz", datetime(2024, 1, 1), "datetime"),
        ("bool", 1, "int 1"),
        ("date", "2024-01-01", "str"),
    ],
)
def test_an_error_names_parameter_column_types_value_and_fix(name: str, value: object, kind: str) -> None:
    out = BytesWriter()
    out.write(b"before")

    with pytest.raises(EncodeError) as refusal:
        write_parameters(out, [INT4, CODECS[name]], [1, value], [0, 1], ["id", "age"])

    message = str(refusal.value)
    assert message.startswith('parameter $2 (column "age"): ')
    assert name in message
    assert kind in message
    assert ": " in message.removeprefix('parameter $2 (column "age"): ')
    assert out.getvalue() == b"before"
    assert (refusal.value.outcome, refusal.value.connection_spent) == (Outcome.NOT_SENT, False)


@pytest.mark.parametrize("names", [[], [""]])
def test_a_parameter_without_a_known_column_is_named_by_its_number(names: list[str]) -> None:
    with pytest.raises(EncodeError, match=r"^parameter \$1: int4 takes int"):
        write_parameters(BytesWriter(), [INT4], ["x"], [0], names)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(EncodeError) as refusal:
        write_parameters(BytesWriter(), [INT4], ["secret" * 1000], [0], [])
    assert len(str(refusal.value)) < 200


@given(st.lists(st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)), max_size=10))
def test_the_fields_stand_in_order(values: list[int | None]) -> None:
    written = section([INT4] * len(values), list(values))

    expected = b"".join(struct.pack("!i", -1) if each is None else struct.pack("!ii", 4, each) for each in values)
    assert written[4 if not values else 6 :] == expected


QUERY, QUERIES, OIDS = CODECS["tsquery"], CODECS["tsquery[]"], CODECS["oidvector"]


def test_a_value_that_a_server_reads_as_text_only_goes_as_text_and_the_others_do_not() -> None:
    written = section([INT4, QUERY, OIDS, QUERY], [5, "", [], None])

    assert written == struct.pack("!HHHHHHiiiii", 4, 1, 0, 0, 1, 4, 4, 5, 0, 0, -1)


def test_so_does_all_that_holds_such_a_value() -> None:
    assert section([QUERIES], [["", None, "a"]]) == struct.pack("!HHHi", 1, 0, 1, 13) + b'{"",NULL,"a"}'


def test_the_next_run_of_the_same_types_is_binary_again() -> None:
    codecs = [QUERY]

    section(codecs, [""])

    assert section(codecs, [None]) == struct.pack("!HHHi", 1, 1, 1, -1)


@pytest.mark.parametrize("values", [["", 2**40], [2**40, ""]])
def test_a_refusal_beside_it_names_its_parameter_and_writes_nothing(values: list[object]) -> None:
    codecs = [QUERY if value == "" else INT4 for value in values]
    out = BytesWriter()
    out.write(b"kept")

    with pytest.raises(
        EncodeError, match=rf"^parameter \${values.index(2**40) + 1}: int \d+ is outside int4"
    ) as caught:
        write_parameters(out, codecs, values, [0, 1], [])
    assert (out.getvalue(), caught.value.outcome) == (b"kept", Outcome.NOT_SENT)


def test_a_refusal_of_a_part_of_a_value_that_goes_as_text_is_told() -> None:
    with pytest.raises(EncodeError, match=r"^parameter \$1: in tsquery\[\]: tsquery cannot be read"):
        section([QUERIES], [["", "a b"]])
