"""The fluent builder: user arguments -> nodes; no SQL text, no hidden state."""
