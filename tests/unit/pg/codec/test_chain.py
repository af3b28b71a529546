from __future__ import annotations

from qail.pg.codec.chain import NO_COLUMNS, chained
from support.codecs import CODECS


def test_a_chain_visits_every_codec_in_order_and_stays_on_the_last() -> None:
    codecs = [CODECS["int4"], CODECS["text"], CODECS["bool"]]
    link = chained(codecs)

    for codec in codecs:
        assert link.codec is codec
        link = link.next
    assert link.codec is codecs[-1]


def test_no_codecs_are_an_empty_chain() -> None:
    assert chained([]) is NO_COLUMNS
