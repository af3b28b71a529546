"""What a query is: immutable nodes, named after PostgreSQL's parse nodes."""
