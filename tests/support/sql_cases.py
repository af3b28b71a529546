"""Golden SQL: every case. Unit tests compare the text; server tests run them over `sql_tables.SETUP`."""

from __future__ import annotations

from typing import Final

from support.sql_case import Case
from support.sql_cases_altering import TABLE_CHANGES
from support.sql_cases_arithmetic import ARITHMETIC
from support.sql_cases_changes import MERGES, UPDATES, UPSERTS
from support.sql_cases_documents import DOCUMENTS
from support.sql_cases_expressions import TESTS, VALUES
from support.sql_cases_framing import FRAMES
from support.sql_cases_from import FROM_ITEMS, LOCKS
from support.sql_cases_json import JSON
from support.sql_cases_many import MANY
from support.sql_cases_memberships import MEMBERSHIPS
from support.sql_cases_merging import MERGING
from support.sql_cases_naming import NAMED
from support.sql_cases_nesting import NESTED
from support.sql_cases_nests import KINDS, NESTS
from support.sql_cases_objects import OBJECTS
from support.sql_cases_paging import PAGES
from support.sql_cases_predicates import LOGIC
from support.sql_cases_queries import SET_OPERATIONS, WITHS
from support.sql_cases_raw import RAW
from support.sql_cases_rows import ROWS
from support.sql_cases_rules import RIGHTS, ROUTINES
from support.sql_cases_tables import TABLES
from support.sql_cases_typed import TYPED
from support.sql_cases_untyped import GROUPING, UNTYPED
from support.sql_cases_utility import UTILITY
from support.sql_cases_views import INDEXES, VIEWS
from support.sql_cases_windows import AGGREGATES, WINDOWS
from support.sql_cases_writing import CHANGES, DEFINITIONS, INSERTS

CASES: Final[tuple[Case, ...]] = (
    *UNTYPED,
    *TYPED,
    *RAW,
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
    *JSON,
    *NESTS,
    *KINDS,
    *INSERTS,
    *UPSERTS,
    *CHANGES,
    *UPDATES,
    *MERGES,
    *DEFINITIONS,
    *TABLES,
    *TABLE_CHANGES,
    *INDEXES,
    *VIEWS,
    *OBJECTS,
    *ROUTINES,
    *RIGHTS,
    *UTILITY,
    *ARITHMETIC,
    *LOGIC,
    *MEMBERSHIPS,
    *ROWS,
    *PAGES,
    *FRAMES,
    *NESTED,
    *NAMED,
    *MANY,
    *MERGING,
)
