"""What `explain_shape()` prints: the SQL, the parameters, the plan's name, and the frames of its first run."""

from __future__ import annotations

from typing import Final

from qail.compile.frames import PARSE, asked_oids, bind_known, describe_segment, statement_name
from qail.compile.plan import Plan
from qail.pg.codec.registry import CodecRegistry

FRAME_NAMES: Final[dict[str, str]] = {
    "P": "Parse",
    "D": "Describe",
    "B": "Bind",
    "E": "Execute",
    "S": "Sync",
    "C": "Close",
}
HEADER_BYTES: Final = 5
SHOWN_BYTES: Final = 48
SHOWN_CHARACTERS: Final = 60


def explained(plan: Plan, values: list[object]) -> str:
    """Several lines of text; values are cut to 60 characters.

    Raises:
        EncodeError: all types are known and a value does not fit its own.
    """
    lines = [plan.sql.decode()]
    for index, slot in enumerate(plan.slots):
        pg, name = plan.parameter_types[index], plan.parameter_names[index]
        known = "type from the server" if pg is None else pg.name
        place = f', column "{name}"' if name else ""
        lines.append(f"  ${index + 1} = {repr(values[slot])[:SHOWN_CHARACTERS]}  ({known}{place})")
    bound = bind_known(plan, CodecRegistry())
    if bound is None:
        name_bytes = statement_name(plan.sql, asked_oids(plan), [])
        lines.append(f"plan {name_bytes.decode()}: the first run in a pool's life asks the server for the types")
        lines.extend(_frames(describe_segment(plan, name_bytes, asked_oids(plan))))
    else:
        lines.append(f"plan {bound.statement_name.decode()}: all types are known, one flight from the first run on")
        lines.extend(_frames(bound.segment(values, PARSE)))
    return "\n".join(lines)


def _frames(segment: bytes) -> list[str]:
    lines: list[str] = []
    position = 0
    while position < len(segment):
        length = int.from_bytes(segment[position + 1 : position + HEADER_BYTES], "big")
        body = segment[position + HEADER_BYTES : position + 1 + length]
        shown = body[:SHOWN_BYTES].hex(" ", 4) + (" ..." if len(body) > SHOWN_BYTES else "")
        code = chr(segment[position])
        lines.append(f"  {FRAME_NAMES.get(code, code):<9}{1 + length:>5} bytes  {shown}".rstrip())
        position += 1 + length
    return lines
