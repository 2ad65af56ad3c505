"""Simulated people: they speak, listen, interrupt, press keys, hang up, and tell what they heard."""
