"""Renderers of expressions, under the file names they have in ast."""
