"""A database of each server for the conformance tests: the extensions, the families' types, and what is known of each.

Rule 1: extensions live in a schema with an odd name that is not on the search path, so nothing is found by luck.
Rule 2: what a server lacks is said by name (`lack`), never guessed from an error.
Rule 3: each type that can stand in a table has a composite type around it: `v` of the type, `many` of its array, `n`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from qail.errors import PostgresError
from support.binary_client import BinaryClient
from support.servers import Database, Server
from support.simple_query import SqlError
from support.value_cases import CASES, INPUTS, SETUP, TYPE_NAMES, needs_of

SCHEMA: Final = '"Extensions, here"'
"""Where the extensions live, quoted. PostGIS takes no name with a quote or a backslash in it."""
LIBXML: Final = "libxml"
_ALL_NEEDS: Final = [case.needs for case in (*CASES, *INPUTS)] + [needs_of(name) for name in TYPE_NAMES]
_EXTENSIONS: Final = sorted({word for needs in _ALL_NEEDS for word in needs.split() if not word.isdigit()} - {LIBXML})
# A type of an extension comes before one of the families' own, and that before one of pg_catalog with its name.
_TYPES: Final = """
SELECT DISTINCT ON (typname) typname, t.oid, typarray, typtype, quote_ident(nspname) || '.' || quote_ident(typname),
  quote_ident(nspname)
FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
WHERE nspname NOT IN ('information_schema', 'pg_toast') AND typtype <> 'p' OR typname = 'record'
ORDER BY typname, nspname = 'pg_catalog', nspname = 'public'
"""


class TypeFacts(NamedTuple):
    """What one server says of one type."""

    sql: str
    """Its name, quoted: `pg_catalog."bit"` is bits of any number, where `bit` would be one."""
    oid: int
    array_oid: int
    """0 where there is no array of it, or none that SQL can make."""
    equals: str
    """How SQL writes its `=`; empty where there is none."""
    whole: str
    """The composite type around it; empty for a pseudo-type, which stands in no table and is no parameter."""
    whole_oid: int


class Conformance:
    """One server's database of test types, and a connection to it."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self.server: Final = database.server
        self._extensions: Final = self._create_extensions()
        for sql in SETUP:
            database.sql(sql)
        self._has_libxml: Final = self._runs("SELECT '<a/>'::xml")
        self.client: Final = BinaryClient(self.server, database.name)
        self.types: Final = self._find_types()

    def lack(self, needs: str) -> str:
        """What of `needs` this server has not; empty if nothing."""
        for word in needs.split():
            if word.isdigit():
                if self.server.version < int(word):
                    return f"PostgreSQL {word}"
            elif word == LIBXML:
                if not self._has_libxml:
                    return LIBXML
            elif word not in self._extensions:
                return f"the extension {word}"
        return ""

    def _create_extensions(self) -> set[str]:
        self.database.sql(f"CREATE SCHEMA {SCHEMA}")
        available = {name for (name,) in self.database.sql("SELECT name FROM pg_available_extensions")}
        found = {name for name in _EXTENSIONS if name in available}
        for name in sorted(found):
            self.database.sql(f'CREATE EXTENSION IF NOT EXISTS "{name}" SCHEMA {SCHEMA} CASCADE')
        return found

    def _runs(self, sql: str) -> bool:
        try:
            self.database.sql(sql)
        except SqlError:
            return False
        return True

    def _find_types(self) -> dict[str, TypeFacts]:
        """What the catalog says of each type that the cases name and this server has."""
        known = {str(row[0]): row for row in self.database.sql(_TYPES)}
        found: dict[str, TypeFacts] = {}
        for name in TYPE_NAMES:
            if self.lack(needs_of(name)):
                continue
            _, oid, array_oid, kind, sql, schema = known[name.removesuffix("[]").strip('"')]
            facts = TypeFacts(str(sql), int(oid or 0), int(array_oid or 0), f"OPERATOR({schema}.=)", "", 0)
            if name.endswith("[]"):
                facts = facts._replace(sql=f"{sql}[]", oid=facts.array_oid, array_oid=0, equals="=")
            elif schema in ("pg_catalog", "public"):
                facts = facts._replace(equals="=")
            if kind != "p":
                facts = facts._replace(whole=f"conformance.of_{len(found)}")
            found[name] = facts
        return self._with_wholes(found)

    def _with_wholes(self, found: dict[str, TypeFacts]) -> dict[str, TypeFacts]:
        """Make the composite type around each, and see which of them have `=`."""
        found = {
            name: facts if self._has_array(facts) else facts._replace(array_oid=0) for name, facts in found.items()
        }
        made = [facts for facts in found.values() if facts.whole]
        types = [
            f"CREATE TYPE {facts.whole} AS (v {facts.sql}, {f'many {facts.sql}[], ' if facts.array_oid else ''}n int4)"
            for facts in made
        ]
        self.database.sql("; ".join(["CREATE SCHEMA conformance", *types]))
        rows = self.database.sql(
            "SELECT 'conformance.' || typname, oid FROM pg_type WHERE typnamespace = 'conformance'::regnamespace"
        )
        oids = {name: int(oid or 0) for name, oid in rows}
        return {
            name: facts._replace(whole_oid=oids.get(facts.whole, 0), equals=self._equals(facts))
            for name, facts in found.items()
        }

    def _has_array(self, facts: TypeFacts) -> bool:
        """Whether SQL can make an array of it: of a domain over an array it cannot, although there is a type."""
        try:
            self.client.fetch(f"SELECT ARRAY[NULL::{facts.sql}]", [], [])
        except PostgresError:
            return False
        return True

    def _equals(self, facts: TypeFacts) -> str:
        try:
            self.client.fetch(f"SELECT NULL::{facts.sql} {facts.equals} NULL::{facts.sql}", [], [])
        except PostgresError:
            return ""
        return facts.equals


@contextmanager
def conformance_on(server: Server) -> Iterator[Conformance]:
    """The database and its types, dropped at the end."""
    with server.fresh_database() as database:
        found = Conformance(database)
        with found.client:
            yield found
