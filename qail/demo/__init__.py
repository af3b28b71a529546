"""`python -m qail demo`: a year of flights, loaded and queried; the shortest whole example of how to use qail."""
