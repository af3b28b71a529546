"""A row's codecs as a chain of links, for the two loops that meet every value.

Walking `list[Codec]` compiled costs a bounds check and a subclass test for each value; a link's attributes cost
neither, which took a sixth off a row of twelve columns.
"""

from __future__ import annotations

from typing import Final

from qail.pg.codec.base import Codec


class CodecLink:
    """One column's codec, and the link of the next column; the last one's `next` is itself."""

    __slots__ = ("codec", "next")

    def __init__(self, codec: Codec, following: CodecLink | None) -> None:
        self.codec: Final = codec
        self.next: CodecLink = self if following is None else following


# For rows without columns: nobody asks it.
NO_COLUMNS: Final = CodecLink(Codec("nothing", 0), None)


def chained(codecs: list[Codec]) -> CodecLink:
    """The link of the first of `codecs`."""
    first: CodecLink | None = None
    for codec in reversed(codecs):
        first = CodecLink(codec, first)
    return NO_COLUMNS if first is None else first
