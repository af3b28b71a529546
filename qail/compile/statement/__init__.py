"""Renderers of statements, under the file names they have in ast."""
