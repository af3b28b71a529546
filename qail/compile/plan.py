"""Plan: a query in its compiled form, made once per process and shape."""

from __future__ import annotations

from typing import Any, Final

from qail.pgtype import PgType


class Traits:
    """What the compiler has found out about a statement while it wrote it."""

    def __init__(
        self,
        *,
        returns_rows: bool,
        is_read_only: bool,
        is_kept: bool,
        least_version: int = 0,
        newest: str = "",
        is_session_bound: bool = False,
        guards: list[str] | None = None,
        leaves_nothing: bool = False,
    ) -> None:
        self.returns_rows: Final = returns_rows
        self.is_read_only: Final = is_read_only
        self.is_kept: Final = is_kept
        self.least_version: Final = least_version
        self.newest: Final = newest
        self.is_session_bound: Final = is_session_bound
        self.guards: Final[list[str]] = [] if guards is None else guards
        self.leaves_nothing: Final = leaves_nothing


class Plan:
    """SQL text and what goes with it. Immutable; compared by identity, so it can be a dict key.

    `slots[i]` says where the value of `$i+1` is among the values of a walk: the walk goes through the builder's
    steps from the last to the first, the text in the order of SQL. `parameter_types[i]` is None when the tree does
    not tell; `parameter_names[i]` is the column the parameter is for, or "". `columns` are the types of the result,
    None when not all are known. `least_version` is a server version number such as 150000, 0 any, and `newest` what
    needs it. `is_read_only` is proven: the statement reads tables and calls only functions known to change nothing.
    `is_kept` is False for a plan that carries literals: each is the plan of one value and would fill the cache.
    `is_session_bound`: it changes the session it runs in, or asks what the session did before, and so is no
    statement for a connection that others use. `guards[i]` is the operator that None under `$i+1` would make NULL
    wherever it stands, "" without one; empty when there is none at all. `leaves_nothing`: raw SQL of which the words
    alone show that it changes no session.
    """

    def __init__(
        self,
        sql: bytes,
        slots: list[int],
        parameter_types: list[PgType[Any] | None],
        parameter_names: list[str],
        columns: list[PgType[Any] | None] | None,
        traits: Traits,
    ) -> None:
        self.sql: Final = sql
        self.slots: Final = slots
        self.parameter_types: Final = parameter_types
        self.parameter_names: Final = parameter_names
        self.columns: Final = columns
        self.returns_rows: Final = traits.returns_rows
        self.is_read_only: Final = traits.is_read_only
        self.is_kept: Final = traits.is_kept
        self.least_version: Final = traits.least_version
        self.newest: Final = traits.newest
        self.is_session_bound: Final = traits.is_session_bound
        self.guards: Final = traits.guards
        self.leaves_nothing: Final = traits.leaves_nothing

    def __repr__(self) -> str:
        return f"<Plan {self.sql.decode()}>"
