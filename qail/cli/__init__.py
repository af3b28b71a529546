"""The command line, `python -m qail`: `main.py` reads the arguments, then one file a command."""
