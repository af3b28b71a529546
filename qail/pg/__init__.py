"""PostgreSQL as a peer: its messages, values and conversations, and the I/O around them."""
