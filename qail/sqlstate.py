"""One error class for each SQLSTATE class and code: `except qail.sqlstate.UniqueViolation`.

`UniqueViolation` (23505) derives from `IntegrityConstraintViolation` (class 23), and that from `qail.PostgresError`.
Some share their name with a builtin (`SyntaxError`, `SystemError`, `Warning`): import the module, not its names.

Source: errcodes-appendix.html
"""

from __future__ import annotations

from qail.pg._generated.sqlstates import *  # noqa: F403  # the generated module's __all__ is this module's content
