"""A row's codecs as a chain of links, for the loops that meet every value.

Walking `list[Codec]` compiled costs a bounds check and a subclass test for each value; a link's attributes cost
neither, which took a sixth off a row of twelve columns.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.pg.codec.base import Codec


class CodecLink:
    """One column's codec, and the link of the next column; the last one's `next` is itself."""

    __slots__ = ("codec", "is_text", "next", "slots", "text_columns")

    def __init__(self, codec: Codec, following: CodecLink | None, slots: tuple[object, ...] = ()) -> None:
        self.codec: Final = codec
        self.is_text: Final = codec.is_plain_text()
        self.next: CodecLink = self if following is None else following
        behind: i64 = 0 if following is None else following.text_columns
        self.text_columns: Final[i64] = behind + 1 if self.is_text else behind
        """How many columns are text, from this one on."""
        self.slots: Final = slots
        """Of the link before the first: an item for each column, of no meaning."""


# Stands before the first column: a loop goes on first and then looks.
_START: Final = Codec("nothing", 0)
NO_COLUMNS: Final = CodecLink(_START, None)


def chained(codecs: list[Codec]) -> CodecLink:
    """The link before that of the first of `codecs`."""
    first: CodecLink | None = None
    for codec in reversed(codecs):
        first = CodecLink(codec, first)
    return NO_COLUMNS if first is None else CodecLink(_START, first, (None,) * len(codecs))
