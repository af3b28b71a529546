"""Golden SQL: every case. Unit tests compare the text; server tests run them over `sql_tables.SETUP`."""

from __future__ import annotations

from typing import Final

from support.sql_case import Case
from support.sql_cases_changes import MERGES, UPDATES, UPSERTS
from support.sql_cases_documents import DOCUMENTS
from support.sql_cases_expressions import TESTS, VALUES
from support.sql_cases_from import FROM_ITEMS, LOCKS
from support.sql_cases_queries import SET_OPERATIONS, WITHS
from support.sql_cases_typed import TYPED
from support.sql_cases_untyped import GROUPING, UNTYPED
from support.sql_cases_windows import AGGREGATES, WINDOWS
from support.sql_cases_writing import CHANGES, DEFINITIONS, INSERTS

CASES: Final[tuple[Case, ...]] = (
    *UNTYPED,
    *TYPED,
    *GROUPING,
    *SET_OPERATIONS,
    *WITHS,
    *FROM_ITEMS,
    *LOCKS,
    *WINDOWS,
    *AGGREGATES,
    *TESTS,
    *VALUES,
    *DOCUMENTS,
    *INSERTS,
    *UPSERTS,
    *CHANGES,
    *UPDATES,
    *MERGES,
    *DEFINITIONS,
)
