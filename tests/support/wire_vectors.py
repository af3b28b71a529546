"""Captured traffic of real programs: how a vector file is laid out, read and written.

A file is text. `# key: value` lines say what was recorded: `server` (version), `program` (version) and `command`.
Then a line for each chunk in the order of arrival: connection number, `F` (frontend) or `B` (backend), and the bytes
in hexadecimal.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


class Chunk(NamedTuple):
    connection: int
    side: str
    data: bytes


class Vector(NamedTuple):
    about: dict[str, str]
    chunks: list[Chunk]

    def connections(self) -> list[int]:
        return sorted({chunk.connection for chunk in self.chunks})

    def of(self, connection: int) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.connection == connection]


def load(path: Path) -> Vector:
    about: dict[str, str] = {}
    chunks: list[Chunk] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            about[key] = value
        elif line:
            connection, side, data = line.split(" ")
            chunks.append(Chunk(int(connection), side, bytes.fromhex(data)))
    return Vector(about, chunks)


def save(path: Path, vector: Vector) -> None:
    lines = [f"# {key}: {value}" for key, value in vector.about.items()]
    lines += [f"{chunk.connection} {chunk.side} {chunk.data.hex()}" for chunk in vector.chunks]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
