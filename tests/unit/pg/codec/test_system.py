from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError
from qail.pg.codec.array import PgArray
from qail.pg.codec.base import BINARY_FORMAT, TEXT_FORMAT
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_composite import text_twin
from support.codecs import CODECS, decoded, encoded, refused, round_trip
from support.values.system import REG_NAMES

pytestmark = pytest.mark.feature("CO17")
READ_ONLY = [
    *("pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "gtsvector"),
    *("pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"),
]
OID_VECTOR, INT2_VECTOR = CODECS["oidvector"], CODECS["int2vector"]
each_reg = pytest.mark.parametrize("name", REG_NAMES)


def test_there_are_eleven_reg_types() -> None:
    assert len(REG_NAMES) == 11


@each_reg
def test_a_reg_type_is_its_text_both_ways(name: str) -> None:
    codec = CODECS[name]

    assert codec.format_code == CODECS[name + "[]"].format_code == TEXT_FORMAT
    assert encoded(codec, '"Odd name".é') == '"Odd name".é'.encode()
    assert round_trip(codec, "pg_catalog.x") == "pg_catalog.x"
    assert type(decoded(codec, b"pg_class")) is str


@each_reg
def test_an_int_is_the_oid(name: str) -> None:
    assert encoded(CODECS[name], 0) == b"0"
    assert encoded(CODECS[name], 2**32 - 1) == b"4294967295"
    refused(CODECS[name], -1, f"outside {name} .0 to 4294967295.")
    refused(CODECS[name], 2**32, f"outside {name}")


@each_reg
@pytest.mark.parametrize("value", [True, 1.5, b"now", None, ["now"]])
def test_anything_else_is_no_reg_value(name: str, value: object) -> None:
    refused(CODECS[name], value, f"{name} takes str, a name, or int, an OID, not {type(value).__name__}")


@each_reg
def test_a_name_is_text_that_the_server_can_read(name: str) -> None:
    refused(CODECS[name], "a\0", f"{name} takes no NUL")
    refused(CODECS[name], "\ud800", "is a surrogate")
    with pytest.raises(DecodeError, match=f"{name} is not UTF-8 at byte 1"):
        decoded(CODECS[name], b"a\xff")


def test_arrays_of_names_are_quoted() -> None:
    names = ["pg_class", '"Odd ""name"""', "a,b", "NULL", None, ""]

    assert round_trip(CODECS["regclass[]"], names) == names
    assert round_trip(CODECS["aclitem[]"], [["=r/a", None], ["x=r/a", "y=w/b"]]) == [["=r/a", None], ["x=r/a", "y=w/b"]]


def test_aclitem_is_text_and_refcursor_is_binary_text() -> None:
    assert CODECS["aclitem"].format_code == TEXT_FORMAT
    assert CODECS["refcursor"].format_code == BINARY_FORMAT
    assert round_trip(CODECS["aclitem"], "=r/postgres") == "=r/postgres"
    assert round_trip(CODECS["refcursor"], "c é") == "c é"
    refused(CODECS["aclitem"], 5, "aclitem takes str, not int 5")


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_the_server_only_prints_is_text_out_and_an_error_in(name: str) -> None:
    codec = CODECS[name]

    assert codec.format_code == TEXT_FORMAT
    assert decoded(codec, "{é}".encode()) == "{é}"
    for value in ("{}", "", 5, b"", None):
        refused(
            codec, value, f"{name} takes no value, as {type(value).__name__} .*: the server makes it and only prints it"
        )


def test_the_bytes_of_the_vectors() -> None:
    assert encoded(OID_VECTOR, [1, 2**32 - 1]) == struct.pack("!5iiIiI", 1, 0, 26, 2, 0, 4, 1, 4, 2**32 - 1)
    assert encoded(INT2_VECTOR, (5, -1)) == struct.pack("!5iihih", 1, 0, 21, 2, 0, 2, 5, 2, -1)


@pytest.mark.parametrize("length", [-(2**31), -2, -1, 0, 1, 3, 2**31 - 1])
def test_a_number_of_a_vector_has_its_own_length(length: int) -> None:
    with pytest.raises(DecodeError):
        decoded(INT2_VECTOR, struct.pack("!5iihih", 1, 0, 21, 2, 0, 2, 5, length, -1))
    with pytest.raises(DecodeError):
        decoded(OID_VECTOR, struct.pack("!5iiIiI", 1, 0, 26, 2, 0, length, 1, 4, 2))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_vectors_of_oids_round_trip(numbers: list[int]) -> None:
    back = round_trip(OID_VECTOR, numbers)

    assert back == numbers
    assert type(back) is list


@given(st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=50))
def test_vectors_of_small_ints_round_trip(numbers: list[int]) -> None:
    assert round_trip(INT2_VECTOR, numbers) == numbers


def test_an_empty_vector_is_read_and_goes_as_text_only() -> None:
    assert decoded(OID_VECTOR, struct.pack("!5i", 1, 0, 26, 0, 0)) == []
    assert type(decoded(INT2_VECTOR, struct.pack("!5i", 1, 0, 21, 0, 0))) is list
    refused(OID_VECTOR, [], r"oidvector list \[\] has no binary form that a server reads: pass it as a parameter")
    refused(INT2_VECTOR, (), r"int2vector tuple \(\) has no binary form")
    assert text_of_field(text_twin(OID_VECTOR), []) == text_of_field(text_twin(INT2_VECTOR), ()) == b""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1 2", "int2vector takes a list of int, not str '1 2'"),
        (5, "int2vector takes a list of int, not int 5"),
        ([1, None], "int2vector takes ints, not NoneType None"),
        ([[1, 2]], "int2vector takes ints, not list"),
        ([1.5], "int2vector takes ints, not float 1.5"),
        ([True], "in int2vector: int2 takes int, not bool True"),
        ([2**15], "in int2vector: int 32768 is outside int2"),
    ],
)
def test_what_is_no_vector_is_refused(value: object, message: str) -> None:
    refused(INT2_VECTOR, value, message)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!3i", 0, 0, 21),
        struct.pack("!5iih", 1, 0, 21, 1, 1, 2, 5),
        struct.pack("!5ii", 1, 1, 21, 1, 0, -1),
        struct.pack("!7iih", 2, 0, 21, 1, 0, 1, 0, 2, 5),
    ],
)
def test_an_array_of_another_kind_is_no_vector(data: bytes) -> None:
    with pytest.raises(DecodeError, match="int2vector came as an array of another kind"):
        decoded(INT2_VECTOR, data)


@pytest.mark.parametrize(
    "data", [b"", bytes(11), struct.pack("!5i", 1, 0, 26, 0, 0), struct.pack("!5i", 1, 0, 21, 9, 0)]
)
def test_bytes_of_no_vector_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="int2vector"):
        decoded(INT2_VECTOR, data)


def test_a_list_of_vectors_is_one_dimension() -> None:
    vectors: list[Any] = [[1, 2], [3], None]

    assert round_trip(CODECS["oidvector[]"], vectors) == vectors
    grid = PgArray([[[1], [2]], [[3], [4, 5]]], (1, 1))
    assert round_trip(CODECS["oidvector[]"], grid) == grid
