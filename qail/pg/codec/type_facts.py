"""TypeFacts: what a database's catalog says of one type. Data for `learning.py`; no codec, no I/O.

Source: catalog-pg-type.html, catalog-pg-range.html, catalog-pg-attribute.html, catalog-pg-enum.html
"""

from __future__ import annotations

import re
from typing import Final

BASE: Final = "b"
COMPOSITE: Final = "c"
DOMAIN: Final = "d"
ENUM: Final = "e"
MULTIRANGE: Final = "m"
PSEUDO: Final = "p"
RANGE: Final = "r"
ARRAY: Final = "a"
"""Not of pg_type's own kinds: a base type there, whose elements are `related_oid`."""
KIND_NAMES: Final = {
    BASE: "a base type",
    COMPOSITE: "a composite type",
    DOMAIN: "a domain",
    ENUM: "an enum",
    MULTIRANGE: "a multirange",
    PSEUDO: "a pseudo-type",
    RANGE: "a range",
    ARRAY: "an array",
}
_PLAIN_NAME: Final = re.compile(r"[a-z_][a-z0-9_$]*")


class TypeFacts:
    """One type of a database.

    `related_oid` is that of an array's element, a domain's base, a range's subtype or a multirange's range; 0 for other
    kinds. `array_oid` is 0 where there is no array of it. `parts` are a composite's attributes with their types' OIDs,
    or an enum's labels, in order.
    """

    def __init__(
        self, type_oid: int, schema: str, name: str, kind: str, *, array_oid: int = 0, related_oid: int = 0
    ) -> None:
        self.type_oid: Final = type_oid
        self.schema: Final = schema
        self.name: Final = name
        self.kind: Final = kind
        self.array_oid: Final = array_oid
        self.related_oid: Final = related_oid
        self.delimiter: str = ","
        """What stands between the elements of an array of it, in text."""
        self.has_binary: bool = True
        self.send_function: str = ""
        self.extension: str = ""
        """The extension that it belongs to; "" for none."""
        self.parts: list[tuple[str, int]] = []

    @property
    def display_name(self) -> str:
        """Its name for errors: with the schema, unless that is pg_catalog; quoted where SQL would have to."""
        name = _quoted(self.name)
        return name if self.schema == "pg_catalog" else f"{_quoted(self.schema)}.{name}"

    def __repr__(self) -> str:
        return f"TypeFacts({self.type_oid}, {self.display_name}, {self.kind!r})"


def _quoted(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'
