"""Protocol versions: what is asked for, what a server may offer instead, what counts as a rejection, and the key."""

from __future__ import annotations

import pytest

from qail.errors import AuthError, ConfigError, ConnectError, PostgresError, ProtocolError
from qail.pg.protocol.session import Session
from qail.pg.protocol.state import READY
from qail.pg.protocol.version import is_version_rejection
from qail.pg.wire.authentication import AuthenticationCleartextPassword, AuthenticationOk
from qail.pg.wire.constants import IDLE, PROTOCOL_3_0, PROTOCOL_3_2
from qail.pg.wire.message import Message
from qail.pg.wire.notice import ErrorResponse
from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import BackendKeyData, NegotiateProtocolVersion, StartupMessage
from support.scripted_client import settings
from support.scripted_server import GREETING, error, frames
from support.starting_client import TRUSTED, WITH_PASSWORD, assert_refused, begun

OFFER = NegotiateProtocolVersion(PROTOCOL_3_0, [])
UNSUPPORTED = "unsupported frontend protocol 3.2: server supports 1.0 to 3.0"


def asking(least: int = PROTOCOL_3_0, greatest: int = PROTOCOL_3_2) -> tuple[Session, bytes]:
    """A Session that asks for `greatest`, and its StartupMessage."""
    session = Session(settings(policy=TRUSTED, versions=(least, greatest)))
    session.start()
    return session, session.take_output()


def key_frame(size: int) -> bytes:
    return b"K" + (8 + size).to_bytes(4, "big") + bytes(4) + bytes(range(size % 256)) + bytes(size - size % 256)


@pytest.mark.feature("PR1")
@pytest.mark.parametrize("version", [PROTOCOL_3_0, PROTOCOL_3_2])
def test_the_startup_message_asks_for_the_newest_version_allowed(version: int) -> None:
    session, frame = asking(greatest=version)

    assert StartupMessage.decode(frame, 4, len(frame)).version == version
    session.data_received(frames(*GREETING))
    assert session.phase == READY
    assert session.protocol_version == version


@pytest.mark.feature("PR1")
@pytest.mark.feature("PR2")
def test_the_session_goes_on_with_what_the_server_offers() -> None:
    session, _ = asking()

    session.data_received(frames(OFFER, *GREETING))

    assert session.phase == READY
    assert session.protocol_version == PROTOCOL_3_0


@pytest.mark.feature("PR1")
def test_an_offer_below_the_least_version_is_refused_by_name() -> None:
    session, _ = asking(least=PROTOCOL_3_2)

    session.data_received(frames(OFFER))

    assert_refused(session, ConnectError)
    assert isinstance(session.spent_cause, ConnectError)
    assert session.spent_cause.reason == "version"
    assert "3.0 only, and min_protocol_version is 3.2" in str(session.spent_cause)


@pytest.mark.feature("PR2")
@pytest.mark.feature("PR5")
@pytest.mark.parametrize(
    "messages",
    [
        [NegotiateProtocolVersion(PROTOCOL_3_2, [])],  # what was asked for: nothing to negotiate
        [NegotiateProtocolVersion(PROTOCOL_3_2 + 1, [])],
        [NegotiateProtocolVersion(PROTOCOL_3_0 + 1, [])],  # 3.1 does not exist
        [NegotiateProtocolVersion(2 << 16, [])],
        [NegotiateProtocolVersion(4 << 16, [])],
        [NegotiateProtocolVersion(0, [])],
        [NegotiateProtocolVersion(0xFFFF_FFFF, [])],
        [NegotiateProtocolVersion(PROTOCOL_3_0, ["_pq_.x"])],
        [OFFER, OFFER],
        [AuthenticationOk(), OFFER],
        [AuthenticationCleartextPassword(), OFFER],
    ],
)
def test_an_offer_that_cannot_be_ends_the_start(messages: list[Message]) -> None:
    session, _ = asking()

    session.data_received(frames(*messages))

    assert_refused(session, ProtocolError)


@pytest.mark.feature("PR2")
def test_an_offer_to_who_asks_for_the_oldest_ends_the_start() -> None:
    session, _ = asking(greatest=PROTOCOL_3_0)

    session.data_received(frames(OFFER))

    assert_refused(session, ProtocolError)


REJECTIONS = [
    ("0A000", UNSUPPORTED),
    ("0A000", "nicht unterstütztes Frontend-Protokoll 3.2"),
    ("08P01", "Unsupported frontend protocol 196610"),
    ("08P01", "unknown protocol version 196610"),
    ("", UNSUPPORTED),
]


@pytest.mark.feature("PR1")
@pytest.mark.parametrize(("sqlstate", "text"), REJECTIONS)
def test_a_rejection_in_so_many_words_is_told_apart(sqlstate: str, text: str) -> None:
    session, _ = asking()

    session.data_received(frames(error(sqlstate, "FATAL", text)))

    assert_refused(session, ConnectError)
    assert isinstance(session.spent_cause, ConnectError)
    assert session.spent_cause.reason == "version"
    assert isinstance(session.spent_cause.__cause__, PostgresError)


@pytest.mark.feature("PR1")
def test_a_pooler_that_shows_the_header_has_rejected_the_version() -> None:
    _, frame = asking()

    shown = PostgresError(fields={"C": "08P01", "M": f"bad packet header: '{frame[:8].hex()}'"})
    other = PostgresError(fields={"C": "08P01", "M": "bad packet header: '0000003200030000'"})

    assert is_version_rejection(shown, frame)
    assert not is_version_rejection(other, frame)


@pytest.mark.feature("PR1")
@pytest.mark.parametrize(
    ("before", "sqlstate", "text"),
    [
        ([], "28000", "no pg_hba.conf entry"),
        ([], "28P01", UNSUPPORTED),
        ([], "3D000", UNSUPPORTED),
        ([], "57P03", "the database system is starting up"),
        ([], "53300", "too many clients"),
        ([], "08P01", "no such database: shop"),
        ([], "08P01", "unsupported startup parameter: x"),
        ([], "XX000", UNSUPPORTED),
        ([OFFER], "0A000", UNSUPPORTED),
        ([AuthenticationOk()], "0A000", UNSUPPORTED),
        ([AuthenticationCleartextPassword()], "0A000", UNSUPPORTED),
    ],
)
def test_another_error_says_nothing_of_versions(before: list[Message], sqlstate: str, text: str) -> None:
    session, _ = asking()

    session.data_received(frames(*before, error(sqlstate, "FATAL", text)))

    assert_refused(session, ConnectError)
    assert isinstance(session.spent_cause, ConnectError)
    assert session.spent_cause.reason != "version"


@pytest.mark.feature("PR1")
def test_who_asked_for_the_oldest_version_cannot_ask_for_an_older_one() -> None:
    session, _ = asking(greatest=PROTOCOL_3_0)

    session.data_received(frames(error("0A000", "FATAL", UNSUPPORTED)))

    assert isinstance(session.spent_cause, ConnectError)
    assert session.spent_cause.reason == "rejected"


@pytest.mark.feature("PR1")
def test_a_login_that_was_refused_is_no_rejection_whatever_it_says() -> None:
    session, _ = begun(WITH_PASSWORD)

    session.data_received(frames(ErrorResponse({"S": "FATAL", "C": "28P01", "M": UNSUPPORTED})))

    assert_refused(session, AuthError)


@pytest.mark.parametrize(
    ("least", "greatest"), [(PROTOCOL_3_2, PROTOCOL_3_0), (PROTOCOL_3_0, PROTOCOL_3_0 + 1), (0, PROTOCOL_3_2)]
)
def test_versions_that_cannot_be_are_refused(least: int, greatest: int) -> None:
    with pytest.raises(ConfigError, match="protocol version"):
        settings().ask_for(greatest, least)


@pytest.mark.feature("PR2")
@pytest.mark.parametrize("size", [4, 5, 31, 32, 255, 256])
def test_a_key_of_4_to_256_bytes_is_kept_whole(size: int) -> None:
    session, _ = asking()
    frame = key_frame(size)

    session.data_received(frames(AuthenticationOk()) + frame + frames(ReadyForQuery(IDLE)))

    assert session.phase == READY
    assert session.secret_key == frame[9:]
    assert len(session.secret_key) == size


@pytest.mark.feature("PR2")
@pytest.mark.feature("PR5")
@pytest.mark.parametrize("size", [0, 1, 3, 257, 1_000, 29_992])
def test_a_key_of_another_size_ends_the_start(size: int) -> None:
    session, _ = asking()

    session.data_received(frames(AuthenticationOk()) + key_frame(size))

    assert_refused(session, ProtocolError)


@pytest.mark.feature("PR2")
@pytest.mark.feature("PR5")
@pytest.mark.parametrize("size", [3, 5, 32, 256])
@pytest.mark.parametrize("greatest", [PROTOCOL_3_0, PROTOCOL_3_2])
def test_in_protocol_3_0_a_key_has_four_bytes(size: int, greatest: int) -> None:
    session, _ = asking(greatest=greatest)
    offers = [OFFER] if greatest > PROTOCOL_3_0 else []

    session.data_received(frames(*offers, AuthenticationOk()) + key_frame(size))

    assert_refused(session, ProtocolError)


@pytest.mark.feature("PR2")
def test_a_server_may_give_no_key_at_all() -> None:
    session, _ = asking()

    session.data_received(frames(*(each for each in GREETING if not isinstance(each, BackendKeyData))))

    assert session.phase == READY
    assert session.secret_key == b""
