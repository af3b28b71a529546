from __future__ import annotations

import pytest

from qail.pg.codec.chain import NO_COLUMNS, chained
from support.codecs import CODECS


def test_a_chain_begins_before_the_first_codec_visits_each_in_order_and_stays_on_the_last() -> None:
    codecs = [CODECS["int4"], CODECS["text"], CODECS["bool"]]
    link = chained(codecs)

    for codec in codecs:
        link = link.next
        assert link.codec is codec
    assert link.next is link


def test_no_codecs_are_an_empty_chain() -> None:
    assert chained([]) is NO_COLUMNS
    assert NO_COLUMNS.text_columns == 0


@pytest.mark.parametrize(
    ("names", "is_text"),
    [
        (["text", "int4", "varchar"], [True, False, True]),
        (["json", "bytea", '"char"'], [False, False, False]),
        (["name", "bpchar", "xml", "regclass"], [True, True, True, True]),
    ],
)
def test_a_chain_knows_which_columns_are_text(names: list[str], is_text: list[bool]) -> None:
    link = chained([CODECS[name] for name in names])
    assert link.text_columns == sum(is_text)

    for each in is_text:
        link = link.next
        assert link.is_text == each
