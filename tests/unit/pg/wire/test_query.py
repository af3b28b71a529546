"""Frames that run statements: what is refused here leaves nothing on the writer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from librt.strings import BytesWriter

from qail.errors import EncodeError
from qail.pg.wire import query
from qail.pg.wire.constants import PORTAL, STATEMENT
from qail.pg.wire.extended import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync, Terminate
from qail.pg.wire.fields import patch_length, write_formats, write_u16, write_values
from qail.pg.wire.message import Message, encode_message
from support import wire_strategies as messages

Write = Callable[[BytesWriter], object]


def written(write: Write) -> bytes:
    out = BytesWriter()
    write(out)
    return out.getvalue()


def refused(write: Write, match: str) -> None:
    """The write fails, and what stood on the writer before is all that stands there afterwards."""
    out = BytesWriter()
    out.write(b"before")
    with pytest.raises(EncodeError, match=match):
        write(out)
    assert out.getvalue() == b"before"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (query.SYNC_FRAME, Sync()),
        (query.FLUSH_FRAME, Flush()),
        (query.TERMINATE_FRAME, Terminate()),
        (query.EXECUTE_UNNAMED_FRAME, Execute(b"", 0)),
        (query.DESCRIBE_UNNAMED_PORTAL_FRAME, Describe(PORTAL, b"")),
        (query.DESCRIBE_UNNAMED_STATEMENT_FRAME, Describe(STATEMENT, b"")),
    ],
    ids=str,
)
def test_a_constant_frame_is_its_message(frame: bytes, message: Message) -> None:
    assert frame == encode_message(message)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda out: query.write_query(out, b"SELECT 1"), Query(b"SELECT 1")),
        (lambda out: query.write_parse(out, b"s", b"SELECT $1", [23]), Parse(b"s", b"SELECT $1", [23])),
        (lambda out: query.write_describe_statement(out, b"s"), Describe(STATEMENT, b"s")),
        (lambda out: query.write_describe_portal(out, b"p"), Describe(PORTAL, b"p")),
        (lambda out: query.write_close_statement(out, b"s"), Close(STATEMENT, b"s")),
        (lambda out: query.write_close_portal(out, b"p"), Close(PORTAL, b"p")),
        (lambda out: query.write_execute(out, b"p", 7), Execute(b"p", 7)),
    ],
)
def test_a_writer_writes_its_message(write: Write, message: Message) -> None:
    assert written(write) == encode_message(message)


@pytest.mark.feature("PR3")
@given(messages.BINDS)
def test_a_bind_written_in_parts_is_the_message(bind: Bind) -> None:
    out = BytesWriter()
    out.write(b"before")

    start = query.write_bind_head(out, bind.statement_name, bind.portal_name)
    write_formats(out, bind.parameter_formats)
    write_u16(out, len(bind.parameters))
    write_values(out, bind.parameters)
    write_formats(out, bind.result_formats)
    query.finish_bind(out, start)

    assert out.getvalue() == b"before" + encode_message(bind)


@pytest.mark.parametrize("body_bytes", [0, 1, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x12_3456])
def test_a_patched_length_counts_itself_and_the_body(body_bytes: int) -> None:
    out = BytesWriter()
    out.write(b"xxB\xff\xff\xff\xff" + bytes(body_bytes))

    patch_length(out, 2)

    assert out.getvalue()[2:7] == b"B" + (body_bytes + 4).to_bytes(4, "big")


BAD_STRINGS = [b"a\0b", b"\0", b"\xff", b"caf\xc3", b"\xed\xa0\x80"]


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("bad", BAD_STRINGS)
@pytest.mark.parametrize(
    "write",
    [
        lambda out, bad: query.write_query(out, bad),
        lambda out, bad: query.write_parse(out, bad, b"SELECT 1", []),
        lambda out, bad: query.write_parse(out, b"", bad, []),
        lambda out, bad: query.write_bind_head(out, bad),
        lambda out, bad: query.write_bind_head(out, b"", bad),
        lambda out, bad: query.write_describe_statement(out, bad),
        lambda out, bad: query.write_describe_portal(out, bad),
        lambda out, bad: query.write_close_statement(out, bad),
        lambda out, bad: query.write_close_portal(out, bad),
        lambda out, bad: query.write_execute(out, bad),
        lambda out, bad: Bind(bad, b"", [], [], []).encode(out),
        lambda out, bad: Bind(b"", bad, [], [], []).encode(out),
    ],
)
def test_nul_and_bad_utf8_are_refused_with_nothing_written(
    write: Callable[[BytesWriter, bytes], object], bad: bytes
) -> None:
    refused(lambda out: write(out, bad), "NUL|not UTF-8")


@pytest.mark.feature("PR6")
def test_65_535_parameters_are_written_and_one_more_is_refused() -> None:
    assert len(written(lambda out: query.write_parse(out, b"", b"", [0] * 65_535))) == 5 + 2 + 2 + 4 * 65_535
    assert len(encode_message(Bind(b"", b"", [], [None] * 65_535, []))) == 5 + 2 + 6 + 4 * 65_535

    refused(lambda out: query.write_parse(out, b"", b"", [0] * 65_536), "65536 parameters")
    refused(lambda out: Bind(b"", b"", [], [None] * 65_536, []).encode(out), "65536 parameters")
    refused(lambda out: Bind(b"", b"", [], [], [0] * 65_536).encode(out), "65536 result")


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("type_oid", [-1, 2**32, 2**80])
def test_an_oid_out_of_range_is_refused_with_nothing_written(type_oid: int) -> None:
    refused(lambda out: query.write_parse(out, b"", b"", [23, type_oid]), "OID")


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("max_rows", [-1, 2**31, 2**80])
def test_a_row_limit_out_of_range_is_refused_with_nothing_written(max_rows: int) -> None:
    refused(lambda out: query.write_execute(out, b"", max_rows), "row limit")


@pytest.mark.feature("PR6")
@pytest.mark.parametrize(
    "write",
    [
        lambda out, name: query.write_describe_statement(out, name),
        lambda out, name: query.write_close_portal(out, name),
        lambda out, name: query.write_execute(out, name),
    ],
)
def test_a_name_longer_than_a_backend_takes_is_refused(write: Callable[[BytesWriter, bytes], object]) -> None:
    refused(lambda out: write(out, b"n" * 10_000), "above the limit")


@pytest.mark.feature("PR6")
@pytest.mark.parametrize("formats", [[0, 1], [2], [-1], [0, 0, 0]])
def test_format_codes_that_do_not_fit_are_refused(formats: list[int]) -> None:
    refused(lambda out: Bind(b"", b"", formats, [None, None, None, None], []).encode(out), "format code")
