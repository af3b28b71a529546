"""Sans-I/O state machines of one connection: it is told what came and asked what to send."""
