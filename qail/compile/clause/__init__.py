"""Renderers of clauses, under the file names they have in ast."""
