"""Simulated callers: they speak, listen, interrupt, press keys, hang up, and report the call."""
