"""ltree, lquery and ltxtquery of the extension ltree: their text behind a version byte, as str.

Source: contrib/ltree/ltree_io.c, ltree_send and lquery_send; contrib/ltree/ltxtquery_io.c, ltxtq_send
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qail.pg.codec.base import Codec
from qail.pg.codec.text import VersionedTextCodec

EXTENSION_CODECS: Final[dict[str, Callable[[str, int], Codec]]] = {
    "lquery": VersionedTextCodec,
    "ltree": VersionedTextCodec,
    "ltxtquery": VersionedTextCodec,
}
