"""Which protocol version is spoken: what we ask for, what a server may offer instead, and what a rejection looks like.

    3.2 is asked for        R ... Z                         the server speaks it
                            v 3.0, R ... Z                  it offers 3.0, and the session goes on with that
                            E 0A000                         it rejects 3.2: one more connection asks for 3.0

Rule 1: an offer is a version that exists, below the one asked for, and above `min_protocol_version`.
Rule 2: only the first answer to StartupMessage can be a rejection, and only in so many words. Another error, an end of
the stream, a timeout or nonsense says nothing of versions, and is not met with an older one.
Rule 3: the cancel key has 4 bytes in 3.0, and 4 to 256 from 3.2 on.

Source: protocol-flow.html#PROTOCOL-FLOW-START-UP; protocol-changes.html
"""

from __future__ import annotations

from typing import Final

from qail.errors import ConnectError, PostgresError, ProtocolError
from qail.pg.wire.constants import MIN_SECRET_KEY_BYTES, PROTOCOL_3_0, PROTOCOL_3_2
from qail.pg.wire.startup import NegotiateProtocolVersion

# There is no 3.1: old poolers answer it as if it were 3.0, so the number was given up.
VERSIONS: Final = (PROTOCOL_3_0, PROTOCOL_3_2)
# In the words of servers that are not PostgreSQL; none of them translates its texts.
_REJECTIONS: Final = ("unsupported frontend protocol", "unknown protocol version", "unsupported protocol version")
# Int32 length and Int32 version of a StartupMessage: the "packet header" that an old PgBouncer shows in its error.
_STARTUP_HEADER_BYTES: Final = 8


def version_text(version: int) -> str:
    """`3.2` of 0x00030002."""
    return f"{version >> 16}.{version & 0xFFFF}"


def take_offer(message: NegotiateProtocolVersion, asked: int, least: int) -> int:
    """The version that the server offers in the place of `asked`.

    Raises:
        ProtocolError: it is none, or not an older one, or options are refused that nobody asked for.
        ConnectError: it is below `least`; the reason is `version`.
    """
    offered = message.version
    if offered not in VERSIONS or offered >= asked:
        raise ProtocolError(f"the server offers protocol {version_text(offered)} in the place of {version_text(asked)}")
    # We ask for no option, so none can be unknown.
    if message.options:
        raise ProtocolError(f"the server refuses {len(message.options)} protocol options that were not asked for")
    if offered < least:
        raise ConnectError(
            f"the server speaks protocol {version_text(offered)} only, and min_protocol_version is "
            f"{version_text(least)}",
            reason="version",
        )
    return offered


def is_version_rejection(error: PostgresError, startup_frame: bytes) -> bool:
    """Whether `error`, the first answer to `startup_frame`, says that its version is not spoken.

    PostgreSQL says so by 0A000, which nothing else has at this point. Poolers give 08P01 to whatever they do not like,
    so there the text must name the version, or show the frame's header, which holds it.

    Source: src/backend/tcop/backend_startup.c, ProcessStartupPacket; PgBouncer 1.18, src/client.c
    """
    if error.sqlstate == "0A000":
        return True
    if error.sqlstate not in ("08P01", ""):
        return False
    text = error.message.lower()
    if startup_frame[:_STARTUP_HEADER_BYTES].hex() in text:
        return True
    return any(rejection in text for rejection in _REJECTIONS)


def rejection_error(error: PostgresError, asked: int) -> ConnectError:
    """What `connect` raises for a rejection of version `asked`, unless an older one is taken."""
    failure = ConnectError(
        f"the server does not speak protocol {version_text(asked)}: {error} (max_protocol_version=3.0 asks for 3.0)",
        reason="version",
    )
    failure.__cause__ = error
    return failure


def check_key(secret_key: bytes, version: int) -> None:
    """Refuse a cancel key that this version has not. `wire` has checked that it has 4 to 256 bytes.

    Raises:
        ProtocolError: protocol 3.0, and it has not 4 bytes.
    """
    if version == PROTOCOL_3_0 and len(secret_key) != MIN_SECRET_KEY_BYTES:
        raise ProtocolError(
            f"the secret key has {len(secret_key)} bytes; in protocol 3.0 it has {MIN_SECRET_KEY_BYTES}"
        )
