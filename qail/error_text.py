"""What errors say of a text: the spot in it, and the numbers that its fields hold. It imports nothing of qail."""

from __future__ import annotations

from typing import Final

# A line of SQL may be very long; this much of it shows a spot.
_SPOT_WIDTH: Final = 100


def spot_in(query: str, position: int) -> str | None:
    """The line of `query` with character `position` (from 1), and a caret below it."""
    offset = position - 1
    if not 0 <= offset <= len(query):
        return None
    start = query.rfind("\n", 0, offset) + 1
    stop = query.find("\n", offset)
    line = query[start : len(query) if stop < 0 else stop]
    column = offset - start
    cut = max(0, min(column - _SPOT_WIDTH // 2, len(line) - _SPOT_WIDTH))
    head = f"LINE {query.count(chr(10), 0, start) + 1}: " + ("..." if cut else "")
    text = line[cut : cut + _SPOT_WIDTH] + ("..." if cut + _SPOT_WIDTH < len(line) else "")
    # A tab stays a tab, so that the caret stands where the terminal puts the character.
    indent = "".join("\t" if each == "\t" else " " for each in line[cut:column])
    return f"{head}{text}\n{' ' * len(head)}{indent}^"


def number_in(text: str | None) -> int | None:
    """The number that a field of an error holds; None where it holds none."""
    # The server is not trusted to send digits here; a position that is none is no position.
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
