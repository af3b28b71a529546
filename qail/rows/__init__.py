"""What rows become: `row.py` the rows of untyped queries, `target.py` everything else."""
