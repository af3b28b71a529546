"""Where frames begin in what crosses a proxy, one scanner a direction.

Rule 1: frames are measured by the readers of `qail.pg.wire`; nothing here knows a length field.
Rule 2: what cannot be measured (TLS, garbage) makes the rest of the stream opaque: it passes as bytes.

Kinds: the letter of a message's type, or `startup`, `ssl`, `gss`, `cancel` for frames without one, and `encryption` for
the one byte that answers `ssl` and `gss`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from qail.errors import ProtocolError
from qail.pg.wire.buffer import read_frame_bytes
from qail.pg.wire.constants import (
    CANCEL_REQUEST_CODE,
    ENCRYPTION_REFUSED,
    ERROR_RESPONSE,
    GSSENC_REQUEST_CODE,
    SSL_REQUEST_CODE,
)
from qail.pg.wire.fields import read_i32
from qail.pg.wire.reader import FrontendReader

_UNTYPED_BYTES: Final = 8
_KINDS: Final = {CANCEL_REQUEST_CODE: "cancel", SSL_REQUEST_CODE: "ssl", GSSENC_REQUEST_CODE: "gss"}


class Frame(NamedTuple):
    """One message in a stream: its kind, where it begins, how long it is."""

    kind: str
    position: int
    size: int


class Conversation:
    """What the two directions of a connection must know of each other to be read."""

    def __init__(self) -> None:
        self.is_opaque = False
        self.awaits_encryption = False
        self._frontend: Final = FrontendReader()

    def measure(self, to: str, data: bytes, position: int) -> tuple[int, str]:
        """Size and kind of the frame at `position`; size 0 while too little has come, -1 where all is opaque."""
        if self.is_opaque:
            return -1, ""
        try:
            if to == "server":
                return self._measure_request(data, position)
            return self._measure_answer(data, position)
        except ProtocolError:
            self.is_opaque = True
            return -1, ""

    def note(self, kind: str, frame: bytes) -> None:
        """A frame went by: what follows may be read differently."""
        if kind == "startup":
            self._frontend.is_started = True
        elif kind in ("ssl", "gss"):
            self.awaits_encryption = True
        elif kind == "encryption":
            self.awaits_encryption = False
            self.is_opaque = frame[0] != ENCRYPTION_REFUSED

    def _measure_request(self, data: bytes, position: int) -> tuple[int, str]:
        if self._frontend.is_started:
            return int(self._frontend.frame_bytes(data, position, len(data))), chr(data[position])
        if len(data) - position < _UNTYPED_BYTES:
            return 0, ""
        size = int(self._frontend.frame_bytes(data, position, len(data)))
        return size, _KINDS.get(int(read_i32(data, position + 4, len(data), "the request code")), "startup")

    def _measure_answer(self, data: bytes, position: int) -> tuple[int, str]:
        if self.awaits_encryption and data[position] != ERROR_RESPONSE:
            return 1, "encryption"
        return int(read_frame_bytes(data, position, len(data))), chr(data[position])
