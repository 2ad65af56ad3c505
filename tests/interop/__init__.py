"""Agents of other frameworks against the sandbox, unchanged, from their packages."""
