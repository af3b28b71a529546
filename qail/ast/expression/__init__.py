"""Nodes of expressions, a file for each family."""
