"""A text that must not be shown: passwords and key passphrases.

Rule 1: no repr, str, format or pickle of a Secret, or of an object that holds one, contains the text.
Rule 2: the text leaves only through `reveal()`, so that one search finds every use.
"""

from __future__ import annotations

import hmac
from typing import Never, Self


class Secret:
    """Holds one text; shows itself as `Secret('***')`. Equal to a Secret of the same text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._text), _bytes(other._text))

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> Never:
        # The object that holds it decides what to travel without: ConnectConfig leaves its passwords behind.
        raise TypeError("a Secret is not pickled: set the password again where it is needed")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
