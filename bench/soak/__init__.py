"""Soak test: many calls must leave nothing behind."""
