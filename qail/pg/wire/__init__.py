"""Bytes <-> messages of the frontend/backend protocol, both directions; no I/O, no values, no queries.

Public, and documented in docs/reference/wire.md: `reader` for both sides, `registry`, and a module for each group of
messages. Import a name from the module that defines it.
"""
