"""Recognizes the agent's own words when they return from the caller's telephone."""
