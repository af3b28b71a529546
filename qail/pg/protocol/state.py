"""States and transition tables of a connection and of the requests on it.

Rule 1: a state is a small int, a table is `bytes`: what follows `state` at `event` is `table[state * 256 + event]`.
Rule 2: an event is a backend message's type code, or one of the local events below (none is a type code).
Rule 3: what is not in a table is ILLEGAL, and an illegal event spends the connection.
Rule 4: phases and steps change only to what `follow` or a table of this file says.

After ErrorResponse the backend skips messages until Sync: a step moves to SKIPPING and only ReadyForQuery ends it.

Source: protocol-flow.html, "Start-up", "Simple Query", "Extended Query", "COPY Operations"
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from qail.pg.wire import constants as wire

ILLEGAL: Final = 255
EVENTS: Final = 256

# Life of a request. QUEUED: appended, no byte handed to the transport. HANDED: taken by the transport. SETTLED: its
# ReadyForQuery came, or the connection was lost. WITHDRAWN: abandoned while QUEUED; it never was.
QUEUED: Final = 0
HANDED: Final = 1
SETTLED: Final = 2
WITHDRAWN: Final = 3

# What a request is.
EXTENDED: Final = 0
SIMPLE: Final = 1
COPY_IN: Final = 2
COPY_OUT: Final = 3

# What a segment carries for one item (`Item.how`); the first three are the numbers of `compile.frames`.
PREPARED: Final = 0
"""Bind, Execute of a statement that exists."""
PARSE: Final = 1
"""Parse, Describe, Bind, Execute."""
REPLACE: Final = 2
"""Close, Parse, Describe, Bind, Execute."""
DESCRIBE_ONLY: Final = 3
"""Parse, Describe."""
REPLACE_DESCRIBE: Final = 4
"""Close, Parse, Describe."""
EXECUTE_ONLY: Final = 5
"""Execute of a portal that an earlier segment of the transaction has bound."""
CLOSE_PORTAL: Final = 6
"""Close of a portal."""

# Steps: what the oldest request waits for.
AWAIT_CLOSE: Final = 0
AWAIT_PARSE: Final = 1
AWAIT_PARAMETERS: Final = 2
AWAIT_DESCRIPTION: Final = 3
AWAIT_BIND: Final = 4
AWAIT_ROWS: Final = 5
AWAIT_CLOSE_ONLY: Final = 6
AWAIT_PARSE_ONLY: Final = 7
AWAIT_PARAMETERS_ONLY: Final = 8
AWAIT_DESCRIPTION_ONLY: Final = 9
COPY_IN_OPEN: Final = 10
COPY_OUT_OPEN: Final = 11
COPY_FINISHED: Final = 12
COPY_FAILING: Final = 13
ITEM_DONE: Final = 14
AWAIT_READY: Final = 15
SKIPPING: Final = 16
SIMPLE_NEXT: Final = 17
SIMPLE_ROWS: Final = 18
SIMPLE_COPY_OUT: Final = 19
SIMPLE_COPY_FINISHED: Final = 20
AWAIT_RIDING_CLOSE: Final = 21
SIMPLE_FIRST: Final = 22
"""As SIMPLE_NEXT, but a Query is answered by one message at least before its ReadyForQuery."""
AWAIT_PORTAL_CLOSE: Final = 23
FINISHED: Final = 24

# Phases of a connection.
NEW: Final = 0
TLS_ASKED: Final = 1
TLS_HANDSHAKE: Final = 2
STARTUP_SENT: Final = 3
PASSWORD_NEEDED: Final = 4
PASSWORD_SENT: Final = 5
SASL_PASSWORD_NEEDED: Final = 6
SASL_FIRST_SENT: Final = 7
PROOF_NEEDED: Final = 8
SASL_FINAL_SENT: Final = 9
SASL_VERIFIED: Final = 10
AUTHENTICATED: Final = 11
READY: Final = 12
TERMINATED: Final = 13
SPENT: Final = 14
PHASE_NAMES: Final = (
    "new",
    "waiting for the answer to SSLRequest",
    "in the TLS handshake",
    "waiting for an authentication request",
    "waiting for a password",
    "waiting for the verdict on the password",
    "waiting for a password",
    "waiting for AuthenticationSASLContinue",
    "making the SCRAM proof",
    "waiting for AuthenticationSASLFinal",
    "waiting for AuthenticationOk",
    "waiting for the first ReadyForQuery",
    "ready",
    "terminated",
    "spent",
)

# Local events. An authentication request is its code (0 ... 12); type codes begin at 0x31.
EVENT_COPY_DONE: Final = 0x10
EVENT_COPY_FAIL: Final = 0x11
EVENT_ASK_TLS: Final = 0x12
EVENT_START: Final = 0x13
EVENT_TLS_ACCEPTED: Final = 0x14
EVENT_TLS_REFUSED: Final = 0x15
EVENT_ANSWERED: Final = 0x16
EVENT_TERMINATE: Final = 0x17


def follow(table: bytes, state: i64, event: i64) -> i64:
    """The state that follows `state` at `event` (0 <= event < 256), or ILLEGAL."""
    return table[state * 256 + event]


def _table(states: int, moves: dict[tuple[int, int], int]) -> bytes:
    cells = bytearray([ILLEGAL]) * (states * EVENTS)
    for (state, event), following in moves.items():
        cells[state * EVENTS + event] = following
    return bytes(cells)


def _failing(states: tuple[int, ...]) -> dict[tuple[int, int], int]:
    return {(state, wire.ERROR_RESPONSE): SKIPPING for state in states}


_EXTENDED_MOVES: Final[dict[tuple[int, int], int]] = {
    (AWAIT_RIDING_CLOSE, wire.CLOSE_COMPLETE): AWAIT_RIDING_CLOSE,  # counted by the request
    (AWAIT_CLOSE, wire.CLOSE_COMPLETE): AWAIT_PARSE,
    (AWAIT_PARSE, wire.PARSE_COMPLETE): AWAIT_PARAMETERS,
    (AWAIT_PARAMETERS, wire.PARAMETER_DESCRIPTION): AWAIT_DESCRIPTION,
    (AWAIT_DESCRIPTION, wire.ROW_DESCRIPTION): AWAIT_BIND,
    (AWAIT_DESCRIPTION, wire.NO_DATA): AWAIT_BIND,
    (AWAIT_BIND, wire.BIND_COMPLETE): AWAIT_ROWS,
    (AWAIT_ROWS, wire.DATA_ROW): AWAIT_ROWS,
    (AWAIT_ROWS, wire.COMMAND_COMPLETE): ITEM_DONE,
    (AWAIT_ROWS, wire.EMPTY_QUERY_RESPONSE): ITEM_DONE,
    (AWAIT_ROWS, wire.PORTAL_SUSPENDED): ITEM_DONE,
    (AWAIT_ROWS, wire.COPY_IN_RESPONSE): COPY_IN_OPEN,
    (AWAIT_ROWS, wire.COPY_OUT_RESPONSE): COPY_OUT_OPEN,
    (AWAIT_CLOSE_ONLY, wire.CLOSE_COMPLETE): AWAIT_PARSE_ONLY,
    (AWAIT_PARSE_ONLY, wire.PARSE_COMPLETE): AWAIT_PARAMETERS_ONLY,
    (AWAIT_PARAMETERS_ONLY, wire.PARAMETER_DESCRIPTION): AWAIT_DESCRIPTION_ONLY,
    (AWAIT_DESCRIPTION_ONLY, wire.ROW_DESCRIPTION): ITEM_DONE,
    (AWAIT_DESCRIPTION_ONLY, wire.NO_DATA): ITEM_DONE,
    (AWAIT_PORTAL_CLOSE, wire.CLOSE_COMPLETE): ITEM_DONE,
    (COPY_IN_OPEN, EVENT_COPY_DONE): COPY_FINISHED,
    (COPY_IN_OPEN, EVENT_COPY_FAIL): COPY_FAILING,
    (COPY_OUT_OPEN, wire.COPY_DATA): COPY_OUT_OPEN,
    (COPY_OUT_OPEN, wire.COPY_DONE): COPY_FINISHED,
    (COPY_FINISHED, wire.COMMAND_COMPLETE): ITEM_DONE,
    (AWAIT_READY, wire.READY_FOR_QUERY): FINISHED,
    (SKIPPING, wire.READY_FOR_QUERY): FINISHED,
    (SIMPLE_NEXT, wire.ROW_DESCRIPTION): SIMPLE_ROWS,
    (SIMPLE_NEXT, wire.COMMAND_COMPLETE): SIMPLE_NEXT,
    (SIMPLE_NEXT, wire.EMPTY_QUERY_RESPONSE): SIMPLE_NEXT,
    (SIMPLE_NEXT, wire.COPY_OUT_RESPONSE): SIMPLE_COPY_OUT,
    (SIMPLE_NEXT, wire.COPY_IN_RESPONSE): COPY_IN_OPEN,
    (SIMPLE_NEXT, wire.READY_FOR_QUERY): FINISHED,
    (SIMPLE_FIRST, wire.ROW_DESCRIPTION): SIMPLE_ROWS,
    (SIMPLE_FIRST, wire.COMMAND_COMPLETE): SIMPLE_NEXT,
    (SIMPLE_FIRST, wire.EMPTY_QUERY_RESPONSE): SIMPLE_NEXT,
    (SIMPLE_FIRST, wire.COPY_OUT_RESPONSE): SIMPLE_COPY_OUT,
    (SIMPLE_FIRST, wire.COPY_IN_RESPONSE): COPY_IN_OPEN,
    (SIMPLE_ROWS, wire.DATA_ROW): SIMPLE_ROWS,
    (SIMPLE_ROWS, wire.COMMAND_COMPLETE): SIMPLE_NEXT,
    (SIMPLE_COPY_OUT, wire.COPY_DATA): SIMPLE_COPY_OUT,
    (SIMPLE_COPY_OUT, wire.COPY_DONE): SIMPLE_COPY_FINISHED,
    (SIMPLE_COPY_FINISHED, wire.COMMAND_COMPLETE): SIMPLE_NEXT,
}
# AWAIT_READY is one of them: a deferred constraint fails at Sync. SKIPPING is none: one error per Sync.
_CAN_FAIL: Final = (*range(AWAIT_CLOSE, ITEM_DONE), AWAIT_READY, *range(SIMPLE_NEXT, FINISHED))
ANSWERS: Final = _table(FINISHED + 1, {**_EXTENDED_MOVES, **_failing(_CAN_FAIL)})
"""Steps of a request."""

_ITEM_STARTS: Final = bytes(
    (
        AWAIT_BIND,
        AWAIT_PARSE,
        AWAIT_CLOSE,
        AWAIT_PARSE_ONLY,
        AWAIT_CLOSE_ONLY,
        AWAIT_ROWS,
        AWAIT_PORTAL_CLOSE,
    )
)


def item_start(how: int) -> i64:
    """The first step of an item sent as `how`.

    Raises:
        IndexError: no such way.
    """
    return _ITEM_STARTS[how]


_BEFORE_EXECUTION: Final = (
    AWAIT_CLOSE,
    AWAIT_PARSE,
    AWAIT_PARAMETERS,
    AWAIT_DESCRIPTION,
    AWAIT_BIND,
    AWAIT_CLOSE_ONLY,
    AWAIT_PARSE_ONLY,
    AWAIT_PARAMETERS_ONLY,
    AWAIT_DESCRIPTION_ONLY,
    AWAIT_RIDING_CLOSE,
    AWAIT_PORTAL_CLOSE,
)


def is_executing(step: i64) -> bool:
    """Whether the current item may have begun to execute; under simple Query that cannot be told, so yes."""
    return step not in _BEFORE_EXECUTION


PHASES: Final = _table(
    SPENT + 1,
    {
        (NEW, EVENT_ASK_TLS): TLS_ASKED,
        (NEW, EVENT_START): STARTUP_SENT,
        (TLS_ASKED, EVENT_TLS_ACCEPTED): TLS_HANDSHAKE,
        (TLS_ASKED, EVENT_TLS_REFUSED): STARTUP_SENT,
        (TLS_HANDSHAKE, EVENT_ANSWERED): STARTUP_SENT,
        (STARTUP_SENT, wire.NEGOTIATE_PROTOCOL_VERSION): STARTUP_SENT,
        (STARTUP_SENT, wire.AUTH_OK): AUTHENTICATED,
        (STARTUP_SENT, wire.AUTH_CLEARTEXT_PASSWORD): PASSWORD_NEEDED,
        (STARTUP_SENT, wire.AUTH_MD5_PASSWORD): PASSWORD_NEEDED,
        (STARTUP_SENT, wire.AUTH_SASL): SASL_PASSWORD_NEEDED,
        (PASSWORD_NEEDED, EVENT_ANSWERED): PASSWORD_SENT,
        (PASSWORD_SENT, wire.AUTH_OK): AUTHENTICATED,
        (SASL_PASSWORD_NEEDED, EVENT_ANSWERED): SASL_FIRST_SENT,
        (SASL_FIRST_SENT, wire.AUTH_SASL_CONTINUE): PROOF_NEEDED,
        (PROOF_NEEDED, EVENT_ANSWERED): SASL_FINAL_SENT,
        (SASL_FINAL_SENT, wire.AUTH_SASL_FINAL): SASL_VERIFIED,
        (SASL_VERIFIED, wire.AUTH_OK): AUTHENTICATED,
        (AUTHENTICATED, wire.PARAMETER_STATUS): AUTHENTICATED,
        (AUTHENTICATED, wire.BACKEND_KEY_DATA): AUTHENTICATED,
        (AUTHENTICATED, wire.NOTICE_RESPONSE): AUTHENTICATED,
        (AUTHENTICATED, wire.READY_FOR_QUERY): READY,
        (READY, EVENT_TERMINATE): TERMINATED,
    },
)
"""Phases of a connection. SPENT follows every phase, whatever the event; ErrorResponse before READY leads there."""
