"""Metrics of calls, computed from their logs: turns, quality, speculation."""
