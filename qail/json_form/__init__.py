"""The JSON form of a query, in and out."""
