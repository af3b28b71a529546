"""What a table of literals cannot show: the largest sizes, fixed lengths, extension types, dimensions, bounds."""

from __future__ import annotations

import array
import ctypes
import hashlib
import mmap
from decimal import Decimal
from typing import Any

import pytest

from qail.errors import EncodeError
from qail.pg.codec.array import PgArray
from qail.pg.codec.unknown import Unknown
from qail.sqlstate import InvalidParameterValue, StringDataRightTruncation
from support.binary_client import BinaryClient
from support.codecs import CODECS
from support.servers import Database, Server

NUMERIC_OID = 1700
TEXT_OID = 25


@pytest.mark.feature("CO3")
@pytest.mark.parametrize(
    "text", ["9" * 131_072 + "." + "7" * 16_383, "-" + "1" + "0" * 131_071, "0." + "0" * 16_382 + "1"]
)
def test_the_largest_numerics_go_both_ways(client: BinaryClient, text: str) -> None:
    value = Decimal(text)

    ((as_text, back),) = client.fetch("SELECT $1::text, $1", [value], [NUMERIC_OID])

    assert as_text == text
    assert isinstance(back, Decimal)
    assert back.as_tuple() == value.as_tuple()


@pytest.mark.feature("CO3")
@pytest.mark.parametrize(
    "sql",
    ["1::numeric / 3", "2::numeric ^ 100", "sqrt(2::numeric)", "1e100::numeric", "round(1.005, 2)", "0.1::numeric * 3"],
)
def test_computed_numerics_are_what_the_server_prints(client: BinaryClient, sql: str) -> None:
    ((value, as_text),) = client.fetch(f"SELECT {sql}, ({sql})::text", [], [])

    assert format(Decimal(str(value)), "f") == as_text


@pytest.mark.feature("CO4")
def test_char_n_is_padded_by_the_server(client: BinaryClient) -> None:
    assert client.value("SELECT 'ab'::char(5)") == "ab   "
    assert client.value("SELECT $1::char(5)", "é", 1042) == "é    "
    assert client.value("SELECT ARRAY['ab', NULL]::char(3)[]") == ["ab ", None]
    client.fetch("CREATE TEMP TABLE fixed (c char(2))", [], [])
    with pytest.raises(StringDataRightTruncation):
        client.fetch("INSERT INTO fixed VALUES ($1)", ["abc"], [1042])


@pytest.mark.feature("CO4")
def test_every_byte_of_char_goes_both_ways(client: BinaryClient) -> None:
    values = ["", *(chr(code) for code in range(1, 256))]

    assert client.value("SELECT $1", values, CODECS['"char"[]'].type_oid) == values
    assert client.value("SELECT relkind FROM pg_class WHERE relname = 'pg_class'") == "r"


@pytest.mark.feature("CO4")
def test_non_bmp_text_goes_both_ways(client: BinaryClient) -> None:
    value = "".join(chr(code) for code in range(1, 0x11_0000, 997) if not 0xD800 <= code < 0xE000)

    ((length, back),) = client.fetch("SELECT length($1), $1", [value], [TEXT_OID])

    assert (length, back) == (len(value), value)


@pytest.mark.feature("CO4")
@pytest.mark.needs(contrib=True)
def test_citext_is_found_by_its_name(fit_server: Server) -> None:
    with fit_server.fresh_database() as database:
        database.sql("CREATE EXTENSION citext")
        ((oid, array_oid),) = database.sql("SELECT oid, typarray FROM pg_type WHERE typname = 'citext'")
        with BinaryClient(fit_server, database.name) as client:
            assert client.registry.learn("citext", int(oid or 0), int(array_oid or 0))
            row = client.fetch("SELECT $1, $1 = 'GRüN', ARRAY[$1, NULL], NULL::citext", ["grün"], [int(oid or 0)])
            assert row == [("grün", True, ["grün", None], None)]
            assert client.value("SELECT $1", ["a", None], int(array_oid or 0)) == ["a", None]
            with pytest.raises(EncodeError, match="citext takes no NUL"):
                client.value("SELECT $1", "a\0", int(oid or 0))


@pytest.mark.feature("CO4")
@pytest.mark.needs(icu=True)
def test_xml_goes_both_ways(fit_server: Server) -> None:
    with BinaryClient(fit_server) as client:
        assert client.value("SELECT '<a>grün</a>'::xml") == "<a>grün</a>"
        assert client.value("SELECT $1", "<a>\U0001f427</a>", 142) == "<a>\U0001f427</a>"
        assert client.value("SELECT ARRAY['<a/>'::xml, NULL]") == ["<a/>", None]
        assert client.value("SELECT $1", ["<a/>", None], 143) == ["<a/>", None]
        assert client.fetch("SELECT NULL::xml, $1 IS NULL", [None], [142]) == [(None, True)]
        declared = '<?xml version="1.0" encoding="utf-8"?><a>grün</a>'
        assert client.fetch("SELECT $1, $1::text", [declared], [142]) == [("<a>grün</a>", declared)]
        with pytest.raises(EncodeError, match="declares another encoding"):
            client.value("SELECT $1", declared.replace("utf-8", "latin1"), 142)
        with pytest.raises(EncodeError, match="xml takes no NUL"):
            client.value("SELECT $1", "<a\0/>", 142)


def buffers() -> dict[str, Any]:
    """A buffer of every kind, and what bytes it has: in C order where they do not lie in a row."""
    data = bytes(range(256)) * 3
    mapped = mmap.mmap(-1, len(data))
    mapped.write(data)
    words = array.array("i", range(-3, 9))
    return {
        "bytes": (data, data),
        "bytearray": (bytearray(data), data),
        "memoryview": (memoryview(data), data),
        "every third": (memoryview(data)[::3], data[::3]),
        "backwards": (memoryview(data)[::-1], data[::-1]),
        "two dimensions": (memoryview(data).cast("B", (24, 32)), data),
        "array": (words, words.tobytes()),
        "every other word": (memoryview(words)[::2], array.array("i", words[::2]).tobytes()),
        "mmap": (mapped, data),
        "ctypes": ((ctypes.c_ubyte * 4)(1, 2, 3, 4), b"\x01\x02\x03\x04"),
        "empty": (bytearray(), b""),
    }


@pytest.mark.feature("CO5")
def test_bytes_of_any_buffer_arrive(client: BinaryClient) -> None:
    for name, (buffer, data) in buffers().items():
        assert client.fetch("SELECT $1, length($1), md5($1)", [buffer], [17]) == [
            (data, len(data), hashlib.md5(data).hexdigest())
        ], name
        assert client.value("SELECT $1", [buffer, None], 1001) == [data, None], name


@pytest.mark.feature("CO5")
@pytest.mark.parametrize("size", [0, 1, 2**16, 2**24])
def test_bytea_of_any_size_goes_both_ways(client: BinaryClient, size: int) -> None:
    value = bytes(range(256)) * (size // 256) or b"\0" * size

    ((length, back),) = client.fetch("SELECT length($1), $1", [memoryview(value)], [17])

    assert (length, back) == (size, value)


@pytest.mark.feature("CO5")
def test_64_mb_of_bytea_go_both_ways(server: Server) -> None:
    value = bytes(range(256)) * (64 * 4096)
    mapped = mmap.mmap(-1, len(value))
    mapped.write(value)

    with BinaryClient(server) as client:
        assert client.value("SELECT $1", mapped, 17) == value


@pytest.mark.feature("CO15")
def test_dimensions_and_bounds_go_both_ways(client: BinaryClient) -> None:
    assert client.value("SELECT '{{1,2},{3,NULL}}'::int4[]") == [[1, 2], [3, None]]
    assert client.value("SELECT '{}'::int4[]") == []
    deep = [[[[[[1, 2]]], [[[3, None]]]]]]
    ((text, back, dimensions),) = client.fetch("SELECT $1::text, $1, array_ndims($1)", [deep], [1007])
    assert (text, back, dimensions) == ("{{{{{{1,2}}},{{{3,NULL}}}}}}", deep, 6)
    ((text, empty),) = client.fetch("SELECT $1::text, $1", [[]], [1007])
    assert (text, empty) == ("{}", [])


@pytest.mark.feature("CO15")
def test_a_shifted_lower_bound_is_kept(client: BinaryClient) -> None:
    found = client.value("SELECT '[0:1][-2:-1]={{1,2},{3,4}}'::int4[]")

    assert isinstance(found, PgArray)
    assert (found.lower_bounds, list(found)) == ((0, -2), [[1, 2], [3, 4]])
    assert client.value("SELECT $1::text", found, 1007) == "[0:1][-2:-1]={{1,2},{3,4}}"


@pytest.mark.feature("CO15")
def test_ragged_input_raises_before_anything_is_sent(client: BinaryClient) -> None:
    ragged: list[object] = [[[1], [2, 3]], [[1], None], [[]], [1, [2]]]
    for value in ragged:
        with pytest.raises(EncodeError, match=r"parameter \$1: "):
            client.value("SELECT $1", value, 1007)


ODD_TYPE = """
CREATE TYPE odd;
CREATE FUNCTION odd_in(cstring) RETURNS odd AS 'textin' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION odd_out(odd) RETURNS cstring AS 'textout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = text)
"""


@pytest.mark.feature("CO18")
def test_a_type_without_a_codec_is_marked_text_both_ways(any_fresh_database: Database) -> None:
    any_fresh_database.sql(ODD_TYPE)
    ((oid, array_oid),) = any_fresh_database.sql("SELECT oid, typarray FROM pg_type WHERE typname = 'odd'")

    with BinaryClient(any_fresh_database.server, any_fresh_database.name) as client:
        found = client.value("SELECT $1", "sad", int(oid or 0))
        many = client.value("SELECT $1", ["sad", None, 'q"{'], int(array_oid or 0))

    assert type(found) is Unknown
    assert found == "sad"
    assert many == ["sad", None, 'q"{']
    assert isinstance(many, list)
    assert type(many[0]) is Unknown


@pytest.mark.feature("PA1")
def test_a_known_type_decides_what_a_query_means(client: BinaryClient) -> None:
    assert client.fetch("SELECT coalesce($1, $2)", [None, 5], [20, 20]) == [(5,)]
    assert client.fetch("SELECT json_build_object($1, $2)::text", ["a", 5], [25, 23]) == [('{"a" : 5}',)]


@pytest.mark.feature("PR5")
def test_65_535_parameters_arrive(client: BinaryClient) -> None:
    count = 65_535
    sql = f"SELECT cardinality(ARRAY[{','.join(f'${number + 1}' for number in range(count))}])"

    assert client.fetch(sql, [1] * count, [23] * count) == [(count,)]
    with pytest.raises(EncodeError, match="65536 parameters"):
        client.fetch("SELECT 1", [1] * (count + 1), [23] * (count + 1))
    assert client.value("SELECT 1") == 1


def test_the_connection_goes_on_after_a_servers_error(client: BinaryClient) -> None:
    with pytest.raises(InvalidParameterValue):
        client.value("SELECT set_config('work_mem', $1, false)", "nonsense", TEXT_OID)
    assert client.value("SELECT 1") == 1
