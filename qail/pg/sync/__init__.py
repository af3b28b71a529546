"""The third runtime: coroutines of the driver and the pool driven by hand over blocking calls, and its thin facades."""
