"""Golden SQL: every case. Unit tests compare the text; server tests run them over `sql_tables.SETUP`."""

from __future__ import annotations

from typing import Final

from support.sql_case import Case
from support.sql_cases_typed import TYPED
from support.sql_cases_untyped import GROUPING, UNTYPED
from support.sql_cases_writing import CHANGES, DEFINITIONS, INSERTS

CASES: Final[tuple[Case, ...]] = (*UNTYPED, *TYPED, *GROUPING, *INSERTS, *CHANGES, *DEFINITIONS)
