"""Nodes of statements, a file for each."""
