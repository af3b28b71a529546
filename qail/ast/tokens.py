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
EXCLUDED: Final = 32
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
