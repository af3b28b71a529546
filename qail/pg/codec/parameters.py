"""Python values -> the parameter section of Bind; and the format codes asked for results.

Rule 1: everything is encoded before anything is sent; after an EncodeError `out` is as it was.
Rule 2: a value that a server reads as text only goes as text, in that run alone: its codec raises TextNeeded, and the
section is written anew with another format for it.
Rule 3: the error names `$n`, the column when it is known, PostgreSQL's type, the Python type and value, and a fix.

Source: protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND
"""

from __future__ import annotations

from librt.strings import BytesWriter, write_i16_be, write_i32_be
from mypy_extensions import i16, i64

from qail.errors import EncodeError
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.refusal import TextNeeded, of_kind, with_cause
from qail.pg.codec.text_composite import text_twin
from qail.pg.wire.constants import MAX_PARAMETERS, NULL_LENGTH


def write_parameters(
    out: BytesWriter, codecs: list[Codec], values: list[object], slots: list[int], names: list[str]
) -> None:
    """Append the format codes, the count and the values; `$i+1` is `values[slots[i]]`, encoded by `codecs[i]`.

    Args:
        out: a Bind that ends with its statement's name.
        names: the column each parameter meets, "" where none is known; it may be shorter than `slots`.

    Raises:
        EncodeError: more than 65_535 parameters, or a value that does not fit; `out` is unchanged.
    """
    start = len(out)
    check_count(len(slots))
    write_formats(out, codecs)
    try:
        write_values(out, codecs, values, slots, names)
    except TextNeeded:
        out.truncate(start)
        write_with_texts(out, codecs, values, slots, names)
    except EncodeError:
        out.truncate(start)
        raise


def write_with_texts(
    out: BytesWriter, codecs: list[Codec], values: list[object], slots: list[int], names: list[str]
) -> None:
    """As `write_parameters`, of values of which one or more can go as text only. Each is encoded twice.

    Raises:
        EncodeError: a value does not fit; `out` is unchanged.
    """
    start = len(out)
    chosen: list[Codec] = []
    for index, codec in enumerate(codecs):
        chosen.append(text_twin(codec) if _needs_text(codec, values[slots[index]]) else codec)
    write_formats(out, chosen)
    try:
        write_values(out, chosen, values, slots, names)
    except EncodeError:
        out.truncate(start)
        raise


def _needs_text(codec: Codec, value: object) -> bool:
    if value is None:
        return False
    try:
        codec.encode(BytesWriter(), value)
    except TextNeeded:
        return True
    except EncodeError:
        # Said with the parameter's number by whoever writes it.
        return False
    return False


def check_count(count: int) -> None:
    """Refuse what Bind cannot count.

    Raises:
        EncodeError: more than 65_535 parameters.
    """
    if count > MAX_PARAMETERS:
        raise EncodeError(
            f"the query has {count} parameters and PostgreSQL takes at most {MAX_PARAMETERS}: "
            "pass a list as one array parameter, or use execute_many() or copy_in()"
        )


def write_values(
    out: BytesWriter, codecs: list[Codec], values: list[object], slots: list[int], names: list[str]
) -> None:
    """Append the count and the values alone, behind format codes that are already there.

    Raises:
        EncodeError: a value does not fit; `out` is unchanged.
    """
    start = len(out)
    count: i64 = len(slots)
    _write_count(out, count)
    index: i64 = 0
    try:
        while index < count:
            value = values[slots[index]]
            if value is None:
                write_i32_be(out, NULL_LENGTH)
            else:
                codecs[index].encode(out, value)
            index += 1
    except EncodeError as error:
        out.truncate(start)
        raise _named(error, index, names) from error.__cause__


def write_formats(out: BytesWriter, codecs: list[Codec]) -> None:
    """Append format codes: none for none, one for all when all are binary, else one each."""
    count: i64 = len(codecs)
    if count == 0:
        write_i16_be(out, 0)
    elif is_all_binary(codecs):
        write_i16_be(out, 1)
        write_i16_be(out, BINARY_FORMAT)
    else:
        _write_count(out, count)
        for codec in codecs:
            write_i16_be(out, i16(codec.format_code))


def write_result_formats(out: BytesWriter, codecs: list[Codec]) -> None:
    """Append the format codes that Bind asks of the result's columns; `[]` asks for text, whatever comes."""
    write_formats(out, codecs)


def is_all_binary(codecs: list[Codec]) -> bool:
    """Whether one format code stands for all of `codecs`."""
    for codec in codecs:
        if codec.format_code != BINARY_FORMAT:
            return False
    return True


def _write_count(out: BytesWriter, count: i64) -> None:
    # Unsigned: the upper half of the range is the negative half of an Int16.
    write_i16_be(out, i16(count if count < 32_768 else count - 65_536))


def _named(error: EncodeError, index: i64, names: list[str]) -> EncodeError:
    name = names[index] if index < len(names) else ""
    column = f' (column "{name}")' if name else ""
    return with_cause(of_kind(error, f"parameter ${index + 1}{column}: {error}"), error.__cause__)
