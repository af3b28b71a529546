"""The stored frames of the golden corpus: what goes over the wire for each tree, byte by byte.

`vectors/frames.jsonl` has a line for each case: its name and its frames, each a string of one character a byte, so that
the SQL in it can be read. `tools/gen_frames.py` writes it.

Rule 1: where the tree tells all types these are the frames of a first run, its values with it: Parse, Describe, Bind,
Execute, Sync. Where the server must be asked first, those of the question: Parse, Describe, Sync.
Rule 2: nothing is taken from a cache: each tree is walked and written anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from qail.compile.cache import PlanCache
from qail.compile.frames import PARSE, asked_oids, bind_known, describe_segment
from qail.pg.codec.registry import CodecRegistry
from support.sql_case import Case
from support.sql_cases import CASES

STORE: Final = Path(__file__).resolve().parents[1] / "vectors" / "frames.jsonl"
HEADER_BYTES: Final = 5


class Stored(NamedTuple):
    """The frames of one tree."""

    name: str
    frames: tuple[str, ...]

    @property
    def types(self) -> str:
        """The type letters of the frames."""
        return "".join(frame[0] for frame in self.frames)

    @property
    def sql(self) -> str:
        """The text that Parse carries."""
        name_and_text = self.frames[0].encode("latin-1")[HEADER_BYTES:].split(b"\0")
        return name_and_text[1].decode()


def frames_of(case: Case) -> Stored:
    """The frames of a case as this build makes them."""
    call = PlanCache(1).lookup(case.query)
    bound = bind_known(call.plan, CodecRegistry())
    if bound is None:
        segment = describe_segment(call.plan, b"", asked_oids(call.plan))
    else:
        segment = bound.segment(call.values, PARSE)
    return Stored(case.name, tuple(_split(segment)))


def stored_frames() -> list[Stored]:
    """What the file has."""
    lines = STORE.read_text(encoding="ascii").splitlines()
    return [Stored(name, tuple(frames)) for name, *frames in map(json.loads, lines)]


def text_of_all() -> str:
    """What the file should have."""
    return "".join(json.dumps([stored.name, *stored.frames]) + "\n" for stored in map(frames_of, CASES))


def _split(segment: bytes) -> list[str]:
    frames: list[str] = []
    position = 0
    while position < len(segment):
        end = position + 1 + int.from_bytes(segment[position + 1 : position + HEADER_BYTES], "big")
        frames.append(segment[position:end].decode("latin-1"))
        position = end
    return frames
