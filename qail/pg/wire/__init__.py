"""Bytes <-> messages of the frontend/backend protocol, both directions; no I/O, no values, no queries."""
