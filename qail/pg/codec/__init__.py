"""One value <-> its binary form, a file for each family of PostgreSQL types."""
