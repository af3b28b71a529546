"""Nodes of clauses, a file for each family."""
