"""The forms of definitions and utility statements: their keywords in the order of SQL, and where the rest stands.

A piece of a form is one of:
`WORDS`: they stand there. `?WORDS`: they stand there when the option was given. `@`: what the statement is about.
`:KIND`: the clauses of that kind. `*`: all clauses that no other piece takes; `*,` with commas between them, `(*)` in
parentheses as well. `()`: the columns and constraints of a table.

Source: sql-commands.html
"""

from __future__ import annotations

from typing import Final

from qail.ast import tokens

FORMS: Final[dict[int, tuple[str, ...]]] = {
    tokens.CREATE_TABLE: (
        "CREATE", "?TEMPORARY", "?UNLOGGED", "TABLE", "?IF NOT EXISTS", "@", ":PARTITION OF", "()", ":INHERITS",
        ":BOUND", ":PARTITION BY", ":USING", ":WITH", ":ON COMMIT", ":TABLESPACE",
    ),
    tokens.ALTER_TABLE: ("ALTER", ":KIND", "?IF EXISTS", "?ONLY", "@", "*,"),
    tokens.RENAME: ("ALTER", ":KIND", "?IF EXISTS", "@", ":RENAME"),
    tokens.ALTER_SCHEMA_OF: ("ALTER", ":KIND", "?IF EXISTS", "@", "SET SCHEMA", ":SCHEMA"),
    tokens.ALTER_OWNER: ("ALTER", ":KIND", "@", "OWNER TO", ":OWNER"),
    tokens.DROP: ("DROP", ":KIND", "?CONCURRENTLY", "?IF EXISTS", "@", ":ON", "?CASCADE"),
    tokens.CREATE_INDEX: (
        "CREATE", "?UNIQUE", "INDEX", "?CONCURRENTLY", "?IF NOT EXISTS", ":NAME", "ON", "?ONLY", "@", ":USING", ":KEYS",
        ":INCLUDE", "?NULLS NOT DISTINCT", ":WITH", ":TABLESPACE", ":WHERE",
    ),
    tokens.CREATE_TABLE_AS: (
        "CREATE", "?TEMPORARY", "?UNLOGGED", "TABLE", "?IF NOT EXISTS", "@", ":COLUMNS", ":USING", ":WITH",
        ":ON COMMIT", ":TABLESPACE", "AS", ":AS", "?WITH NO DATA",
    ),
    tokens.CREATE_VIEW: (
        "CREATE", "?OR REPLACE", "?TEMPORARY", "VIEW", "@", ":COLUMNS", ":WITH", "AS", ":AS",
        "?WITH LOCAL CHECK OPTION", "?WITH CASCADED CHECK OPTION",
    ),
    tokens.CREATE_MATERIALIZED_VIEW: (
        "CREATE MATERIALIZED VIEW", "?IF NOT EXISTS", "@", ":COLUMNS", ":USING", ":WITH", ":TABLESPACE", "AS", ":AS",
        "?WITH NO DATA",
    ),
    tokens.REFRESH: ("REFRESH MATERIALIZED VIEW", "?CONCURRENTLY", "@", "?WITH NO DATA"),
    tokens.CREATE_SCHEMA: ("CREATE SCHEMA", "?IF NOT EXISTS", "@", ":AUTHORIZATION"),
    tokens.CREATE_SEQUENCE: ("CREATE", "?TEMPORARY", "?UNLOGGED", "SEQUENCE", "?IF NOT EXISTS", "@", "*"),
    tokens.ALTER_SEQUENCE: ("ALTER SEQUENCE", "?IF EXISTS", "@", "*"),
    tokens.CREATE_ENUM: ("CREATE TYPE", "@", "AS ENUM", ":LABELS"),
    tokens.ALTER_ENUM: ("ALTER TYPE", "@", "*"),
    tokens.CREATE_EXTENSION: ("CREATE EXTENSION", "?IF NOT EXISTS", "@", ":SCHEMA", ":VERSION", "?CASCADE"),
    tokens.ALTER_EXTENSION: ("ALTER EXTENSION", "@", "UPDATE", ":TO"),
    tokens.CREATE_DOMAIN: ("CREATE DOMAIN", "@", "AS", ":AS", ":COLLATE", "*"),
    tokens.ALTER_DOMAIN: ("ALTER DOMAIN", "@", "*"),
    tokens.CREATE_COMPOSITE: ("CREATE TYPE", "@", "AS", ":ATTRIBUTES"),
    tokens.CREATE_RANGE: ("CREATE TYPE", "@", "AS RANGE", "(*)"),
    tokens.CREATE_ROUTINE: ("CREATE", "?OR REPLACE", ":KIND", "@", ":ARGUMENTS", ":RETURNS", "*"),
    tokens.CREATE_TRIGGER: (
        "CREATE", "?OR REPLACE", "TRIGGER", "@", ":WHEN", ":ON", ":REFERENCING", "?FOR EACH ROW", "?FOR EACH STATEMENT",
        ":CONDITION", ":EXECUTE",
    ),
    tokens.CREATE_POLICY: ("CREATE POLICY", "@", ":ON", ":AS", ":FOR", ":TO", ":USING", ":WITH CHECK"),
    tokens.ALTER_POLICY: ("ALTER POLICY", "@", ":ON", ":TO", ":USING", ":WITH CHECK"),
    tokens.GRANT: ("GRANT", "@", ":ON", ":TO", "?WITH GRANT OPTION"),
    tokens.REVOKE: ("REVOKE", "?GRANT OPTION FOR", "@", ":ON", ":FROM", "?CASCADE"),
    tokens.COMMENT: ("COMMENT ON", ":KIND", "@", ":ON", "IS", ":IS"),
    tokens.TRUNCATE: ("TRUNCATE", "?ONLY", "@", "?RESTART IDENTITY", "?CASCADE"),
    tokens.LOCK_TABLES: ("LOCK TABLE", "?ONLY", "@", ":IN", "?NOWAIT"),
    tokens.CALL: ("CALL", "@"),
    tokens.DO: ("DO", ":LANGUAGE", "@"),
    tokens.SET_PARAMETER: ("SET", "?LOCAL", "@", "TO", ":TO"),
    tokens.RESET: ("RESET", "@"),
    tokens.SHOW: ("SHOW", "@"),
    tokens.SET_CONSTRAINTS: ("SET CONSTRAINTS", "@", "?DEFERRED", "?IMMEDIATE"),
    tokens.VACUUM: ("VACUUM", "(*)", "@"),
    tokens.ANALYZE: ("ANALYZE", "(*)", "@"),
    tokens.REINDEX: ("REINDEX", "(*)", ":KIND", "@"),
    tokens.CLUSTER: ("CLUSTER", "@", ":USING"),
    tokens.EXPLAIN: ("EXPLAIN", "(*)", "@"),
    tokens.COPY: ("COPY", "@", ":COLUMNS", ":DIRECTION", "(*)"),
}  # fmt: skip
# Options that a statement has only from a version on; clauses say so themselves.
NEEDS: Final[dict[tuple[int, str], tuple[int, str]]] = {
    (tokens.CREATE_INDEX, "NULLS NOT DISTINCT"): (150_000, "NULLS NOT DISTINCT"),
    (tokens.CREATE_SEQUENCE, "UNLOGGED"): (150_000, "an UNLOGGED sequence"),
}
# Statements that take parameters: the values of the others stand in the text.
WITH_PARAMETERS: Final = frozenset({tokens.CALL, tokens.EXPLAIN})
# Statements after which the session is another one.
OF_SESSION: Final = frozenset({tokens.SET_PARAMETER, tokens.RESET})
