"""Emulators of the providers and simulated callers, for complete calls on one machine."""
