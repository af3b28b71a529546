"""The messages of a base backup: each stands alone in a CopyData, behind the CopyOutResponse that answers BASE_BACKUP.

Rule 1: `encode` appends the whole CopyData frame; `decode` takes what is inside it, type byte included.
Rule 2: servers from 15 on send these; the `d`, `m` and `n` here are no type codes of frames.

Source: protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i64_be, write_i64_be
from mypy_extensions import i64, u8

from qail.errors import ProtocolError
from qail.pg.wire.constants import (
    BACKUP_DATA,
    BACKUP_MANIFEST,
    BACKUP_NEW_ARCHIVE,
    BACKUP_PROGRESS,
    COPY_DATA,
)
from qail.pg.wire.fields import (
    check_consumed,
    check_range,
    decode_backend_text,
    encode_cstring,
    find_terminator,
    own_bytes,
    read_byte,
    write_header,
    write_string,
)
from qail.pg.wire.message import Message, hidden

INT64_MAX: Final = 0x7FFF_FFFF_FFFF_FFFF
_PROGRESS_BYTES: Final = 9


class BackupArchive(Message):
    """A new archive begins: its file name, and the directory of its tablespace, "" for the data directory."""

    __slots__ = ("archive_name", "tablespace_path")

    def __init__(self, archive_name: str, tablespace_path: str) -> None:
        self.archive_name: Final = archive_name
        self.tablespace_path: Final = tablespace_path

    def contents(self) -> tuple[object, ...]:
        return (self.archive_name, self.tablespace_path)

    def summary(self) -> str:
        return f"{self.archive_name!r}, tablespace_path={self.tablespace_path!r}"

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `n`, String name, String path."""
        name = encode_cstring(self.archive_name, "an archive's name")
        path = encode_cstring(self.tablespace_path, "a tablespace's path")
        _write_head(out, BACKUP_NEW_ARCHIVE, i64(len(name)) + len(path) + 3)
        write_string(out, name)
        write_string(out, path)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BackupArchive:
        """Decode `buffer[start:end]`: `n`, String name, String path.

        Raises:
            ProtocolError: another type, a string is not terminated, bytes follow.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
        """
        _check_type(buffer, start, end, BACKUP_NEW_ARCHIVE)
        stop = find_terminator(buffer, start + 1, end, "an archive's name")
        last = find_terminator(buffer, stop + 1, end, "a tablespace's path")
        check_consumed(last + 1, end, "the start of an archive")
        return BackupArchive(
            decode_backend_text(buffer[start + 1 : stop]), decode_backend_text(buffer[stop + 1 : last])
        )


class BackupManifest(Message):
    """The manifest begins: the data that follows is its."""

    __slots__ = ()

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `m`."""
        _write_head(out, BACKUP_MANIFEST, 1)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BackupManifest:
        """Decode `buffer[start:end]`: `m`.

        Raises:
            ProtocolError: it is anything else.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
        """
        _check_type(buffer, start, end, BACKUP_MANIFEST)
        check_consumed(start + 1, end, "the start of the manifest")
        return BackupManifest()


class BackupData(Message):
    """A piece of the archive, or of the manifest, that began last."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: Final = data

    def contents(self) -> tuple[object, ...]:
        return (self.data,)

    def summary(self) -> str:
        return hidden(self.data)

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `d`, data."""
        data = own_bytes(self.data)
        _write_head(out, BACKUP_DATA, i64(len(data)) + 1)
        out.write(data)

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BackupData:
        """Decode `buffer[start:end]`: `d`, data.

        Raises:
            ProtocolError: another type.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
        """
        _check_type(buffer, start, end, BACKUP_DATA)
        return BackupData(buffer[start + 1 : end])


class BackupProgress(Message):
    """How many bytes of the current tablespace are done."""

    __slots__ = ("done_bytes",)

    def __init__(self, done_bytes: int) -> None:
        self.done_bytes: Final = done_bytes

    def contents(self) -> tuple[object, ...]:
        return (self.done_bytes,)

    def summary(self) -> str:
        return f"done_bytes={self.done_bytes}"

    def encode(self, out: BytesWriter) -> None:
        """Append a CopyData frame: `p`, Int64 bytes.

        Raises:
            EncodeError: it is negative or no Int64; `out` is unchanged.
        """
        check_range(self.done_bytes, 0, INT64_MAX, "the number of bytes done")
        _write_head(out, BACKUP_PROGRESS, _PROGRESS_BYTES)
        write_i64_be(out, i64(self.done_bytes))

    @staticmethod
    def decode(buffer: bytes, start: i64, end: i64) -> BackupProgress:
        """Decode `buffer[start:end]`: `p`, Int64 bytes.

        Raises:
            ProtocolError: another type, another size, a negative number.

        Source: protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
        """
        _check_type(buffer, start, end, BACKUP_PROGRESS)
        if end - start != _PROGRESS_BYTES:
            raise ProtocolError(f"a progress report has {end - start} bytes, not {_PROGRESS_BYTES}")
        done_bytes = int(read_i64_be(buffer, start + 1))
        if done_bytes < 0:
            raise ProtocolError(f"a progress report says that {done_bytes} bytes are done")
        return BackupProgress(done_bytes)


def decode_base_backup(buffer: bytes, start: i64, end: i64) -> Message:
    """Decode what is in one CopyData of a base backup, `buffer[start:end]`, by its type byte.

    Raises:
        ProtocolError: an unknown type, or a body that is wrong for it.
    """
    type_code = read_byte(buffer, start, end, "the type of a base backup's message")
    if type_code == BACKUP_DATA:
        return BackupData.decode(buffer, start, end)
    if type_code == BACKUP_PROGRESS:
        return BackupProgress.decode(buffer, start, end)
    if type_code == BACKUP_NEW_ARCHIVE:
        return BackupArchive.decode(buffer, start, end)
    return BackupManifest.decode(buffer, start, end)


def _write_head(out: BytesWriter, type_code: u8, body_bytes: i64) -> None:
    write_header(out, COPY_DATA, body_bytes)
    out.append(type_code)


def _check_type(buffer: bytes, start: i64, end: i64, expected: i64) -> None:
    found = read_byte(buffer, start, end, "the type of a base backup's message")
    if found != expected:
        raise ProtocolError(f"the type of the base backup's message is {found:#04x}, not {expected:#04x}")
