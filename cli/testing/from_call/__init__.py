"""Turns a real call into a test: its caller's audio, relative to the agent's, and what is expected."""
