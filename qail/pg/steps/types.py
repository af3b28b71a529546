"""Asking a server what types there are behind OIDs that nobody knows: one query for all of them. No I/O.

Rule 1: types are asked for by OID, so neither the schema they live in nor search_path makes a difference; every name
in the query, operators included, is that of pg_catalog, so that nothing else can be put in its place.
Rule 2: what types are made of is asked along: elements, base types, subtypes, ranges of multiranges, attributes, down
to as many levels as `learning.py` takes.
Rule 3: it is the unnamed statement, parsed, described and run in one segment: it works in a transaction, on a shared
connection and behind a pooler alike, and leaves nothing behind.

Source: catalog-pg-type.html, catalog-pg-range.html, catalog-pg-attribute.html, catalog-pg-depend.html
"""

from __future__ import annotations

from typing import Final, cast

from librt.strings import BytesWriter

from qail.errors import DecodeError
from qail.pg.codec.learning import MAX_NESTING
from qail.pg.codec.registry import CodecRegistry
from qail.pg.codec.rows import RowDecoder
from qail.pg.codec.type_facts import TypeFacts
from qail.pg.protocol.request import Item, Request
from qail.pg.protocol.state import PARSE
from qail.pg.steps.command import TextCommand, write_command
from qail.pg.wire.query import SYNC_FRAME

_SQL: Final = """
WITH RECURSIVE wanted (oid, depth) AS (
    SELECT u.oid, 0 FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS u (oid)
    UNION
    SELECT inner_type.oid, wanted.depth OPERATOR(pg_catalog.+) 1
    FROM wanted
    JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) wanted.oid
    CROSS JOIN LATERAL (
        SELECT t.typelem
        WHERE t.typsubscript OPERATOR(pg_catalog.=) 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        UNION ALL
        SELECT t.typbasetype WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
        UNION ALL
        SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid
        UNION ALL
        SELECT r.rngtypid FROM pg_catalog.pg_range AS r WHERE r.rngmultitypid OPERATOR(pg_catalog.=) t.oid
        UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
        WHERE t.typtype OPERATOR(pg_catalog.=) 'c' AND a.attrelid OPERATOR(pg_catalog.=) t.typrelid
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    ) AS inner_type (oid)
    WHERE wanted.depth OPERATOR(pg_catalog.<) $2::pg_catalog.int4
)
SELECT t.oid, n.nspname, t.typname,
    CASE WHEN t.typsubscript OPERATOR(pg_catalog.=) 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        THEN 'a' ELSE t.typtype::pg_catalog.text END,
    t.typarray,
    CASE WHEN t.typsubscript OPERATOR(pg_catalog.=) 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        THEN t.typelem
        WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN t.typbasetype
        WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN r.rngsubtype
        WHEN t.typtype OPERATOR(pg_catalog.=) 'm' THEN m.rngtypid
        ELSE 0 END,
    t.typdelim,
    t.typsend OPERATOR(pg_catalog.<>) 0 AND t.typreceive OPERATOR(pg_catalog.<>) 0,
    p.proname, e.extname, part.name, part.oid
FROM (SELECT DISTINCT wanted.oid FROM wanted) AS w
JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) w.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid OPERATOR(pg_catalog.=) t.oid
LEFT JOIN pg_catalog.pg_range AS m ON m.rngmultitypid OPERATOR(pg_catalog.=) t.oid
LEFT JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.typsend
LEFT JOIN pg_catalog.pg_depend AS d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
    AND d.objid OPERATOR(pg_catalog.=) t.oid AND d.objsubid OPERATOR(pg_catalog.=) 0
    AND d.deptype OPERATOR(pg_catalog.=) 'e'
    AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
LEFT JOIN pg_catalog.pg_extension AS e ON e.oid OPERATOR(pg_catalog.=) d.refobjid
LEFT JOIN LATERAL (
    SELECT a.attname::pg_catalog.text, a.atttypid, a.attnum::pg_catalog.float4 FROM pg_catalog.pg_attribute AS a
    WHERE t.typtype OPERATOR(pg_catalog.=) 'c' AND a.attrelid OPERATOR(pg_catalog.=) t.typrelid
    AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    UNION ALL
    SELECT l.enumlabel::pg_catalog.text, 0, l.enumsortorder FROM pg_catalog.pg_enum AS l
    WHERE t.typtype OPERATOR(pg_catalog.=) 'e' AND l.enumtypid OPERATOR(pg_catalog.=) t.oid
) AS part (name, oid, place) ON true
ORDER BY t.oid, part.place
"""


class TypeQuestion:
    """One look-up: its request, and, once that has settled, what came."""

    def __init__(self, registry: CodecRegistry, type_oids: list[int], *, is_in_transaction: bool) -> None:
        self._rows: Final = RowDecoder([], registry, None)
        out = BytesWriter()
        write_command(out, TextCommand(_SQL, "{" + ",".join([str(oid) for oid in type_oids]) + "}", str(MAX_NESTING)))
        out.write(SYNC_FRAME)
        self.request: Final = Request(out.getvalue(), [Item(self._rows, b"", PARSE)])
        self.request.is_read_only = True
        self.request.is_in_transaction = is_in_transaction

    def facts(self) -> list[TypeFacts]:
        """What the catalog says, a TypeFacts for each type that is there.

        Raises:
            DecodeError: the answer is none to this question.
        """
        if self._rows.error is not None:
            raise self._rows.error
        found: dict[int, TypeFacts] = {}
        try:
            for row in self._rows.rows:
                *of_type, part, part_oid = cast("tuple[str | None, ...]", row)
                facts = _facts(*of_type)
                facts = found.setdefault(facts.type_oid, facts)
                if part is not None:
                    facts.parts.append((part, int(part_oid or 0)))
        except (TypeError, ValueError):
            raise DecodeError("the server answered a look-up of types with rows of another form") from None
        return list(found.values())


def _facts(*columns: str | None) -> TypeFacts:
    """A row of the answer, but for the part it is about."""
    oid, schema, name, kind, array_oid, related_oid, delimiter, has_binary, send, extension = columns
    facts = TypeFacts(
        int(oid or 0),
        schema or "",
        name or "",
        kind or "",
        array_oid=int(array_oid or 0),
        related_oid=int(related_oid or 0),
    )
    facts.delimiter = delimiter or ","
    facts.has_binary = has_binary == "t"
    facts.send_function = send or ""
    facts.extension = extension or ""
    return facts
