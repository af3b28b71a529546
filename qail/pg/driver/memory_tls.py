"""TLS between two buffers: no method does I/O. Shared by the transports whose runtime cannot read while it writes.

Source: ssl-memory-bio in the `ssl` module's page
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Final

READ_BYTES: Final = 256 * 1024


class MemoryTls:
    """One end of a TLS stream. `on_change` is called when the handshake has ended, well or not."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str | None, on_change: Callable[[], None]) -> None:
        self._incoming: Final = ssl.MemoryBIO()
        self._outgoing: Final = ssl.MemoryBIO()
        self._on_change: Final = on_change
        self.connection: Final = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self.is_ready = False
        self.is_ended = False
        """The peer said goodbye, or what it sent could not be decrypted: nothing more can be read."""
        self.error: ssl.SSLError | None = None

    def handshake(self) -> None:
        """Take it as far as what has come allows."""
        try:
            self.connection.do_handshake()
            self.is_ready = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self.error = error
        self._on_change()

    def received(self, data: bytes) -> bytes:
        """What `data` says once decrypted; the handshake's own bytes say nothing."""
        self._incoming.write(data)
        if not self.is_ready:
            self.handshake()
        parts: list[bytes] = []
        while self.is_ready:
            try:
                part = self.connection.read(READ_BYTES)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError:
                # What came before it counts: a last ErrorResponse often stands in the same chunk.
                self.is_ended = True
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def outgoing(self, data: bytes) -> bytes:
        """`data` encrypted, behind whatever TLS itself has to send."""
        if data:
            self.connection.write(data)
        return self._outgoing.read()
