"""Many tasks, few connections: a pure planner, and the shell that performs what it decides."""
