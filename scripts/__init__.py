"""Checks and generators for the repository itself; no service imports them."""
