"""The classes of definitions and utility statements, under PostgreSQL's names; which first step begins which.

Source: src/include/nodes/parsenodes.h
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qail.ast import tokens
from qail.ast.statement.definition import Definition
from qail.ast.steps import Steps


class AlterTableStmt(Definition):
    """`ALTER TABLE name action, ...`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("ACTION",), "name an action, such as add_column()")


class RenameStmt(Definition):
    """`ALTER kind name RENAME TO name`."""


class AlterObjectSchemaStmt(Definition):
    """`ALTER kind name SET SCHEMA schema`."""


class AlterOwnerStmt(Definition):
    """`ALTER kind name OWNER TO role`."""


class DropStmt(Definition):
    """`DROP kind name, ... CASCADE`."""


class IndexStmt(Definition):
    """`CREATE INDEX name ON table (keys)`."""


class ViewStmt(Definition):
    """`CREATE VIEW name AS query`."""


class CreateTableAsStmt(Definition):
    """`CREATE TABLE name AS query`, `CREATE MATERIALIZED VIEW name AS query`."""


class RefreshMatViewStmt(Definition):
    """`REFRESH MATERIALIZED VIEW name`."""


class CreateSchemaStmt(Definition):
    """`CREATE SCHEMA name`."""


class CreateSeqStmt(Definition):
    """`CREATE SEQUENCE name`."""


class AlterSeqStmt(Definition):
    """`ALTER SEQUENCE name`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(
            ("AS", "INCREMENT", "MINVALUE", "MAXVALUE", "START", "CACHE", "CYCLE", "OWNED BY", "RESTART"),
            "name a change",
        )


class CreateEnumStmt(Definition):
    """`CREATE TYPE name AS ENUM (labels)`."""


class AlterEnumStmt(Definition):
    """`ALTER TYPE name ADD VALUE label`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("CHANGE",), "add_value() or rename_value()")


class CreateExtensionStmt(Definition):
    """`CREATE EXTENSION name`."""


class AlterExtensionStmt(Definition):
    """`ALTER EXTENSION name UPDATE`."""


class CreateDomainStmt(Definition):
    """`CREATE DOMAIN name AS type`."""


class AlterDomainStmt(Definition):
    """`ALTER DOMAIN name action`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("CHANGE",), "name a change, such as set_default()")


class CompositeTypeStmt(Definition):
    """`CREATE TYPE name AS (attributes)`."""


class CreateRangeStmt(Definition):
    """`CREATE TYPE name AS RANGE (SUBTYPE = type)`."""


class CreateFunctionStmt(Definition):
    """`CREATE FUNCTION name (arguments) RETURNS type LANGUAGE name AS body`; procedures, too."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("BODY",), "body() says what it does")


class CreateTrigStmt(Definition):
    """`CREATE TRIGGER name ... ON table EXECUTE FUNCTION function ()`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("WHEN",), "before(), after() or instead_of() says when")
        self.need(("EXECUTE",), "execute() says what is called")


class CreatePolicyStmt(Definition):
    """`CREATE POLICY name ON table`."""


class AlterPolicyStmt(Definition):
    """`ALTER POLICY name ON table`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("TO", "USING", "WITH CHECK"), "name a change: to(), using() or with_check()")


class GrantStmt(Definition):
    """`GRANT privileges ON objects TO roles`, and `REVOKE ... FROM`."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(steps)
        self.need(("ON",), "on() says what")
        self.need(("TO", "FROM"), "to() of a grant, from_() of a revoke, says whose")


class CommentStmt(Definition):
    """`COMMENT ON object IS text`."""


class TruncateStmt(Definition):
    """`TRUNCATE tables`."""


class LockStmt(Definition):
    """`LOCK TABLE tables IN mode MODE`."""


class CallStmt(Definition):
    """`CALL procedure (arguments)`."""


class DoStmt(Definition):
    """`DO LANGUAGE name body`."""


class VariableSetStmt(Definition):
    """`SET name TO value`, `RESET name`."""


class VariableShowStmt(Definition):
    """`SHOW name`."""


class ConstraintsSetStmt(Definition):
    """`SET CONSTRAINTS names DEFERRED`."""


class VacuumStmt(Definition):
    """`VACUUM (options) tables`, `ANALYZE (options) tables`."""


class ReindexStmt(Definition):
    """`REINDEX (options) kind name`."""


class ClusterStmt(Definition):
    """`CLUSTER table USING index`."""


class ExplainStmt(Definition):
    """`EXPLAIN (options) statement`."""


class CopyStmt(Definition):
    """`COPY table FROM STDIN`, `COPY (query) TO STDOUT`."""


DEFINITIONS: Final[dict[int, Callable[[Steps], Definition]]] = {
    tokens.ALTER_TABLE: AlterTableStmt,
    tokens.RENAME: RenameStmt,
    tokens.ALTER_SCHEMA_OF: AlterObjectSchemaStmt,
    tokens.ALTER_OWNER: AlterOwnerStmt,
    tokens.DROP: DropStmt,
    tokens.CREATE_INDEX: IndexStmt,
    tokens.CREATE_VIEW: ViewStmt,
    tokens.CREATE_TABLE_AS: CreateTableAsStmt,
    tokens.CREATE_MATERIALIZED_VIEW: CreateTableAsStmt,
    tokens.REFRESH: RefreshMatViewStmt,
    tokens.CREATE_SCHEMA: CreateSchemaStmt,
    tokens.CREATE_SEQUENCE: CreateSeqStmt,
    tokens.ALTER_SEQUENCE: AlterSeqStmt,
    tokens.CREATE_ENUM: CreateEnumStmt,
    tokens.ALTER_ENUM: AlterEnumStmt,
    tokens.CREATE_EXTENSION: CreateExtensionStmt,
    tokens.ALTER_EXTENSION: AlterExtensionStmt,
    tokens.CREATE_DOMAIN: CreateDomainStmt,
    tokens.ALTER_DOMAIN: AlterDomainStmt,
    tokens.CREATE_COMPOSITE: CompositeTypeStmt,
    tokens.CREATE_RANGE: CreateRangeStmt,
    tokens.CREATE_ROUTINE: CreateFunctionStmt,
    tokens.CREATE_TRIGGER: CreateTrigStmt,
    tokens.CREATE_POLICY: CreatePolicyStmt,
    tokens.ALTER_POLICY: AlterPolicyStmt,
    tokens.GRANT: GrantStmt,
    tokens.REVOKE: GrantStmt,
    tokens.COMMENT: CommentStmt,
    tokens.TRUNCATE: TruncateStmt,
    tokens.LOCK_TABLES: LockStmt,
    tokens.CALL: CallStmt,
    tokens.DO: DoStmt,
    tokens.SET_PARAMETER: VariableSetStmt,
    tokens.RESET: VariableSetStmt,
    tokens.SHOW: VariableShowStmt,
    tokens.SET_CONSTRAINTS: ConstraintsSetStmt,
    tokens.VACUUM: VacuumStmt,
    tokens.ANALYZE: VacuumStmt,
    tokens.REINDEX: ReindexStmt,
    tokens.CLUSTER: ClusterStmt,
    tokens.EXPLAIN: ExplainStmt,
    tokens.COPY: CopyStmt,
}
# Classes by themselves, for the registry of renderers.
DEFINITION_CLASSES: Final[tuple[type[Definition], ...]] = (
    AlterTableStmt,
    RenameStmt,
    AlterObjectSchemaStmt,
    AlterOwnerStmt,
    DropStmt,
    IndexStmt,
    ViewStmt,
    CreateTableAsStmt,
    RefreshMatViewStmt,
    CreateSchemaStmt,
    CreateSeqStmt,
    AlterSeqStmt,
    CreateEnumStmt,
    AlterEnumStmt,
    CreateExtensionStmt,
    AlterExtensionStmt,
    CreateDomainStmt,
    AlterDomainStmt,
    CompositeTypeStmt,
    CreateRangeStmt,
    CreateFunctionStmt,
    CreateTrigStmt,
    CreatePolicyStmt,
    AlterPolicyStmt,
    GrantStmt,
    CommentStmt,
    TruncateStmt,
    LockStmt,
    CallStmt,
    DoStmt,
    VariableSetStmt,
    VariableShowStmt,
    ConstraintsSetStmt,
    VacuumStmt,
    ReindexStmt,
    ClusterStmt,
    ExplainStmt,
    CopyStmt,
)
