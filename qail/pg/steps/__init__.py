"""Verbs of several steps, written once without I/O for the async and the blocking driver."""
