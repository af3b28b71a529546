"""The int tokens of a shape key, one number per node class and option.

Rule 1: a token's meaning fixes what follows it (prefix form): so many children, or a list closed by END. Therefore a
key can be read back in one way only, and equal keys are equal trees.
Rule 2: str tokens are operators of a closed set, or begin with a letter and NUL (no name holds NUL), or stand where a
token before them says that text follows. No value of the user is ever a token, except a Literal's text.
"""

from __future__ import annotations

from typing import Final

END: Final = 0
PARAMETER: Final = 1
PARAMETER_AGAIN: Final = 2  # one value object met before; the position of its value follows
AND: Final = 3
OR: Final = 4
NOT: Final = 5
IS_NULL: Final = 6
IS_NOT_NULL: Final = 7
ANY_ARRAY: Final = 8
ALL_ARRAY: Final = 9
BETWEEN: Final = 10
NOT_BETWEEN: Final = 11
NEGATE: Final = 12
ROW: Final = 13
FUNCTION: Final = 14
FUNCTION_DISTINCT: Final = 15
FUNCTION_STAR: Final = 16
FILTER: Final = 17
OVER: Final = 18
CASE: Final = 19
CASE_ELSE: Final = 20
COALESCE: Final = 21
CAST: Final = 22
NOT_NULL: Final = 23
ALIAS: Final = 24
LITERAL: Final = 25
SCALAR: Final = 26
EXISTS: Final = 27
IN_QUERY: Final = 28
NOT_IN_QUERY: Final = 29
STAR: Final = 30
DEFAULT: Final = 31
VERSION: Final = 32
ASCENDING: Final = 33
DESCENDING: Final = 34
NULLS_DEFAULT: Final = 35
NULLS_FIRST: Final = 36
NULLS_LAST: Final = 37
WINDOW: Final = 38
FRAME: Final = 39
NO_FRAME: Final = 40
UNBOUNDED: Final = 41
PRECEDING: Final = 42
CURRENT_ROW: Final = 43
FOLLOWING: Final = 44
JOIN_NODE: Final = 45
CROSS_JOIN_NODE: Final = 46
LIST: Final = 47
ROWS_PLAIN: Final = 48
ROWS_MIXED: Final = 49
ASSIGNMENTS: Final = 50
CONFLICT: Final = 51
SUBSELECT: Final = 52
BOOLEAN_TEST: Final = 53
ARRAY: Final = 54
ARRAY_QUERY: Final = 55
ITEM: Final = 56
SLICE: Final = 57
FIELD: Final = 58
COLLATE: Final = 59
AT_TIME_ZONE: Final = 60
EXTRACT: Final = 61
SORTED: Final = 62
NAMED_WINDOW: Final = 63
GROUPING_SET: Final = 64
GROUPING: Final = 65
ANY_OF: Final = 66
ALL_OF: Final = 67
CASE_ARGUMENT: Final = 68
ROW_LIST: Final = 69
NOT_ROW_LIST: Final = 70
CTE: Final = 71
CTE_QUERY: Final = 72
SEARCH_CLAUSE: Final = 73
CYCLE_CLAUSE: Final = 74
SET_OPERATION_NODE: Final = 75
VALUES_TABLE: Final = 76
TABLE_FUNCTION: Final = 77
SAMPLE: Final = 78
ONLY: Final = 79
LOCK: Final = 80
JOIN_USING: Final = 81
CONFLICT_UPDATE: Final = 82
CONFLICT_WHERE: Final = 83
CONFLICT_CONSTRAINT: Final = 84
MULTI_ASSIGNMENT: Final = 85
MERGE_WHEN: Final = 87
MERGE_ACTION: Final = 88
SYMMETRIC: Final = 89
SELECTED: Final = 90
INSERT_SELECT: Final = 91

# Steps of a builder: the first token of each says which clause it is.
GET: Final = 100
SELECT: Final = 101
INSERT: Final = 102
UPDATE: Final = 103
DELETE: Final = 104
CREATE_TABLE: Final = 105
DROP_TABLE: Final = 106
TRUNCATE: Final = 107
CREATE_INDEX: Final = 108
SET_OPERATION: Final = 109
COLUMNS: Final = 110
FROM: Final = 111
JOIN: Final = 112
WHERE: Final = 113
GROUP_BY: Final = 114
HAVING: Final = 115
ORDER_BY: Final = 116
LIMIT: Final = 117
OFFSET: Final = 118
DISTINCT: Final = 119
DISTINCT_ON: Final = 120
ROWS: Final = 121
SET: Final = 122
ALL_ROWS: Final = 123
ON_CONFLICT: Final = 124
RETURNING: Final = 125
TARGET: Final = 126  # what a row becomes: no part of the key
OPTION: Final = 127
ELEMENT: Final = 128
INDEX_NAME: Final = 129
WITH: Final = 130
WINDOWS: Final = 131
LOCKING: Final = 132
WITH_TIES: Final = 133
OVERRIDING: Final = 134
USING: Final = 135
VALUES: Final = 136
MERGE: Final = 137
WHEN: Final = 138
ONLY_TABLE: Final = 140
ON_SOURCE: Final = 141
