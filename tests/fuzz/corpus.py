"""The corpus: for each target a text file in `corpus/`, a line a seed: what it is, and its bytes in hexadecimal.

`python -m fuzz.corpus` (from `tests`) makes the generated lines anew, from `tests/vectors` and the conformance cases,
and keeps those that were found (`found-...`): a seed that once broke something stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from librt.strings import BytesWriter

from fuzz.targets import ROW_TYPES, TARGETS
from qail.errors import DecodeError, EncodeError
from qail.pg.codec.copy_rows import COPY_HEADER, COPY_TRAILER, CopyRowWriter
from qail.pg.codec.text_array import text_of_field
from qail.pg.codec.text_composite import text_twin
from qail.pg.wire.constants import IDLE
from qail.pg.wire.copy import CopyData, CopyDone, CopyInResponse, CopyOutResponse
from qail.pg.wire.description import ColumnDescription, NoData, ParameterDescription, RowDescription
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.reader import FrontendReader
from qail.pg.wire.result import (
    BindComplete,
    CloseComplete,
    CommandComplete,
    DataRow,
    EmptyQueryResponse,
    ParseComplete,
    PortalSuspended,
    ReadyForQuery,
)
from qail.pg.wire.startup import StartupMessage
from support import wire_strategies as messages
from support import wire_vectors
from support.every_codec import BY_NAME, CHOICE, valid_encodings
from support.scripted_server import GREETING, error, frames

FOLDER: Final = Path(__file__).resolve().parent / "corpus"
MOST_SEED_BYTES: Final = 600
SEEDS_OF_A_CODEC: Final = 2
INSIDE_COPY_DATA: Final = [*messages.REPLICATION_EXAMPLES, *messages.BASE_BACKUP_EXAMPLES]
WHOLE: Final = b"\0"
"""The first byte of a stream: it is not cut."""
DSNS: Final = (
    "postgresql://app:hunter2@db.example.com:5433/shop?sslmode=require&connect_timeout=5",
    "postgresql://[::1]:5432,host2:5433/db?target_session_attrs=primary",
    "postgres://%2Fvar%2Frun/d%20b?application_name=a%26b",
    "host=/tmp,localhost port=5432,5433 user='a b' password='it\\'s' dbname=x",
    "host=h options='-c geqo=off' client_encoding=utf8 min_protocol_version=3.2 max_protocol_version=latest",
    "postgresql:///?host=/tmp&port=1&keepalives=0&tcp_user_timeout=7",
    "",
)


def load(target: str) -> dict[str, bytes]:
    """The seeds of a target, by name."""
    path = FOLDER / f"{target}.txt"
    if not path.exists():
        return {}
    lines = [line.split(" ") for line in path.read_text("ascii").splitlines() if line and not line.startswith("#")]
    return {name: bytes.fromhex(digits) for name, digits in lines}


def save(target: str, seeds: dict[str, bytes]) -> None:
    """Write the file of a target."""
    lines = [f"# Seeds of the fuzz target {target}: a name, and bytes in hexadecimal. Made by fuzz/corpus.py."]
    lines += [f"{name} {data.hex()}" for name, data in sorted(seeds.items())]
    (FOLDER / f"{target}.txt").write_text("\n".join(lines) + "\n", "ascii")


def found_name(data: bytes) -> str:
    """What an input that broke something is called."""
    return f"found-{hashlib.sha256(data).hexdigest()[:12]}"


def _named(prefix: str, seeds: Iterator[bytes] | list[bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for seed in seeds:
        data = seed[:MOST_SEED_BYTES]
        if data not in found.values():
            found[f"{prefix}-{len(found):03}"] = data
    return found


def _captured(side: str) -> Iterator[tuple[str, bytes]]:
    """The first connection of each captured session."""
    for path in sorted(wire_vectors.VECTORS.glob("*.txt")):
        vector = wire_vectors.load(path)
        number = vector.connections()[-1]
        yield path.stem, b"".join(chunk.data for chunk in vector.of(number) if chunk.side == side)


def _answers() -> Iterator[bytes]:
    """What a server answers to the requests that `backend_stream` has waiting."""
    text = BY_NAME["text"].type_oid
    rows = [RowDescription([ColumnDescription("n", text)]), DataRow([b"1"]), DataRow([None])]
    ready, done = ReadyForQuery(IDLE), CommandComplete("SELECT 2")
    parsed: list[Message] = [ParseComplete(), ParameterDescription([text]), rows[0]]
    run: list[Message] = [BindComplete(), *rows[1:], done]
    copied: list[Message] = [CopyOutResponse(0, [0]), CopyData(b"1\n"), CopyDone(), CommandComplete("COPY 1")]
    whole = [
        [*parsed, *run, *parsed, *run, ready],
        [*rows, done, *copied, EmptyQueryResponse(), ready],
        [ParseComplete(), ParameterDescription([]), NoData(), BindComplete(), *copied, ready],
        [CloseComplete(), *parsed, BindComplete(), PortalSuspended(), ready],
        [*run, *parsed, ready],
        [ParseComplete(), ParameterDescription([]), NoData(), BindComplete(), CopyInResponse(1, [1])],
    ]
    answer = b"".join(frames(*each) for each in whole)
    for size in (0, 1, 7, 64):
        yield bytes([size]) + answer
    failing = b"".join(frames(*each[:3], error(), ready) for each in whole)
    yield WHOLE + failing
    yield WHOLE + frames(*messages.BACKEND_EXAMPLES[13:16]) + answer


def _backend(examples: list[Message]) -> list[bytes]:
    return [WHOLE + encode_message(example) for example in examples]


def _without_startup(data: bytes) -> bytes:
    """A captured frontend's bytes, from the StartupMessage on."""
    reader = FrontendReader()
    position = 0
    while position + 4 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        reader.feed(data[position : position + size])
        if reader.is_started:
            return data[position:]
        position += size
    return data


def _row_seeds() -> Iterator[bytes]:
    codecs = [BY_NAME[name] for name in ROW_TYPES]
    description = encode_message(
        RowDescription([ColumnDescription("c", codec.type_oid, format_code=1) for codec in codecs])
    )[5:]
    description += bytes(-len(description) % 4)
    samples = valid_encodings()
    for number in range(2):
        row = b"".join(_field(samples[name][number % len(samples[name])]) for name in ROW_TYPES)
        body = len(ROW_TYPES).to_bytes(2, "big") + row
        frame = b"D" + (len(body) + 4).to_bytes(4, "big") + body
        yield b"\0" + frame * 2
        yield bytes([len(description) // 4]) + description + frame


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _copy_seeds() -> Iterator[bytes]:
    out = BytesWriter()
    out.write(COPY_HEADER)
    writer = CopyRowWriter([BY_NAME[name] for name in ROW_TYPES[:2]])
    writer.write_records(out, [(1, "a"), (None, "b")])
    out.write(COPY_TRAILER)
    yield WHOLE + out.getvalue()
    yield b"\3" + out.getvalue()


def _codec_seeds() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, samples in sorted(valid_encodings().items()):
        key = CHOICE.key(BY_NAME[name])
        short = [each for each in dict.fromkeys(samples) if len(each) < MOST_SEED_BYTES]
        for number, sample in enumerate(sorted(short, key=len)[-SEEDS_OF_A_CODEC:]):
            found[f"{name.replace(' ', '_')}-{number}"] = key + sample
    return found


def _text_seeds() -> dict[str, bytes]:
    """As the codecs' own, in text."""
    found: dict[str, bytes] = {}
    for name, samples in sorted(valid_encodings().items()):
        codec = BY_NAME[name]
        twin = text_twin(codec)
        texts: set[bytes] = set()
        for sample in samples:
            with suppress(DecodeError, EncodeError):
                texts.add(text_of_field(twin, codec.decode(sample, 0, len(sample))))
        short = sorted((text for text in texts if len(text) < MOST_SEED_BYTES), key=lambda text: (len(text), text))
        for number, text in enumerate(short[-SEEDS_OF_A_CODEC:]):
            found[f"{name.replace(' ', '_')}-{number}"] = CHOICE.key(codec) + text
    return found


def generated() -> dict[str, dict[str, bytes]]:
    """All seeds that can be made anew, by target."""
    started = encode_message(StartupMessage(0x30002, {"user": "u"}))
    return {
        "backend_stream": _named("answers", list(_answers()) + _backend(messages.BACKEND_EXAMPLES)),
        "startup_stream": _named(
            "start",
            [b"\0\0" + frames(*GREETING), b"\xff\1N" + frames(*GREETING)]
            + [b"\0" + each for each in _backend(messages.BACKEND_EXAMPLES[:12])],
        ),
        "backend_messages": {name: WHOLE + data[:MOST_SEED_BYTES] for name, data in _captured("B")},
        "frontend_messages": {
            **{name: WHOLE + _without_startup(data)[:MOST_SEED_BYTES] for name, data in _captured("F")},
            **_named("example", [WHOLE + started + encode_message(each) for each in messages.FRONTEND_EXAMPLES]),
        },
        "replication": _named(
            "example",
            [encode_message(each)[5:] for each in messages.REPLICATION_EXAMPLES + messages.BASE_BACKUP_EXAMPLES],
        ),
        "codecs": _codec_seeds(),
        "text_forms": _text_seeds(),
        "rows": _named("rows", list(_row_seeds())),
        "copy_rows": _named("copy", list(_copy_seeds())),
        "dsn": _named("dsn", [text.encode() for text in DSNS]),
    }


def main() -> None:
    """Write all files anew; what was found stays."""
    for target, seeds in generated().items():
        assert target in TARGETS
        kept = {name: data for name, data in load(target).items() if name.startswith("found-")}
        save(target, {**seeds, **kept})
        print(f"{target}: {len(seeds)} made, {len(kept)} found")


if __name__ == "__main__":
    main()
