"""One file a claim of the performance targets; `python -m benchmarks` runs them and prints the table."""
