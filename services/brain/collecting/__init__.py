"""Checks, normalizes and reads back collected data; one module for each kind of value."""
