"""THINKS: what was said, what to say, when to stay silent."""
