"""Tables made from the PostgreSQL catalogs by the generators in tools/; never edited by hand."""
