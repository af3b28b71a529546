"""Numbers of the wire: message type codes, authentication codes, request codes and the limits of both directions.

Rule 1: a type code is the byte that opens a frame, as an int. The same byte means different things in the two
directions, so a name is the manual's message name, with the direction where one name serves both bytes.
Rule 2: limits bound the Int32 length field of a frame (which counts itself) unless their name says otherwise.

Source: protocol-message-formats.html; limits: src/interfaces/libpq/fe-protocol3.c and src/include/libpq/libpq.h
"""

from __future__ import annotations

from typing import Final

# Backend messages.
AUTHENTICATION: Final = 0x52  # R
BACKEND_KEY_DATA: Final = 0x4B  # K
BIND_COMPLETE: Final = 0x32  # 2
CLOSE_COMPLETE: Final = 0x33  # 3
COMMAND_COMPLETE: Final = 0x43  # C
COPY_BOTH_RESPONSE: Final = 0x57  # W
COPY_IN_RESPONSE: Final = 0x47  # G
COPY_OUT_RESPONSE: Final = 0x48  # H
DATA_ROW: Final = 0x44  # D
EMPTY_QUERY_RESPONSE: Final = 0x49  # I
ERROR_RESPONSE: Final = 0x45  # E
FUNCTION_CALL_RESPONSE: Final = 0x56  # V
NEGOTIATE_PROTOCOL_VERSION: Final = 0x76  # v
NO_DATA: Final = 0x6E  # n
NOTICE_RESPONSE: Final = 0x4E  # N
NOTIFICATION_RESPONSE: Final = 0x41  # A
PARAMETER_DESCRIPTION: Final = 0x74  # t
PARAMETER_STATUS: Final = 0x53  # S
PARSE_COMPLETE: Final = 0x31  # 1
PORTAL_SUSPENDED: Final = 0x73  # s
READY_FOR_QUERY: Final = 0x5A  # Z
ROW_DESCRIPTION: Final = 0x54  # T

# Messages of both sides.
COPY_DATA: Final = 0x64  # d
COPY_DONE: Final = 0x63  # c

# Frontend messages.
BIND: Final = 0x42  # B
CLOSE: Final = 0x43  # C
COPY_FAIL: Final = 0x66  # f
DESCRIBE: Final = 0x44  # D
EXECUTE: Final = 0x45  # E
FLUSH: Final = 0x48  # H
FUNCTION_CALL: Final = 0x46  # F
PARSE: Final = 0x50  # P
PASSWORD: Final = 0x70  # p: PasswordMessage, SASLInitialResponse, SASLResponse, GSSResponse
QUERY: Final = 0x51  # Q
SYNC: Final = 0x53  # S
TERMINATE: Final = 0x58  # X

# What Describe and Close speak of.
STATEMENT: Final = 0x53  # S
PORTAL: Final = 0x50  # P

# Transaction status in ReadyForQuery.
IDLE: Final = 0x49  # I
IN_TRANSACTION: Final = 0x54  # T
FAILED_TRANSACTION: Final = 0x45  # E

# The one byte that answers SSLRequest or GSSENCRequest.
ENCRYPTION_TLS: Final = 0x53  # S
ENCRYPTION_GSS: Final = 0x47  # G
ENCRYPTION_REFUSED: Final = 0x4E  # N

# Authentication requests: the Int32 that opens the body of an R message.
AUTH_OK: Final = 0
AUTH_KERBEROS_V5: Final = 2
AUTH_CLEARTEXT_PASSWORD: Final = 3
AUTH_MD5_PASSWORD: Final = 5
AUTH_GSS: Final = 7
AUTH_GSS_CONTINUE: Final = 8
AUTH_SSPI: Final = 9
AUTH_SASL: Final = 10
AUTH_SASL_CONTINUE: Final = 11
AUTH_SASL_FINAL: Final = 12

# Frames without a type byte: the Int32 behind their length.
PROTOCOL_3_0: Final = 0x0003_0000
PROTOCOL_3_2: Final = 0x0003_0002
PROTOCOL_MAJOR: Final = 3
CANCEL_REQUEST_CODE: Final = 80_877_102
SSL_REQUEST_CODE: Final = 80_877_103
GSSENC_REQUEST_CODE: Final = 80_877_104

# Messages inside CopyData while a replication stream is open.
XLOG_DATA: Final = 0x77  # w
PRIMARY_KEEPALIVE: Final = 0x6B  # k
STANDBY_STATUS_UPDATE: Final = 0x72  # r
HOT_STANDBY_FEEDBACK: Final = 0x68  # h

# Messages inside CopyData while a base backup is sent.
BACKUP_NEW_ARCHIVE: Final = 0x6E  # n
BACKUP_MANIFEST: Final = 0x6D  # m
BACKUP_DATA: Final = 0x64  # d
BACKUP_PROGRESS: Final = 0x70  # p

# Format codes.
TEXT: Final = 0
BINARY: Final = 1

# Layout.
TYPE_BYTES: Final = 1
LENGTH_BYTES: Final = 4
HEADER_BYTES: Final = 5
COUNT_BYTES: Final = 2
OID_BYTES: Final = 4
NULL_LENGTH: Final = -1

# Ranges of the integers of the wire.
INT16_MIN: Final = -0x8000
INT16_MAX: Final = 0x7FFF
INT32_MIN: Final = -0x8000_0000
INT32_MAX: Final = 0x7FFF_FFFF
UINT32_MAX: Final = 0xFFFF_FFFF

# 1 GiB - 1: a backend allocates no message above MaxAllocSize.
MAX_FRAME_BYTES: Final = 0x3FFF_FFFF
# What a backend message may claim, except those that carry rows, values, texts or descriptions.
MAX_SHORT_FRAME_BYTES: Final = 30_000
# Int32 length, Int16 count and 65,535 type OIDs.
MAX_PARAMETER_DESCRIPTION_BYTES: Final = 262_146
# Before AuthenticationOk nobody has proved anything, so little is taken.
MAX_AUTHENTICATION_BYTES: Final = 2_000
MAX_EARLY_ERROR_BYTES: Final = 30_000

# What a backend takes: longer small messages make it drop the connection.
MAX_SMALL_REQUEST_BYTES: Final = 10_000
MAX_STARTUP_BYTES: Final = 10_000
MAX_PASSWORD_BYTES: Final = 65_535

# 65_535: these counts are unsigned Int16.
MAX_PARAMETERS: Final = 65_535
MAX_COUNT: Final = 65_535
# A backend makes no wider row (MaxTupleAttributeNumber).
MAX_COLUMNS: Final = 1_664

# 4 in protocol 3.0; up to 256 from 3.2 on.
MIN_SECRET_KEY_BYTES: Final = 4
MAX_SECRET_KEY_BYTES: Final = 256
