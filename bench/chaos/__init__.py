"""Chaos tests: what calls lose when processes and providers fail."""
